#!/usr/bin/env bash
# Finds the chart-matrix program that belongs to this commit and becomes it:
#   entrypoint.sh ARGUMENT...
# In this order: the runner's tool cache; the release's asset, if its checksum is
# the one committed in .release/checksums; `go build` of this very folder.
# CHART_MATRIX_RELEASES names a mirror, CHART_MATRIX_DOWNLOAD_SECONDS limits a download.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
say() { printf 'chart-matrix: %s\n' "$*" >&2; }

case $(uname -sm) in
  'Linux x86_64') platform=linux_amd64 ;;
  'Linux aarch64' | 'Linux arm64') platform=linux_arm64 ;;
  'Darwin x86_64') platform=darwin_amd64 ;;
  'Darwin arm64') platform=darwin_arm64 ;;
  *) platform=$(uname -sm | tr ' ' _) ;;
esac
version=$(< "$here/.release/version")
asset=chart-matrix_$platform.gz
checksum=$(while read -r sum name; do [ "$name" != "$asset" ] || echo "$sum"; done < "$here/.release/checksums")

# The checksum is part of the path: no other program ever takes this one's place.
# What is built here is kept for this job alone.
temporary=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
folder=${checksum:+${RUNNER_TOOL_CACHE:-$temporary}/chart-matrix/$version/$checksum}
program=$folder/chart-matrix
[ -z "$checksum" ] || [ ! -x "$program" ] || exec "$program" "$@"
{ [ -n "$folder" ] && mkdir -p "$folder" 2> /dev/null && [ -w "$folder" ]; } || folder=$(mktemp -d "$temporary/chart-matrix.XXXXXX")
program=$folder/chart-matrix
new=$(mktemp "$folder/new.XXXXXX")
trap 'rm -f "$new" "$new.gz"' EXIT

url=${CHART_MATRIX_RELEASES:-https://github.com/posthog/chart-matrix/releases/download}/$version/$asset
download() {
  curl --fail --silent --show-error --location --connect-timeout 10 \
    --max-time "${CHART_MATRIX_DOWNLOAD_SECONDS:-120}" --output "$new.gz" "$url"
}
if [ -z "$checksum" ]; then
  why="this commit is of no release for $platform"
elif ! command -v curl > /dev/null; then
  why="curl is missing, and a release cannot be downloaded without it"
elif ! { download || { sleep 1 && download; } || { sleep 3 && download; }; }; then
  why="$url could not be downloaded"
else
  if command -v sha256sum > /dev/null; then sum=$(sha256sum < "$new.gz"); else sum=$(shasum -a 256 < "$new.gz"); fi
  if [ "${sum%% *}" != "$checksum" ]; then
    say "$url has the checksum ${sum%% *}, and $checksum was expected; nothing of it was run"
    exit 3
  fi
  gzip -dc "$new.gz" > "$new" && chmod 755 "$new" && mv -f "$new" "$program" && rm -f "$new.gz" && exec "$program" "$@"
  why="the release could not be unpacked into $folder"
fi
if ! command -v go > /dev/null; then
  say "$why, and there is no Go to build it with; use a release, or actions/setup-go before this step"
  exit 3
fi
say "$why: building it with $(go version)"
GOFLAGS='' GOWORK=off CGO_ENABLED=0 go -C "$here" build -trimpath -o "$new" ./cmd/chart-matrix && mv -f "$new" "$program" && exec "$program" "$@"
