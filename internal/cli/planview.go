package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/posthog/chart-matrix/matrix"
)

// maxPlanRows is how many rows of the grid a screen is given.
const maxPlanRows = 60

// planGrid draws the plan: versions across, everything else down; a dot is a
// cell that runs, a letter the omission that took it.
func planGrid(w io.Writer, plan *matrix.Plan, maxParallel int) error {
	v := newPlanView(plan)
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: %s", printable(plan.Chart.Name), printable(plan.Chart.Version), count(len(plan.Cells), "cell"))
	if plan.Event != "" {
		fmt.Fprintf(&b, " on %s", plan.Event)
	}
	fmt.Fprintf(&b, ", layers %s\n", strings.Join(plan.Layers, ", "))
	if plan.FollowUp != nil && len(plan.Cells) == 0 {
		b.WriteString("\nNothing to follow up.\n")
	} else if len(plan.Cells) == 0 {
		b.WriteString("\nNothing to test: every cell is left out.\n")
	} else if err := v.table(&b); err != nil {
		return err
	}
	writeFollowUp(&b, plan)
	for i, o := range plan.Omissions {
		fmt.Fprintf(&b, "\n  %s  %s left out, %s", letter(i), count(o.Count, "cell"), printable(o.Rule))
		if o.Because != "" {
			fmt.Fprintf(&b, ": %s", printable(o.Because))
		}
	}
	if len(plan.Omissions) > 0 {
		b.WriteString("\n")
	}
	if jobs := describeJobs(plan, maxParallel); jobs != "" {
		fmt.Fprintf(&b, "\n%s\n", jobs)
	}
	writeFresh(&b, plan)
	if len(plan.Changes) > 0 {
		fmt.Fprintf(&b, "\nAgainst the base, the plan %s.\n", printable(strings.Join(plan.Changes, "; ")))
	}
	for _, note := range plan.Notes {
		fmt.Fprintf(&b, "\nNote: %s\n", printable(note))
	}
	_, err := io.WriteString(w, inert(trimLines(b.String())))
	return err
}

// writeFollowUp says of each cell of a follow-up what its result will tell.
func writeFollowUp(b *strings.Builder, plan *matrix.Plan) {
	if plan.FollowUp == nil {
		return
	}
	cells := cellsByID(plan)
	for _, c := range plan.FollowUp.Cells {
		if cell, ok := cells[c.ID]; ok {
			fmt.Fprintf(b, "\n  %s: %s", printable(cell.Slug), printable(first(c.Because, "it tells explanations apart")))
		}
	}
	if len(cells) > 0 {
		b.WriteString("\n")
	}
}

// maxFresh is how many fresh clusters are named with their reasons.
const maxFresh = 5

// writeFresh says which cells are kept apart although they share a job, or, where
// none need be, that the jobs keep them apart.
func writeFresh(b *strings.Builder, plan *matrix.Plan) {
	cells := cellsByID(plan)
	total := 0
	for _, j := range plan.Jobs {
		for _, f := range j.Fresh {
			if total++; total <= maxFresh {
				fmt.Fprintf(b, "  %s gets a fresh cluster: %s\n", printable(cells[f.Cell].Slug), printable(f.Because))
			}
		}
	}
	if total > maxFresh {
		fmt.Fprintf(b, "  and %s get one as well\n", count(total-maxFresh, "more cell"))
	}
	leaves := map[string]bool{}
	shared := false
	for _, j := range plan.Jobs {
		shared = shared || len(j.Cells) > 1
		for _, id := range j.Cells {
			leaves[cells[id].Leaves] = true
		}
	}
	if shared && total == 0 && len(leaves) > 1 {
		b.WriteString("  cells that leave different things behind share no job; --explain CELL says what they leave\n")
	}
}

// trimLines takes away the blanks with which a table fills its last column.
func trimLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// planView arranges coordinates in rows and columns.
type planView struct {
	plan    *matrix.Plan
	column  matrix.Axis
	rows    []matrix.Axis // the axes that vary, apart from the column's
	fixed   []string      // those that do not, each with its value
	marks   map[string]string
	unknown string     // the mark of a square that is not listed
	lines   [][]string // the row axes' values
	seen    map[string]bool
}

func newPlanView(plan *matrix.Plan) *planView {
	v := &planView{plan: plan, unknown: "·", marks: map[string]string{}, seen: map[string]bool{}}
	for _, a := range plan.Axes {
		a = a.With(valuesBeyond(a, plan.Cells)...)
		switch {
		case a.Name == matrix.Kubernetes:
			v.column = a
		case len(a.Values) > 1:
			v.rows = append(v.rows, a)
		default:
			v.fixed = append(v.fixed, a.Name+" "+a.Values[0])
		}
	}
	for _, c := range plan.Cells {
		v.mark(c)
	}
	slices.SortFunc(v.lines, v.compareLines)
	var large []string
	for i, o := range plan.Omissions {
		for _, id := range o.Cells {
			v.marks[id] = letter(i)
		}
		if len(o.Cells) < o.Count { // too many to list: the rest is theirs if only one is so large
			large = append(large, letter(i))
		}
	}
	if len(large) == 1 {
		v.unknown = large[0]
	}
	return v
}

// valuesBeyond gives the values that only included cells have.
func valuesBeyond(a matrix.Axis, cells []matrix.Cell) []string {
	var values []string
	for _, c := range cells {
		if v := c.At[a.Name]; !slices.Contains(a.Values, v) {
			values = append(values, v)
		}
	}
	return values
}

// mark notes a planned cell.
func (v *planView) mark(c matrix.Cell) {
	v.marks[c.ID] = "●"
	line := make([]string, 0, len(v.rows))
	for _, a := range v.rows {
		line = append(line, c.At[a.Name])
	}
	if key := strings.Join(line, "\x00"); !v.seen[key] {
		v.seen[key] = true
		v.lines = append(v.lines, line)
	}
}

// compareLines puts rows in the order of their axes' values.
func (v *planView) compareLines(x, y []string) int {
	for i, a := range v.rows {
		if c := slices.Index(a.Values, x[i]) - slices.Index(a.Values, y[i]); c != 0 {
			return c
		}
	}
	return 0
}

func (v *planView) table(w io.Writer) error {
	if len(v.fixed) > 0 {
		if _, err := fmt.Fprintf(w, "%s throughout\n", printable(strings.Join(v.fixed, ", "))); err != nil {
			return err
		}
	}
	hidden := max(0, len(v.lines)-maxPlanRows)
	var header []string
	for _, a := range v.rows {
		header = append(header, a.Name)
	}
	table := tablewriter.NewTable(w,
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders: tw.BorderNone,
			Settings: tw.Settings{
				Lines:      tw.Lines{ShowHeaderLine: tw.Off},
				Separators: tw.Separators{BetweenColumns: tw.Off, BetweenRows: tw.Off, ShowHeader: tw.Off},
			},
		})),
		tablewriter.WithHeaderAutoFormat(tw.Off),
		tablewriter.WithHeaderAutoWrap(tw.WrapNone),
		tablewriter.WithRowAutoWrap(tw.WrapNone),
		tablewriter.WithHeaderAlignment(tw.AlignLeft),
		tablewriter.WithRowAlignment(tw.AlignLeft),
		tablewriter.WithPadding(tw.Padding{Left: "  ", Overwrite: true}),
	)
	table.Header(append(header, v.column.Values...))
	for _, line := range v.lines[:len(v.lines)-hidden] {
		row := make([]string, 0, len(line)+len(v.column.Values))
		for _, value := range line {
			row = append(row, printable(value))
		}
		for _, version := range v.column.Values {
			row = append(row, v.at(line, version))
		}
		if err := table.Append(row); err != nil {
			return err
		}
	}
	if err := table.Render(); err != nil {
		return err
	}
	if hidden > 0 {
		_, err := fmt.Fprintf(w, "and %s\n", count(hidden, "more row"))
		return err
	}
	return nil
}

// at gives the mark of one square.
func (v *planView) at(line []string, version string) string {
	at := matrix.Coordinate{v.column.Name: version}
	for i, a := range v.rows {
		at[a.Name] = line[i]
	}
	for _, a := range v.plan.Axes {
		if _, ok := at[a.Name]; !ok {
			at[a.Name] = a.Values[0]
		}
	}
	if mark, ok := v.marks[matrix.CellID(at)]; ok {
		return mark
	}
	return v.unknown
}

// letter names the omissions a, b, … z, then by number.
func letter(i int) string {
	if i < 26 {
		return string(rune('a' + i))
	}
	return fmt.Sprint(i + 1)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
