package findings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// nights gives earlier runs, newest first, from a text with a letter for each:
// p passed, f failed as now, o failed otherwise, e gave no answer, r passed when
// it was tried again.
func nights(t *testing.T, text string) []*findings.Past {
	t.Helper()
	var out []*findings.Past
	for _, night := range text {
		s := scene{spec: oneCell()}
		fails := func(_ map[string]string, c *result.Cell) { says(c, "schema", "connection reset") }
		switch night {
		case 'f':
			s.happen = fails
		case 'o':
			s.happen = func(_ map[string]string, c *result.Cell) { says(c, "schema", "wrong field") }
		case 'e':
			s.happen = func(_ map[string]string, c *result.Cell) { breaks(c, "schema", "no disk") }
		case 'r':
			s.earlier = fails
		}
		out = append(out, findings.Remember(s.run(t)))
	}
	return out
}

func oneCell() matrix.Spec { return matrix.Spec{Axes: axes("kubernetes: 1.34", "scenario: ha")} }

// TestHistory: what comes and goes is flaky while it fails no oftener than
// chance would have it; what fails since some night without a break is no chance.
func TestHistory(t *testing.T) {
	for _, c := range []struct {
		name, nights string
		state        findings.State
		remark       string
		history      *findings.History
	}{
		{"nothing to compare with", "", findings.New, "", nil},
		{"it always passed", strings.Repeat("p", 20), findings.New, "", &findings.History{Runs: 20, Asked: 20}},
		{"it always failed", strings.Repeat("f", 20), findings.PreExisting, "the baseline fails in the same way", &findings.History{Runs: 20, Failed: 20, Asked: 20}},
		{
			"3 of 20 nights, each by itself", "ppfppppppfppppppppfp", findings.Flaky, "it comes and goes: it failed in 3 of the last 20 runs",
			&findings.History{Runs: 20, Failed: 3, Asked: 20, PValue: 0.19},
		},
		{"it broke last night", "f" + strings.Repeat("p", 13), findings.PreExisting, "the baseline fails in the same way", &findings.History{Runs: 14, Failed: 1, Asked: 14}},
		{"it was broken for some nights, and mended", "ppfffppppp", findings.New, "", &findings.History{Runs: 10, Failed: 3, Asked: 10}},
		{"it was broken and mended twice", "ppffpppfffpp", findings.Flaky, "it comes and goes: it failed in 5 of the last 12 runs", &findings.History{Runs: 12, Failed: 5, Asked: 12, PValue: 0.46}},
		{
			"it was flaky, and has failed for nights", "ffffpppppfpppppfpppp", findings.PreExisting,
			"the baseline fails in the same way; it failed in 6 of the last 20 runs, and fails oftener now than chance explains (p = 0.001)",
			&findings.History{Runs: 20, Failed: 6, Asked: 20, PValue: 0.001},
		},
		{
			"it is so seldom that this is no chance", strings.Repeat("p", 10) + "f" + strings.Repeat("p", 40) + "f" + strings.Repeat("p", 30), findings.New,
			"it failed in 2 of the last 82 runs, and fails oftener now than chance explains (p = 0.036)",
			&findings.History{Runs: 82, Failed: 2, Asked: 82, PValue: 0.036},
		},
		{"other failures say nothing", "oooopppp", findings.New, "", &findings.History{Runs: 4, Asked: 4}},
		{"no answers say nothing", "eeeeffff", findings.New, "", &findings.History{Runs: 4, Failed: 4, Asked: 4}},
		{
			"passed when it was tried again: proof", "pppprpppp", findings.Flaky, "it comes and goes: it failed in 1 of 10 answers in the last 9 runs",
			&findings.History{Runs: 9, Failed: 1, Asked: 10, PValue: 0.18},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			now := scene{spec: oneCell(), happen: func(_ map[string]string, c *result.Cell) { says(c, "schema", "connection reset") }}.run(t)
			s := findings.Explain(now, findings.Options{Now: noon, Gate: findings.Gate{Mode: "all"}, History: nights(t, c.nights)})
			all := slices.DeleteFunc(slices.Clone(s.Findings), func(f findings.Finding) bool { return f.State == findings.Fixed })
			if len(all) != 1 {
				t.Fatalf("%+v", s.Findings)
			}
			f := all[0]
			if f.State != c.state || f.Remark != c.remark {
				t.Errorf("%s, %q; want %s, %q", f.State, f.Remark, c.state, c.remark)
			}
			if (f.History == nil) != (c.history == nil) || c.history != nil && *f.History != *c.history {
				t.Errorf("history %+v, want %+v", f.History, c.history)
			}
			if wantRed := c.state != findings.Flaky; s.Verdict.Passed == wantRed {
				t.Errorf("%s, and the verdict is %+v", f.State, s.Verdict)
			}
		})
	}
}

// TestHistoryOfManyCells: an outage of one night that took many cells is one
// episode, and a fault that one cell always has is none.
func TestHistoryOfManyCells(t *testing.T) {
	spec := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34 1.35", "scenario: default ha")}
	reset := func(cells ...string) func(map[string]string, *result.Cell) {
		return func(at map[string]string, c *result.Cell) {
			if len(cells) == 0 || slices.Contains(cells, at[matrix.Kubernetes]+"/"+at["scenario"]) {
				says(c, "schema", "connection reset")
			}
		}
	}
	night := func(happen func(map[string]string, *result.Cell)) *findings.Past {
		return findings.Remember(scene{spec: spec, happen: happen}.run(t))
	}
	good, outage := night(nil), night(reset())
	one, other, always := night(reset("1.33/ha")), night(reset("1.35/ha")), night(reset("1.34/ha"))
	for _, c := range []struct {
		name  string
		past  []*findings.Past
		now   func(map[string]string, *result.Cell)
		state findings.State
	}{
		{"one outage", []*findings.Past{good, good, outage, good, good}, reset("1.33/ha"), findings.New},
		{"two outages", []*findings.Past{good, outage, good, outage, good}, reset("1.33/ha"), findings.Flaky},
		{"cells that flake, each once", []*findings.Past{good, one, good, other, good, good, good}, reset("1.33/ha", "1.35/ha"), findings.Flaky},
		{"cells that flake seldom, and now all fail", []*findings.Past{good, one, good, other, good, good, good}, reset(), findings.New},
		{"one that always fails, and another", []*findings.Past{always, always, always, always}, reset("1.34/ha", "1.33/ha"), findings.New},
		{"one that always fails", []*findings.Past{always, always, always, always}, reset("1.34/ha"), findings.PreExisting},
		{"flakes of other cells excuse nothing", []*findings.Past{good, other, good, other, good}, reset("1.33/ha"), findings.New},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := findings.Explain(scene{spec: spec, happen: c.now}.run(t), findings.Options{Now: noon, History: c.past})
			f := one1(t, s)
			if f.State != c.state {
				t.Errorf("%s, %q, %+v; want %s", f.State, f.Remark, f.History, c.state)
			}
		})
	}
}

// one1 gives the only finding that is about what fails now.
func one1(t *testing.T, s findings.Summary) findings.Finding {
	t.Helper()
	s.Findings = slices.DeleteFunc(slices.Clone(s.Findings), func(f findings.Finding) bool { return f.State == findings.Fixed })
	return one(t, s)
}

// TestTriesOfAJobAreHistory: a job that tried a cell again leaves both answers.
func TestTriesOfAJobAreHistory(t *testing.T) {
	fails := func(_ map[string]string, c *result.Cell) { says(c, "schema", "connection reset") }
	night := scene{spec: oneCell()}.run(t)
	failed := scene{spec: oneCell(), happen: fails}.run(t).Cells[0]
	night.Cells[0].Retried = failed.Again()
	f := one(t, findings.Explain(scene{spec: oneCell(), happen: fails}.run(t), findings.Options{
		Now: noon, History: []*findings.Past{findings.Remember(night), findings.Remember(scene{spec: oneCell()}.run(t))},
	}))
	if f.State != findings.Flaky || f.History == nil || f.History.Failed != 1 || f.History.Asked != 3 {
		t.Errorf("%s, %+v", f.State, f.History)
	}
}
