package runner

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// fakeJobLayer answers from a function.
type fakeJobLayer struct {
	name     string
	requires []string
	need     layer.Need // empty for nothing
	run      func(context.Context, *layer.JobEnv) ([]result.Assertion, error)
}

func (f *fakeJobLayer) Name() string       { return f.name }
func (f *fakeJobLayer) Requires() []string { return f.requires }
func (f *fakeJobLayer) Needs() layer.Need  { return cmp.Or(f.need, layer.NeedNothing) }
func (f *fakeJobLayer) Run(ctx context.Context, env *layer.JobEnv) ([]result.Assertion, error) {
	return f.run(ctx, env)
}

func check(s result.Status) result.Assertion { return result.Assertion{Name: string(s), Status: s} }

// jobBrief is a cell's result in one line.
func jobBrief(c result.Cell) string {
	parts := []string{string(c.Status)}
	for _, s := range c.Steps {
		part := s.Layer + " " + string(s.Status)
		if s.Reason != "" {
			part += " (" + s.Reason + ")"
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, ", ")
}

func TestJob(t *testing.T) {
	answers := map[string]struct {
		assertions []result.Assertion
		err        error
	}{
		"passes": {[]result.Assertion{check(result.Passed)}, nil},
		"fails":  {[]result.Assertion{check(result.Passed), check(result.Failed)}, nil},
		"errs":   {nil, errors.New("no answer")},
		"both":   {[]result.Assertion{check(result.Failed)}, errors.New("bailed out")},
		"skips":  {nil, &layer.Skip{Reason: "nothing there"}},
		"none":   {nil, nil},
	}
	want := map[string]string{
		"passes": "passed, command passed, after passed",
		"fails":  "failed, command failed, after blocked (command did not pass)",
		"errs":   "errored, command errored (no answer), after blocked (command did not pass)",
		"both":   "failed, command failed (bailed out), after blocked (command did not pass)",
		"skips":  "passed, command skipped (nothing there), after passed",
		"none":   "passed, command skipped (nothing to check), after passed",
		"rule":   "passed, command skipped (too dear), after passed",
		"bad":    "failed, command failed, after blocked (the values cannot be used)",
		"lost":   "errored, command errored (disk away), after blocked (the values cannot be used)",
	}
	var cells []matrix.Cell
	for _, name := range []string{"passes", "fails", "errs", "both", "skips", "none", "rule", "bad", "lost"} {
		c := matrix.Cell{ID: name, Slug: "slug-" + name, At: matrix.Coordinate{"x": name}}
		if name == "rule" {
			c.Skip = map[string]matrix.LayerSkip{"command": {Rule: "r", Because: "too dear"}}
		}
		cells = append(cells, c)
	}
	var told []string
	j := &Job{
		ID: "job", Attempt: 3, Now: time.Now, Made: &Made{Now: time.Now},
		Inputs: func(c matrix.Cell) (layer.Inputs, error) {
			switch c.ID {
			case "bad":
				return layer.Inputs{}, &BadInput{result.Problem{Severity: result.Error, Code: "values-file", Message: "a list"}}
			case "lost":
				return layer.Inputs{}, errors.New("disk away")
			}
			return layer.Inputs{Cell: c, KubeVersion: "v1"}, nil
		},
		Layers: []layer.JobLayer{
			&fakeJobLayer{name: "command", requires: []string{"render"}, run: func(_ context.Context, env *layer.JobEnv) ([]result.Assertion, error) {
				a := answers[env.Cell.ID]
				return a.assertions, a.err
			}},
			&fakeJobLayer{name: "after", requires: []string{"command"}, run: func(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
				return []result.Assertion{check(result.Passed)}, nil
			}},
		},
		Start: func(c matrix.Cell) { told = append(told, "start "+c.ID) },
		Done:  func(r result.Cell) { told = append(told, "done "+r.ID) },
	}
	results := j.Run(t.Context(), cells)
	if len(results) != len(cells) || len(told) != 2*len(cells) || told[0] != "start passes" || told[1] != "done passes" {
		t.Errorf("%d results, told %v", len(results), told)
	}
	for i, r := range results {
		if got := jobBrief(r); got != want[cells[i].ID] {
			t.Errorf("%s: got  %s\nwant %s", cells[i].ID, got, want[cells[i].ID])
		}
		if r.Job != "job" || r.Attempt != 3 || r.Schema != result.CellSchema || r.At["x"] != cells[i].ID || r.Started.IsZero() {
			t.Errorf("%+v", r)
		}
	}
}

// TestJobIsStopped: what was not asked says why.
func TestJobIsStopped(t *testing.T) {
	for _, c := range []struct {
		cause error
		want  string
	}{
		{context.Canceled, "errored, command errored (the run was interrupted)"},
		{errors.New("the time is over"), "errored, command errored (the time is over)"},
	} {
		ctx, cancel := context.WithCancelCause(t.Context())
		var started []string
		j := &Job{
			Now: time.Now, Made: &Made{Now: time.Now},
			Inputs: func(c matrix.Cell) (layer.Inputs, error) { return layer.Inputs{Cell: c}, nil },
			Layers: []layer.JobLayer{&fakeJobLayer{name: "command", run: func(ctx context.Context, _ *layer.JobEnv) ([]result.Assertion, error) {
				cancel(c.cause)
				return nil, context.Cause(ctx)
			}}},
			Start: func(c matrix.Cell) { started = append(started, c.ID) },
		}
		for _, r := range j.Run(ctx, []matrix.Cell{{ID: "a"}, {ID: "b"}}) {
			if got := jobBrief(r); got != c.want {
				t.Errorf("%s: got %s, want %s", r.ID, got, c.want)
			}
		}
		if len(started) != 1 {
			t.Errorf("started %v", started)
		}
	}
}

func TestForJobs(t *testing.T) {
	layers := []layer.JobLayer{&fakeJobLayer{name: "command", requires: []string{"render", "schema"}}}
	step := func(layer string, s result.Status) result.Step { return result.Step{Layer: layer, Status: s} }
	cells := []matrix.Cell{
		{ID: "passed"}, {ID: "lint"}, {ID: "render"}, {ID: "schema"}, {ID: "left-out"},
		{ID: "rule", Skip: map[string]matrix.LayerSkip{"command": {Because: "too dear"}}}, {ID: "none"},
	}
	results := []result.Cell{
		{Steps: []result.Step{step("lint", result.Passed), step("render", result.Passed), step("schema", result.Passed)}},
		{Steps: []result.Step{step("lint", result.Failed), step("render", result.Passed)}},
		{Steps: []result.Step{step("render", result.Failed), step("schema", result.Blocked)}},
		{Steps: []result.Step{step("render", result.Passed), step("schema", result.Errored)}},
		{Steps: []result.Step{step("render", result.Passed), step("schema", result.Skipped)}},
		{Steps: []result.Step{step("render", result.Passed)}},
		{},
	}
	ids := func(cells []matrix.Cell) string {
		var out []string
		for _, c := range cells {
			out = append(out, c.ID)
		}
		return strings.Join(out, " ")
	}
	if got := ids(ForJobs(cells, nil, layers)); got != "passed lint render schema left-out none" {
		t.Errorf("without results: %s", got)
	}
	if got := ids(ForJobs(cells, results, layers)); got != "passed lint left-out none" {
		t.Errorf("got %s", got)
	}
	for i, want := range map[int]string{
		0: ", lint passed, render passed, schema passed",
		2: "failed, render failed, schema blocked, command blocked (render did not pass)",
		3: "errored, render passed, schema errored, command blocked (schema did not pass)",
		5: "passed, render passed, command skipped (too dear)",
	} {
		if got := jobBrief(results[i]); got != want {
			t.Errorf("%s: got  %s\nwant %s", cells[i].ID, got, want)
		}
	}
	if got := ForJobs(cells, results, nil); len(got) > 0 {
		t.Errorf("without job layers: %v", got)
	}
}
