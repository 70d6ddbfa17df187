#!/usr/bin/env bash
# Finds the chart-matrix program that belongs to this commit and becomes it:
#   entrypoint.sh ARGUMENT...
# In this order: the runner's tool cache; the release's asset, if its checksum is
# the one committed in .release/checksums; `go build` of this very folder.
# CHART_MATRIX_RELEASES names a mirror, CHART_MATRIX_DOWNLOAD_SECONDS limits a download.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
temporary=${RUNNER_TEMP:-${TMPDIR:-/tmp}}
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
url=${CHART_MATRIX_RELEASES:-https://github.com/posthog/chart-matrix/releases/download}/$version/$asset
download() {
  curl --fail --silent --show-error --location --connect-timeout 10 \
    --max-time "${CHART_MATRIX_DOWNLOAD_SECONDS:-120}" --output "$new.gz" "$url"
}

if [ -z "$checksum" ]; then
  why="this commit is of no release for $platform"
else
  # The checksum is part of the path: no other program ever takes this one's place.
  folder=${RUNNER_TOOL_CACHE:-$temporary}/chart-matrix/$version/$checksum
  [ ! -x "$folder/chart-matrix" ] || exec "$folder/chart-matrix" "$@"
  { mkdir -p "$folder" && [ -w "$folder" ]; } 2> /dev/null || folder=$(mktemp -d "$temporary/chart-matrix.XXXXXX")
  new=$(mktemp "$folder/new.XXXXXX")
  trap 'rm -f "$new" "$new.gz"' EXIT
  if ! command -v curl > /dev/null; then
    why="curl is missing, and a release cannot be downloaded without it"
  elif ! { download || { sleep 1 && download; } || { sleep 3 && download; }; }; then
    why="$url could not be downloaded"
  else
    if command -v sha256sum > /dev/null; then sum=$(sha256sum < "$new.gz"); else sum=$(shasum -a 256 < "$new.gz"); fi
    if [ "${sum%% *}" != "$checksum" ]; then
      say "$url has the checksum ${sum%% *}, and $checksum was expected; nothing of it was run"
      exit 3
    fi
    gzip -dc "$new.gz" > "$new" && chmod 755 "$new" && mv -f "$new" "$folder/chart-matrix" && rm -f "$new.gz" && exec "$folder/chart-matrix" "$@"
    why="the release could not be unpacked into $folder"
  fi
  rm -f "$new" "$new.gz"
fi
command -v go > /dev/null || {
  say "$why, and there is no Go to build it with; use a release, or actions/setup-go before this step"
  exit 3
}
say "$why; building it with Go"
built=${RUNNER_TEMP:-$(mktemp -d "$temporary/chart-matrix.XXXXXX")}/chart-matrix.built # for the job's next step, too
GOFLAGS='' GOWORK=off CGO_ENABLED=0 go -C "$here" build -trimpath -o "$built" ./cmd/chart-matrix && exec "$built" "$@"
