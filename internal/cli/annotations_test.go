package cli

import (
	"fmt"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

func TestAnnotations(t *testing.T) {
	at := func(files ...string) []result.Location {
		var out []result.Location
		for _, f := range files {
			out = append(out, result.Location{File: f, Line: 3})
		}
		return out
	}
	s := findings.Summary{
		Verdict: findings.Verdict{Reasons: []string{"new: broken (everywhere)", "pre-existing: old (everywhere)"}, Warnings: []string{"new: let through (everywhere)"}},
		Findings: []findings.Finding{
			{State: findings.New, Title: "broken", Where: "everywhere", Locations: at("templates/a.yaml", "../outside", "/abs", "")},
			{State: findings.PreExisting, Title: "old", Where: "everywhere", Locations: at("b")},
			{State: findings.New, Title: "let through", Where: "everywhere", Locations: at("c")},
			{State: findings.New, Title: "ignored", Where: "everywhere", Locations: at("d")},
			{State: findings.PreExisting, Title: "known", Where: "everywhere", Locations: at("e")},
			{State: findings.Advice, Title: "advice", Where: "everywhere", Locations: at("f")},
			{State: findings.New, Title: "nowhere"},
		},
	}
	for _, c := range []struct {
		chart, workspace string
		want             []string
	}{
		{"charts/web", "", []string{"charts/web/templates/a.yaml failure", "charts/web/b failure", "charts/web/c warning", "charts/web/d notice"}},
		{".", "", []string{"templates/a.yaml failure", "b failure", "c warning", "d notice"}},
		{"/w/repo/web", "/w/repo", []string{"web/templates/a.yaml failure", "web/b failure", "web/c warning", "web/d notice"}},
		{"/elsewhere/web", "/w/repo", nil},
		{"../web", "", nil}, {"web-1.0.0.tgz", "", nil}, {"oci://registry/web", "", nil}, {"", "", nil},
	} {
		s.Chart.Path = c.chart
		var got []string
		for _, a := range annotations(s, c.workspace) {
			got = append(got, a.Path+" "+a.Level)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.chart, got, c.want)
		}
	}
	s.Chart.Path = "."
	for i := range 200 {
		s.Findings = append(s.Findings, findings.Finding{State: findings.New, Title: fmt.Sprint(i), Locations: at("x", "y", "x")})
	}
	if n := len(annotations(s, "")); n != maxAnnotations {
		t.Errorf("%d annotations", n)
	}
}
