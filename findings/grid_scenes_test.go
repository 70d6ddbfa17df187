package findings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func TestGridShowsEveryCellOnce(t *testing.T) {
	spec := matrix.Spec{
		Axes: axes("provider: kind eks", "kubernetes: 1.33 1.34", "scenario: default ha"),
		Exclude: []matrix.Exclusion{{
			Where:   matrix.Selector{{Axis: "provider", Values: []string{"eks"}}, {Axis: "kubernetes", Values: []string{"1.33"}}},
			Because: "no longer offered", Rule: "exclude[0]",
		}},
		Include: []matrix.Coordinates{{At: map[string][]string{"kubernetes": {"1.30"}, "provider": {"kind"}, "scenario": {"old"}}}},
	}
	s := explain(t, scene{spec: spec, happen: func(at map[string]string, c *result.Cell) {
		report(c, "lint", result.Problem{Severity: result.Warning, Code: "icon", Message: "icon is recommended"})
		if at["scenario"] == "ha" {
			says(c, "schema", "wrong")
		}
	}}, findings.Gate{})
	g := s.Grid
	if g.ColumnAxis != "kubernetes" || !slices.Equal(g.Columns, []string{"1.30", "1.33", "1.34"}) || !slices.Equal(g.RowAxes, []string{"provider", "scenario"}) {
		t.Fatalf("grid of %s %v, rows of %v", g.ColumnAxis, g.Columns, g.RowAxes)
	}
	var got []string
	seen := map[string]bool{}
	for _, row := range g.Rows {
		line := strings.Join(row.Values, " ") + ":"
		for _, c := range row.Cells {
			switch c.ID {
			case "":
				line += " (" + c.Omitted + ")"
			default:
				line += " " + string(c.Status)
				if seen[c.ID] {
					t.Errorf("cell %s stands twice", c.Slug)
				}
				seen[c.ID] = true
			}
			if c.Status == result.Failed && (len(c.Findings) != 1 || !slices.Equal(c.FailedLayers, []string{"schema"})) {
				t.Errorf("%s: findings %v, failed layers %v", c.Slug, c.Findings, c.FailedLayers)
			}
		}
		got = append(got, line)
	}
	want := []string{
		"kind default: (not in the matrix) passed passed",
		"kind ha: (not in the matrix) failed failed",
		"kind old: passed (not in the matrix) (not in the matrix)",
		"eks default: (not in the matrix) (no longer offered (exclude[0])) passed",
		"eks ha: (not in the matrix) (no longer offered (exclude[0])) failed",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(seen) != s.Counts.Planned {
		t.Errorf("%d cells in the grid, %d planned", len(seen), s.Counts.Planned)
	}
}

func TestCounts(t *testing.T) {
	s := explain(t, scene{
		spec: matrix.Spec{Axes: axes("kubernetes: 1.31 1.32 1.33 1.34 1.35"), Exclude: []matrix.Exclusion{{
			Where: matrix.Selector{{Axis: "kubernetes", Values: []string{"1.35"}}}, Rule: "exclude[0]",
		}}},
		happen: func(at map[string]string, c *result.Cell) {
			for i := range c.Steps {
				c.Steps[i].Seconds, c.Steps[i].Shared = 1, at["kubernetes"] != "1.31"
			}
			switch at["kubernetes"] {
			case "1.32":
				says(c, "schema", "wrong")
			case "1.33":
				c.Schema = "" // lost
			case "1.34":
				skips(c)
			}
		},
	}, findings.Gate{})
	want := findings.Counts{Planned: 4, Passed: 1, Failed: 1, Skipped: 1, Lost: 1, Omitted: 1, Assertions: 7, Questions: 3}
	if s.Counts != want {
		t.Errorf("counts %+v, want %+v", s.Counts, want)
	}
	if s.Seconds != 3 {
		t.Errorf("%v seconds, want 3: shared answers cost nothing", s.Seconds)
	}
	if want := (findings.Skip{Layer: "lint", Status: result.Skipped, Reason: "no tests", Cells: 1}); len(s.Skips) != 3 || s.Skips[0] != want {
		t.Errorf("skips %+v", s.Skips)
	}
	if h := s.Verdict.Headline; h != "1 cause of failure in 1 of 4 cells, no answer from 1 cell, nothing ran in 1 cell; 1 cell passes." {
		t.Errorf("headline %q", h)
	}
}

func TestHeadlines(t *testing.T) {
	for _, c := range []struct {
		name string
		s    scene
		want string
	}{
		{"green", scene{}, "All 2 cells pass."},
		{"one cell", scene{spec: matrix.Spec{Axes: axes("kubernetes: 1.34")}}, "The only cell passes."},
		{"red", scene{happen: only134(func(c *result.Cell) { says(c, "lint", "a") })}, "1 cause of failure in 1 of 2 cells; 1 cell passes."},
		{"expected", scene{happen: only134(func(c *result.Cell) { says(c, "lint", "502 Bad") }), spec: matrix.Spec{Expect: expectation("2027-01-01")}}, "1 expected failure in 1 cell; 1 cell passes."},
		{"overdue", scene{spec: matrix.Spec{Expect: expectation("2027-01-01")}}, "All 2 cells pass, but: 1 expect-failure out of date (1 cell)."},
		{"nothing ran", scene{happen: func(_ map[string]string, c *result.Cell) { skips(c) }}, "Nothing ran in 2 cells; no cell passes."},
		{"lost", scene{happen: func(_ map[string]string, c *result.Cell) { c.Schema = "" }}, "No answer from 2 cells; no cell passes."},
	} {
		if c.s.spec.Axes == nil {
			c.s.spec.Axes = twoCells
		}
		if got := explain(t, c.s, findings.Gate{}).Verdict.Headline; got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestARunWithoutAPlanIsNotGreen(t *testing.T) {
	s := findings.Explain(&result.Run{}, findings.Options{Now: noon})
	if s.Verdict.Passed || s.Verdict.ExitCode != findings.ExitInfrastructure {
		t.Errorf("verdict %+v", s.Verdict)
	}
}

// A check that was left out is told of, with its reason, though its layer ran.
func TestSkippedChecksAreCounted(t *testing.T) {
	skip := func(cell *result.Cell, reasons ...string) {
		for _, reason := range reasons {
			s := &cell.Steps[len(cell.Steps)-1]
			s.Assertions = append(s.Assertions, result.Assertion{Name: "Widget/w", Status: result.Skipped, Reason: reason})
		}
	}
	s := explain(t, scene{
		spec: matrix.Spec{Axes: axes("kubernetes: 1.33 1.34")},
		happen: func(at map[string]string, cell *result.Cell) {
			skip(cell, "no schema: a/v1/A", "no  schema: a/v1/A")
			if at["kubernetes"] == "1.34" {
				skip(cell, "no schema: b/v1/B")
			}
		},
	}, findings.Gate{})
	want := []findings.Skip{
		{Layer: "schema", Status: result.Skipped, Reason: "no schema: a/v1/A", Cells: 2, Checks: 4},
		{Layer: "schema", Status: result.Skipped, Reason: "no schema: b/v1/B", Cells: 1, Checks: 1},
	}
	if !slices.Equal(s.Skips, want) {
		t.Errorf("skips %+v\nwant %+v", s.Skips, want)
	}

	s = explain(t, scene{
		spec: matrix.Spec{Axes: axes("kubernetes: 1.33")},
		happen: func(_ map[string]string, cell *result.Cell) {
			for i := range 60 {
				skip(cell, fmt.Sprintf("no schema: kind %02d", i))
			}
		},
	}, findings.Gate{})
	if last := s.Skips[len(s.Skips)-1].Reason; len(s.Skips) != 50 || last != "no schema: kind 49; and 10 more reasons" {
		t.Errorf("%d skips, the last is %q", len(s.Skips), last)
	}
}
