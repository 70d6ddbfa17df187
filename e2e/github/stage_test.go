//go:build e2e

package github

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// stage is the folder in which one test plays: what GitHub has of this
// repository, the runner's tool cache, the caller's repository.
type stage struct {
	t      *testing.T
	dir    string
	binary string // chart-matrix
}

func newStage(t *testing.T) *stage {
	t.Helper()
	needNode(t)
	s := &stage{t: t, dir: t.TempDir(), binary: program(t)}
	s.action()
	s.toolCache()
	return s
}

func (s *stage) path(parts ...string) string {
	return filepath.Join(append([]string{s.dir}, parts...)...)
}

// selfReference is the form of an action of the workflow's own repository and
// commit, which act does not know.
var selfReference = regexp.MustCompile(`(?m)uses: \$/(\S+)$`)

// action copies what a release has of this repository and the workflows need:
// not its source, so that nothing is built.
func (s *stage) action() {
	top := root(s.t)
	for _, file := range []string{"action.yml", "entrypoint.sh"} {
		info, err := os.Stat(filepath.Join(top, file))
		must(s.t, err)
		write(s.t, s.path("action", file), read(s.t, filepath.Join(top, file)), info.Mode())
	}
	link := filepath.Join(".github", "actions", "chart-matrix", "action.yml")
	target, err := os.Readlink(filepath.Join(top, link))
	must(s.t, err)
	must(s.t, os.MkdirAll(filepath.Dir(s.path("action", link)), 0o755))
	must(s.t, os.Symlink(target, s.path("action", link)))
	for _, name := range []string{"matrix.yml", "comment.yml"} {
		file := filepath.Join(".github", "workflows", name)
		text := selfReference.ReplaceAllString(read(s.t, filepath.Join(top, file)), "uses: posthog/chart-matrix/$1@v1")
		write(s.t, s.path("action", file), text, 0o644)
	}
}

// pinned gives the reference of an action as the released files have it, such as
// actions/upload-artifact@0123….
func (s *stage) pinned(action string) string {
	pin := regexp.MustCompile(regexp.QuoteMeta(action) + `@[0-9a-f]{40}\b`)
	var found []string
	for _, file := range []string{"action.yml", ".github/workflows/matrix.yml", ".github/workflows/comment.yml"} {
		found = append(found, pin.FindAllString(read(s.t, s.path("action", file)), -1)...)
	}
	slices.Sort(found)
	if found = slices.Compact(found); len(found) != 1 {
		s.t.Fatalf("the action and its workflows have %v of %s, expected one pin", found, action)
	}
	return found[0]
}

// toolCache makes the action a release whose program is in the runner's tool
// cache. That program notes down how it was called, drops what a composite's
// steps do not see on GitHub, runs chart-matrix and keeps the step's summary,
// which act throws away.
func (s *stage) toolCache() {
	const version = "v0.0.0-e2e"
	sum := sha256.Sum256([]byte("not the checksum of any download"))
	checksum := hex.EncodeToString(sum[:])
	asset := fmt.Sprintf("chart-matrix_%s_%s.gz", runtime.GOOS, runtime.GOARCH)
	write(s.t, s.path("action", ".release", "version"), version+"\n", 0o644)
	write(s.t, s.path("action", ".release", "checksums"), checksum+"  "+asset+"\n", 0o644)
	// act's tool cache is in its own cache folder, which run sets.
	write(s.t, s.path("cache", "act", "tool_cache", "chart-matrix", version, checksum, "chart-matrix"), fmt.Sprintf(`#!/usr/bin/env bash
for name in $(compgen -e ACTIONS_); do unset "$name"; done
printf '%%s\t%%s\t%%s\n' "$INPUT_COMMAND" "${INPUT_JOB-}" "$(compgen -e | tr '\n' ' ')" >> %[1]q/calls
code=0
%[2]q "$@" || code=$?
[ ! -s "$GITHUB_STEP_SUMMARY" ] || cp "$GITHUB_STEP_SUMMARY" %[1]q/"summary.$INPUT_COMMAND${INPUT_JOB:+.$INPUT_JOB}.md"
exit "$code"
`, s.dir, s.binary), 0o755)
}

// call is one time that the workflows ran chart-matrix.
type call struct {
	command, job string
	environment  []string // the names
}

// calls are those since the last time.
func (s *stage) calls() []call {
	s.t.Helper()
	var out []call
	for line := range strings.Lines(read(s.t, s.path("calls"))) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		if len(fields) != 3 {
			s.t.Fatalf("a line of calls: %q", line)
		}
		out = append(out, call{fields[0], fields[1], strings.Fields(fields[2])})
	}
	must(s.t, os.Remove(s.path("calls")))
	return out
}

// git runs git in the caller's repository.
func (s *stage) git(args ...string) string {
	s.t.Helper()
	out, err := s.tryGit(args...)
	if err != nil {
		s.t.Fatalf("git %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

// tryGit is git for what may fail.
func (s *stage) tryGit(args ...string) (string, error) {
	cmd := exec.Command("git", append([]string{"-c", "user.name=octocat", "-c", "user.email=octocat@example.com"}, args...)...)
	cmd.Dir = s.path("caller")
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_SYSTEM="+os.DevNull)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// commit makes a commit of all that there is in the caller's repository.
func (s *stage) commit(message string) {
	s.git("add", "--all")
	s.git("commit", "--quiet", "--message", message)
}

// pull is the pull request that the caller's repository is about.
type pull struct{ base, head string }

// configuration is that of the caller's chart.
const configuration = "charts/web/.chart-matrix.yaml"

// caller makes the repository of somebody who uses chart-matrix: a chart, the
// lines of docs/github.md as workflows, the given lines in its configuration, and
// a pull request that changes something. The merge is checked out, as on GitHub.
func (s *stage) caller(lines string, change func()) pull {
	must(s.t, os.MkdirAll(s.path("caller"), 0o755))
	s.git("init", "--quiet", "--initial-branch", "main")
	s.git("remote", "add", "origin", "https://github.com/acme/shop.git")
	must(s.t, os.CopyFS(s.path("caller", "charts", "web"), os.DirFS(filepath.Join(root(s.t), "examples", "hogwatch"))))
	write(s.t, s.path("caller", ".github", "workflows", "chart-matrix.yml"), documented(s.t, "/matrix.yml@v1"), 0o644)
	write(s.t, s.path("caller", ".github", "workflows", "chart-matrix-comment.yml"), documented(s.t, "/comment.yml@v1"), 0o644)
	s.smaller()
	s.configure(`$`, lines)
	s.commit("A chart")
	s.git("checkout", "--quiet", "-b", "topic")
	change()
	s.commit("A change")
	s.git("checkout", "--quiet", "-b", "merge", "main")
	s.git("merge", "--quiet", "--no-ff", "--message", "Merge", "topic")
	return pull{base: s.git("rev-parse", "main"), head: s.git("rev-parse", "topic")}
}

// smaller takes axes of the example away: two versions and one operation will do.
func (s *stage) smaller() {
	s.configure(`(?m)^  kubernetes: \[.*\]$`, "  kubernetes: [1.25, 1.34]")
	s.configure(`(?m)^  operation: \[.*\]$`, "  operation: [install]")
	s.configure(`(?m)^operations:\n(  .*\n)+`, "")
	s.configure(`(?m)^  - \{.*operation: .*\n`, "")
}

// configure replaces the one place of the caller's configuration that fits.
func (s *stage) configure(pattern, replacement string) {
	s.t.Helper()
	text, place := read(s.t, s.path("caller", configuration)), regexp.MustCompile(pattern)
	if n := len(place.FindAllString(text, -1)); n != 1 {
		s.t.Fatalf("%s fits %d places of the example's configuration, expected one", pattern, n)
	}
	write(s.t, s.path("caller", configuration), place.ReplaceAllLiteralString(text, replacement), 0o644)
}

// documented gives the workflow in docs/github.md that calls one of ours: what
// users copy is what is tested.
func documented(t *testing.T, uses string) string {
	t.Helper()
	for _, block := range strings.Split(read(t, filepath.Join(root(t), "docs", "github.md")), "```yaml\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		if strings.Contains(block, "uses: posthog/chart-matrix/.github/workflows"+uses) {
			return block
		}
	}
	t.Fatalf("docs/github.md shows no workflow that uses %s", uses)
	return ""
}

// event writes the payload that started the workflow.
func (s *stage) event(payload any) string {
	data, err := json.MarshalIndent(payload, "", "  ")
	must(s.t, err)
	write(s.t, s.path("event.json"), string(data), 0o644)
	return s.path("event.json")
}

// repository is the caller's, or a fork of it, in payloads.
func repository(owner string) map[string]any {
	return map[string]any{
		"name": "shop", "full_name": owner + "/shop", "default_branch": "main", "fork": owner != "acme",
		"owner": map[string]any{"login": owner},
	}
}

// pullRequest is the payload of a pull request from a repository of the owner's,
// as far as it is read.
func pullRequest(p pull, owner string) map[string]any {
	side := func(owner, branch, sha string) map[string]any {
		return map[string]any{"ref": branch, "sha": sha, "label": owner + ":" + branch, "repo": repository(owner)}
	}
	return map[string]any{
		"action": "synchronize", "number": 3, "repository": repository("acme"),
		"pull_request": map[string]any{"number": 3, "head": side(owner, "topic", p.head), "base": side("acme", "main", p.base)},
	}
}

// copyAll reads to the end and gives text.
func copyAll(t *testing.T, r io.Reader) string {
	t.Helper()
	data, err := io.ReadAll(r)
	must(t, err)
	return string(data)
}
