package cli

import (
	"bytes"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestActionArguments(t *testing.T) {
	for _, c := range []struct {
		name   string
		inputs map[string]string
		want   string // blanks between arguments; "" for an error
		says   string
	}{
		{"the defaults", map[string]string{"COMMAND": "check", "CHART": "."}, "check -- .", ""},
		{"all of plan", map[string]string{
			"COMMAND": "plan", "CHART": "charts/web", "CONFIG": "c.yaml", "EVENT": "push", "ONLY": "kubernetes=1.34\n\n scenario=ha,default \n", "LAYERS": "lint",
			"BASE": "abc", "RESULTS": "out", "JOB": "passed over", "ARGS": "--quiet\n--only=a b=c",
		}, "plan --config=c.yaml --event=push --only=kubernetes=1.34 --only=scenario=ha,default --layers=lint --base=abc --results=out --quiet --only=a b=c -- charts/web", ""},
		{"a job", map[string]string{"COMMAND": "run", "JOB": "abcdefgh", "PLAN": "p", "RESULTS": "r"}, "run --job=abcdefgh --plan=p --results=r", ""},
		{"no job, and no plan", map[string]string{"COMMAND": "run", "PLAN": "p"}, "run", ""},
		{"down", map[string]string{"COMMAND": "down", "JOB": "abcdefgh", "RESULTS": "r"}, "down --job=abcdefgh --results=r", ""},
		{"a report of what is here", map[string]string{"COMMAND": "report", "RESULTS": "r", "OUT": "o", "NAME": "web", "EVENT": "push"}, "report --name=web --render=o -- r", ""},
		{"a report of another run", map[string]string{"COMMAND": "report", "RESULTS": "r", "RUN": "gh:a/b/runs/1", "PLAN_FROM": ".", "EVENT": "push"}, "report --plan-from=. --event=push -- gh:a/b/runs/1", ""},
		{"deliver", map[string]string{"COMMAND": "deliver", "OUT": "o", "HTML_URL": "https://x", "RUN": "gh:a/b/runs/1"}, "deliver --run=gh:a/b/runs/1 --html-url=https://x -- o", ""},
		{"what looks like a flag", map[string]string{"COMMAND": "check", "CHART": "--output=/etc/passwd", "EVENT": "--x"}, "check --event=--x -- --output=/etc/passwd", ""},
		{"no command", nil, "", `there is no command ""; have check, plan, run, down, report, base, deliver`},
		{"an unknown command", map[string]string{"COMMAND": "action"}, "", `there is no command "action"; have check`},
		{"two lines where one is meant", map[string]string{"COMMAND": "check", "EVENT": "a\nb"}, "", "input event: expected one line"},
		{"an end of flags", map[string]string{"COMMAND": "check", "ARGS": "--"}, "", "leave it out"},
	} {
		got, err := actionArgs(func(name string) string { return c.inputs[strings.TrimPrefix(name, "INPUT_")] })
		if c.want == "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: got %v", c.name, err)
			}
			continue
		}
		if text := strings.Join(got, " "); err != nil || text != c.want {
			t.Errorf("%s: got  %s, %v\nwant %s", c.name, text, err, c.want)
		}
	}
}

// TestActionFlagsExist: every argument that an input becomes is one that its command takes.
func TestActionFlagsExist(t *testing.T) {
	root := newRoot(System())
	for _, c := range actionCommands() {
		cmd, _, err := root.Find([]string{c.name})
		if err != nil {
			t.Errorf("no command %s", c.name)
			continue
		}
		for _, in := range c.inputs {
			if in.flag != "" && cmd.Flags().Lookup(strings.TrimPrefix(in.flag, "--")) == nil {
				t.Errorf("%s has no flag %s for the input %s", c.name, in.flag, inputName(in.name))
			}
		}
	}
}

// TestActionInputsAreThose: action.yml sets the variables that are read here, and no others.
func TestActionInputsAreThose(t *testing.T) {
	data, err := os.ReadFile("../../action.yml")
	if err != nil {
		t.Skip("no action.yml")
	}
	read := []string{"ARGS", "COMMAND"}
	for _, c := range actionCommands() {
		for _, in := range c.inputs {
			read = append(read, in.name)
		}
	}
	for _, m := range regexp.MustCompile(`\bINPUT_([A-Z_]+):`).FindAllStringSubmatch(string(data), -1) {
		if !slices.Contains(read, m[1]) {
			t.Errorf("action.yml sets INPUT_%s, which nothing reads", m[1])
		}
	}
}

func TestActionRuns(t *testing.T) {
	run := func(env map[string]string) (int, string, string) {
		var stdout, stderr bytes.Buffer
		code := Main(t.Context(), Env{
			Stdout: &stdout, Stderr: &stderr, Width: defaultWidth, Now: System().Now,
			Getenv: func(name string) string { return env[name] },
		}, []string{"action"})
		return code, stdout.String(), stderr.String()
	}
	code, _, stderr := run(map[string]string{"GITHUB_ACTIONS": "true", "INPUT_COMMAND": "check", "INPUT_CHART": "absent\u001b::error::x"})
	if code != exitUsage || strings.Count(stderr, "::error title=chart-matrix::") != 1 || strings.ContainsRune(stderr, '\x1b') {
		t.Errorf("exit code %d: %q", code, stderr)
	}
	dir := t.TempDir()
	writeChart(t, dir, "one")
	code, stdout, stderr := run(map[string]string{"INPUT_COMMAND": "check", "INPUT_CHART": dir, "INPUT_ARGS": "--quiet\n--layers=render"})
	if code != exitPassed || !strings.Contains(stdout, "pass") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}
