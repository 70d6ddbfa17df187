package present

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
)

const runURL = "https://github.com/posthog/charts/actions/runs/1"

func TestChecked(t *testing.T) {
	for address, ok := range map[string]bool{
		"https://github.com/posthog/charts/actions/runs/1/job/2":           true,
		"https://github.com/posthog/charts/actions/runs/1/job/2#step:3:14": true,
		"https://GITHUB.com/a?b=c&d=%20":                                   true,
		"https://github.com":                                               true,
		"http://github.com/a":                                              false,
		"https://github.com:444/a":                                         false,
		"https://github.com.evil.example/a":                                false,
		"https://github.com@evil.example/a":                                false,
		"https://evil.example/github.com":                                  false,
		"https://me:secret@github.com/a":                                   false,
		"https://github.com/a)[b](c":                                       false,
		"https://github.com/a b":                                           false,
		"https://github.com/a\nb":                                          false,
		"https://github.com/<a>":                                           false,
		"https://github.com/%zz":                                           false,
		"//github.com/a":                                                   false,
		"javascript:alert(1)":                                              false,
		"https://github.com/" + strings.Repeat("a", maxAddress):            false,
		"": false,
	} {
		want := ""
		if ok {
			want = address
		}
		if got := Checked(findings.Origin{URL: runURL}, address); got != want {
			t.Errorf("Checked(%q) is %q", address, got)
		}
		if got := Checked(findings.Origin{}, address); got != "" {
			t.Errorf("without a run, Checked(%q) is %q", address, got)
		}
	}
	const enterprise = "https://git.corp.example:8443/a/b/actions/runs/1"
	if got := Checked(findings.Origin{URL: enterprise}, enterprise+"/job/2"); got != enterprise+"/job/2" {
		t.Errorf("a server of one's own: %q", got)
	}
}

func FuzzChecked(f *testing.F) {
	for _, a := range []string{runURL, "https://github.com@evil.example/", "https://github.com\\@evil.example", "https://github.com/?a=b&c#d"} {
		f.Add(a)
	}
	f.Fuzz(func(t *testing.T, address string) {
		got := Checked(findings.Origin{URL: runURL}, address)
		if got == "" {
			return
		}
		u, err := url.Parse(got)
		if err != nil || u.Scheme != "https" || !strings.EqualFold(u.Host, "github.com") || u.User != nil {
			t.Errorf("%q passed: %v", got, err)
		}
		if strings.ContainsAny(got, "<>()[]|`\\\"'*!@ \t\r\n$") || got != address {
			t.Errorf("%q, from %q, would need an escape", got, address)
		}
	})
}

func TestProvenance(t *testing.T) {
	s := findings.Summary{
		Event: "pull_request_target", Counts: findings.Counts{Planned: 3, Failed: 1}, Changes: []string{"removes 2 cells.", " ", "adds 1 cell"},
		Origin: findings.Origin{
			Run: "run 7,\nattempt 2", URL: runURL, Commit: "4890ebd676da9f4935975bd8a5c19146767584fd", NoBaseline: "no nightly run has results.", SelfReported: true,
		},
	}
	p := ProvenanceOf(s)
	if p.Run != (Link{"run 7, attempt 2", runURL}) || p.Commit != "4890ebd" || p.SelfReported == "" || p.Changed != "This pull request changes the matrix itself" {
		t.Errorf("%+v", p)
	}
	if !slices.Equal(p.Changes, []string{"removes 2 cells", "adds 1 cell"}) || !p.Weaker {
		t.Errorf("changes %q, weaker %t", p.Changes, p.Weaker)
	}
	if p.NoBaseline != "No baseline, so every failure counts as new: no nightly run has results." {
		t.Errorf("%q", p.NoBaseline)
	}
	s.Counts.Failed = 0
	if p := ProvenanceOf(s); p.NoBaseline != "" {
		t.Errorf("nothing failed, and yet: %q", p.NoBaseline)
	}
	s.Origin.Commit = "<b>4890ebd"
	s.Origin.Baseline, s.Origin.BaselineURL = "the nightly run 6", "https://evil.example/"
	if p := ProvenanceOf(s); p.Commit != "" || p.Compared != (Link{Text: "the nightly run 6"}) {
		t.Errorf("%+v", p)
	}
	s.Counts.Planned = 0
	if p := ProvenanceOf(s); p.SelfReported != "" || p.Compared.Text != "" {
		t.Errorf("nothing was planned, and yet: %+v", p)
	}
	if p := ProvenanceOf(findings.Summary{}); p.Run != (Link{}) || p.Commit != "" || p.Changed != "" || p.Weaker {
		t.Errorf("of nothing: %+v", p)
	}
}

func TestWeaker(t *testing.T) {
	for _, c := range []struct {
		changes []string
		weaker  bool
	}{
		{nil, false},
		{[]string{"adds one cell (x b)", "tightens the gate: all instead of new", "and 3 more changes"}, false},
		{[]string{"removes one cell (x b)", "adds 3 cells"}, true},
		{[]string{"adds 3 cells", "does something that this version does not know"}, true},
	} {
		if p := ProvenanceOf(findings.Summary{Changes: c.changes}); p.Weaker != c.weaker {
			t.Errorf("%q: weaker is %t", c.changes, p.Weaker)
		}
	}
}

func TestLogsAreOneForEachJob(t *testing.T) {
	s := findings.Summary{
		Origin: findings.Origin{URL: runURL, Jobs: map[string]string{
			"a": runURL + "/job/1", "b": runURL + "/job/1", "c": runURL + "/job/2", "d": "https://evil.example/", "e": runURL + "/job/3",
		}},
		Grid: findings.Grid{Columns: []string{"1"}, Rows: []findings.GridRow{{Cells: []findings.GridCell{
			{ID: "a", Slug: "cell-a"}, {ID: "b", Slug: "cell-b"}, {ID: "c"}, {ID: "d", Slug: "cell-d"}, {ID: "e", Slug: "cell-e"}, {},
		}}}},
	}
	logs := LogsOf(s)
	f := findings.Finding{Cells: []string{"a", "b", "c", "d", "e", "unknown"}, State: findings.New}
	links, more := logs.Of(f, 2)
	if want := []Link{{"cell-a", runURL + "/job/1"}, {"c", runURL + "/job/2"}}; !slices.Equal(links, want) || more != 1 {
		t.Errorf("got %v and %d more", links, more)
	}
	if logs.URL("d") != "" || logs.URL("") != "" || logs.URL("b") == "" {
		t.Error("URL gives what was not checked")
	}
	f.State = findings.Flaky
	if links, _ := logs.Of(f, 2); links != nil {
		t.Errorf("the last log of what passed when tried again shows nothing: %v", links)
	}
	if links, more := (Logs{}).Of(findings.Finding{Cells: []string{"a"}}, 2); links != nil || more != 0 {
		t.Errorf("no logs, and yet %v", links)
	}
}

// TestFoldedFieldsLeadToTheirOnlyLog: a field that stands for several jobs has
// no one log.
func TestFoldedFieldsLeadToTheirOnlyLog(t *testing.T) {
	cell := func(id string) findings.GridCell { return findings.GridCell{ID: id, Slug: id, Status: "failed"} }
	s := findings.Summary{
		Origin: findings.Origin{URL: runURL, Jobs: map[string]string{"a": runURL + "/job/1", "b": runURL + "/job/1", "c": runURL + "/job/2", "d": runURL + "/job/3"}},
		Grid: findings.Grid{
			Columns: []string{"1", "2"}, RowAxes: []string{"x"},
			Rows: []findings.GridRow{
				{Values: []string{"p"}, Cells: []findings.GridCell{cell("a"), cell("b")}}, {Values: []string{"q"}, Cells: []findings.GridCell{cell("c"), cell("d")}},
			},
		},
	}
	apart := Fold(s, nil, 8)
	if len(apart.Rows) != 2 || apart.Rows[0].Squares[0].Log != runURL+"/job/1" || apart.Rows[1].Squares[0].Log != "" {
		t.Errorf("%+v", apart.Rows)
	}
	if together := Fold(s, nil, 1); len(together.Rows) != 1 || together.Rows[0].Squares[0].Log != "" {
		t.Errorf("%+v", together.Rows)
	}
}
