package junit

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
	"github.com/posthog/chart-matrix/reporters/internal/golden"
	"github.com/posthog/chart-matrix/result"
)

// document is how a consumer reads the report.
type document struct {
	XMLName  xml.Name `xml:"testsuites"`
	Tests    int      `xml:"tests,attr"`
	Failures int      `xml:"failures,attr"`
	Errors   int      `xml:"errors,attr"`
	Skipped  int      `xml:"skipped,attr"`
	Suites   []struct {
		Name       string `xml:"name,attr"`
		ID         string `xml:"id,attr"`
		Tests      int    `xml:"tests,attr"`
		Failures   int    `xml:"failures,attr"`
		Errors     int    `xml:"errors,attr"`
		Skipped    int    `xml:"skipped,attr"`
		Properties []struct {
			Name  string `xml:"name,attr"`
			Value string `xml:"value,attr"`
		} `xml:"properties>property"`
		Cases []struct {
			Class   string    `xml:"classname,attr"`
			Name    string    `xml:"name,attr"`
			Failure *struct{} `xml:"failure"`
			Error   *struct{} `xml:"error"`
			Skipped *struct{} `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

func read(t *testing.T, s findings.Summary) document {
	t.Helper()
	var b bytes.Buffer
	if err := New().Render(&b, s); err != nil {
		t.Fatal(err)
	}
	var d document
	if err := xml.Unmarshal(b.Bytes(), &d); err != nil {
		t.Fatalf("not XML: %v", err)
	}
	return d
}

func TestGolden(t *testing.T) {
	for _, f := range fixture.All() {
		switch f.Name {
		case "large", "every-state", "many-jobs", "cancelled", "fork", "baseline", "rerun":
			continue // long, and no case that the others lack
		}
		t.Run(f.Name, func(t *testing.T) {
			var b bytes.Buffer
			if err := New().Render(&b, f.Summary); err != nil {
				t.Fatal(err)
			}
			golden.Check(t, f.Name+".xml", b.Bytes())
		})
	}
}

// TestEveryCellKeepsItsColour holds counts, cases and statuses together.
func TestEveryCellKeepsItsColour(t *testing.T) {
	for _, f := range fixture.All() {
		d := read(t, f.Summary)
		var total tally
		if len(d.Suites) != len(f.Summary.Cells) {
			t.Fatalf("%s: %d suites for %d cells", f.Name, len(d.Suites), len(f.Summary.Cells))
		}
		for i, suite := range d.Suites {
			got := tally{tests: len(suite.Cases)}
			for _, c := range suite.Cases {
				switch {
				case c.Failure != nil:
					got.failures++
				case c.Error != nil:
					got.errors++
				case c.Skipped != nil:
					got.skipped++
				}
			}
			if want := (tally{suite.Tests, suite.Failures, suite.Errors, suite.Skipped}); got != want {
				t.Errorf("%s: suite %s says %v and holds %v", f.Name, suite.Name, want, got)
			}
			total.add(got)
			cell := f.Summary.Cells[i]
			var shown bool
			switch cell.Status {
			case result.Failed:
				shown = got.failures > 0
			case result.Errored, result.Lost:
				shown = got.errors > 0
			case result.Skipped, result.Blocked:
				shown = got.skipped > 0
			default:
				shown = got.failures == 0 && got.errors == 0
			}
			if !shown {
				t.Errorf("%s: cell %s is %s and shows as %v", f.Name, cell.Slug, cell.Status, got)
			}
			if len(suite.Properties) < len(cell.At) {
				t.Errorf("%s: cell %s lacks its axes", f.Name, cell.Slug)
			}
		}
		if want := (tally{d.Tests, d.Failures, d.Errors, d.Skipped}); total != want {
			t.Errorf("%s: the report says %v and holds %v", f.Name, want, total)
		}
	}
}

func TestWorseThanItsParts(t *testing.T) {
	passed := []result.Assertion{{Name: "a", Status: result.Passed}}
	for _, c := range []result.Cell{
		{Slug: "cell-worse", Status: result.Failed, Steps: []result.Step{{Layer: "lint", Status: result.Passed, Assertions: passed}}},
		{Slug: "step-worse", Status: result.Failed, Steps: []result.Step{{Layer: "lint", Status: result.Failed, Assertions: passed}}},
		{Slug: "no-assertions", Status: result.Failed, Steps: []result.Step{{Layer: "lint", Status: result.Failed}}},
		{Slug: "blocked-above", Status: result.Failed, Steps: []result.Step{{Layer: "lint", Status: result.Failed, Assertions: passed}, {Layer: "schema", Status: result.Blocked}}},
	} {
		if d := read(t, findings.Summary{Cells: []result.Cell{c}}); d.Failures != 1 {
			t.Errorf("%s: %d failures", c.Slug, d.Failures)
		}
	}
	for _, status := range []result.Status{result.Errored, result.Lost, "nonsense"} {
		if d := read(t, findings.Summary{Cells: []result.Cell{{Status: status}}}); d.Errors != 1 {
			t.Errorf("%s: %d errors", status, d.Errors)
		}
	}
}

func TestCellsOfOneSlugStayApart(t *testing.T) {
	d := read(t, findings.Summary{Cells: []result.Cell{{Slug: "a", ID: "1"}, {Slug: "a", ID: "2"}, {Slug: "b", ID: "3"}}})
	if d.Suites[0].Name != "a 1" || d.Suites[1].Name != "a 2" || d.Suites[2].Name != "b" {
		t.Errorf("names %q, %q, %q", d.Suites[0].Name, d.Suites[1].Name, d.Suites[2].Name)
	}
}

func FuzzRender(f *testing.F) {
	for _, a := range fixture.Attacks() {
		f.Add(a, a)
	}
	f.Fuzz(func(t *testing.T, a, b string) { read(t, fixture.Carrying([]string{a, b})) })
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errors.New("disk full") }

func TestWriteErrorIsReported(t *testing.T) {
	if err := New().Render(failing{}, fixture.TwoFindings()); err == nil {
		t.Error("no error")
	}
}

func BenchmarkRender(b *testing.B) {
	s := fixture.WithAssertions(256, 1000)
	for b.Loop() {
		if err := New().Render(io.Discard, s); err != nil {
			b.Fatal(err)
		}
	}
}
