package findings_test

import (
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// clouds is a third of a matrix in which one scenario fails on EKS, so that other
// cells have to tell what it depends on. Its cells have a cluster each.
func clouds(cell func(c *result.Cell)) scene {
	s := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" && at["scenario"] == "ha" {
			stops(c, "install", trouble("crash-loop", "Deployment/web", "it ended"))
		}
		cell(c)
	}, "kubernetes: 1.31 1.32 1.33 1.34", "provider: kind eks gke", "scenario: default ha tls")
	s.spec.Cover = third{}
	s.spec.Layers = []string{"lint", "cluster", "install", "test"}
	return s
}

func inJobs(run *result.Run) *result.Run {
	run.Plan.JobLayers = []string{"cluster", "install", "test"}
	return run
}

func openQuestion(t *testing.T, run *result.Run, history ...*findings.Past) []findings.NextCell {
	t.Helper()
	f := one(t, findings.Explain(run, findings.Options{Now: noon, History: history}))
	if len(f.Next) == 0 {
		t.Fatalf("nothing is to be decided: %s (%v)", f.Where, f.Confidence)
	}
	return f.Next
}

// of gives the minutes and dollars of the next cells of a provider.
func costOn(next []findings.NextCell, provider string) (minutes, dollars float64) {
	i := slices.IndexFunc(next, func(n findings.NextCell) bool { return n.At[matrix.Provider] == provider })
	if i < 0 {
		return 0, 0
	}
	return next[i].Minutes, next[i].Dollars
}

// took gives a cell's cluster and its layers their times, in minutes.
func took(c *result.Cell, boot, install float64) {
	for i := range c.Steps {
		switch s := &c.Steps[i]; s.Layer {
		case "cluster":
			s.Seconds = boot * 60
			s.Assertions = []result.Assertion{{Name: "up", Status: result.Passed, Seconds: boot * 60}}
		case "install":
			s.Seconds = install * 60
		case "lint":
			s.Seconds = 6000 // not of the job
		}
	}
}

func TestNextCellsCostMinutes(t *testing.T) {
	slow := func(c *result.Cell) {
		if c.At["provider"] == "eks" {
			took(c, 17, 4)
		} else {
			took(c, 0.5, 1.5)
		}
	}
	none := func(*result.Cell) {}
	for _, test := range []struct {
		name    string
		cell    func(*result.Cell)
		change  func(*result.Run)
		before  func(*result.Cell)
		minutes float64
		dollars float64
	}{
		{name: "nothing was measured", cell: none, minutes: 23, dollars: 0.11},
		{name: "as other cells of the provider took", cell: slow, minutes: 21, dollars: 0.1},
		{name: "as the baseline's took", cell: none, before: slow, minutes: 21, dollars: 0.1},
		{name: "what others measured counts for the layers alone", cell: func(c *result.Cell) {
			if c.At["provider"] == "kind" {
				took(c, 0.5, 1.5)
			}
		}, minutes: 21.5, dollars: 0.1},
		{name: "as its jobs took", cell: slow, change: func(run *result.Run) {
			for _, c := range run.Plan.Cells {
				run.Plan.Jobs = append(run.Plan.Jobs, matrix.Job{ID: c.ID, Cells: []string{c.ID}})
				run.Jobs = append(run.Jobs, result.Job{ID: c.ID, Attempt: 1, State: result.JobPassed, Seconds: 30 * 60})
			}
		}, minutes: 30, dollars: 0.14},
		{name: "no time is a year", cell: func(c *result.Cell) { took(c, 1e9, 1e300) }, minutes: 7200, dollars: 34.8},
		{name: "no time is below nothing", cell: func(c *result.Cell) { took(c, -5, -5) }, minutes: 23, dollars: 0.11},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := inJobs(clouds(test.cell).run(t))
			if test.change != nil {
				test.change(run)
			}
			var history []*findings.Past
			if test.before != nil {
				s := clouds(func(c *result.Cell) { *c = passed(*c); test.before(c) })
				history = append(history, findings.Remember(inJobs(s.run(t))))
			}
			next := openQuestion(t, run, history...)
			minutes, dollars := costOn(next, "eks")
			if minutes != test.minutes || dollars != test.dollars {
				t.Errorf("%v min and $%v, want %v and %v; %+v", minutes, dollars, test.minutes, test.dollars, next)
			}
			if again := openQuestion(t, run, history...); !slices.EqualFunc(next, again, func(a, b findings.NextCell) bool { return a.Slug == b.Slug && a.Minutes == b.Minutes }) {
				t.Error("the second answer differs")
			}
		})
	}
}

func passed(c result.Cell) result.Cell {
	c.Status = result.Passed
	for i := range c.Steps {
		c.Steps[i].Status, c.Steps[i].Reason = result.Passed, ""
		c.Steps[i].Assertions = []result.Assertion{{Name: "ok", Status: result.Passed}}
	}
	return c
}

// TestCloudsCostMore: by about as much as people expect.
func TestCloudsCostMore(t *testing.T) {
	for _, provider := range []string{"eks", "gke", "aks", "doks"} {
		c, here := findings.CostOf(provider), findings.CostOf("kind")
		if c.Dollars <= 0 || here.Dollars != 0 || c.Weight() < 2*here.Weight() || c.Weight() > 20*here.Weight() {
			t.Errorf("%s: %+v; kind: %+v", provider, c, here)
		}
	}
	if c := findings.CostOf("of the future"); c.Minutes <= findings.CostOf("kind").Minutes {
		t.Errorf("nobody knows what it costs, and it is cheap: %+v", c)
	}
}
