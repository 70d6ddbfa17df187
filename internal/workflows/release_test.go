package workflows

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// module is a repository of the same shape as this one, and quick to build.
func module(t *testing.T, folder string) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join(root, ".ci", "release"))
	if err != nil {
		t.Fatal(err)
	}
	a := &action{t: t}
	a.write(filepath.Join(folder, ".ci", "release"), string(script), 0o755)
	a.write(filepath.Join(folder, "go.mod"), "module github.com/posthog/chart-matrix\n\ngo "+strings.TrimPrefix(runtime.Version(), "go")+"\n", 0o644)
	a.write(filepath.Join(folder, "cmd", "chart-matrix", "main.go"), "package main\n\nimport \"github.com/posthog/chart-matrix/internal/cli\"\n\nfunc main() { cli.Main() }\n", 0o644)
	a.write(filepath.Join(folder, "internal", "cli", "cli.go"), "package cli\n\nvar released string\n\nfunc Main() { println(\"chart-matrix\", released) }\n", 0o644)
	return filepath.Join(folder, ".ci", "release")
}

func needs(t *testing.T, tools ...string) {
	t.Helper()
	for _, tool := range tools {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is missing", tool)
		}
	}
}

// Two builds of one commit, in two folders and with two environments, are equal
// byte for byte, and say their version.
func TestReleaseIsReproducible(t *testing.T) {
	t.Parallel()
	needs(t, "bash", "gzip")
	if strings.ContainsAny(runtime.Version(), " -") {
		t.Skipf("%s is no release of Go", runtime.Version())
	}
	builds := make([]map[string]string, 2)
	for i, folder := range []string{filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "another place")} {
		out := filepath.Join(folder, "dist")
		cmd := exec.Command("bash", module(t, folder), "v1.2.3-rc.1", out)
		cmd.Env = append(os.Environ(), []string{"GOFLAGS=-tags=x", "TZ=Asia/Tokyo"}[i])
		if text, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		builds[i] = map[string]string{}
		files, err := filepath.Glob(filepath.Join(out, "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			builds[i][filepath.Base(file)] = string(content)
		}
	}
	for _, name := range []string{"checksums", "chart-matrix_darwin_amd64.gz", "chart-matrix_darwin_arm64.gz", "chart-matrix_linux_amd64.gz", "chart-matrix_linux_arm64.gz"} {
		if builds[0][name] == "" || builds[0][name] != builds[1][name] {
			t.Errorf("%s differs between two builds, or is missing", name)
		}
	}
	if len(builds[0]) != 5 {
		t.Errorf("a release has %d files; expected 5", len(builds[0]))
	}
	for line := range strings.Lines(builds[0]["checksums"]) {
		fields := strings.Fields(line)
		if len(fields) != 2 || fields[0] != sum([]byte(builds[0][fields[1]])) {
			t.Errorf("checksums has %q", line)
		}
	}
	own := builds[0]["chart-matrix_"+runtime.GOOS+"_"+runtime.GOARCH+".gz"]
	if own == "" {
		t.Skipf("there are no releases for %s/%s", runtime.GOOS, runtime.GOARCH)
	}
	z, err := gzip.NewReader(strings.NewReader(own))
	if err != nil {
		t.Fatal(err)
	}
	binary, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "chart-matrix")
	if err := os.WriteFile(path, binary, 0o755); err != nil {
		t.Fatal(err)
	}
	if text, err := exec.Command(path).CombinedOutput(); err != nil || string(text) != "chart-matrix v1.2.3-rc.1\n" {
		t.Errorf("the program says %q, %v", text, err)
	}
}

func TestReleaseRefusesWhatIsNoVersion(t *testing.T) {
	t.Parallel()
	needs(t, "bash")
	script := module(t, t.TempDir())
	for _, version := range []string{"", "1.2.3", "v1", "v1.2", "v01.2.3", "v1.2.3 ", "v1.2.3;id", "v1.2.3\nx", "main"} {
		out := filepath.Join(t.TempDir(), "dist")
		text, err := exec.Command("bash", script, version, out).CombinedOutput()
		if err == nil || !strings.Contains(string(text), "is no version; expected one like v1.2.3") {
			t.Errorf("%q: %s, %v", version, text, err)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%q: it made a folder before it looked", version)
		}
	}
}

// gh stands in for GitHub's program: it writes down what it is called with and
// answers with what the API would.
const gh = `#!/usr/bin/env bash
{ printf '%s' "$1"; printf ' %s' "${@:2}"; echo; } >> "$LOG"
case "$*" in
  *--input*) cat >> "$LOG"; echo >> "$LOG" ;;
esac
case "$*" in
  "api repos/o/r/git/ref/tags/"*) [ -n "${EXISTS-}" ] ;;
  *"git/refs/tags/v1 "*) [ -z "${NO_MAJOR-}" ] ;;
  *git/commits/*) echo base-tree ;;
  *git/trees*) echo new-tree ;;
  *git/commits*) echo new-commit ;;
  "release create"*) [ -z "${CREATE_FAILS-}" ] ;;
esac
`

func TestPublish(t *testing.T) {
	needs(t, "bash", "jq")
	tests := []struct {
		name, version string
		env           []string
		want          []string // in this order
		not           []string
		fails         bool
	}{
		{
			name: "a release", version: "v1.2.3",
			want: []string{
				"api repos/o/r/git/ref/tags/v1.2.3",
				"api repos/o/r/git/commits/built-commit",
				`"base_tree": "base-tree"`, `"path": ".release/version"`, `"content": "v1.2.3\n"`,
				`"path": ".release/checksums"`, `"content": "0123  chart-matrix_linux_amd64.gz\n"`,
				`"parents": [`, `"built-commit"`, `"message": "Release v1.2.3"`,
				"api repos/o/r/git/refs -f ref=refs/tags/v1.2.3 -f sha=new-commit",
				"release create v1.2.3 --repo o/r --verify-tag --draft",
				"release edit v1.2.3 --repo o/r --draft=false",
				"api repos/o/r/git/refs/tags/v1 --method PATCH -f sha=new-commit -F force=true",
			},
			not: []string{"--prerelease", "refs/heads"},
		},
		{
			name: "the first of a major version", version: "v1.0.0", env: []string{"NO_MAJOR=1"},
			want: []string{"--method PATCH", "api repos/o/r/git/refs -f ref=refs/tags/v1 -f sha=new-commit"},
		},
		{name: "a preview leaves v1 alone", version: "v1.3.0-rc.1", want: []string{"--prerelease"}, not: []string{"tags/v1 ", "tags/v1\n"}},
		{name: "a version that exists", version: "v1.2.3", env: []string{"EXISTS=1"}, not: []string{"git/trees", "release"}, fails: true},
		{name: "assets that do not go up", version: "v1.2.3", env: []string{"CREATE_FAILS=1"}, not: []string{"release edit", "tags/v1 "}, fails: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := &action{t: t}
			folder := t.TempDir()
			log := filepath.Join(folder, "log")
			a.write(filepath.Join(folder, "bin", "gh"), gh, 0o755)
			a.write(filepath.Join(folder, "dist", "checksums"), "0123  chart-matrix_linux_amd64.gz\n", 0o644)
			a.write(filepath.Join(folder, "dist", "chart-matrix_linux_amd64.gz"), "x", 0o644)
			cmd := exec.Command("bash", filepath.Join(root, ".ci", "publish"), test.version, filepath.Join(folder, "dist"))
			cmd.Env = append(os.Environ(), append([]string{
				"PATH=" + filepath.Join(folder, "bin") + ":" + os.Getenv("PATH"), "LOG=" + log, "GITHUB_REPOSITORY=o/r", "GITHUB_SHA=built-commit",
			}, test.env...)...)
			out, err := cmd.CombinedOutput()
			if (err != nil) != test.fails {
				t.Errorf("got %v\n%s", err, out)
			}
			text, err := os.ReadFile(log)
			if err != nil {
				t.Fatal(err)
			}
			rest := text
			for _, want := range test.want {
				_, after, ok := bytes.Cut(rest, []byte(want))
				if !ok {
					t.Errorf("after what came before, %q is missing in:\n%s", want, text)
				} else {
					rest = after
				}
			}
			for _, not := range test.not {
				if bytes.Contains(text, []byte(not)) {
					t.Errorf("it must not have %q:\n%s", not, text)
				}
			}
		})
	}
}

// What the commit on a branch says: it is of no release.
func TestCheckoutIsUnreleased(t *testing.T) {
	version, err := os.ReadFile(filepath.Join(root, ".release", "version"))
	if err != nil {
		t.Fatal(err)
	}
	checksums, err := os.ReadFile(filepath.Join(root, ".release", "checksums"))
	if err != nil {
		t.Fatal(err)
	}
	released := regexp.MustCompile(`^v\d+\.\d+\.\d+`).Match(version)
	if lines := bytes.Count(checksums, []byte("\n")); released && lines != 4 || !released && (lines != 0 || string(version) != "unreleased\n") {
		t.Errorf("version %q with %d checksums; expected unreleased with none, or a version with 4", version, lines)
	}
}
