package layer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/junit"
	"github.com/posthog/chart-matrix/result"
)

// UnitName is the name of the unit layer.
const UnitName = "unit"

// unitInstall is what to do where helm-unittest is missing.
const unitInstall = "install it with `helm plugin install https://github.com/helm-unittest/helm-unittest`"

// Unit runs the chart's helm-unittest suites, once for the whole matrix: they
// name values and versions by themselves.
type Unit struct {
	Chart *chart.Chart
	// Command is the user's own, in shell syntax; empty means the
	// helm-unittest that is installed.
	Command string
	// Required says that the configuration names the layer: a missing tool is
	// then an error and not a skip.
	Required bool
	// Dir is where Command runs.
	Dir string
	// Workers bounds the processes among which the suites are divided.
	Workers int
}

// Name implements Layer.
func (*Unit) Name() string { return UnitName }

// Requires implements Layer: suites that test for failure run all the same.
func (*Unit) Requires() []string { return nil }

// Key implements Layer: no part of a cell matters.
func (u *Unit) Key(context.Context, Inputs) (string, error) {
	return digest(UnitName, u.Chart.Digest, u.Command), nil
}

// Run implements Layer.
func (u *Unit) Run(ctx context.Context, _ Inputs) ([]result.Assertion, error) {
	suites, err := u.relative(u.Chart.UnitTests())
	if err != nil {
		return nil, err
	}
	if u.Command == "" && len(suites) == 0 {
		const none = "the chart has no unit-test suites (tests/*_test.yaml)"
		if u.Required {
			return nil, errors.New("unit: configured, but " + none)
		}
		return nil, newSkip(none)
	}
	tool, err := u.tool(ctx, len(suites))
	if err != nil {
		return nil, err
	}
	work, err := os.MkdirTemp("", "chart-matrix-unit-")
	if err != nil {
		return nil, fmt.Errorf("unit: a folder for reports: %w", err)
	}
	defer func() { _ = os.RemoveAll(work) }() // temporary, the system clears it too
	if !tool.known {
		return u.whole(ctx, tool, filepath.Join(work, "report.xml"))
	}
	return u.sharded(ctx, tool, work, suites)
}

// unitTool is how the suites are run.
type unitTool struct {
	argv []string
	// known tells that argv is helm-unittest itself, whose flags we may add to.
	known bool
	// files are the patterns behind its own --file flags.
	files []string
}

// tool finds out what to run and whether it is there.
func (u *Unit) tool(ctx context.Context, suites int) (unitTool, error) {
	if u.Command != "" {
		t := parseUnitCommand(u.Command, u.Chart.Path)
		if _, err := command.Run(ctx, command.Spec{Argv: t.probe(), Dir: u.Dir}); errors.Is(err, command.ErrNotFound) {
			return t, fmt.Errorf("unit: the configured command `%s` cannot run: %w", u.Command, err)
		}
		if t.known && !t.works(ctx, u.Dir) {
			return t, fmt.Errorf("unit: the configured command `%s` cannot run: helm-unittest does not answer; %s", u.Command, unitInstall)
		}
		return t, nil
	}
	for _, argv := range [][]string{{"helm", "unittest"}, {"untt"}} {
		t := unitTool{argv: append(argv, u.Chart.Path), known: true}
		if t.works(ctx, u.Dir) {
			return t, nil
		}
	}
	missing := fmt.Sprintf("found %d unit-test suites, but not helm-unittest; %s", suites, unitInstall)
	if u.Required {
		return unitTool{}, errors.New("unit: " + missing)
	}
	return unitTool{}, &Skip{missing}
}

// probe is a command that tells whether the tool is there and does nothing.
func (t unitTool) probe() []string {
	if t.known && t.argv[0] == "helm" {
		return []string{t.argv[0], "unittest", "--help"}
	}
	return []string{t.argv[0], "--help"}
}

func (t unitTool) works(ctx context.Context, dir string) bool {
	r, err := command.Run(ctx, command.Spec{Argv: t.probe(), Dir: dir})
	return err == nil && r.ExitCode == 0
}

// whole runs a command that we know nothing about: its report is read if it
// writes one to $JUNIT, and else its exit code is the answer.
func (u *Unit) whole(ctx context.Context, t unitTool, report string) ([]result.Assertion, error) {
	r, err := command.Run(ctx, command.Spec{Argv: t.argv, Dir: u.Dir, Env: []string{"CHART=" + u.Chart.Path, "JUNIT=" + report}})
	if err != nil {
		return nil, fmt.Errorf("unit: %w", err)
	}
	if _, err := os.Stat(report); err == nil {
		return u.read(report, r)
	}
	a := result.Assertion{Name: "exit code", Status: result.Passed, Seconds: r.Duration.Seconds()}
	if r.ExitCode != 0 {
		a.Status = result.Failed
		a.Problems = []result.Problem{{
			Severity: result.Error, Code: "unit-test",
			Message: fmt.Sprintf("`%s` exits with %d", u.Command, r.ExitCode),
			Hint:    "let the command write JUnit XML to $JUNIT, and each test gets a line of its own",
			Excerpt: lastLines(r.Stdout+r.Stderr, 3),
		}}
	}
	return []result.Assertion{a}, nil
}

// sharded divides the suites among several processes of helm-unittest.
func (u *Unit) sharded(ctx context.Context, t unitTool, work string, suites []string) ([]result.Assertion, error) {
	if len(t.files) > 0 {
		var err error
		if suites, err = u.matching(t.files); err != nil {
			return nil, err
		}
	}
	if len(suites) == 0 {
		return nil, fmt.Errorf("unit: `%s` is configured, but no suite matches; expected files such as tests/web_test.yaml in %s", u.Command, u.Chart.Path)
	}
	shards := shard(suites, max(1, u.Workers))
	answers := make([][]result.Assertion, len(shards))
	failures := make([]error, len(shards))
	var wg sync.WaitGroup
	for i, files := range shards {
		wg.Go(func() {
			answers[i], failures[i] = u.shard(ctx, t, files, filepath.Join(work, fmt.Sprintf("shard-%d.xml", i)))
		})
	}
	wg.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	all := slices.Concat(answers...)
	slices.SortStableFunc(all, func(a, b result.Assertion) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (u *Unit) shard(ctx context.Context, t unitTool, files []string, report string) ([]result.Assertion, error) {
	argv := slices.Concat(t.argv, []string{"--output-type", "JUnit", "--output-file", report})
	for _, f := range files {
		argv = append(argv, "--file", f)
	}
	r, err := command.Run(ctx, command.Spec{Argv: argv, Dir: u.Dir, Env: []string{"CHART=" + u.Chart.Path}})
	if err != nil {
		return nil, fmt.Errorf("unit: %w", err)
	}
	out, err := u.read(report, r)
	switch {
	case err == nil:
		return out, nil
	case r.ExitCode <= 0 || ctx.Err() != nil:
		return nil, err
	case len(files) == 1:
		return []result.Assertion{brokenSuite(files[0], r)}, nil
	}
	// One suite that cannot be run ends the whole call without a word on the
	// others: ask for each by itself.
	var all []result.Assertion
	for i, f := range files {
		one, err := u.shard(ctx, t, []string{f}, fmt.Sprintf("%s.%d", report, i))
		if err != nil {
			return nil, err
		}
		all = append(all, one...)
	}
	return all, nil
}

// brokenSuite is the answer of a suite that helm-unittest refuses to run.
func brokenSuite(file string, r command.Result) result.Assertion {
	var said []string
	for _, line := range strings.Split(r.Stdout+r.Stderr, "\n") {
		line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "###"))
		if line != "" && !strings.HasPrefix(line, "Charts:") && !strings.HasPrefix(line, "Test Suites:") {
			said = append(said, line)
		}
	}
	reason := "exit code " + strconv.Itoa(r.ExitCode)
	for _, line := range said {
		if _, after, ok := strings.Cut(line, "Error:"); ok && strings.TrimSpace(after) != "" {
			reason = strings.TrimSpace(after)
		}
	}
	return failedAssertion(file, result.Problem{
		Severity: result.Error, Code: "unit-test", Message: "the suite cannot be run: " + reason,
		Location: result.Location{File: file}, Excerpt: said[:min(3, len(said))],
	})
}

// read turns a JUnit report into assertions. An exit code that the report does
// not explain is an error: the question was not answered.
func (u *Unit) read(report string, r command.Result) ([]result.Assertion, error) {
	f, err := os.Open(report)
	if err != nil {
		return nil, fmt.Errorf("unit: exit code %d and no report: %s", r.ExitCode, strings.Join(lastLines(r.Stdout+r.Stderr, 5), "\n"))
	}
	defer func() { _ = f.Close() }() // opened for reading
	cases, err := junit.Parse(f)
	if err != nil {
		return nil, fmt.Errorf("unit: the report that helm-unittest wrote: %w", err)
	}
	var out []result.Assertion
	failed := false
	for _, c := range cases {
		a := result.Assertion{Name: c.Suite + " › " + c.Name, Status: c.Status, Seconds: c.Seconds}
		switch c.Status {
		case result.Failed, result.Errored:
			failed = true
			a.Status = result.Failed // an error in a suite is the chart's own
			a.Problems = []result.Problem{unitProblem(a.Name, c)}
		case result.Skipped:
			a.Reason = c.Message
		}
		out = append(out, a)
	}
	if r.ExitCode != 0 && !failed {
		return nil, fmt.Errorf("unit: exit code %d, although no test in the report failed: %s", r.ExitCode, strings.Join(lastLines(r.Stdout+r.Stderr, 5), "\n"))
	}
	return out, nil
}

func lastLines(text string, n int) []string {
	text = strings.TrimSpace(text)
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-n):]
}
