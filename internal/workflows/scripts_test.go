package workflows

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// scriptOf is the script in a file that contains a text.
func scriptOf(t *testing.T, path, text string) string {
	t.Helper()
	for _, f := range ours(t) {
		if f.path != filepath.Join(root, filepath.FromSlash(path)) {
			continue
		}
		for _, s := range f.steps {
			if strings.Contains(s.run, text) {
				return s.run
			}
		}
	}
	t.Fatalf("%s has no script with %q", path, text)
	return ""
}

// run runs a script as the runner does, and gives what it writes to GITHUB_OUTPUT.
func runScript(t *testing.T, script, folder string, env ...string) (outputs, log string) {
	t.Helper()
	needs(t, "bash")
	file := filepath.Join(t.TempDir(), "output")
	cmd := exec.Command("bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", script)
	cmd.Dir = folder
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "GITHUB_OUTPUT=" + file}, env...)
	text, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
	got, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(got), string(text)
}

// git runs git on a repository of nobody's.
func git(t *testing.T, folder string, args ...string) string {
	t.Helper()
	cmd := exec.Command("git", append([]string{"-C", folder, "-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"}, args...)...)
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_SYSTEM=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("git %q: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

// The commit that a change is compared with, on every event.
func TestBaseOfTheChange(t *testing.T) {
	needs(t, "git", "base64")
	origin := t.TempDir()
	git(t, origin, "init", "--quiet", "--initial-branch=main")
	commit := func(message string) string {
		git(t, origin, "commit", "--quiet", "--allow-empty", "-m", message)
		return git(t, origin, "rev-parse", "HEAD")
	}
	first, second := commit("first"), commit("second")
	git(t, origin, "checkout", "--quiet", "-b", "change", first)
	commit("change")
	git(t, origin, "checkout", "--quiet", "main")
	git(t, origin, "merge", "--quiet", "--no-ff", "-m", "merge", "change")

	script := scriptOf(t, ".github/workflows/matrix.yml", "git fetch")
	marker := filepath.Join(t.TempDir(), "was here")
	tests := []struct{ name, event, base, want string }{
		{"a pull request: where the change would be merged", "pull_request", "", second},
		{"a pull request with an older push", "pull_request", first, second},
		{"a merge group", "merge_group", first, first},
		{"a push", "push", second, second},
		{"a new branch", "push", strings.Repeat("0", 40), ""},
		{"a commit that is gone", "push", strings.Repeat("a", 40), ""},
		{"a schedule", "schedule", "", ""},
		{"what is no commit", "push", "main", ""},
		{"an option", "push", "--upload-pack=touch " + marker, ""},
		{"a command", "push", "$(touch '" + marker + "')", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			clone := filepath.Join(t.TempDir(), "clone")
			git(t, ".", "clone", "--quiet", "--depth=2", "file://"+origin, clone)
			got, log := runScript(t, script, clone, "EVENT="+test.event, "BASE="+test.base, "TOKEN=secret", "GITHUB_SERVER_URL=https://github.example")
			want := ""
			if test.want != "" {
				want = "base=" + test.want + "\n"
			}
			if got != want {
				t.Errorf("got %q; expected %q\n%s", got, want, log)
			}
			if strings.Contains(log, "secret") {
				t.Errorf("the log has the token: %s", log)
			}
			config, err := os.ReadFile(filepath.Join(clone, ".git", "config"))
			if err != nil || strings.Contains(string(config), "extraheader") {
				t.Errorf("the checkout keeps the token: %s, %v", config, err)
			}
			if _, err := os.Stat(marker); err == nil {
				t.Error("it ran what the event said")
			}
		})
	}
}

// Where the action keeps results, plan and report.
func TestPathsOfTheAction(t *testing.T) {
	script := scriptOf(t, "action.yml", "'results=%s")
	tests := []struct {
		name string
		env  []string
		want string
	}{
		{"plan", []string{"COMMAND=plan"}, "out=/r t/chart-matrix/report\nplan=/r t/chart-matrix/plan-of-run\nresults=/r t/chart-matrix/results-of-plan\n"},
		{"a job", []string{"COMMAND=run", "JOB=abc"}, "out=/r t/chart-matrix/report\nplan=/r t/chart-matrix/plan-of-run\nresults=/r t/chart-matrix/results-of-run-abc\n"},
		{"a report does not lie among its results", []string{"COMMAND=report"}, "out=/r t/chart-matrix/report\nplan=/r t/chart-matrix/plan-of-run\nresults=/r t/chart-matrix/results-of-report\n"},
		{"chosen", []string{"COMMAND=run", "OUT=o", "PLAN=p", "RESULTS=r"}, "out=o\nplan=p\nresults=r\n"},
	}
	for _, test := range tests {
		if got, _ := runScript(t, script, t.TempDir(), append(test.env, "RUNNER_TEMP=/r t")...); got != test.want {
			t.Errorf("%s: got %q; expected %q", test.name, got, test.want)
		}
	}
}

// The page's artifact is called like its file, so charts and attempts differ in it.
func TestNameOfThePage(t *testing.T) {
	temp := filepath.Join(t.TempDir(), "runner's temp")
	a := &action{t: t}
	a.write(filepath.Join(temp, "chart-matrix", "report", "report.html"), "<p>", 0o644)
	got, _ := runScript(t, scriptOf(t, "action.yml", "report.html"), t.TempDir(),
		"RUNNER_TEMP="+temp, "OUT="+filepath.Join(temp, "chart-matrix", "report"), "NAME=web", "GITHUB_RUN_ATTEMPT=2")
	want := filepath.Join(temp, "chart-matrix", "report.web.2.html")
	if got != "path="+want+"\n" {
		t.Errorf("got %q; expected %q", got, want)
	}
	if page, err := os.ReadFile(want); err != nil || string(page) != "<p>" {
		t.Errorf("got %q, %v", page, err)
	}
}
