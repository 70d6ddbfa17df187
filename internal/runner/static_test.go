package runner

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// fake is a layer whose question is the value of some axes.
type fake struct {
	name     string
	requires []string
	key      func(matrix.Coordinate) string
	answer   func(matrix.Coordinate) ([]result.Assertion, error)
	asked    atomic.Int64
}

func (f *fake) Name() string       { return f.name }
func (f *fake) Requires() []string { return f.requires }
func (f *fake) Key(_ context.Context, in layer.Inputs) (string, error) {
	return f.key(in.Cell.At), nil
}
func (f *fake) Run(_ context.Context, in layer.Inputs) ([]result.Assertion, error) {
	f.asked.Add(1)
	return f.answer(in.Cell.At)
}

func by(axis string) func(matrix.Coordinate) string {
	return func(at matrix.Coordinate) string { return at[axis] }
}

func pass(matrix.Coordinate) ([]result.Assertion, error) {
	return []result.Assertion{{Name: "ok", Status: result.Passed}}, nil
}

func failOn(axis, value string) func(matrix.Coordinate) ([]result.Assertion, error) {
	return func(at matrix.Coordinate) ([]result.Assertion, error) {
		if at[axis] == value {
			return []result.Assertion{{Name: "no", Status: result.Failed}}, nil
		}
		return pass(at)
	}
}

// grid is 3 versions x 2 scenarios.
func grid() []matrix.Cell {
	plan, err := matrix.Expand(matrix.Spec{Axes: []matrix.Axis{
		{Name: matrix.Kubernetes, Values: []string{"1.33", "1.34", "1.35"}, Ordered: true},
		{Name: matrix.Scenario, Values: []string{"default", "ha"}},
	}}, 1)
	if err != nil {
		panic(err)
	}
	return plan.Cells
}

func run(ctx context.Context, cells []matrix.Cell, layers ...layer.Layer) []result.Cell {
	s := Static{
		Layers: layers, Workers: 3, Now: time.Now,
		Inputs: func(c matrix.Cell) (layer.Inputs, error) { return layer.Inputs{Cell: c}, nil },
	}
	return s.Run(ctx, cells)
}

func TestEachQuestionIsAskedOnce(t *testing.T) {
	perScenario := &fake{name: "lint", key: by(matrix.Scenario), answer: failOn(matrix.Scenario, "ha")}
	perVersion := &fake{name: "render", key: by(matrix.Kubernetes), answer: pass}
	cells := grid()
	results := run(t.Context(), cells, perScenario, perVersion)
	if got := perScenario.asked.Load(); got != 2 {
		t.Errorf("lint was asked %d times, want 2", got)
	}
	if got := perVersion.asked.Load(); got != 3 {
		t.Errorf("render was asked %d times, want 3", got)
	}
	shared := 0
	for i, r := range results {
		if r.ID != cells[i].ID {
			t.Errorf("result %d is of cell %s, want %s", i, r.ID, cells[i].ID)
		}
		want := result.Passed
		if r.At[matrix.Scenario] == "ha" {
			want = result.Failed
		}
		if r.Status != want || r.Steps[0].Status != want || r.Steps[1].Status != result.Passed {
			t.Errorf("%s: %s, steps %+v; want %s", r.Slug, r.Status, r.Steps, want)
		}
		for _, s := range r.Steps {
			if s.Shared {
				shared++
			}
		}
	}
	if want := 2*len(cells) - 5; shared != want {
		t.Errorf("%d steps are shared, want %d", shared, want)
	}
}

func TestAFailedLayerBlocksWhatRequiresIt(t *testing.T) {
	render := &fake{name: "render", key: by(matrix.Scenario), answer: failOn(matrix.Scenario, "ha")}
	schema := &fake{name: "schema", requires: []string{"render"}, key: by(matrix.Scenario), answer: pass}
	unit := &fake{name: "unit", key: by(""), answer: pass}
	for _, r := range run(t.Context(), grid(), render, schema, unit) {
		want := result.Passed
		if r.At[matrix.Scenario] == "ha" {
			want = result.Blocked
		}
		if got := r.Steps[1].Status; got != want {
			t.Errorf("%s: schema is %s, want %s", r.Slug, got, want)
		}
		if got := r.Steps[2].Status; got != result.Passed {
			t.Errorf("%s: unit is %s, want passed", r.Slug, got)
		}
	}
	if schema.asked.Load() != 1 || unit.asked.Load() != 1 {
		t.Errorf("asked schema %d times and unit %d times, want 1 and 1", schema.asked.Load(), unit.asked.Load())
	}
}

func TestWhatCannotBeAskedIsNeverGreen(t *testing.T) {
	broken := &fake{name: "lint", key: by(matrix.Scenario), answer: func(matrix.Coordinate) ([]result.Assertion, error) {
		return nil, errors.New("no helm here")
	}}
	skipping := &fake{name: "unit", key: by(""), answer: func(matrix.Coordinate) ([]result.Assertion, error) {
		return nil, fmt.Errorf("wrapped: %w", &layer.Skip{Reason: "no suites"})
	}}
	empty := &fake{name: "test", key: by(""), answer: func(matrix.Coordinate) ([]result.Assertion, error) { return nil, nil }}
	for _, r := range run(t.Context(), grid(), broken) {
		if r.Status != result.Errored || r.Steps[0].Reason != "no helm here" {
			t.Errorf("%s: %s (%s), want errored", r.Slug, r.Status, r.Steps[0].Reason)
		}
	}
	for _, r := range run(t.Context(), grid(), skipping) {
		if r.Status != result.Skipped || r.Reason != "every layer was skipped (unit: no suites)" {
			t.Errorf("%s: %s (%s), want skipped", r.Slug, r.Status, r.Reason)
		}
	}
	for _, r := range run(t.Context(), grid(), empty) {
		if r.Status != result.Skipped {
			t.Errorf("%s: a layer without checks is %s, want skipped", r.Slug, r.Status)
		}
	}
}

func TestCellsWhoseLayerIsExcludedSkipIt(t *testing.T) {
	lint := &fake{name: "lint", key: by(matrix.Scenario), answer: pass}
	cells := grid()
	cells[0].Skip = map[string]matrix.LayerSkip{"lint": {Because: "too old"}}
	results := run(t.Context(), cells, lint)
	if s := results[0].Steps[0]; s.Status != result.Skipped || s.Reason != "too old" {
		t.Errorf("got %+v", s)
	}
}

func TestBadInputFailsTheCellAndNoOther(t *testing.T) {
	lint := &fake{name: "lint", key: by(matrix.Scenario), answer: pass}
	unit := &fake{name: "unit", key: by(""), answer: pass}
	s := Static{Layers: []layer.Layer{lint, unit}, Now: time.Now, Inputs: func(c matrix.Cell) (layer.Inputs, error) {
		if c.At[matrix.Scenario] == "ha" {
			return layer.Inputs{}, &BadInput{Problem: result.Problem{Severity: result.Error, Code: "values-file", Message: "a list"}}
		}
		return layer.Inputs{Cell: c}, nil
	}}
	for _, r := range s.Run(t.Context(), grid()) {
		if r.At[matrix.Scenario] == "ha" {
			if r.Status != result.Failed || r.Steps[1].Status != result.Blocked {
				t.Errorf("%s: %s, %+v; want failed, and unit blocked", r.Slug, r.Status, r.Steps)
			}
		} else if r.Status != result.Passed {
			t.Errorf("%s: %s, want passed", r.Slug, r.Status)
		}
	}
}

func TestAnEndedContextStillGivesEveryCellAResult(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	first := &fake{name: "lint", key: by(matrix.Scenario), answer: func(at matrix.Coordinate) ([]result.Assertion, error) {
		cancel()
		return pass(at)
	}}
	second := &fake{name: "render", key: by(matrix.Kubernetes), answer: pass}
	cells := grid()
	results := run(ctx, cells, first, second)
	if len(results) != len(cells) {
		t.Fatalf("%d results for %d cells", len(results), len(cells))
	}
	for _, r := range results {
		if len(r.Steps) != 2 || r.Steps[1].Status != result.Errored {
			t.Errorf("%s: %+v; want render errored", r.Slug, r.Steps)
		} else if r.Steps[1].Reason != "the run was interrupted" {
			t.Errorf("%s: %q does not say what ended it", r.Slug, r.Steps[1].Reason)
		}
	}
}
