package findings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// compared explains a run against one before it.
func compared(t *testing.T, before, now scene) findings.Summary {
	t.Helper()
	return findings.Explain(now.run(t), findings.Options{
		Now: noon, Gate: findings.Gate{Mode: "new"}, History: []*findings.Past{findings.Remember(before.run(t))},
	})
}

// in lets something happen in the cells that have one of the values.
func in(f func(*result.Cell), values ...string) func(map[string]string, *result.Cell) {
	return func(at map[string]string, c *result.Cell) {
		for _, v := range at {
			if slices.Contains(values, v) {
				f(c)
				return
			}
		}
	}
}

func wrong(c *result.Cell) { says(c, "schema", "wrong") }

func TestFixed(t *testing.T) {
	const versions, scenarios = "kubernetes: 1.33 1.34 1.35", "scenario: default ha"
	for _, c := range []struct {
		name        string
		before      []matrix.Axis
		fails       func(map[string]string, *result.Cell)
		now         matrix.Spec
		happens     func(map[string]string, *result.Cell)
		where, says string // empty where nothing is fixed
	}{
		{"it passes now", axes(versions), in(wrong, "1.34"), matrix.Spec{Axes: axes(versions)}, nil, "only on Kubernetes 1.34", "the baseline fails, and this passes"},
		{"it still fails somewhere", axes(versions), in(wrong, "1.34", "1.35"), matrix.Spec{Axes: axes(versions)}, in(wrong, "1.35"), "", ""},
		{"its version was retired", axes(versions), in(wrong, "1.33"), matrix.Spec{Axes: axes("kubernetes: 1.34 1.35")}, nil, "", ""},
		{
			"one of its versions was retired", axes(versions), in(wrong, "1.33", "1.34"), matrix.Spec{Axes: axes("kubernetes: 1.34 1.35")}, nil,
			"only on Kubernetes 1.34", "the baseline fails in 2 cells, of which 1 ran",
		},
		{
			"its cells were not selected", axes(versions), in(wrong, "1.34"),
			matrix.Spec{Axes: axes(versions), Only: []matrix.Selection{{Rule: "--only", Where: matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"1.35"}}}}}},
			nil, "", "",
		},
		{"its cell fails in another way", axes(versions), in(wrong, "1.34"), matrix.Spec{Axes: axes(versions)}, in(func(c *result.Cell) { says(c, "schema", "worse") }, "1.34"), "", ""},
		{"its cell gave no answer", axes(versions), in(wrong, "1.34"), matrix.Spec{Axes: axes(versions)}, in(func(c *result.Cell) { breaks(c, "schema", "no disk") }, "1.34"), "", ""},
		{"its cell was lost", axes(versions), in(wrong, "1.34"), matrix.Spec{Axes: axes(versions)}, in(func(c *result.Cell) { c.Schema = "" }, "1.34"), "", ""},
		{"its layer is not planned", axes(versions), in(wrong, "1.34"), matrix.Spec{Axes: axes(versions), Layers: []string{"lint", "render"}}, nil, "", ""},
		{"an axis was added", axes(versions), in(wrong, "1.34"), matrix.Spec{Axes: axes(versions, scenarios)}, nil, "only on Kubernetes 1.34, in every scenario", "this passes"},
		{"an axis was removed", axes(versions, scenarios), in(wrong, "ha"), matrix.Spec{Axes: axes(versions)}, nil, "everywhere", "this passes"},
		{"a warning is gone", axes(versions), func(_ map[string]string, c *result.Cell) {
			report(c, "schema", result.Problem{Severity: result.Warning, Code: "w", Message: "old"})
		}, matrix.Spec{Axes: axes(versions)}, nil, "", ""},
		{"a leak is gone", axes(versions), in(func(c *result.Cell) {
			report(c, "schema", result.Problem{Severity: result.Error, Code: "leak", Message: "a disk is left"})
		}, "1.34"), matrix.Spec{Axes: axes(versions)}, nil, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compared(t, scene{spec: matrix.Spec{Axes: c.before}, happen: c.fails}, scene{spec: c.now, happen: c.happens})
			i := slices.IndexFunc(s.Findings, func(f findings.Finding) bool { return f.State == findings.Fixed })
			if (i >= 0) != (c.where != "") {
				t.Fatalf("%+v", s.Findings)
			}
			if i < 0 {
				return
			}
			f := s.Findings[i]
			if f.Where != c.where || !strings.Contains(f.Remark, c.says) || f.Notable || f.Status != result.Passed || f.Title != "templates/web.yaml: wrong" {
				t.Errorf("%+v", f)
			}
			if !s.Verdict.Passed || len(s.Verdict.Warnings) > 0 {
				t.Errorf("%+v", s.Verdict)
			}
			for _, row := range s.Grid.Rows {
				for _, square := range row.Cells {
					if len(square.Findings) > 0 {
						t.Errorf("what is mended stands in the square of %s", square.Slug)
					}
				}
			}
		})
	}
}

// TestWhatComesAndGoesIsNotFixed: that it did not fail this time is no news.
func TestWhatComesAndGoesIsNotFixed(t *testing.T) {
	now := scene{spec: oneCell()}.run(t)
	for text, want := range map[string]int{"fpppp": 1, "fffpp": 1, "fppfpp": 0, "fpfpfp": 0, "fffff": 1, "ppfpp": 0, "rpppp": 0, "frppp": 0} {
		s := findings.Explain(now, findings.Options{Now: noon, History: nights(t, text)})
		if len(s.Findings) != want {
			t.Errorf("%s: %+v", text, s.Findings)
		}
	}
}

// TestOneFaultOfTwoLayersIsFixedOnce: what lint and render both said of one template.
func TestOneFaultOfTwoLayersIsFixedOnce(t *testing.T) {
	both := func(c *result.Cell) { says(c, "lint", "cannot be executed"); says(c, "render", "cannot be executed") }
	spec := matrix.Spec{Axes: axes("kubernetes: 1.33 1.34")}
	f := one(t, compared(t, scene{spec: spec, happen: in(both, "1.34")}, scene{spec: spec}))
	if f.State != findings.Fixed || f.Layer != "lint" {
		t.Errorf("%+v", f)
	}
}

// TestSharedAxes: cells are compared on the axes that both runs have.
func TestSharedAxes(t *testing.T) {
	const versions = "kubernetes: 1.33 1.34"
	for _, c := range []struct {
		name        string
		before, now []matrix.Axis
		fails       []string // values of the cells that failed in the baseline
		failsNow    []string
		state       findings.State
		note        string
	}{
		{"an added axis", axes(versions), axes(versions, "ingress: nginx traefik"), []string{"1.34"}, []string{"1.34"}, findings.PreExisting, ""},
		{"an added axis, and one of its values fails", axes(versions), axes(versions, "ingress: nginx traefik"), []string{"1.34"}, []string{"traefik"}, findings.New, ""},
		{"a removed axis", axes(versions, "ingress: nginx traefik"), axes(versions), []string{"traefik"}, []string{"1.34"}, findings.PreExisting, ""},
		{"a removed axis, and another version", axes(versions, "ingress: nginx"), axes(versions), []string{"1.33"}, []string{"1.34"}, findings.New, ""},
		{
			"a renamed scenario", axes(versions, "scenario: default ha"), axes(versions, "scenario: default high-availability"),
			[]string{"ha"}, []string{"high-availability"}, findings.PreExisting, "the scenario high-availability is taken for what was called ha there",
		},
		{
			"a renamed scenario, and the other one fails", axes(versions, "scenario: default ha"), axes(versions, "scenario: default high-availability"),
			[]string{"ha"}, []string{"default"}, findings.New, "is taken for",
		},
		{"an added scenario is no renamed one", axes(versions, "scenario: default"), axes(versions, "scenario: default ha"), []string{"default"}, []string{"default"}, findings.PreExisting, ""},
		{"two that changed are in doubt", axes(versions, "scenario: a b c"), axes(versions, "scenario: a x y"), []string{"b"}, []string{"x"}, findings.PreExisting, ""},
		{"two that changed places are not renamed", axes(versions, "scenario: a b"), axes(versions, "scenario: b a"), []string{"b"}, []string{"a"}, findings.New, ""},
		{"a provider is not renamed", axes(versions, "provider: kind gke"), axes(versions, "provider: kind eks"), []string{"gke"}, []string{"kind"}, findings.New, ""},
		{"a version is not renamed", axes("kubernetes: 1.33 1.34"), axes("kubernetes: 1.34 1.35"), []string{"1.33"}, []string{"1.34"}, findings.New, ""},
		{"no axis in common", axes("ingress: nginx traefik"), axes("scenario: default ha"), []string{"nginx"}, []string{"ha"}, findings.PreExisting, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := compared(t,
				scene{spec: matrix.Spec{Axes: c.before}, happen: in(wrong, c.fails...)},
				scene{spec: matrix.Spec{Axes: c.now}, happen: in(wrong, c.failsNow...)})
			f := one1(t, s)
			if f.State != c.state {
				t.Errorf("%s, %q; want %s", f.State, f.Remark, c.state)
			}
			if notes := strings.Join(s.Notes, "\n"); !strings.Contains(notes, c.note) || c.note == "" && notes != "" {
				t.Errorf("notes %q, want %q", s.Notes, c.note)
			}
		})
	}
}

// TestAVersionInTheMessageIsNoOtherFailure: each version names itself, and how
// many of them there are does not change what failure it is.
func TestAVersionInTheMessageIsNoOtherFailure(t *testing.T) {
	old := func(at map[string]string, c *result.Cell) {
		says(c, "schema", "Kubernetes "+at[matrix.Kubernetes]+" is too old")
	}
	one, two := matrix.Spec{Axes: axes("kubernetes: 1.34")}, matrix.Spec{Axes: axes("kubernetes: 1.33 1.34")}
	for _, c := range [][2]matrix.Spec{{one, two}, {two, one}, {one, one}, {two, two}} {
		f := one1(t, compared(t, scene{spec: c[0], happen: old}, scene{spec: c[1], happen: old}))
		if f.State != findings.PreExisting {
			t.Errorf("from %v to %v: %s", c[0].Axes, c[1].Axes, f.State)
		}
	}
}
