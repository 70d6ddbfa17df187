package markdown

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// writeGrid writes the folded grid, without rows that pass and links where these
// are not wanted. One outcome throughout only repeats the verdict.
func (d *document) writeGrid(passing, links bool) string {
	t := d.grid
	if len(t.Rows) == 0 || len(t.Columns) == 0 || len(t.Used) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| " + label(t.RowAxes, "cells"))
	for _, c := range t.Columns {
		b.WriteString(" | " + prose(c, nameLimit))
	}
	b.WriteString(" |\n|" + " --- |" + strings.Repeat(" :-: |", len(t.Columns)) + "\n")
	written, hidden, linked := 0, 0, false
	for _, r := range t.Rows {
		if written == d.rows || !passing && r.Quiet() {
			hidden += r.Count
			continue
		}
		written++
		b.WriteString("| " + rowLabel(r))
		for _, s := range r.Squares {
			field, isLink := square(s, links)
			linked = linked || isLink
			b.WriteString(" | " + field)
		}
		b.WriteString(" |\n")
	}
	var legend []string
	for _, o := range t.Used {
		symbol, word := markOf(o), o.Words()
		legend = append(legend, symbol+" "+word)
	}
	fmt.Fprintf(&b, "\n<sub>%s", strings.Join(legend, ", "))
	b.WriteString("; numbers are those of the findings")
	if linked {
		b.WriteString(" and lead to the jobs' logs")
	}
	if hidden > 0 {
		b.WriteString("; " + present.Plural(hidden, "row") + " not shown")
	}
	b.WriteString("</sub>\n")
	if len(t.Fixed) > 0 {
		fixed := make([]string, 0, len(t.Fixed))
		for _, f := range t.Fixed {
			fixed = append(fixed, prose(f, 2*nameLimit))
		}
		b.WriteString("\nThroughout: " + strings.Join(fixed, ", ") + "\n")
	}
	return b.String()
}

// label joins names in one column: several would take a phone's screen before
// the first result.
func label(names []string, none string) string {
	if len(names) == 0 {
		return none
	}
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = prose(n, 2*nameLimit)
	}
	return strings.Join(escaped, " / ")
}

// rowLabel names a row, which may stand for many.
func rowLabel(r present.Row) string {
	switch {
	case r.Note == "":
		return label(r.Labels, "all")
	case len(r.Labels) == 0:
		return prose(r.Note, nameLimit)
	}
	return label(r.Labels, "all") + ", " + prose(r.Note, nameLimit)
}

func square(s present.Square, links bool) (text string, linked bool) {
	text = markOf(s.Outcome)
	for i, n := range s.Numbers {
		if i == 3 {
			text += " …"
			break
		}
		text += " " + strconv.Itoa(n)
	}
	if !links || s.Outcome.Quiet() || s.Log == "" {
		return text, false
	}
	return link(text, s.Log), true
}
