package findings_test

import (
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestOneFaultThatTwoLayersSee has the messages of Helm's linter and of its
// engine for one mistake, side by side.
func TestOneFaultThatTwoLayersSee(t *testing.T) {
	at := func(file string, line, column int) result.Location {
		return result.Location{File: file, Line: line, Column: column}
	}
	for _, c := range []struct {
		name               string
		lint, render, want string
		lintAt, renderAt   result.Location
		findings           int
	}{
		{
			name: "lint knows the folder alone", findings: 1, want: "templates/bad.yaml: nil pointer evaluating interface {}.bb",
			lint:   `minimal/templates/bad.yaml:17:13 executing "minimal/templates/bad.yaml" at <.Values.aa.bb>: nil pointer evaluating interface {}.bb`,
			lintAt: at("templates/", 17, 0), render: "nil pointer evaluating interface {}.bb", renderAt: at("templates/bad.yaml", 17, 13),
		},
		{
			name: "two readers of YAML count lines differently", findings: 1, want: "templates/bad.yaml: unable to parse YAML: error converting YAML to JSON: yaml: line 6: mapping values are not allowed in this context",
			lint:   "unable to parse YAML: error converting YAML to JSON: yaml: line 6: mapping values are not allowed in this context",
			lintAt: at("templates/bad.yaml", 6, 0), render: "not valid YAML: line 5: mapping values are not allowed in this context", renderAt: at("templates/bad.yaml", 0, 0),
		},
		{
			name: "the same message on two lines", findings: 2,
			lint: "nil pointer evaluating interface {}.bb", lintAt: at("templates/", 3, 0),
			render: "nil pointer evaluating interface {}.bb, again", renderAt: at("templates/bad.yaml", 17, 13),
		},
		{
			name: "the same line of unlike files", findings: 2,
			lint: "wrong here", lintAt: at("templates/a.yaml", 3, 0), render: "wrong there", renderAt: at("templates/b.yaml", 3, 1),
		},
		{
			name: "the same line in a folder that holds it, another message", findings: 2,
			lint: "one thing is wrong", lintAt: at("templates/", 3, 0), render: "another thing is wrong", renderAt: at("templates/b.yaml", 3, 1),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := explain(t, scene{
				spec: matrix.Spec{Axes: axes("kubernetes: 1.33 1.34", "scenario: default ha")},
				happen: func(at map[string]string, cell *result.Cell) {
					if at["scenario"] == "ha" {
						report(cell, "lint", result.Problem{Severity: result.Error, Code: "lint", Message: c.lint, Location: c.lintAt})
						report(cell, "render", result.Problem{Severity: result.Error, Code: "template-invalid", Message: c.render, Location: c.renderAt})
					}
				},
			}, findings.Gate{})
			if len(s.Findings) != c.findings {
				t.Fatalf("%d findings, want %d: %+v", len(s.Findings), c.findings, s.Findings)
			}
			if c.findings != 1 {
				return
			}
			f := s.Findings[0]
			if f.Title != c.want || len(f.Also) != 1 || f.Where != "in scenario ha, on every Kubernetes version" {
				t.Errorf("title %q, also %q, where %q", f.Title, f.Also, f.Where)
			}
			for _, row := range s.Grid.Rows {
				for _, square := range row.Cells {
					if fails := square.Status == result.Failed; fails != slices.Contains(square.Findings, 0) {
						t.Errorf("%s is %s and shows findings %v", square.Slug, square.Status, square.Findings)
					}
				}
			}
		})
	}
}

func TestValuesThatCannotBeUsedNameTheirScenario(t *testing.T) {
	s := explain(t, scene{
		spec: matrix.Spec{Axes: axes("kubernetes: 1.33 1.34", "scenario: default list")},
		happen: func(at map[string]string, c *result.Cell) {
			if at["scenario"] != "list" {
				return
			}
			first := c.Steps[0].Layer
			for i := range c.Steps {
				c.Steps[i] = result.Step{Layer: c.Steps[i].Layer, Status: result.Blocked, Reason: first + " did not pass"}
			}
			c.Status = result.Failed
			c.Steps[0] = result.Step{Layer: first, Status: result.Failed, Assertions: []result.Assertion{{
				Name: "values", Status: result.Failed,
				Problems: []result.Problem{{Severity: result.Error, Code: "values-file", Message: "expected a map"}},
			}}}
		},
	}, findings.Gate{})
	f := one(t, s)
	if f.Where != "in scenario list, on every Kubernetes version" || f.Support != (findings.Support{Matching: 2, MatchingFailing: 2, Others: 2}) {
		t.Errorf("where %q, support %+v", f.Where, f.Support)
	}
	if f.Blame != findings.BlameChart {
		t.Errorf("blame %s, reproduce %q", f.Blame, f.Reproduce)
	}
}

func TestBlameOfWhatCouldNotBeAsked(t *testing.T) {
	for _, c := range []struct {
		layer, reason string
		want          findings.Blame
	}{
		{"schema", "the report has no tests", findings.BlameRunner},
		{"install", "availability zone us-east-1a is out of capacity", findings.BlameInfrastructure},
		{"install", `exec: "kind": executable file not found in $PATH`, findings.BlameRunner},
	} {
		s := explain(t, scene{
			spec:   matrix.Spec{Axes: twoCells, Layers: []string{"schema", "install"}},
			happen: only134(func(cell *result.Cell) { breaks(cell, c.layer, c.reason) }),
		}, findings.Gate{})
		if f := one(t, s); f.Blame != c.want || f.State != findings.Unanswered {
			t.Errorf("%s: %s: blamed on %s as %s, want %s", c.layer, c.reason, f.Blame, f.State, c.want)
		}
	}
}

func TestAnExpectationThatHoldsIsPreferredToOneThatIsOver(t *testing.T) {
	rules := append(expectation("2026-01-01"), expectation("2027-01-31")...)
	rules[1].Rule = "expect-failure[1]"
	s := explain(t, scene{
		spec:   matrix.Spec{Axes: twoCells, Expect: rules},
		happen: only134(func(c *result.Cell) { says(c, "schema", "502 Bad Gateway") }),
	}, findings.Gate{})
	if f := s.Findings[0]; f.State != findings.Expected || f.Expected.Rule != "expect-failure[1]" {
		t.Errorf("state %s by %+v", f.State, f.Expected)
	}
}
