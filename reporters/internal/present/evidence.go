package present

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
)

// MaxEvidence is how many lines show a finding; what else there is is unfolded.
const MaxEvidence = 3

// maxContext bounds the unfolded lines.
const maxContext = 40

// Quote is some lines from one place.
type Quote struct {
	Cell   Link   // the slug of the cell, with its job's log; and which try at it
	Source string // the file of the cell's evidence and the lines: "logs/web-0.log:12-14"
	Lines  []string
}

// Evidence gives the lines that show a finding, together where they stand
// together. A finding without them has its excerpt.
func Evidence(f findings.Finding, logs Logs) []Quote {
	var out []Quote
	quoted := f.Evidence[:min(len(f.Evidence), MaxEvidence)]
	for len(quoted) > 0 {
		n := together(quoted)
		if q := newQuote(f, quoted[:n], logs); len(q.Lines) > 0 {
			out = append(out, q)
		}
		quoted = quoted[n:]
	}
	if len(out) > 0 {
		return out
	}
	var q Quote
	for _, l := range f.Excerpt[:min(len(f.Excerpt), MaxEvidence)] {
		q.Lines = append(q.Lines, Code(l))
	}
	if len(q.Lines) == 0 {
		return nil
	}
	return []Quote{q}
}

// together counts the first lines that come from the same file of the same cell.
func together(lines []findings.EvidenceLine) int {
	n := 1
	for n < len(lines) && lines[n].Cell == lines[0].Cell && lines[n].Try == lines[0].Try && lines[n].Source == lines[0].Source {
		n++
	}
	return n
}

func newQuote(f findings.Finding, lines []findings.EvidenceLine, logs Logs) Quote {
	q := Quote{Cell: logs.Cell(lines[0].Cell), Source: Line(lines[0].Source)}
	if try := Line(lines[0].Try); try != "" && q.Cell.Text != "" {
		q.Cell.Text += ", " + try
	}
	if f.State == findings.Flaky || f.State == findings.Advice {
		q.Cell.URL = "" // the last log of the job does not show it
	}
	var numbers []int
	for _, l := range lines {
		if text := Code(l.Text); text != "" {
			q.Lines = append(q.Lines, text)
		}
		if l.Line > 0 {
			numbers = append(numbers, l.Line)
		}
	}
	if at := ranges(numbers); at != "" && q.Source != "" {
		q.Source += ":" + at
	}
	return q
}

// ranges writes line numbers: "12-14, 40".
func ranges(numbers []int) string {
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "-" + strconv.Itoa(numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}

// From says where a quote comes from: "kind-1.34-ha, logs/web-0.log:12".
func (q Quote) From() string {
	var parts []string
	for _, p := range []string{q.Cell.Text, q.Source} {
		if p != "" {
			parts = append(parts, p)
		}
	}
	return strings.Join(parts, ", ")
}

// Context gives the lines around those that show a finding, with their numbers
// and the shown ones marked, and how many of them are not shown elsewhere.
func Context(f findings.Finding, logs Logs) (quotes []Quote, more int) {
	type key struct {
		cell, source string
		line         int
		text         string
	}
	shown := map[key]bool{}
	for _, l := range f.Evidence[:min(len(f.Evidence), MaxEvidence)] {
		shown[key{l.Cell, l.Source, l.Line, l.Text}] = true
	}
	all := slices.Clone(f.More[:min(len(f.More), maxContext)])
	for len(all) > 0 {
		n := together(all)
		block := all[:n]
		all = all[n:]
		numbered := !slices.ContainsFunc(block, func(l findings.EvidenceLine) bool { return l.Line <= 0 })
		if numbered {
			slices.SortStableFunc(block, func(a, b findings.EvidenceLine) int { return cmp.Compare(a.Line, b.Line) })
		}
		q := newQuote(f, block[:1], logs)
		q.Source, q.Lines = Line(block[0].Source), nil
		width := len(strconv.Itoa(block[n-1].Line))
		for i, l := range block {
			mark := " "
			switch {
			case shown[key{l.Cell, l.Source, l.Line, l.Text}]:
				mark = ">"
			case Line(l.Text) != Line(f.Title): // which is told above
				more++
			}
			if numbered {
				if i > 0 && l.Line > block[i-1].Line+1 {
					q.Lines = append(q.Lines, strings.Repeat(" ", width+2)+"…")
				}
				mark += fmt.Sprintf(" %*d", width, l.Line)
			}
			q.Lines = append(q.Lines, strings.TrimRight(mark+"  "+Code(l.Text), " "))
		}
		quotes = append(quotes, q)
	}
	if more == 0 {
		return nil, 0
	}
	return quotes, more
}

// Beside compares a failing cell with the passing one that is most like it.
type Beside struct {
	Failing, Passing Link
	Differs          []string
}

// Neighbour gives the passing cell beside a finding, or nil.
func Neighbour(f findings.Finding, logs Logs) *Beside {
	if f.Neighbour == nil {
		return nil
	}
	b := &Beside{Failing: logs.Cell(f.Neighbour.Failing), Passing: logs.Cell(f.Neighbour.Passing)}
	for _, d := range f.Neighbour.Differs {
		if d = Line(d); d != "" {
			b.Differs = append(b.Differs, d)
		}
	}
	if b.Passing.Text == "" {
		return nil
	}
	return b
}
