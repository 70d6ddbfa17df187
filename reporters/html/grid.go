package html

import (
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// newGrid lays out every square of the matrix, unfolded.
func newGrid(s findings.Summary, groups []present.Group, d data) (gridView, []legend) {
	numbers := present.Numbers(groups)
	index := make(map[string]int, len(d.Cells))
	for i, c := range d.Cells {
		index[c.ID] = i
	}
	names := present.Fold(s, groups, len(s.Grid.Rows)) // unfolded rows, for their labels
	g := gridView{
		Axis: present.Line(s.Grid.ColumnAxis), RowAxes: strings.Join(names.RowAxes, " / "), Fixed: strings.Join(names.Fixed, ", "),
	}
	for _, c := range s.Grid.Columns {
		g.Columns = append(g.Columns, present.Line(c))
	}
	counts := map[present.Outcome]int{}
	for i, r := range s.Grid.Rows {
		row := rowView{Label: strings.Join(names.Rows[i].Labels, " / ")}
		if row.Label == "" {
			row.Label = "all"
		}
		for j := range s.Grid.Columns {
			var cell findings.GridCell
			if j < len(r.Cells) {
				cell = r.Cells[j]
			}
			c := square(cell, s.Findings, numbers)
			if c.Index = -1; cell.ID != "" {
				c.Index = index[cell.ID]
			}
			c.Label = row.Label + ", " + g.Columns[j] + ": " + c.Label
			counts[c.Tone]++
			row.Cells = append(row.Cells, c)
		}
		g.Rows = append(g.Rows, row)
	}
	var out []legend
	for _, o := range present.Outcomes() {
		if counts[o] > 0 {
			symbol, word := mark(o), o.Words()
			out = append(out, legend{o, symbol, word, counts[o]})
		}
	}
	return g, out
}

func square(cell findings.GridCell, all []findings.Finding, numbers map[int]int) cellView {
	c := cellView{Tone: present.OutcomeOf(cell, all)}
	c.Symbol, c.Label = mark(c.Tone), c.Tone.Words()
	var shown []string
	for _, f := range cell.Findings {
		if n, ok := numbers[f]; ok && all[f].State != findings.Advice {
			shown = append(shown, strconv.Itoa(n))
		}
	}
	if len(shown) > 0 {
		c.Label += ", finding " + strings.Join(shown, ", ")
	}
	if len(shown) > 2 {
		shown = append(shown[:2], "…")
	}
	c.Numbers = strings.Join(shown, " ")
	if because := present.Line(cell.Omitted); because != "" {
		c.Label += ": " + because
	}
	return c
}

// mark gives each outcome a shape, for those who do not see colours.
func mark(o present.Outcome) string {
	switch o {
	case present.Outcome(result.Passed):
		return "✓"
	case present.Outcome(result.Failed):
		return "✗"
	case present.Retried:
		return "↻"
	case present.Accepted:
		return "≈"
	case present.Outcome(result.Errored):
		return "!"
	case present.Outcome(result.Lost):
		return "?"
	case present.Outcome(result.Blocked):
		return "■"
	case present.Outcome(result.Skipped):
		return "–"
	}
	return "·"
}
