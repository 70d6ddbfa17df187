//go:build unix

package layer

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// jobEnv is a cell as a job sees it, with this coordinate.
func jobEnv(t *testing.T, at matrix.Coordinate, set ...string) *JobEnv {
	t.Helper()
	in := cell(t, "1.34", set...)
	in.Cell = matrix.Cell{ID: "abcdefgh", At: at}
	return &JobEnv{Inputs: in, Exec: command.Run}
}

// script runs a script in a cell.
func script(t *testing.T, text string) ([]result.Assertion, error) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	c := &Command{Script: text, Chart: "charts/demo", Dir: t.TempDir()}
	return c.Run(t.Context(), jobEnv(t, nil))
}

func TestCommand(t *testing.T) {
	junit := func(cases string) string {
		return `echo '<testsuite name="web">` + cases + `</testsuite>' > "$JUNIT"; `
	}
	for _, c := range []struct {
		name, script string
		want         []string
		err          string
	}{
		{"passes", "true", []string{"passed exit code"}, ""},
		{"exit code", "echo no >&2; exit 3", []string{"failed exit code | error command: the command exits with 3"}, ""},
		{"bash stops at the first failure", "false; true", []string{"failed exit code | error command: the command exits with 1"}, ""},
		{"a pipe fails with its first part", "exit 4 | true", []string{"failed exit code | error command: the command exits with 4"}, ""},
		{"JUnit", junit(`<testcase name="a"/><testcase name="b"><failure message="got 500"/></testcase><testcase name="c"><error/></testcase><testcase name="d"><skipped message="no"/></testcase>`) + "exit 1", []string{
			"passed web › a", "failed web › b | error command: got 500", "failed web › c | error command: the check fails", "skipped web › d (no)"}, ""},
		{"JUnit before TAP", junit(`<testcase name="a"/>`) + "echo 1..1; echo ok 1", []string{"passed web › a"}, ""},
		{"JUnit does not explain the exit code", junit(`<testcase name="a"/>`) + "exit 2", []string{
			"passed web › a", "failed exit code | error command: the command exits with 2, although no check in its report failed"}, ""},
		{"a failure with exit code 0", junit(`<testcase name="b"><failure/></testcase>`), []string{"failed web › b | error command: the check fails"}, ""},
		{"JUnit without tests", junit(""), nil, "the command reports no checks"},
		{"JUnit that is none", `echo '<html>' > "$JUNIT"`, nil, "the report that the command wrote to $JUNIT: junit: expected <testsuites> or <testsuite>, found <html>"},
		{"JUnit that is a pipe", `mkfifo "$JUNIT"`, nil, "$JUNIT: expected a file"},
		{"TAP", "echo 1..2; echo ok 1 - a; echo not ok 2 - b; exit 1", []string{"passed a", "failed b | error command: the check fails"}, ""},
		{"TAP on standard error is not read", "echo 1..1 >&2; echo not ok >&2", []string{"passed exit code"}, ""},
		{"TAP cut short", "echo 1..2; echo ok 1; exit 1", []string{"passed test 1", "failed plan | error command: 2 checks were planned, and 1 came"}, ""},
		{"bails out", "echo 1..2; echo not ok 1; echo 'Bail out! no disk'; exit 255", []string{"failed test 1 | error command: the check fails"}, "the command bailed out: no disk"},
		{"a program is missing", "no-such-program-here", nil, "exit code 127: a program that the command calls cannot be run\n"},
		{"killed", "kill -KILL $$", nil, "a signal ended the command"},
	} {
		t.Run(c.name, func(t *testing.T) {
			checks, err := script(t, c.script)
			sameLines(t, lines(checks), c.want)
			if (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got error %v, want %q", err, c.err)
			}
		})
	}
}

func TestCommandExcerptIsTheEnd(t *testing.T) {
	checks, err := script(t, `for i in 1 2 3 4 5; do echo "line $i"; done; sleep 0.3; printf '\033[31mred\033[0m\n' >&2; sleep 0.3; echo; echo '10%'$'\r''100%'; exit 1`)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%q", checks[0].Problems[0].Excerpt)
	if want := `["line 5" "red" "100%"]`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestCommandEnvironment: hostile names and values arrive as they are, and none
// becomes another variable.
func TestCommandEnvironment(t *testing.T) {
	t.Setenv("GITHUB_OUTPUT", "/nowhere")
	t.Setenv("GITHUB_ENV", "/nowhere")
	t.Setenv("INPUT_TOKEN", "secret")
	hostile := "$(touch hacked) `touch hacked` '; touch hacked; \" \\ ::set-output name=a::b é"
	at := matrix.Coordinate{"kubernetes": "1.34", "provider": "kind", "scenario": hostile, "operation": "install",
		"path": "/evil", "LD_PRELOAD": "/evil.so", "größe 2": hostile, "BASH_ENV": "hacked"}
	dir := t.TempDir()
	out := filepath.Join(dir, "env")
	c := &Command{Chart: "charts/demo", Dir: dir, Script: `env -0 > env; cp "$VALUES" values.yaml; test -z "$GITHUB_OUTPUT$GITHUB_ENV$INPUT_TOKEN$LD_PRELOAD$BASH_ENV"`}
	env := jobEnv(t, at, `password=geheim,list={a,b},n=3,f=1.5,none=null,s\.t="x"`)
	checks, err := c.Run(t.Context(), env)
	if err != nil || lines(checks)[0] != "passed exit code" {
		t.Fatal(lines(checks), err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for v := range strings.SplitSeq(string(data), "\x00") {
		name, value, _ := strings.Cut(v, "=")
		got[name] = value
	}
	abs, _ := filepath.Abs("charts/demo")
	for name, want := range map[string]string{
		"CELL": "abcdefgh", "CHART": abs, "RELEASE": "rel", "NAMESPACE": "space", "KUBERNETES_VERSION": env.KubeVersion,
		"PROVIDER": "kind", "SCENARIO": hostile, "OPERATION": "install",
		"AXIS_PATH": "/evil", "AXIS_LD_PRELOAD": "/evil.so", "AXIS_GR__E_2": hostile, "AXIS_BASH_ENV": "hacked", "PATH": os.Getenv("PATH"),
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "hacked")); err == nil {
		t.Error("a value was run")
	}
	// The file gives the same values again. (As in any values file of Helm, a
	// whole number is read as a float.)
	again, err := chart.NewResolver().Resolve([]chart.ValueLayer{{Source: "file", Files: []string{filepath.Join(dir, "values.yaml")}}})
	if err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(again.Map) != fmt.Sprint(env.Values.Map) {
		text, _ := os.ReadFile(filepath.Join(dir, "values.yaml"))
		t.Errorf("the values file says something else:\n%s\n%v\n%v", text, again.Map, env.Values.Map)
	}
}

func TestCommandEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	env := jobEnv(t, nil)
	env.Exec = func(ctx context.Context, s command.Spec) (command.Result, error) {
		s.Started = func(int) error { cancel(fmt.Errorf("the job's time is over")); return nil }
		return command.Run(ctx, s)
	}
	var log bytes.Buffer
	env.Log = &log
	_, err := (&Command{Script: "echo a secret; exec sleep 60", Dir: t.TempDir()}).Run(ctx, env)
	if err == nil || err.Error() != "the job's time is over" {
		t.Errorf("got %v", err)
	}
}

func TestCommandWhoseValuesCannotBeWritten(t *testing.T) {
	t.Setenv("TMPDIR", filepath.Join(t.TempDir(), "missing"))
	_, err := (&Command{Script: "true", Dir: "."}).Run(t.Context(), jobEnv(t, nil))
	if err == nil || !strings.Contains(err.Error(), "TMPDIR") {
		t.Errorf("got %v", err)
	}
}

func TestTooManyChecks(t *testing.T) {
	var checks []result.Assertion
	for i := range maxChecks + 5 {
		a := result.Assertion{Name: "same", Status: result.Passed}
		if i > maxChecks {
			a.Status = result.Failed
		}
		checks = append(checks, a)
	}
	got := bounded(distinct(checks))
	if len(got) != maxChecks+1 {
		t.Fatalf("%d checks", len(got))
	}
	if last := got[maxChecks]; last.Name != "further checks" || last.Status != result.Passed || last.Reason != "5 more are not listed" {
		t.Errorf("got %+v", last)
	}
	if kept := got[maxChecks-1]; kept.Status != result.Failed || kept.Name != fmt.Sprintf("same (%d)", maxChecks+5) {
		t.Errorf("the failures are not kept: %+v", kept)
	}
}
