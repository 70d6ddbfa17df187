package present

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

func TestLine(t *testing.T) {
	for in, want := range map[string]string{
		"plain":                                 "plain",
		"  a \t b\r\nc  ":                       "a b c",
		"\x1b[1;31mred\x1b[0m":                  "red",
		"\x1b]8;;https://x\x07link\x1b]8;;\x07": "link",
		"\u009b31mred":                          "red",
		"a\x00b\x7fc":                           "abc",
		"\u202egnp.exe":                         "gnp.exe",
		"zero\u200bwidth":                       "zerowidth",
		"bad\xff":                               "bad\uFFFD",
		"line\u2028break":                       "line break",
	} {
		if got := Line(in); got != want {
			t.Errorf("Line(%q) = %q; want %q", in, got, want)
		}
	}
}

func TestInert(t *testing.T) {
	got := Inert("::error::x\n  ::set-output\na::b\n##[group]\n")
	if want := ":\u200b:error::x\n  :\u200b:set-output\na::b\n##\u200b[group]\n"; got != want {
		t.Errorf("got %q", got)
	}
}

func TestDuration(t *testing.T) {
	for in, want := range map[float64]string{
		0: "0 s", 0.04: "40 ms", 4.21: "4.2 s", 59.97: "1 min 0 s", 185: "3 min 5 s", 7440: "2 h 4 min", -1: "unknown", 1e300: "over 30 years",
	} {
		if got := Duration(in); got != want {
			t.Errorf("Duration(%v) = %q; want %q", in, got, want)
		}
	}
}

func TestSupport(t *testing.T) {
	twelve := findings.Support{Matching: 12, MatchingFailing: 12, Others: 72}
	for state, want := range map[findings.State]string{findings.Fixed: "", findings.Overdue: "all 12 such cells pass"} { // and so may others
		if got := Support(findings.Finding{State: state, Status: result.Passed, Support: twelve}); got != want {
			t.Errorf("%s: %q; want %q", state, got, want)
		}
	}
	for _, c := range []struct {
		support findings.Support
		status  result.Status
		want    string
	}{
		{findings.Support{}, result.Failed, ""},
		{findings.Support{Matching: 12, MatchingFailing: 12, Others: 72}, result.Failed, "all 12 such cells fail; none of the 72 others does"},
		{findings.Support{Matching: 12, MatchingFailing: 10, Others: 72, OthersFailing: 2}, result.Failed, "10 of 12 such cells fail; so do 2 of 72 others"},
		{findings.Support{Matching: 1, MatchingFailing: 1, Others: 1}, result.Failed, "the only such cell fails; the other cell does not"},
		{findings.Support{Matching: 3, MatchingFailing: 3, Others: 81}, result.Lost, "all 3 such cells are lost; none of the 81 others is"},
		{findings.Support{Matching: 84, MatchingFailing: 84}, result.Errored, "all 84 such cells are without an answer for this reason"},
	} {
		got := Support(findings.Finding{Severity: result.Error, Status: c.status, Support: c.support})
		if got != c.want {
			t.Errorf("%+v: %q; want %q", c.support, got, c.want)
		}
	}
}

func TestARedVerdictNeverStandsOverFoldedReasonsAlone(t *testing.T) {
	for _, c := range []struct {
		state findings.State
		exit  int
		open  bool
	}{
		{findings.New, 1, true}, {findings.New, 0, true}, {"unheard-of", 1, true}, {findings.PreExisting, 1, true}, {findings.PreExisting, 0, false},
		{findings.Unanswered, 3, true}, {findings.Unanswered, 0, false}, {findings.Expected, 0, false}, {findings.Advice, 0, false},
	} {
		groups := Groups(findings.Summary{
			Verdict:  findings.Verdict{Passed: c.exit == 0, ExitCode: c.exit},
			Findings: []findings.Finding{{State: findings.Advice}, {State: c.state}},
		})
		if groups[0].Open != c.open {
			t.Errorf("state %s, exit code %d: open is %v", c.state, c.exit, groups[0].Open)
		}
		if groups[0].Items[0].Number != 1 {
			t.Errorf("state %s: the first finding in reading order has number %d", c.state, groups[0].Items[0].Number)
		}
	}
}

func grid(rows ...string) findings.Summary {
	s := findings.Summary{Grid: findings.Grid{ColumnAxis: "kubernetes", RowAxes: []string{"provider", "scenario"}}}
	status := map[rune]result.Status{'p': result.Passed, 'f': result.Failed}
	for i, r := range rows {
		row := findings.GridRow{Values: []string{"kind", string(rune('a' + i))}}
		for j, c := range r {
			if i == 0 {
				s.Grid.Columns = append(s.Grid.Columns, string(rune('1'+j)))
			}
			cell := findings.GridCell{ID: "x", Status: status[c]}
			if c == '.' {
				cell.ID = ""
			}
			row.Cells = append(row.Cells, cell)
		}
		s.Grid.Rows = append(s.Grid.Rows, row)
	}
	return s
}

func TestFold(t *testing.T) {
	table := Fold(grid("pppff", "ppppp", ".pppp"), nil, 10)
	if got := strings.Join(table.Columns, " "); got != "1 2, 3 4, 5" {
		t.Errorf("columns %q", got)
	}
	if strings.Join(table.Fixed, ",") != "provider kind" || strings.Join(table.RowAxes, ",") != "scenario" {
		t.Errorf("fixed %q, axes %q", table.Fixed, table.RowAxes)
	}
	if len(table.Rows) != 3 {
		t.Errorf("%d rows; few rows are not folded", len(table.Rows))
	}
	table = Fold(grid("pp", "pp", "pf", "pp", "pf"), nil, 2)
	if len(table.Rows) != 2 || table.Rows[0].Count != 2 || table.Rows[0].Labels[0] != "c, e" || table.Rows[1].Labels[0] != "a, b, d" {
		t.Errorf("rows %+v", table.Rows)
	}
	if table := Fold(findings.Summary{}, nil, 2); len(table.Rows)+len(table.Columns) != 0 {
		t.Errorf("an empty grid gives %+v", table)
	}
}

func TestSpans(t *testing.T) {
	for text, want := range map[string][]Span{
		"":                 nil,
		"run it":           {{"run it", false}},
		"run `a b` again":  {{"run ", false}, {"a b", true}, {" again", false}},
		"`a`":              {{"a", true}},
		"a ` alone":        {{"a ` alone", false}},
		"`` nothing":       {{"`` nothing", false}},
		"` `":              {{"` `", false}},
		"`a` and `b` `end": {{"`a` and `b` `end", false}},
	} {
		if got := Spans(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
