package html

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// data is what the page's script reads. Problems are stored once and named by
// their index, since most cells share theirs with many others.
type data struct {
	Cells    []dataCell    `json:"cells"`
	Findings []dataFinding `json:"findings"`
	Problems []dataProblem `json:"problems"`
}

type dataCell struct {
	ID      string            `json:"id"`
	Slug    string            `json:"slug"`
	At      map[string]string `json:"at"`
	Outcome present.Outcome   `json:"outcome"`
	Reason  string            `json:"reason,omitempty"`
	Kube    string            `json:"kube,omitempty"`
	Log     string            `json:"log,omitempty"` // checked; opens in the browser
	Attempt int               `json:"attempt,omitempty"`
	Tries   []dataTry         `json:"tries,omitempty"` // before the last one
	// NotRetried says why there was no other try.
	NotRetried string      `json:"notRetried,omitempty"`
	Findings   []int       `json:"findings,omitempty"`
	Layers     []dataLayer `json:"layers,omitempty"`
}

// dataTry is a try that another one followed, with the layers that it did not pass.
type dataTry struct {
	Name   string        `json:"name"`
	Status result.Status `json:"status"`
	Reason string        `json:"reason,omitempty"`
	Layers []dataLayer   `json:"layers,omitempty"`
}

type dataLayer struct {
	Name       string        `json:"name"`
	Status     result.Status `json:"status"`
	Reason     string        `json:"reason,omitempty"`
	Assertions int           `json:"assertions,omitempty"`
	Time       string        `json:"time,omitempty"`
	Shared     bool          `json:"shared,omitempty"`
	Problems   []int         `json:"problems,omitempty"`
	More       int           `json:"more,omitempty"` // problems that are not listed
}

type dataFinding struct {
	Number int    `json:"number"`
	Title  string `json:"title"`
}

type dataProblem struct {
	Severity result.Severity `json:"severity"`
	Message  string          `json:"message"`
	Place    string          `json:"place,omitempty"`
	Hint     string          `json:"hint,omitempty"`
	Excerpt  []string        `json:"excerpt,omitempty"`
}

// The most that one layer of one cell lists, and the longest message, in
// characters: a page that a browser opens at once matters more than the
// hundredth problem, which the JUnit report has.
const (
	maxProblems = 20
	maxMessage  = 500
)

func newData(s findings.Summary, groups []present.Group, logs present.Logs) data {
	d := data{Cells: []dataCell{}, Findings: make([]dataFinding, len(s.Findings)), Problems: []dataProblem{}}
	for _, g := range groups {
		for _, it := range g.Items {
			d.Findings[it.Index] = dataFinding{it.Number, present.Shorten(present.Headline(it.Finding), maxMessage)}
		}
	}
	results := make(map[string]result.Cell, len(s.Cells))
	for _, c := range s.Cells {
		results[c.ID] = c
	}
	known := map[string]int{}
	for _, row := range s.Grid.Rows {
		for j, g := range row.Cells {
			if g.ID == "" || j >= len(s.Grid.Columns) {
				continue
			}
			c := dataCell{ID: g.ID, Slug: present.Line(g.Slug), Outcome: present.OutcomeOf(g, s.Findings), Findings: inRange(g.Findings, len(s.Findings))}
			c.At = map[string]string{s.Grid.ColumnAxis: s.Grid.Columns[j]}
			for k, axis := range s.Grid.RowAxes {
				if k < len(row.Values) {
					c.At[axis] = row.Values[k]
				}
			}
			r := results[g.ID]
			c.Reason, c.Kube, c.Log = present.Shorten(present.Line(r.Reason), maxMessage), present.Line(r.KubeVersion), logs.URL(g.ID)
			if r.Attempt > 1 {
				c.Attempt = r.Attempt
			}
			for _, st := range r.Steps {
				c.Layers = append(c.Layers, d.layer(st, known))
			}
			c.Tries, c.NotRetried = d.tries(r, known), present.Shorten(present.Line(r.NotRetried), maxMessage)
			d.Cells = append(d.Cells, c)
		}
	}
	return d
}

// maxTries bounds the tries of one cell that are listed.
const maxTries = 5

func (d *data) tries(r result.Cell, known map[string]int) []dataTry {
	var out []dataTry
	for n, t := range r.Retried[:min(len(r.Retried), maxTries)] {
		one := dataTry{Name: fmt.Sprintf("Try %d", n+1), Status: t.Status, Reason: present.Shorten(present.Line(t.Reason), maxMessage)}
		if t.Attempt != r.Attempt {
			one.Name += fmt.Sprintf(", attempt %d", t.Attempt)
		}
		for _, st := range t.Steps {
			if st.Status != result.Passed && st.Status != result.Skipped {
				one.Layers = append(one.Layers, d.layer(st, known))
			}
		}
		out = append(out, one)
	}
	return out
}

func inRange(indexes []int, n int) []int {
	var out []int
	for _, i := range indexes {
		if i >= 0 && i < n {
			out = append(out, i)
		}
	}
	return out
}

func (d *data) layer(st result.Step, known map[string]int) dataLayer {
	l := dataLayer{
		Name: present.Line(st.Layer), Status: st.Status, Reason: present.Shorten(present.Line(st.Reason), maxMessage),
		Assertions: len(st.Assertions), Shared: st.Shared,
	}
	if st.Seconds > 0 && !st.Shared {
		l.Time = present.Duration(st.Seconds)
	}
	for _, a := range st.Assertions {
		for _, p := range a.Problems {
			if len(l.Problems) == maxProblems {
				l.More++
				continue
			}
			l.Problems = append(l.Problems, d.problem(p, known))
		}
	}
	return l
}

func (d *data) problem(p result.Problem, known map[string]int) int {
	out := dataProblem{
		Severity: p.Severity, Message: present.Shorten(present.Line(p.Message), maxMessage),
		Place: present.Shorten(present.Place(p.Location), maxMessage), Hint: present.Shorten(present.Line(p.Hint), maxMessage),
	}
	for _, l := range p.Excerpt[:min(len(p.Excerpt), maxExcerpt)] {
		out.Excerpt = append(out.Excerpt, present.Shorten(present.Code(l), maxMessage))
	}
	key := strings.Join(append([]string{string(out.Severity), out.Message, out.Place, out.Hint}, out.Excerpt...), "\x00")
	i, ok := known[key]
	if !ok {
		i = len(d.Problems)
		known[key] = i
		d.Problems = append(d.Problems, out)
	}
	return i
}
