package findings_test

import (
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

var twoCells = axes("kubernetes: 1.33 1.34")

// only lets something happen on 1.34 alone.
func only134(f func(c *result.Cell)) func(map[string]string, *result.Cell) {
	return func(at map[string]string, c *result.Cell) {
		if at[matrix.Kubernetes] == "1.34" {
			f(c)
		}
	}
}

func expectation(until string) []matrix.Expectation {
	day, err := time.Parse(time.DateOnly, until)
	if err != nil {
		panic(err)
	}
	return []matrix.Expectation{{
		Where: matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"1.34"}}}, Cells: "kubernetes 1.34",
		Matching: "502 Bad", Issue: "#203", Until: day, Rule: "expect-failure[0]",
	}}
}

// kinds has a scene for each column of the table in docs/architecture.md, by
// the name that users write in the gate.
func kinds() map[string]scene {
	bad := only134(func(c *result.Cell) { says(c, "schema", "502 Bad Gateway") })
	leak := only134(func(c *result.Cell) {
		report(c, "schema", result.Problem{Severity: result.Error, Code: "leak", Message: "a disk is left"})
	})
	return map[string]scene{
		"new":          {happen: bad},
		"pre-existing": {happen: bad},
		"expected":     {happen: bad, spec: matrix.Spec{Expect: expectation("2026-11-23")}},
		"overdue":      {happen: bad, spec: matrix.Spec{Expect: expectation("2026-11-22")}},
		"flaky":        {earlier: bad},
		"errored":      {happen: only134(func(c *result.Cell) { breaks(c, "schema", "no disk") })},
		"leak":         {happen: leak},
		"nothing-ran":  {happen: only134(skips)},
	}
}

func (s scene) on(axes []matrix.Axis) scene { s.spec.Axes = axes; return s }

// judged explains a scene of kinds; the baseline of "pre-existing" is the run itself.
func judged(t *testing.T, kind string, gate findings.Gate) findings.Summary {
	t.Helper()
	run := kinds()[kind].on(twoCells).run(t)
	opt := findings.Options{Now: noon, Gate: gate}
	if kind == "pre-existing" {
		opt.History = []*findings.Past{findings.Remember(run)}
	}
	return findings.Explain(run, opt)
}

func TestGateTable(t *testing.T) {
	for _, row := range []struct{ mode, kind, want string }{
		{"new", "new", "red 1"}, {"all", "new", "red 1"},
		{"new", "pre-existing", "green"}, {"all", "pre-existing", "red 1"},
		{"new", "expected", "green"}, {"all", "expected", "green"},
		{"new", "overdue", "green"}, {"all", "overdue", "red 1"},
		{"new", "flaky", "green"}, {"all", "flaky", "green"},
		{"new", "errored", "red 3"}, {"all", "errored", "red 3"},
		{"new", "leak", "red 3"}, {"all", "leak", "red 3"},
		{"new", "nothing-ran", "red 3"}, {"all", "nothing-ran", "red 3"},
	} {
		t.Run(row.mode+"/"+row.kind, func(t *testing.T) {
			s := judged(t, row.kind, findings.Gate{Mode: row.mode})
			f := one(t, s)
			if state := kindOf(f.State); state != row.kind {
				t.Fatalf("the finding is %s, want %s: %+v", state, row.kind, f)
			}
			if got := color(s.Verdict); got != row.want {
				t.Errorf("%s, want %s: %+v", got, row.want, s.Verdict)
			}
			if s.Verdict.Passed != (len(s.Verdict.Reasons) == 0) {
				t.Errorf("passed %t, reasons %q", s.Verdict.Passed, s.Verdict.Reasons)
			}
		})
	}
}

func kindOf(s findings.State) string {
	if s == findings.Unanswered {
		return "errored"
	}
	return string(s)
}

func color(v findings.Verdict) string {
	switch {
	case v.Passed && v.ExitCode == 0:
		return "green"
	case !v.Passed && v.ExitCode == 1:
		return "red 1"
	case !v.Passed && v.ExitCode == 3:
		return "red 3"
	}
	return "nonsense"
}

func TestGateOverrides(t *testing.T) {
	red := map[string]string{"errored": "red 3", "leak": "red 3", "nothing-ran": "red 3"}
	for kind := range kinds() {
		for _, mode := range []string{"new", "all"} {
			for _, level := range []string{"fail", "warn", "ignore"} {
				s := judged(t, kind, findings.Gate{Mode: mode, Overrides: map[string]string{kind: level}})
				want := "green"
				if level == "fail" {
					if want = red[kind]; want == "" {
						want = "red 1"
					}
				}
				if got := color(s.Verdict); got != want {
					t.Errorf("%s: %s, gate %s: %s, want %s", kind, level, mode, got, want)
				}
				if warned := len(s.Verdict.Warnings) > 0; warned != (level == "warn") {
					t.Errorf("%s: %s, gate %s: warnings %q", kind, level, mode, s.Verdict.Warnings)
				}
			}
		}
	}
}

func TestAFaultOfTheChartOutranksMissingAnswers(t *testing.T) {
	s := explain(t, scene{spec: matrix.Spec{Axes: twoCells}, happen: func(at map[string]string, c *result.Cell) {
		if at[matrix.Kubernetes] == "1.33" {
			breaks(c, "schema", "no disk")
		} else {
			says(c, "schema", "wrong")
		}
	}}, findings.Gate{})
	if got := color(s.Verdict); got != "red 1" || len(s.Verdict.Reasons) != 2 {
		t.Errorf("%s, want red 1 for two reasons: %+v", got, s.Verdict)
	}
}

func TestAdviceIsNeverRed(t *testing.T) {
	s := explain(t, scene{spec: matrix.Spec{Axes: twoCells}, happen: func(_ map[string]string, c *result.Cell) {
		report(c, "lint", result.Problem{Severity: result.Warning, Code: "icon", Message: "icon is recommended"})
	}}, findings.Gate{Mode: "all", Overrides: map[string]string{"advice": "fail", "new": "fail"}})
	if f := one(t, s); f.State != findings.Advice || !s.Verdict.Passed {
		t.Errorf("state %s, verdict %+v", f.State, s.Verdict)
	}
}

func TestLostCellsAreRed(t *testing.T) {
	s := explain(t, scene{spec: matrix.Spec{Axes: twoCells}, happen: only134(func(c *result.Cell) { c.Schema = "" })}, findings.Gate{Mode: "new"})
	f := one(t, s)
	if f.Status != result.Lost || f.Blame != findings.BlameRunner || color(s.Verdict) != "red 3" {
		t.Errorf("finding %+v, verdict %+v", f, s.Verdict)
	}
	if f.Where != "only on Kubernetes 1.34" {
		t.Errorf("where %q", f.Where)
	}
}

func TestAnEmptyPlanIsGreenOnlyByEvent(t *testing.T) {
	none := matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"none"}}}
	for _, c := range []struct {
		name, want string
		only       []matrix.Selection
	}{
		{"event", "green", []matrix.Selection{{Rule: "event pull_request", Where: none}}},
		{"flag", "red 3", []matrix.Selection{{Rule: "--only", Where: none}}},
		{"event and flag", "red 3", []matrix.Selection{
			{Rule: "event pull_request", Where: matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"1.33"}}}},
			{Rule: "--only", Where: none},
		}},
	} {
		s := explain(t, scene{spec: matrix.Spec{Axes: twoCells, Only: c.only}, event: "pull_request"}, findings.Gate{})
		if got := color(s.Verdict); got != c.want {
			t.Errorf("%s: %s, want %s: %+v", c.name, got, c.want, s.Verdict)
		}
		if c.want == "green" && !strings.HasPrefix(s.Verdict.Headline, "Nothing to test for this event") {
			t.Errorf("%s: headline %q", c.name, s.Verdict.Headline)
		}
	}
}

func TestNothingToTestForTheChangeIsGreen(t *testing.T) {
	plan, err := matrix.Expand(matrix.Spec{Axes: twoCells, Layers: []string{"upgrade"}}, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan.Omit(matrix.NothingToTest, "operation upgrade", "the chart is the same at HEAD", func(matrix.Cell) bool { return true })
	s := findings.Explain(&result.Run{Plan: plan}, findings.Options{})
	if color(s.Verdict) != "green" || s.Verdict.Headline != "Nothing to test for this change." || s.Counts.Omitted != 2 {
		t.Errorf("%+v, %+v", s.Verdict, s.Counts)
	}
}

// A cell that something kept from being asked has not passed; whether that is
// red is up to what kept it.
func TestABlockedUpgradeIsNoSuccess(t *testing.T) {
	s := explain(t, scene{spec: matrix.Spec{Axes: twoCells, Layers: []string{"lint", "upgrade"}}, happen: only134(func(c *result.Cell) {
		c.Steps = append(c.Steps, result.Step{Layer: "upgrade", Status: result.Blocked, Reason: "the base 1a2b, to upgrade from, does not install here"})
		c.Status = result.Blocked
	})}, findings.Gate{Mode: "all"})
	if s.Counts.Blocked != 1 || s.Counts.Passed != 1 || !strings.Contains(s.Verdict.Headline, "no answer from 1 cell") && !strings.Contains(s.Verdict.Headline, "No answer from 1 cell") {
		t.Errorf("%+v, %+v", s.Verdict, s.Counts)
	}
	if len(s.Skips) != 1 || s.Skips[0].Status != result.Blocked {
		t.Errorf("%+v", s.Skips)
	}
}

func TestExpectedFailures(t *testing.T) {
	fails := func(message string) func(map[string]string, *result.Cell) {
		return only134(func(c *result.Cell) { says(c, "schema", message) })
	}
	for _, c := range []struct {
		name   string
		happen func(map[string]string, *result.Cell)
		expect []matrix.Expectation
		state  findings.State
		remark string
	}{
		{"matches", fails("got 502 Bad Gateway"), expectation("2027-01-31"), findings.Expected, "accepted until 2027-01-31"},
		{"on its last day", fails("got 502 Bad Gateway"), expectation("2026-11-23"), findings.Expected, "accepted until 2026-11-23"},
		{"expired", fails("got 502 Bad Gateway"), expectation("2026-11-22"), findings.Overdue, "2026-11-22"},
		{"another failure in the same place", fails("got 404"), expectation("2027-01-31"), findings.New, ""},
		{"passes", nil, expectation("2027-01-31"), findings.Overdue, "it is fixed: it passes now"},
		{"its cells gave no answer", only134(func(c *result.Cell) { breaks(c, "lint", "no disk") }), expectation("2027-01-31"), findings.Unanswered, ""},
		{"its cells are lost", only134(func(c *result.Cell) { c.Schema = "" }), expectation("2027-01-31"), findings.Unanswered, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := one(t, explain(t, scene{spec: matrix.Spec{Axes: twoCells, Expect: c.expect}, happen: c.happen}, findings.Gate{}))
			if f.State != c.state || !strings.Contains(f.Remark, c.remark) {
				t.Errorf("state %s, remark %q; want %s, %q", f.State, f.Remark, c.state, c.remark)
			}
		})
	}
}

func TestAnExpectationOutsideTheSelectionIsNotOverdue(t *testing.T) {
	s := explain(t, scene{spec: matrix.Spec{
		Axes: twoCells, Expect: expectation("2027-01-31"),
		Only: []matrix.Selection{{Rule: "--only", Where: matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"1.33"}}}}},
	}}, findings.Gate{})
	if len(s.Findings) != 0 {
		t.Errorf("findings %+v, want none: its cells did not run", s.Findings)
	}
}

func TestAnExpectationOnAThinnedMatrixIsNotOverdue(t *testing.T) {
	all := expectation("2027-01-31")
	all[0].Where = nil
	s := explain(t, scene{spec: matrix.Spec{
		Axes: twoCells, Expect: all,
		Only: []matrix.Selection{{Rule: "--only", Where: matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"1.33"}}}}},
	}}, findings.Gate{})
	if len(s.Findings) != 0 {
		t.Errorf("findings %+v, want none: it may fail in the cells that did not run", s.Findings)
	}
}
