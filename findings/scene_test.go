package findings_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// noon is when all tests judge.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// scene is a run in the making: a plan, and what happens in each cell.
type scene struct {
	spec   matrix.Spec
	event  string
	happen func(at map[string]string, c *result.Cell)
	// earlier is what happened in the attempt before, or nil.
	earlier func(at map[string]string, c *result.Cell)
}

// axis reads "scenario: default ha"; kubernetes is ordered.
func axis(text string) matrix.Axis {
	name, values, _ := strings.Cut(text, ": ")
	return matrix.Axis{Name: name, Values: strings.Fields(values), Ordered: name == matrix.Kubernetes}
}

func axes(texts ...string) []matrix.Axis {
	out := make([]matrix.Axis, len(texts))
	for i, text := range texts {
		out[i] = axis(text)
	}
	return out
}

func (s scene) run(t testing.TB) *result.Run {
	t.Helper()
	if s.spec.Layers == nil {
		s.spec.Layers = []string{"lint", "render", "schema"}
	}
	plan, err := matrix.Expand(s.spec, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan.Event = s.event
	var cells []result.Cell
	for _, c := range plan.Cells {
		if s.earlier != nil {
			cells = append(cells, s.attempt(plan, c, 1, s.earlier), s.attempt(plan, c, 2, s.happen))
			continue
		}
		cells = append(cells, s.attempt(plan, c, 1, s.happen))
	}
	// A cell without a schema was lost: its result never came.
	cells = slices.DeleteFunc(cells, func(c result.Cell) bool { return c.Schema == "" })
	return result.Join(plan, cells, nil)
}

func (s scene) attempt(plan *matrix.Plan, c matrix.Cell, attempt int, happen func(map[string]string, *result.Cell)) result.Cell {
	r := result.Cell{
		Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: attempt, Status: result.Passed,
		KubeVersion: "v" + c.At[matrix.Kubernetes] + ".3",
	}
	for _, l := range plan.Layers {
		r.Steps = append(r.Steps, result.Step{Layer: l, Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}})
	}
	if happen != nil {
		happen(c.At, &r)
	}
	return r
}

// says makes a check of the layer fail with an error.
func says(c *result.Cell, layer, message string) {
	report(c, layer, result.Problem{Severity: result.Error, Code: "wrong", Message: message, Location: result.Location{File: "templates/web.yaml", Line: 3}})
}

// report adds a problem to a layer; errors fail it.
func report(c *result.Cell, layer string, p result.Problem) {
	for i := range c.Steps {
		if s := &c.Steps[i]; s.Layer == layer {
			a := result.Assertion{Name: "check", Status: result.Passed, Problems: []result.Problem{p}}
			if p.Severity == result.Error {
				a.Status, s.Status, c.Status = result.Failed, result.Failed, result.Failed
			}
			s.Assertions = append(s.Assertions, a)
		}
	}
}

// breaks makes a layer give no answer, and blocks those behind it.
func breaks(c *result.Cell, layer, reason string) {
	for i := range c.Steps {
		if c.Steps[i].Layer == layer {
			c.Steps[i] = result.Step{Layer: layer, Status: result.Errored, Reason: reason}
			c.Status = result.Worst(c.Status, result.Errored)
		}
	}
}

// skips makes every layer of a cell skipped.
func skips(c *result.Cell) {
	for i := range c.Steps {
		c.Steps[i] = result.Step{Layer: c.Steps[i].Layer, Status: result.Skipped, Reason: "no tests"}
	}
	c.Status = result.Skipped
}

func explain(t testing.TB, s scene, gate findings.Gate) findings.Summary {
	t.Helper()
	return findings.Explain(s.run(t), findings.Options{Now: noon, Gate: gate, Command: "chart-matrix check ."})
}

// one gives the only finding.
func one(t testing.TB, s findings.Summary) findings.Finding {
	t.Helper()
	if len(s.Findings) != 1 {
		t.Fatalf("%d findings, want 1: %+v", len(s.Findings), s.Findings)
	}
	return s.Findings[0]
}
