package junit

import (
	"bytes"
	"encoding/xml"
	"maps"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// TestCasesSayWhy: what did not pass carries the finding that explains it, and
// nothing where that is not certain.
func TestCasesSayWhy(t *testing.T) {
	problem := func(code string) []result.Problem {
		return []result.Problem{{Severity: result.Error, Code: code, Message: code}}
	}
	cell := result.Cell{ID: "a", Slug: "a", Status: result.Failed, Steps: []result.Step{
		{Layer: "install", Status: result.Failed, Assertions: []result.Assertion{
			{Name: "installs", Status: result.Failed, Problems: problem("oom")},
			{Name: "settles", Status: result.Failed, Problems: problem("probe")},
			{Name: "serves", Status: result.Passed},
			{Name: "twice", Status: result.Failed, Problems: append(problem("oom"), problem("probe")...)},
			{Name: "unknown", Status: result.Failed, Problems: problem("nobody knows")},
		}},
		{Layer: "test", Status: result.Errored, Reason: "the API server is away"},
	}}
	all := []findings.Finding{
		{Fingerprint: "f1", Layer: "install", Code: "oom", Class: "oom", Blame: findings.BlameChart, State: findings.New, Cells: []string{"a"}},
		{Fingerprint: "f2", Layer: "install", Code: "probe", Class: "rollout-timeout", Blame: findings.BlameChart, State: findings.New, Cells: []string{"b", "a"}},
		{Fingerprint: "f3", Layer: "test", Code: "errored", Class: "apiserver-unavailable", Blame: findings.BlameInfrastructure, State: findings.Unanswered, Cells: []string{"a"}},
		{Fingerprint: "f4", Layer: "install", Code: "oom", Class: "crash-loop", State: findings.Fixed, Cells: []string{"a"}},
	}
	var out bytes.Buffer
	if err := New().Render(&out, findings.Summary{Cells: []result.Cell{cell}, Findings: all}); err != nil {
		t.Fatal(err)
	}
	var report struct {
		Cases []struct {
			Name       string `xml:"name,attr"`
			Properties []struct {
				Name  string `xml:"name,attr"`
				Value string `xml:"value,attr"`
			} `xml:"properties>property"`
		} `xml:"testsuite>testcase"`
	}
	if err := xml.Unmarshal(out.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	want := map[string]map[string]string{
		"install: installs": {"finding": "f1", "class": "oom", "blame": "chart"},
		"install: settles":  {"finding": "f2", "class": "rollout-timeout", "blame": "chart"},
		"install: serves":   {},
		"install: twice":    {"blame": "chart"},
		"install: unknown":  {},
		"test":              {"finding": "f3", "class": "apiserver-unavailable", "blame": "infrastructure"},
	}
	for _, c := range report.Cases {
		got := map[string]string{}
		for _, p := range c.Properties {
			got[p.Name] = p.Value
		}
		if !maps.Equal(got, want[c.Name]) {
			t.Errorf("%s: %v; want %v", c.Name, got, want[c.Name])
		}
		delete(want, c.Name)
	}
	if len(want) > 0 {
		t.Errorf("no case for %v", want)
	}
}
