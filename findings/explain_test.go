package findings

import (
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

var day = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// fourteen is every minor from 1.24 to 1.37.
var fourteen = strings.Fields("1.24 1.25 1.26 1.27 1.28 1.29 1.30 1.31 1.32 1.33 1.34 1.35 1.36 1.37")

func axesOf(versions []string, provider, scenario, operation string) []matrix.Axis {
	return []matrix.Axis{
		{Name: matrix.Kubernetes, Values: versions, Ordered: true},
		{Name: matrix.Provider, Values: strings.Fields(provider)},
		{Name: matrix.Scenario, Values: strings.Fields(scenario)},
		{Name: matrix.Operation, Values: strings.Fields(operation)},
	}
}

// planOf expands axes with the static layers.
func planOf(t testing.TB, axes []matrix.Axis, expect ...matrix.Expectation) *matrix.Plan {
	t.Helper()
	p, err := matrix.Expand(matrix.Spec{Axes: axes, Layers: []string{"lint", "render", "schema"}, Expect: expect}, 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Name, p.Chart.Name = "hogwatch", "hogwatch"
	return p
}

// at tells a cell's values by axis name.
type at = map[string]string

// runOf gives every cell one passed assertion in each layer, then lets change
// do what it likes.
func runOf(p *matrix.Plan, change func(at at, c *result.Cell)) *result.Run {
	var cells []result.Cell
	for _, c := range p.Cells {
		r := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: result.Passed, KubeVersion: "v" + c.At[matrix.Kubernetes] + ".0"}
		for _, l := range p.Layers {
			r.Steps = append(r.Steps, result.Step{Layer: l, Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}})
		}
		if change != nil {
			change(c.At, &r)
		}
		cells = append(cells, r)
	}
	return result.Join(p, cells, nil)
}

// fail makes a layer of a cell fail with a problem.
func fail(c *result.Cell, layer string, p result.Problem) {
	if p.Severity == "" {
		p.Severity = result.Error
	}
	for i := range c.Steps {
		s := &c.Steps[i]
		if s.Layer != layer {
			continue
		}
		a := result.Assertion{Name: "check", Status: result.Passed, Problems: []result.Problem{p}}
		if p.Severity == result.Error {
			a.Status, s.Status, c.Status = result.Failed, result.Failed, result.Failed
		}
		s.Assertions = append(s.Assertions, a)
	}
}

func removedHPA() result.Problem {
	return result.Problem{
		Code: "api-removed", Message: "autoscaling/v2beta2 HorizontalPodAutoscaler was removed in Kubernetes 1.26",
		Hint:     "use autoscaling/v2",
		Location: result.Location{File: "templates/hpa.yaml", Line: 2, Object: "HorizontalPodAutoscaler/web", Path: "/apiVersion"},
		Excerpt:  []string{"apiVersion: autoscaling/v2beta2"},
	}
}

func wrongPort() result.Problem {
	return result.Problem{
		Code: "wrong-type", Message: `expected a whole number, found the text "5432"`,
		Location: result.Location{File: "templates/db.yaml", Object: "Service/db", Path: "/spec/ports/0/port"},
	}
}

func minorOf(at at) int {
	v, _ := matrix.ParseVersion(at[matrix.Kubernetes])
	return v.Minor
}

func TestTwoFaultsAreTwoSentences(t *testing.T) {
	p := planOf(t, axesOf(fourteen, "kind eks", "default ha external-db", "install"))
	run := runOf(p, func(at at, c *result.Cell) {
		if at["scenario"] == "ha" && minorOf(at) >= 26 {
			fail(c, "schema", removedHPA())
		}
		if at["scenario"] == "external-db" {
			fail(c, "schema", wrongPort())
		}
	})
	s := Explain(run, Options{Now: day, Command: "chart-matrix check charts/hogwatch"})
	if len(s.Findings) != 2 {
		t.Fatalf("%d findings, want 2: %+v", len(s.Findings), s.Findings)
	}
	type said struct{ Title, Where, Reproduce string }
	want := []said{
		{
			`Service/db, spec.ports[0].port: expected a whole number, found the text "5432"`, "in scenario external-db, on every Kubernetes version",
			"chart-matrix check charts/hogwatch --only kubernetes=1.24 --only provider=kind --only scenario=external-db --layers schema",
		},
		{
			"HorizontalPodAutoscaler/web: autoscaling/v2beta2 HorizontalPodAutoscaler was removed in Kubernetes 1.26", "on Kubernetes 1.26 and later, in scenario ha",
			"chart-matrix check charts/hogwatch --only kubernetes=1.26 --only provider=kind --only scenario=ha --layers schema",
		},
	}
	for i, f := range s.Findings {
		if got := (said{f.Title, f.Where, f.Reproduce}); got != want[i] {
			t.Errorf("finding %d:\n got %+v\nwant %+v", i, got, want[i])
		}
	}
	if want := "2 causes of failure in 52 of 84 cells; 32 cells pass."; s.Verdict.Headline != want {
		t.Errorf("headline %q, want %q", s.Verdict.Headline, want)
	}
	if s.Verdict.Passed || s.Verdict.ExitCode != ExitChart {
		t.Errorf("verdict %+v, want red with exit code 1", s.Verdict)
	}
	if sup := s.Findings[1].Support; sup != (Support{Matching: 24, MatchingFailing: 24, Others: 60}) {
		t.Errorf("support %+v", sup)
	}
}

func TestAllGreen(t *testing.T) {
	p := planOf(t, axesOf(fourteen, "kind eks", "a b c d e f g h i", "install"))
	s := Explain(runOf(p, nil), Options{Now: day})
	if !s.Verdict.Passed || s.Verdict.ExitCode != 0 || s.Verdict.Headline != "All 252 cells pass." {
		t.Errorf("verdict %+v", s.Verdict)
	}
	if len(s.Findings) != 0 || s.Counts.Passed != 252 {
		t.Errorf("findings %v, counts %+v", s.Findings, s.Counts)
	}
}
