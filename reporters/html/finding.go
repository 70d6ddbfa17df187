package html

import (
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// finding is one as the template shows it. What is empty is left out.
type finding struct {
	Number, Index int
	Title         string // what is wrong, for lists
	Clause, What  string // the headline in its two parts
	Class         string
	Nature        string
	Where         string
	Support, Sure string
	Tone          string
	Quotes        []present.Quote
	Context       []present.Quote
	ContextLines  string // how many are not quoted above
	Hint          []present.Span
	Places        []present.Spot
	MorePlaces    int
	Beside        *present.Beside
	Consequences  []string
	MoreFollow    int
	Rivals        []string
	Next          []toRun
	Remark        string
	Logs          []present.Link
	MoreLogs      int
	Command       string
	CommandNote   string
	Cells         string
}

// toRun is a cell whose result would decide.
type toRun struct{ Slug, Because string }

// The most of each that is listed, and the longest line, in characters.
const (
	maxPlaces       = 5
	maxExcerpt      = 3
	maxLogs         = 6
	maxConsequences = 10
	maxRivals       = 5
	maxNext         = 6
	maxLine         = 1000
	// Findings from this number on are shown without the lines around their
	// evidence, to keep the page small.
	maxContexts = 60
)

func newFinding(it present.Item, logs present.Logs, files present.Files) finding {
	f := it.Finding
	out := finding{
		Number: it.Number, Index: it.Index, Title: present.Line(f.Title), Class: present.Shorten(present.Line(f.Class), 60),
		Nature: sentence(strings.Join(present.Nature(f), "; ")), Where: present.Where(f),
		Support: sentence(present.Support(f)), Sure: sure(f), Tone: tone(f),
		Hint: present.Spans(present.Line(f.Hint)), Beside: present.Neighbour(f, logs), Remark: remark(it),
		Command: present.Code(f.Reproduce), CommandNote: present.Line(f.ReproduceNote), Cells: present.Plural(len(f.Cells), "cell"),
	}
	out.Clause, out.What = present.Split(f)
	if out.What == "" {
		out.What = "a failure without a message"
	}
	if out.Title == "" {
		out.Title = out.What
	}
	out.Quotes = shorten(present.Evidence(f, logs))
	if it.Number <= maxContexts {
		context, more := present.Context(f, logs)
		out.Context, out.ContextLines = shorten(context), present.Plural(more, "more line")
	}
	out.Logs, out.MoreLogs = logs.Of(f, maxLogs)
	out.Places = present.Places(f, files)
	if n := len(out.Places); n > maxPlaces {
		out.Places, out.MorePlaces = out.Places[:maxPlaces], n-maxPlaces
	}
	for i, c := range f.Consequences {
		if i == maxConsequences {
			out.MoreFollow = len(f.Consequences) - i
			break
		}
		out.Consequences = append(out.Consequences, present.Consequence(c))
	}
	rivals := present.Rivals(f)
	for _, r := range rivals[:min(len(rivals), maxRivals)] {
		text := r.Where
		if p := present.Percent(r.Confidence); p != "" {
			text += " (" + p + ")"
		}
		out.Rivals = append(out.Rivals, text)
	}
	next := present.Next(f)
	for _, n := range next[:min(len(next), maxNext)] {
		out.Next = append(out.Next, toRun{n.Slug, present.ToDecide(n)})
	}
	return out
}

// sure says how sure the pattern is, with the number that it stands for.
func sure(f findings.Finding) string {
	text := present.Sure(f)
	if p := present.Percent(f.Confidence); text != "" && p != "" {
		text += " (" + p + ")"
	}
	return sentence(text)
}

// remark says what is special, and why it is folded unless the blame says so.
func remark(it present.Item) string {
	parts := present.Remarks(it.Finding)
	chart := it.Finding.Blame == findings.BlameChart || it.Finding.Blame == findings.BlameChartOrEnv
	if folded := present.Folded(it); folded != "" && chart {
		parts = append([]string{folded}, parts...)
	}
	return strings.Join(parts, "; ")
}

// sentence begins with a capital and ends with a full stop.
func sentence(s string) string {
	s = strings.TrimRight(s, " .")
	if s == "" {
		return ""
	}
	if s[0] >= 'a' && s[0] <= 'z' {
		s = string(s[0]-'a'+'A') + s[1:]
	}
	return s + "."
}

// shorten cuts lines that no browser could lay out at once.
func shorten(quotes []present.Quote) []present.Quote {
	for _, q := range quotes {
		for i, l := range q.Lines {
			q.Lines[i] = present.Shorten(l, maxLine)
		}
	}
	return quotes
}

func tone(f findings.Finding) string {
	switch {
	case f.State == findings.Fixed:
		return string(result.Passed)
	case f.State == findings.Advice, f.State == findings.Flaky:
		return "skipped"
	case f.State == findings.Expected:
		return string(present.Accepted)
	case f.Status == result.Errored, f.Status == result.Lost:
		return "errored"
	}
	return "failed"
}
