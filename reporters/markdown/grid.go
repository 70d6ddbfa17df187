package markdown

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// grid writes the folded grid. One outcome throughout only repeats the verdict.
func grid(t present.Table, passing bool) string {
	if len(t.Rows) == 0 || len(t.Columns) == 0 || len(t.Used) < 2 {
		return ""
	}
	var b strings.Builder
	b.WriteString("\n| " + cells(t.RowAxes))
	for _, c := range t.Columns {
		b.WriteString(" | " + prose(c, nameLimit))
	}
	b.WriteString(" |\n|" + strings.Repeat(" --- |", max(len(t.RowAxes), 1)) + strings.Repeat(" :-: |", len(t.Columns)) + "\n")
	written, hidden := 0, 0
	for _, r := range t.Rows {
		if written == maxRows || !passing && r.Quiet() {
			hidden += r.Count
			continue
		}
		written++
		b.WriteString("| " + cells(labels(r, max(len(t.RowAxes), 1))))
		for _, s := range r.Squares {
			b.WriteString(" | " + square(s))
		}
		b.WriteString(" |\n")
	}
	var legend []string
	for _, o := range t.Used {
		symbol, word := markOf(o)
		legend = append(legend, symbol+" "+word)
	}
	fmt.Fprintf(&b, "\n<sub>%s", strings.Join(legend, ", "))
	b.WriteString("; numbers are those of the findings")
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

// cells joins labels as cells of a table, of which there is at least one.
func cells(list []string) string {
	if len(list) == 0 {
		return "cells"
	}
	escaped := make([]string, len(list))
	for i, l := range list {
		escaped[i] = prose(l, 2*nameLimit)
	}
	return strings.Join(escaped, " | ")
}

// labels fills the label columns of a row that stands for many.
func labels(r present.Row, columns int) []string {
	out := make([]string, columns)
	copy(out, r.Labels)
	switch {
	case len(r.Labels) == 0 && r.Note == "":
		out[0] = "all"
	case len(r.Labels) == 0:
		out[0] = r.Note
	case r.Note != "":
		out[columns-1] += ", " + r.Note
	}
	return out
}

func square(s present.Square) string {
	text, _ := markOf(s.Outcome)
	for i, n := range s.Numbers {
		if i == 3 {
			return text + " …"
		}
		text += " " + strconv.Itoa(n)
	}
	return text
}

// rest is what explains the numbers, folded.
type rest struct{ notes, skipped, omitted, durations string }

func newRest(s findings.Summary) rest {
	var notes, skipped, omitted, durations []string
	for _, n := range append(s.Notes[:len(s.Notes):len(s.Notes)], s.Anomalies...) {
		if n = prose(n, fieldLimit); n != "" {
			notes = append(notes, n)
		}
	}
	for _, k := range s.Skips {
		skipped = append(skipped, fmt.Sprintf("%s%s %s in %s: %s",
			present.Part(k), code(k.Layer, nameLimit), prose(string(k.Status), nameLimit), present.Plural(k.Cells, "cell"), prose(k.Reason, fieldLimit)))
	}
	for _, o := range s.Omissions {
		text := fmt.Sprintf("%s by %s", present.Plural(o.Count, "cell"), code(o.Rule, fieldLimit))
		if because := prose(o.Because, fieldLimit); because != "" {
			text += ": " + because
		}
		omitted = append(omitted, text)
	}
	for _, l := range s.Layers {
		durations = append(durations, layer(l))
	}
	return rest{
		notes:     details("Notes", 0, notes),
		skipped:   details("Skipped", 0, skipped),
		omitted:   details("Omitted from the plan", s.Counts.Omitted, omitted),
		durations: details("Layers and durations", 0, durations),
	}
}

func layer(l findings.LayerCount) string {
	total := 0
	var bad []string
	for _, status := range []result.Status{result.Failed, result.Errored, result.Lost, result.Blocked, result.Skipped} {
		if n := l.Cells[status]; n > 0 {
			bad = append(bad, present.Number(n)+" "+string(status))
			total += n
		}
	}
	total += l.Cells[result.Passed]
	text := code(l.Layer, nameLimit) + ": " + present.Plural(total, "cell")
	if len(bad) > 0 {
		text += " (" + strings.Join(bad, ", ") + ")"
	}
	if l.Questions > 0 {
		text += fmt.Sprintf(", %s asked, %s", present.Plural(l.Questions, "question"), present.Duration(l.Seconds))
	}
	return text
}
