package layer

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/junit"
	"github.com/posthog/chart-matrix/result"
)

// CommandName is the name of the command layer.
const CommandName = "command"

// Command runs a program of the user's own in each cell.
type Command struct {
	// Script is for bash.
	Script string
	// Chart is the chart's path, Dir the folder in which the script runs.
	Chart, Dir string
	// Need is what must be there; empty is nothing.
	Need Need
}

// Name implements JobLayer.
func (*Command) Name() string { return CommandName }

// Requires implements JobLayer: what cannot be installed is not worth a runner.
func (c *Command) Requires() []string { return requiresFor(c.Needs()) }

// Needs implements Needer.
func (c *Command) Needs() Need { return cmp.Or(c.Need, NeedNothing) }

// keepOutput bounds what is kept of standard output, in bytes: TAP is read from it.
const keepOutput = 4 << 20

// runnersOwn names the variables that are between GitHub's runner and the step
// that runs this program: through these files a step sets variables, paths and
// outputs of the job, and the action's inputs may hold a token.
func runnersOwn() []string {
	return []string{"GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STATE", "GITHUB_STEP_SUMMARY", "INPUT_*"}
}

// Run implements JobLayer.
func (c *Command) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	work, done, err := env.temp("command")
	if err != nil {
		return nil, fmt.Errorf("a folder for the command's files: %w; TMPDIR names where it goes", err)
	}
	defer done()
	if _, err := env.fulfil(c.Needs()); err != nil {
		return nil, err
	}
	variables, err := env.variables(c.Chart, work)
	if err != nil {
		return nil, err
	}
	shown := &lastWords{also: env.Log}
	r, err := env.Exec(ctx, command.Spec{
		Argv: []string{"bash", "-e", "-o", "pipefail", "-c", c.Script},
		Dir:  c.Dir, Env: variables, Without: runnersOwn(), KeepBytes: keepOutput, Tee: shown,
	})
	if err != nil {
		return nil, ended(err)
	}
	return c.answer(r, filepath.Join(work, reportName), withLastError(shown.lines(), r.Stderr))
}

// ended says what kept a command from its end, without what it printed: that
// may be anything.
func ended(err error) error {
	var stopped *command.Error
	if errors.As(err, &stopped) {
		return stopped.Inner
	}
	return err
}

const reportName = "junit.xml"

// AxisVariable names the environment variable that holds a cell's value on an
// axis of the user's. The prefix keeps an axis named "path" from being PATH.
func AxisVariable(axis string) string {
	return "AXIS_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, axis)
}

// The exit codes with which a shell says that it could not run a program
// (POSIX.1-2024, 2.8.2 Exit Status for Commands).
const (
	exitNotExecutable = 126
	exitNotFound      = 127
)

// answer reads what the command said: JUnit XML, TAP, or its exit code alone.
func (c *Command) answer(r command.Result, report string, tail []string) ([]result.Assertion, error) {
	checks, reported, err := reportedChecks(r.Stdout, report)
	switch {
	case r.ExitCode < 0:
		return checks, errors.New("a signal ended the command; the machine may be short of memory" + said(tail))
	case r.ExitCode == exitNotFound, r.ExitCode == exitNotExecutable:
		return checks, fmt.Errorf("exit code %d: a program that the command calls cannot be run%s", r.ExitCode, said(tail))
	case err != nil:
		return checks, err
	case !reported, r.ExitCode != 0 && !anyFailed(checks):
		return append(checks, exitCode(r, tail, reported)), nil
	case len(checks) == 0:
		return nil, newSkip("the command reports no checks")
	}
	return checks, nil
}

// reportedChecks reads JUnit XML or else TAP; reported tells that there is one
// of them. The error says that it does not tell everything.
func reportedChecks(stdout, report string) (checks []result.Assertion, reported bool, err error) {
	if checks, err = junitChecks(report); !errors.Is(err, fs.ErrNotExist) {
		return bounded(distinct(checks)), true, err
	}
	points, ok := parseTAP(stdout)
	if !ok {
		return nil, false, nil
	}
	checks, err = points.checks()
	return bounded(distinct(checks)), true, err
}

// junitChecks reads the JUnit XML; fs.ErrNotExist says that there is none.
func junitChecks(path string) (checks []result.Assertion, err error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("$JUNIT: expected a file, found something else in its place")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // opened for reading
	cases, err := junit.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("the report that the command wrote to $JUNIT: %w", err)
	}
	for _, c := range cases {
		a := result.Assertion{Name: joinName(c.Suite, c.Name), Status: c.Status, Seconds: c.Seconds}
		switch c.Status {
		case result.Failed, result.Errored:
			a = failed(a, c.File, strings.Split(c.Message, "\n"))
		case result.Skipped:
			a.Reason = oneLine(c.Message)
		}
		checks = append(checks, a)
	}
	return checks, nil
}

// exitCode is the check that an exit code is when no report explains it.
func exitCode(r command.Result, tail []string, reported bool) result.Assertion {
	a := result.Assertion{Name: "exit code", Status: result.Passed, Seconds: r.Duration.Seconds()}
	if r.ExitCode == 0 {
		return a
	}
	p := result.Problem{
		Severity: result.Error, Code: "command", Message: fmt.Sprintf("the command exits with %d", r.ExitCode),
		Excerpt: tail,
	}
	if reported {
		p.Message += ", although no check in its report failed"
	}
	a.Status, a.Problems = result.Failed, []result.Problem{p}
	return a
}

func said(tail []string) string {
	if len(tail) == 0 {
		return ""
	}
	return "\n" + strings.Join(tail, "\n")
}
