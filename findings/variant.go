package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
)

// generic are problems whose message is the same whatever the reason: most
// programs end with exit code 1. What the reason is stands in the lines with it.
var generic = []string{"crash-loop", "restarts", "pod-failed"}

// The bounds of what is remembered of a failure's reasons.
const (
	maxVariants   = 20
	variantShares = 4 // one in so many of the cells makes a reason worth quoting
)

// variant is what a program said when it ended in one way.
type variant struct {
	masked []string
	first  occurrence
	cells  int
	last   int // the last cell, to count each once
}

// vary remembers what the lines of an occurrence say, where its message says
// nothing.
func (g *failureGroup) vary(o *occurrence) {
	if len(o.excerpt) == 0 || !slices.Contains(generic, o.code) {
		return
	}
	lines := excerpt(o.excerpt)
	for i, l := range lines {
		lines[i] = mask.Line(l)
	}
	n := slices.IndexFunc(g.variants, func(v variant) bool { return slices.Equal(v.masked, lines) })
	switch {
	case n >= 0 && g.variants[n].last != o.cell:
		g.variants[n].cells++
		g.variants[n].last = o.cell
	case n < 0 && len(g.variants) < maxVariants:
		g.variants = append(g.variants, variant{masked: lines, first: *o, cells: 1, last: o.cell})
	}
}

// otherReasons gives one line of each reason that is told in a good part of the
// cells and not in the lines that are quoted, so that one finding does not hide
// what may be another fault.
func (g *failureGroup) otherReasons(w *writer, quoted []EvidenceLine) []EvidenceLine {
	var seen []string
	for _, q := range quoted {
		seen = append(seen, mask.Line(q.Text))
	}
	var out []EvidenceLine
	for _, v := range g.variants {
		if v.cells < 2 || v.cells*variantShares < len(g.cells) || slices.ContainsFunc(v.masked, func(l string) bool { return slices.Contains(seen, l) }) {
			continue
		}
		seen = append(seen, v.masked...)
		source, line := splitSource(v.first.source)
		if text := excerpt(v.first.excerpt); len(text) > 0 && strings.TrimSpace(text[0]) != "" {
			out = append(out, EvidenceLine{Cell: w.cells[v.first.cell].ID, Try: w.tryWords(cellTry{v.first.cell, v.first.seen}), Source: source, Line: line, Text: text[0]})
		}
	}
	return out[:min(len(out), maxExcerpt-1)]
}
