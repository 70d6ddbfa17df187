package findings_test

import (
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// forgets takes the step of a layer out of a result.
func forgets(c *result.Cell, layer string) {
	c.Steps = slices.DeleteFunc(c.Steps, func(s result.Step) bool { return s.Layer == layer })
}

// TestAPlannedLayerWithoutAStepIsLost: a result that leaves a layer out is not
// green, whatever it says of the others.
func TestAPlannedLayerWithoutAStepIsLost(t *testing.T) {
	s := explain(t, scene{
		spec: matrix.Spec{Axes: axes("kubernetes: 1.34 1.35")},
		happen: func(at map[string]string, c *result.Cell) {
			if at["kubernetes"] == "1.35" {
				forgets(c, "render")
			}
		},
	}, findings.Gate{Mode: "new"})
	f := one(t, s)
	if f.Status != result.Lost || f.Layer != "render" || f.State != findings.Unanswered || f.Where != "only on Kubernetes 1.35" {
		t.Errorf("%+v", f)
	}
	if s.Verdict.Passed || s.Verdict.ExitCode != findings.ExitInfrastructure || s.Counts.Lost != 1 || s.Counts.Passed != 1 {
		t.Errorf("%+v, %+v", s.Verdict, s.Counts)
	}
}

func TestALayerThatThePlanSkipsNeedsNoStep(t *testing.T) {
	render := []string{"render"}
	s := explain(t, scene{
		spec:   matrix.Spec{Axes: axes("kubernetes: 1.34 1.35"), Exclude: []matrix.Exclusion{{Layers: render, Rule: "a rule", Because: "no need"}}},
		happen: func(_ map[string]string, c *result.Cell) { forgets(c, "render") },
	}, findings.Gate{Mode: "new"})
	if !s.Verdict.Passed || len(s.Findings) > 0 {
		t.Errorf("%+v, %+v", s.Verdict, s.Findings)
	}
}
