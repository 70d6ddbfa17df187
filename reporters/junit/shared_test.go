package junit

import (
	"bytes"
	"encoding/xml"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// TestSharedAnswersAreListedOnce shows that the passing checks of an answer
// stand in the cell that asked, and that what failed stands in all of them.
func TestSharedAnswersAreListedOnce(t *testing.T) {
	step := result.Step{Layer: "unit", Status: result.Failed, Assertions: []result.Assertion{
		{Name: "a", Status: result.Passed}, {Name: "b", Status: result.Failed}, {Name: "c", Status: result.Passed},
	}}
	good := result.Step{Layer: "lint", Status: result.Passed, Assertions: []result.Assertion{{Name: "helm lint", Status: result.Passed}, {Name: "more", Status: result.Passed}}}
	cell := func(slug string, shared bool) result.Cell {
		c := result.Cell{ID: slug, Slug: slug, Status: result.Failed, Steps: []result.Step{good, step}}
		for i := range c.Steps {
			c.Steps[i].Shared = shared
		}
		return c
	}
	var out bytes.Buffer
	if err := New().Render(&out, findings.Summary{Cells: []result.Cell{cell("asked", false), cell("shares", true)}}); err != nil {
		t.Fatal(err)
	}
	var report struct {
		Suites []struct {
			Name     string `xml:"name,attr"`
			Tests    int    `xml:"tests,attr"`
			Failures int    `xml:"failures,attr"`
			Cases    []struct {
				Name string `xml:"name,attr"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"asked":  {"lint: helm lint", "lint: more", "unit: a", "unit: b", "unit: c"},
		"shares": {"lint", "unit: b"},
	}
	for _, s := range report.Suites {
		var names []string
		for _, c := range s.Cases {
			names = append(names, c.Name)
		}
		if len(names) != s.Tests || s.Failures != 1 || len(names) != len(want[s.Name]) {
			t.Errorf("%s: %d tests, %d failures, cases %q; want %q", s.Name, s.Tests, s.Failures, names, want[s.Name])
			continue
		}
		for i := range names {
			if names[i] != want[s.Name][i] {
				t.Errorf("%s: cases %q, want %q", s.Name, names, want[s.Name])
				break
			}
		}
	}
}
