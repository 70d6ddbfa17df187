package junit

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// steps reads "install: installs=passed ready=failed; test=errored": the layers of
// a try with their checks, or the status of a layer without any.
func steps(text string) []result.Step {
	var out []result.Step
	for part := range strings.SplitSeq(text, "; ") {
		if layer, status, ok := strings.Cut(part, "="); ok && !strings.Contains(layer, ":") {
			out = append(out, result.Step{Layer: layer, Status: result.Status(status), Reason: "why " + layer})
			continue
		}
		layer, checks, _ := strings.Cut(part, ": ")
		s := result.Step{Layer: layer, Status: result.Skipped}
		for check := range strings.FieldsSeq(checks) {
			name, status, _ := strings.Cut(check, "=")
			a := result.Assertion{Name: name, Status: result.Status(status)}
			if a.Status == result.Failed {
				a.Problems = []result.Problem{{Severity: result.Error, Code: "no", Message: name + " says no"}}
			}
			s.Assertions = append(s.Assertions, a)
			s.Status = result.Worst(s.Status, a.Status)
		}
		out = append(out, s)
	}
	return out
}

func cellOf(tries ...string) result.Cell {
	c := result.Cell{ID: "abcdefgh", Slug: "kind-1.34", Attempt: 1, Status: result.Skipped}
	for i, text := range tries {
		if i > 0 {
			c.Retried = c.Again()
		}
		c.Steps, c.Status = steps(text), result.Skipped
		for _, s := range c.Steps {
			c.Status = result.Worst(c.Status, s.Status)
		}
	}
	return c
}

func TestTries(t *testing.T) {
	for _, c := range []struct {
		name  string
		tries []string
		want  []string
	}{
		{"passed at once", []string{"install: installs=passed"}, []string{"install: installs"}},
		{"failed, then passed", []string{"install: installs=failed", "install: installs=passed ready=passed"},
			[]string{"install: installs flakyFailure(installs says no)", "install: ready"}},
		{"errored, then passed", []string{"install=errored", "install: installs=passed"},
			[]string{"install: installs", "install flakyError(why install)"}},
		{"failed twice", []string{"install: installs=failed", "install: installs=failed"},
			[]string{"install: installs failure(installs says no) rerunFailure(installs says no)"}},
		{"three tries", []string{"install: installs=failed", "install=errored", "install: installs=passed"},
			[]string{"install: installs flakyFailure(installs says no)", "install flakyError(why install)"}},
		{"another check fails then", []string{"install: installs=failed", "install: before=failed"},
			[]string{"install: before failure(before says no)", "install: installs failure(installs says no)"}},
		{"not asked again", []string{"install: installs=passed; test: t=failed", "install: installs=failed; test=blocked"},
			[]string{"install: installs failure(installs says no)", "test skipped(blocked: why test)", "test: t failure(t says no)"}},
		{"could not be asked again", []string{"install: installs=failed", "install=errored"},
			[]string{"install error(why install)", "install: installs failure(installs says no)"}},
		{"was skipped then", []string{"test=errored", "test=skipped"}, []string{"test error(why test)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := casesIn(t, cellOf(c.tries...)); strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
		})
	}
}

// TestEarlierAttempts: what an earlier attempt at the run said never makes the
// last one worse.
func TestEarlierAttempts(t *testing.T) {
	c := cellOf("install: installs=failed; test: t=failed", "install: installs=passed; test=lost")
	c.Attempt = 2
	got := casesIn(t, c)
	want := "install: installs flakyFailure(installs says no)\ntest error(why test)"
	if strings.Join(got, "\n") != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestClusterThatWasTriedAgain(t *testing.T) {
	c := cellOf("cluster: up=passed")
	c.Steps[0].Assertions[0].Problems = []result.Problem{
		{Severity: result.Info, Code: "fresh-cluster", Message: "fresh"}, {Severity: result.Warning, Code: "boot-retried", Message: "no node <came> up"},
	}
	if got := casesIn(t, c); len(got) != 1 || got[0] != "cluster: up flakyError(no node <came> up)" {
		t.Errorf("got %q", got)
	}
}

// casesIn reads the test cases of a report of one cell, whose counts must fit.
func casesIn(t *testing.T, c result.Cell) []string {
	t.Helper()
	var out bytes.Buffer
	if err := New().Render(&out, findings.Summary{Cells: []result.Cell{c}}); err != nil {
		t.Fatal(err)
	}
	var report struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Cases    []struct {
			Name  string `xml:"name,attr"`
			Inner []struct {
				XMLName xml.Name
				Message string    `xml:"message,attr"`
				Type    string    `xml:"type,attr"`
				Trace   *struct{} `xml:"stackTrace"`
			} `xml:",any"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatalf("%v in\n%s", err, out.String())
	}
	var cases []string
	failures, errors := 0, 0
	for _, tc := range report.Cases {
		text := tc.Name
		for _, e := range tc.Inner {
			text += fmt.Sprintf(" %s(%s)", e.XMLName.Local, e.Message)
			switch e.XMLName.Local {
			case "failure":
				failures++
			case "error":
				errors++
			case "skipped":
			default:
				if e.Type == "" || e.Trace == nil {
					t.Errorf("%s lacks a type or a trace in\n%s", e.XMLName.Local, out.String())
				}
			}
		}
		cases = append(cases, text)
	}
	if report.Tests != len(cases) || report.Failures != failures || report.Errors != errors {
		t.Errorf("the counts do not fit:\n%s", out.String())
	}
	return cases
}
