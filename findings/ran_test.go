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

// checks makes a layer pass with n checks.
func checks(c *result.Cell, layer string, n int) {
	for i := range c.Steps {
		if s := &c.Steps[i]; s.Layer == layer {
			s.Assertions = nil
			for k := range n {
				s.Assertions = append(s.Assertions, result.Assertion{Name: fmt.Sprintf("Deployment/web-%d", k), Status: result.Passed})
			}
		}
	}
}

// TestTooLittleRan compares how much was checked with the baseline, layer by layer.
func TestTooLittleRan(t *testing.T) {
	on134 := func(n int) func(map[string]string, *result.Cell) {
		return in(func(c *result.Cell) { checks(c, "schema", n) }, "1.34")
	}
	skip := func(reason string) func(map[string]string, *result.Cell) {
		return in(func(c *result.Cell) {
			for i := range c.Steps {
				if c.Steps[i].Layer == "schema" {
					c.Steps[i] = result.Step{Layer: "schema", Status: result.Skipped, Reason: reason}
				}
			}
		}, "1.34")
	}
	versions := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34")}
	for _, c := range []struct {
		name        string
		before, now func(map[string]string, *result.Cell)
		spec        matrix.Spec
		title       string // empty where it is fine
	}{
		{"next to nothing", on134(495), on134(3), versions, "schema made 3 checks, and 495 in the baseline"},
		{"one is left", on134(495), on134(1), versions, "schema made 1 check, and 495 in the baseline"},
		{"the layer is skipped now", on134(495), skip("no schema"), versions, "schema made no check, and 495 in the baseline"},
		{"the last ones are gone, everywhere", func(_ map[string]string, c *result.Cell) { checks(c, "schema", 2) }, func(_ map[string]string, c *result.Cell) {
			c.Steps[2] = result.Step{Layer: "schema", Status: result.Skipped, Reason: "no schema"}
		}, versions, "schema made no check, and 2 in the baseline"},
		{"the last ones are gone in one cell", nil, skip("no schema"), versions, ""},
		{"it is skipped where another layer failed", on134(495), func(at map[string]string, c *result.Cell) {
			skip("nothing is installed")(at, c)
			in(func(c *result.Cell) { says(c, "render", "wrong") }, "1.34")(at, c)
		}, versions, "templates/web.yaml: wrong"},
		{"as many", on134(495), on134(495), versions, ""},
		{"half of the objects are gone", on134(495), on134(240), versions, ""},
		{"a fifth is left", on134(100), on134(20), versions, ""},
		{"less than a fifth is left", on134(100), on134(19), versions, "schema made 19 checks, and 100 in the baseline"},
		{"too few to tell", on134(10), on134(1), versions, ""},
		{"more", on134(3), on134(495), versions, ""},
		{"it was not asked in the baseline", skip("no schema"), on134(3), versions, ""},
		{"the layer is excluded", on134(495), skip("excluded"), matrix.Spec{Axes: versions.Axes, Exclude: []matrix.Exclusion{{
			Layers: []string{"schema"}, Rule: "a rule", Because: "no need",
		}}}, ""},
		{"the layer is not planned", on134(495), nil, matrix.Spec{Axes: versions.Axes, Layers: []string{"lint", "render"}}, ""},
		{"few checks in each of many cells", func(_ map[string]string, c *result.Cell) { checks(c, "schema", 8) }, nil, versions, "schema made 1 check, and 8 in the baseline"},
		{"cells that differ", func(at map[string]string, c *result.Cell) {
			checks(c, "schema", 100)
			in(func(c *result.Cell) { checks(c, "schema", 200) }, "1.34")(at, c)
		}, func(_ map[string]string, c *result.Cell) { checks(c, "schema", 3) }, versions, "schema made 6 checks in 2 cells, and 300 in the baseline"},
		{"what fails is told by itself", on134(495), in(func(c *result.Cell) { checks(c, "schema", 0); wrong(c) }, "1.34"), versions, "templates/web.yaml: wrong"},
		{"an added axis", on134(495), on134(3), matrix.Spec{Axes: axes("kubernetes: 1.33 1.34", "scenario: default ha")}, "schema made 3 checks, and 495 in the baseline"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compared(t, scene{spec: matrix.Spec{Axes: versions.Axes}, happen: c.before}, scene{spec: c.spec, happen: c.now})
			if c.title == "" {
				if len(s.Findings) > 0 || !s.Verdict.Passed {
					t.Errorf("%+v, %+v", s.Verdict, s.Findings)
				}
				return
			}
			f := one(t, s)
			if f.Title != c.title {
				t.Errorf("%q, want %q", f.Title, c.title)
			}
			if f.State == findings.New {
				return
			}
			if f.State != findings.NothingRan || f.Layer != "schema" || !f.Notable || f.Hint == "" || f.Sentence == "" {
				t.Errorf("%+v", f)
			}
			if s.Verdict.Passed || s.Verdict.ExitCode != findings.ExitInfrastructure || !strings.Contains(s.Verdict.Headline, "checked next to nothing") {
				t.Errorf("%+v", s.Verdict)
			}
		})
	}
}

// TestNothingRanIsSaidOnce: a cell in which every layer was skipped has one finding.
func TestNothingRanIsSaidOnce(t *testing.T) {
	spec := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34")}
	s := compared(t, scene{spec: spec, happen: func(_ map[string]string, c *result.Cell) { checks(c, "schema", 50) }},
		scene{spec: spec, happen: func(at map[string]string, c *result.Cell) {
			checks(c, "schema", 50)
			if at[matrix.Kubernetes] == "1.34" {
				skips(c)
			}
		}})
	if f := one(t, s); f.State != findings.NothingRan || f.Layer != "" {
		t.Errorf("%+v", f)
	}
}

// TestTheGateMayLetLittlePass: what is meant to be gone need not stay red.
func TestTheGateMayLetLittlePass(t *testing.T) {
	spec := matrix.Spec{Axes: axes("kubernetes: 1.34")}
	before := findings.Remember(scene{spec: spec, happen: func(_ map[string]string, c *result.Cell) { checks(c, "schema", 50) }}.run(t))
	s := findings.Explain(scene{spec: spec}.run(t), findings.Options{
		Now: noon, Gate: findings.Gate{Mode: "new", Overrides: map[string]string{"nothing-ran": "warn"}}, History: []*findings.Past{before},
	})
	if !s.Verdict.Passed || len(s.Verdict.Warnings) != 1 || !slices.ContainsFunc(s.Findings, func(f findings.Finding) bool { return f.Notable }) {
		t.Errorf("%+v, %+v", s.Verdict, s.Findings)
	}
}
