package workflows

import (
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

const root = "../.."

// ours are the workflows and actions of this repository.
func ours(t *testing.T) []*file {
	t.Helper()
	var paths []string
	for _, pattern := range []string{"action.yml", ".github/workflows/*.yml", ".github/actions/*/action.yml"} {
		found, err := filepath.Glob(filepath.Join(root, filepath.FromSlash(pattern)))
		if err != nil || len(found) == 0 {
			t.Fatalf("%s: no such file, %v", pattern, err)
		}
		paths = append(paths, found...)
	}
	var files []*file
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := parse(path, content)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func TestOurs(t *testing.T) {
	for _, f := range ours(t) {
		for _, p := range problems(f) {
			t.Error(p)
		}
	}
}

// An action that is pinned twice is pinned to one commit.
func TestPinsAgree(t *testing.T) {
	commits := map[string]string{}
	for _, f := range ours(t) {
		for _, s := range f.steps {
			name, commit, ok := strings.Cut(s.uses, "@")
			if before := commits[name]; ok && before != "" && before != commit {
				t.Errorf("%s:%d: %s is pinned to %s here and to %s elsewhere", f.path, s.usesLine, name, commit, before)
			}
			commits[name] = commit
		}
	}
}

// lint is what actionlint says of a workflow of this repository, with
// shellcheck where it is installed.
func lint(t *testing.T, path string, content []byte) []*actionlint.Error {
	t.Helper()
	shellcheck, _ := exec.LookPath("shellcheck")
	l, err := actionlint.NewLinter(io.Discard, &actionlint.LinterOptions{Shellcheck: shellcheck, WorkingDir: root})
	if err != nil {
		t.Fatal(err)
	}
	absolute, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	project, err := actionlint.NewProject(absolute)
	if err != nil {
		t.Fatal(err)
	}
	errs, err := l.Lint(path, self.ReplaceAll(content, []byte("$1./")), project)
	if err != nil {
		t.Fatal(err)
	}
	return errs
}

func TestActionlint(t *testing.T) {
	for _, f := range ours(t) {
		if f.workflow == nil {
			continue
		}
		for _, e := range lint(t, f.path, []byte(strings.Join(f.lines, "\n"))) {
			t.Error(e)
		}
	}
	// It knows the inputs of this repository's own action by the reference "$/".
	bad := strings.Replace(good, "run: echo \"$TITLE\"\n        env: {TITLE: \"${{ github.event.pull_request.title }}\"}",
		"uses: $/.github/actions/chart-matrix\n        with: {comand: plan}", 1)
	errs := lint(t, ".github/workflows/bad.yml", []byte(bad))
	if !slices.ContainsFunc(errs, func(e *actionlint.Error) bool { return strings.Contains(e.Message, `input "comand" is not defined`) }) {
		t.Errorf("actionlint said %v; expected an error about input comand", errs)
	}
}

// A called workflow that asks for more than its caller grants fails at start-up,
// and a caller that grants more than is asked for grants it for nothing.
func TestCallersGrantWhatIsAsked(t *testing.T) {
	calls := 0
	for _, f := range ours(t) {
		calls += checkCallers(t, f)
	}
	if calls == 0 {
		t.Error("no workflow calls another; is the test blind?")
	}
}

// checkCallers compares the jobs that call a workflow of this repository with
// what that workflow asks for, and counts them.
func checkCallers(t *testing.T, f *file) int {
	t.Helper()
	calls := 0
	for _, j := range f.jobs {
		if j.WorkflowCall == nil || j.WorkflowCall.Uses == nil || !strings.HasPrefix(j.WorkflowCall.Uses.Value, "./") {
			continue
		}
		calls++
		path := filepath.Join(root, j.WorkflowCall.Uses.Value)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%s:%d: %v", f.path, j.line, err)
			continue
		}
		called, err := parse(path, content)
		if err != nil {
			t.Fatal(err)
		}
		asked := map[string]string{}
		for _, c := range called.jobs {
			for name, s := range c.Permissions.Scopes {
				if asked[name] != "write" {
					asked[name] = s.Value.Value
				}
			}
		}
		granted := map[string]string{}
		if j.Permissions != nil {
			for name, s := range j.Permissions.Scopes {
				granted[name] = s.Value.Value
			}
		}
		if !maps.Equal(asked, granted) {
			t.Errorf("%s:%d: job %s grants %v, and %s asks for %v", f.path, j.line, j.name, granted, j.WorkflowCall.Uses.Value, asked)
		}
	}
	return calls
}

// What must end with the step's process becoming the program does so.
func TestActionExecs(t *testing.T) {
	for _, f := range ours(t) {
		if filepath.Base(filepath.Dir(f.path)) == "chart-matrix-setup" || f.action == nil {
			continue
		}
		execs := 0
		for _, s := range f.steps {
			if strings.Contains(s.run, "entrypoint.sh") {
				execs++
				if !strings.HasPrefix(s.run, "exec ") || strings.Count(s.run, "\n") > 0 {
					t.Errorf("%s:%d: the script must exec entrypoint.sh and do nothing else: %q", f.path, s.line, s.run)
				}
			}
		}
		if execs != 4 { // main, down, what asks GitHub, deliver
			t.Errorf("%s: %d steps run entrypoint.sh; expected 4", f.path, execs)
		}
	}
}

// The path for "$/", which takes no root, holds the action itself.
func TestActionHasTwoPaths(t *testing.T) {
	target, err := os.Readlink(filepath.Join(root, ".github", "actions", "chart-matrix", "action.yml"))
	if err != nil || filepath.ToSlash(target) != "../../../action.yml" {
		t.Errorf("got %q, %v; expected a link to ../../../action.yml", target, err)
	}
	f, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`(?m)^      run: (exec .*)$`).FindSubmatch(f)
	if line == nil {
		t.Fatal("action.yml has no line that execs")
	}
	a := newAction(t)
	for _, folder := range []string{a.folder, filepath.Join(a.folder, ".github", "actions", "chart-matrix")} {
		cmd := exec.Command(filepath.Join(a.bin, "bash"), "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", string(line[1]))
		cmd.Env = append(slices.Clone(a.env), "GITHUB_ACTION_PATH="+folder)
		if out, err := cmd.CombinedOutput(); err != nil || string(out) != "released: action\n" {
			t.Errorf("from %s: got %q, %v", folder, out, err)
		}
	}
}

// The program knows every variable by which action.yml hands an input on.
func TestProgramReadsTheInputs(t *testing.T) {
	action, err := os.ReadFile(filepath.Join(root, "action.yml"))
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(filepath.Join(root, "internal", "cli", "action.go"))
	if err != nil {
		t.Fatal(err)
	}
	variables := regexp.MustCompile(`(?m)^ +INPUT_([A-Z_]+): `).FindAllSubmatch(action, -1)
	for _, v := range variables {
		if !strings.Contains(string(program), `"`+string(v[1])+`"`) {
			t.Errorf("action.yml sets INPUT_%s, and internal/cli/action.go does not read it", v[1])
		}
	}
	for _, v := range regexp.MustCompile(`\b(?:name: |\{\{?|get\()"([A-Z_]{3,})"`).FindAllSubmatch(program, -1) {
		if !strings.Contains(string(action), " INPUT_"+string(v[1])+": ") {
			t.Errorf("internal/cli/action.go reads INPUT_%s, and action.yml does not set it", v[1])
		}
	}
	if len(variables) < 10 {
		t.Errorf("found %d variables; is the test blind?", len(variables))
	}
}
