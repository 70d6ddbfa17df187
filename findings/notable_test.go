package findings_test

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestNotable: what a maintainer should look at, and what is folded and why.
func TestNotable(t *testing.T) {
	two := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34")}
	expecting := func(until string) matrix.Spec { return matrix.Spec{Axes: two.Axes, Expect: expectation(until)} }
	gateway := in(func(c *result.Cell) { says(c, "schema", "502 Bad port") }, "1.34")
	for _, c := range []struct {
		name   string
		scene  scene
		past   *scene
		folded string // empty where it is notable
	}{
		{"new, partial, of the chart", scene{spec: two, happen: in(wrong, "1.34")}, nil, ""},
		{"everywhere, found by schema", scene{spec: two, happen: in(wrong, "1.33", "1.34")}, nil, ""},
		{"pre-existing", scene{spec: two, happen: in(wrong, "1.34")}, &scene{spec: two, happen: in(wrong, "1.34")}, "the baseline fails in the same way"},
		{"expected, with its issue", scene{spec: expecting("2027-01-31"), happen: gateway}, nil, "it is accepted, see #203"},
		{"expired: it comes back loudly", scene{spec: expecting("2026-11-01"), happen: gateway}, nil, ""},
		{"expected, and passes", scene{spec: expecting("2027-01-31")}, nil, ""},
		{"another failure in the same place", scene{spec: expecting("2027-01-31"), happen: in(wrong, "1.34")}, nil, ""},
		{"flaky", scene{spec: two, earlier: in(wrong, "1.34")}, nil, "passed when it was tried again"},
		{"fixed", scene{spec: two}, &scene{spec: two, happen: in(wrong, "1.34")}, "it passes now"},
		{"advice", scene{spec: two, happen: in(func(c *result.Cell) {
			report(c, "lint", result.Problem{Severity: result.Warning, Code: "icon", Message: "icon is recommended"})
		}, "1.34")}, nil, "it is advice"},
		{"leak", scene{spec: two, happen: in(func(c *result.Cell) {
			report(c, "schema", result.Problem{Severity: result.Error, Code: "leak", Message: "a disk is left"})
		}, "1.34")}, nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			opts := findings.Options{Now: noon, Gate: findings.Gate{Mode: "new", Overrides: map[string]string{"overdue": "warn"}}}
			if c.past != nil {
				opts.History = []*findings.Past{findings.Remember(c.past.run(t))}
			}
			f := one(t, findings.Explain(c.scene.run(t), opts))
			if f.Notable != (c.folded == "") || f.Folded != c.folded {
				t.Errorf("%s: notable %t, folded %q; want %q", f.State, f.Notable, f.Folded, c.folded)
			}
		})
	}
}

func lintSays(c *result.Cell) {
	report(c, "lint", result.Problem{Severity: result.Error, Code: "version", Message: "version is required", Location: result.Location{File: "Chart.yaml", Line: 1}})
}

// TestFoldedBesideWhatIsNotable: infrastructure, and what lint says of all cells,
// are folded where something else is left to look at. They still make it red.
func TestFoldedBesideWhatIsNotable(t *testing.T) {
	spec := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34 1.35"), Layers: []string{"lint", "render", "schema", "k6"}}
	for _, c := range []struct {
		name, folded string
		other        func(*result.Cell)
		cells        []string
		red          string
	}{
		{"infrastructure", "the infrastructure failed, not the chart", func(c *result.Cell) { breaks(c, "k6", "no cluster came up") }, []string{"1.33"}, "red 3"},
		{"the runner", "the machine that ran the job failed, not the chart", func(c *result.Cell) { breaks(c, "lint", "no space left on device") }, []string{"1.33"}, "red 3"},
		{"lint, everywhere", "it fails everywhere, and lint says why", lintSays, []string{"1.33", "1.34", "1.35"}, "red 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			both := explain(t, scene{spec: spec, happen: func(at map[string]string, cell *result.Cell) {
				in(c.other, c.cells...)(at, cell)
				in(wrong, "1.35")(at, cell)
			}}, findings.Gate{})
			if len(both.Findings) != 2 {
				t.Fatalf("%+v", both.Findings)
			}
			for _, f := range both.Findings {
				if isOther := !strings.HasSuffix(f.Title, ": wrong"); f.Notable == isOther || isOther && f.Folded != c.folded {
					t.Errorf("%q: notable %t, folded %q", f.Title, f.Notable, f.Folded)
				}
			}
			// By itself it makes the run red, and is what there is to look at.
			s := explain(t, scene{spec: spec, happen: in(c.other, c.cells...)}, findings.Gate{})
			if f := one(t, s); !f.Notable || f.Folded != "" || color(s.Verdict) != c.red {
				t.Errorf("%s, notable %t, folded %q", color(s.Verdict), f.Notable, f.Folded)
			}
		})
	}
}

// TestNotableFirst: of two new failures the partial one that several tests see comes first.
func TestNotableFirst(t *testing.T) {
	spec := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34 1.35")}
	s := explain(t, scene{spec: spec, happen: func(at map[string]string, c *result.Cell) {
		says(c, "schema", "everywhere")
		lintSays(c)
		if at[matrix.Kubernetes] == "1.35" {
			says(c, "schema", "partial")
		}
	}}, findings.Gate{})
	var got []string
	for _, f := range s.Findings {
		got = append(got, strings.TrimPrefix(f.Title, "templates/web.yaml: "))
	}
	if want := "partial, everywhere, Chart.yaml: version is required"; strings.Join(got, ", ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
