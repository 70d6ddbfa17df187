package present

import (
	"net/url"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

const testedCommit = "4890ebd676da9f4935975bd8a5c19146767584fd"

func TestFilesLeadToTheCommitThatWasTested(t *testing.T) {
	const blob = "https://github.com/posthog/charts/blob/" + testedCommit
	for name, c := range map[string]struct {
		run, commit, chart string
		at                 result.Location
		want               string
	}{
		"file and line":         {runURL, testedCommit, "charts/web", result.Location{File: "templates/a.yaml", Line: 3}, blob + "/charts/web/templates/a.yaml#L3"},
		"no line":               {runURL + "/attempts/2", testedCommit, "./charts/web/", result.Location{File: "Chart.yaml"}, blob + "/charts/web/Chart.yaml"},
		"the top":               {runURL, testedCommit, ".", result.Location{File: "values.yaml"}, blob + "/values.yaml"},
		"an odd name":           {runURL, testedCommit, "my chart", result.Location{File: "templates/a b#1)[x](y.yaml"}, blob + "/my%20chart/templates/a%20b%231%29%5Bx%5D%28y.yaml"},
		"a server of one's own": {"https://git.corp.example:8443/a/b/actions/runs/1", testedCommit, "c", result.Location{File: "x"}, "https://git.corp.example:8443/a/b/blob/" + testedCommit + "/c/x"},
		"not run on GitHub":     {"https://ci.example/build/7", testedCommit, "c", result.Location{File: "x"}, ""},
		"no run":                {"", testedCommit, "c", result.Location{File: "x"}, ""},
		"a short hash":          {runURL, testedCommit[:7], "c", result.Location{File: "x"}, ""},
		"a branch":              {runURL, "main", "c", result.Location{File: "x"}, ""},
		"above the chart":       {runURL, testedCommit, "c", result.Location{File: "../../.git/config"}, ""},
		"above the repository":  {runURL, testedCommit, "../c", result.Location{File: "x"}, ""},
		"an absolute chart":     {runURL, testedCommit, "/home/me/c", result.Location{File: "x"}, ""},
		"an absolute file":      {runURL, testedCommit, "c", result.Location{File: "/etc/passwd"}, ""},
		"an archive":            {runURL, testedCommit, "web-1.0.0.tgz", result.Location{File: "x"}, ""},
		"of a dependency":       {runURL, testedCommit, "c", result.Location{File: "charts/redis/templates/a.yaml"}, ""},
		"a line break":          {runURL, testedCommit, "c", result.Location{File: "a\nb"}, ""},
		"no file":               {runURL, testedCommit, "c", result.Location{Object: "Deployment/web"}, ""},
		"a server elsewhere":    {"https://github.com@evil.example/a/b/actions/runs/1", testedCommit, "c", result.Location{File: "x"}, ""},
		"very long":             {runURL, testedCommit, "c", result.Location{File: strings.Repeat("x", 600)}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := findings.Summary{Chart: matrix.Chart{Path: c.chart}, Origin: findings.Origin{URL: c.run, Commit: c.commit}}
			if got := FilesOf(s).URL(c.at); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func FuzzFiles(f *testing.F) {
	f.Add("charts/web", "templates/a.yaml", 3)
	f.Add("c", "a b)](https://evil.example)", -1)
	f.Add("..", "%2e%2e/x", 1)
	f.Fuzz(func(t *testing.T, chart, file string, line int) {
		s := findings.Summary{Chart: matrix.Chart{Path: chart}, Origin: findings.Origin{URL: runURL, Commit: testedCommit}}
		got := FilesOf(s).URL(result.Location{File: file, Line: line})
		if got == "" {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Host != "github.com" || !strings.HasPrefix(u.Path, "/posthog/charts/blob/"+testedCommit+"/") || strings.Contains(u.Path, "/../") {
			t.Errorf("%q leads to %q: %v", file, got, err)
		}
		if strings.ContainsAny(got, "<>()[]|`\\\"'*!@ \t\r\n$") {
			t.Errorf("%q would need an escape", got)
		}
	})
}
