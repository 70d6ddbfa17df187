package terminal

import (
	"slices"
	"strconv"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/pkg/twwidth"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
)

const (
	foldAbove = 12 // rows that are shown one by one
	maxRows   = 30
)

// grid writes the folded grid with its legend. A grid of one square only
// repeats the verdict and is left out.
func (p *page) grid(s findings.Summary, groups []present.Group) error {
	t := present.Fold(s, groups, foldAbove)
	if len(t.Rows) == 0 || len(t.Columns) == 0 || len(t.Used) == 1 {
		return nil
	}
	caption := t.ColumnAxis + " across"
	if len(t.Fixed) > 0 {
		caption += "; " + strings.Join(t.Fixed, ", ") + " throughout"
	}
	p.blank()
	p.wrap("", "", "Grid: "+caption, plain.bold())
	hidden := 0
	if len(t.Rows) > maxRows {
		hidden = len(t.Rows) - maxRows
		t.Rows = t.Rows[:maxRows]
	}
	p.narrow(&t)
	for start := 0; start < len(t.Columns); {
		end := p.columnsThatFit(t, start)
		if err := p.table(t, start, end); err != nil {
			return err
		}
		start = end
	}
	if hidden > 0 {
		p.wrap("  ", "  ", "and "+present.Plural(hidden, "more row"), grey)
	}
	var legend []string
	for _, o := range t.Used {
		legend = append(legend, p.symbol(o)+" "+o.Words())
	}
	p.wrap("  ", "  ", strings.Join(legend, ", ")+"; numbers are those of the findings", plain)
	return nil
}

// narrow makes room on a small screen: labels that would fill it become one
// column, cut to half of it.
func (p *page) narrow(t *present.Table) {
	for i, c := range t.Columns {
		t.Columns[i] = p.cut(c, p.width/4)
	}
	if p.labelsWidth(*t) <= p.width*3/5 {
		return
	}
	t.RowAxes = []string{p.cut(strings.Join(t.RowAxes, " / "), p.width/2)}
	for i, r := range t.Rows {
		text := strings.Join(r.Labels, " / ")
		if r.Note != "" {
			text = strings.TrimPrefix(text+", "+r.Note, ", ")
		}
		t.Rows[i].Labels, t.Rows[i].Note = []string{p.cut(text, p.width/2)}, ""
	}
}

// cut shortens text to a number of columns.
func (p *page) cut(text string, columns int) string {
	if twwidth.Width(text) <= columns {
		return text
	}
	mark := "…"
	if p.ascii {
		mark = "..." // before the table is laid out, since it is wider
	}
	head, _ := splitAt(text, columns-len("..."))
	return head + mark
}

// labelsWidth is the width of all that stands before the squares.
func (p *page) labelsWidth(t present.Table) int {
	used := 2
	for i, axis := range t.RowAxes {
		widest := twwidth.Width(axis)
		for _, r := range t.Rows {
			widest = max(widest, twwidth.Width(p.label(r, i)))
		}
		used += widest + gap
	}
	return used
}

// columnsThatFit gives the end of the columns that fit beside the labels; a
// grid that is wider than the screen goes on in a further table.
func (p *page) columnsThatFit(t present.Table, start int) int {
	used := p.labelsWidth(t)
	for j := start; j < len(t.Columns); j++ {
		widest := twwidth.Width(t.Columns[j])
		for _, r := range t.Rows {
			widest = max(widest, twwidth.Width(p.square(r.Squares[j])))
		}
		if used += widest + gap; used > p.width && j > start {
			return j
		}
	}
	return len(t.Columns)
}

const gap = 2

// label gives a row's text under one axis; a row that stands for many has its
// note in the first.
func (p *page) label(r present.Row, axis int) string {
	switch {
	case len(r.Labels) == 0 && axis == 0:
		return r.Note
	case len(r.Labels) == 0:
		return ""
	case axis == len(r.Labels)-1 && r.Note != "":
		return r.Labels[axis] + ", " + r.Note
	}
	return r.Labels[axis]
}

func (p *page) square(s present.Square) string {
	text := p.symbol(s.Outcome)
	for i, n := range s.Numbers {
		if i == 3 {
			text += "…"
			break
		}
		text += " " + strconv.Itoa(n)
	}
	return text
}

func (p *page) table(t present.Table, start, end int) error {
	var b strings.Builder
	table := tablewriter.NewTable(&b,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Lines:      tw.Lines{ShowTop: tw.Off, ShowBottom: tw.Off, ShowHeaderLine: tw.Off, ShowFooterLine: tw.Off},
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.Off, ShowFooter: tw.Off},
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithPadding(tw.Padding{Left: "", Right: strings.Repeat(" ", gap), Overwrite: true}),
	)
	table.Header(append(slices.Clone(t.RowAxes), t.Columns[start:end]...))
	for _, r := range t.Rows {
		var row []string
		for i := range t.RowAxes {
			row = append(row, p.label(r, i))
		}
		for _, s := range r.Squares[start:end] {
			row = append(row, p.square(s))
		}
		if err := table.Append(row); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	tone := grey
	for line := range strings.Lines(b.String()) {
		p.line("  " + p.paint(tone, strings.TrimRight(line, " \n")))
		tone = plain
	}
	return nil
}
