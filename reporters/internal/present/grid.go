package present

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// Table is the grid folded for reading. Neighbouring columns that agree in
// every row become one ("1.26–1.37"), so that the columns which remain show
// where behaviour changes; row axes with one value become a note; and where
// there are many rows, those with equal squares become one.
type Table struct {
	ColumnAxis string
	Columns    []string
	RowAxes    []string
	Rows       []Row
	// Fixed names the axes that have one value throughout: "operation install".
	Fixed []string
	// Used lists the outcomes that occur, in the order of the legend.
	Used []Outcome
}

// Row is one line of a Table.
type Row struct {
	// Labels holds one text for each of Table.RowAxes. A row that stands for
	// many unlike coordinates has Note instead.
	Labels []string
	Note   string
	// Count is how many rows of the grid it stands for.
	Count   int
	Squares []Square
}

// Square is one field of a Table.
type Square struct {
	Outcome Outcome
	// Numbers are the findings that explain it, advice left out.
	Numbers []int
	// Log leads to the job's log, where the field stands for one job.
	Log string
}

// Quiet tells whether nothing in the row asks anything of the reader.
func (r Row) Quiet() bool {
	return !slices.ContainsFunc(r.Squares, func(s Square) bool { return !s.Outcome.Quiet() })
}

// Fold makes the Table. Rows are folded only where there are more than maxRows.
func Fold(s findings.Summary, groups []Group, maxRows int) Table {
	squares, used := readSquares(s, groups)
	t := Table{ColumnAxis: Line(s.Grid.ColumnAxis)}
	for _, o := range Outcomes() {
		if used[o] {
			t.Used = append(t.Used, o)
		}
	}
	spans := columnSpans(squares, len(s.Grid.Columns))
	for _, span := range spans {
		t.Columns = append(t.Columns, spanLabel(s.Grid.Columns[span[0]:span[1]]))
	}
	shown := t.chooseAxes(s.Grid)
	rows := make([]Row, len(squares))
	for i, all := range squares {
		rows[i].Count = 1
		for _, span := range spans {
			rows[i].Squares = append(rows[i].Squares, oneOf(all[span[0]:span[1]]))
		}
		for _, axis := range shown {
			rows[i].Labels = append(rows[i].Labels, valueAt(s.Grid.Rows[i], axis))
		}
	}
	if len(rows) > maxRows {
		rows = foldRows(rows)
	}
	t.Rows = rows
	return t
}

func readSquares(s findings.Summary, groups []Group) ([][]Square, map[Outcome]bool) {
	numbers, logs := Numbers(groups), LogsOf(s)
	used := map[Outcome]bool{}
	squares := make([][]Square, len(s.Grid.Rows))
	for i, row := range s.Grid.Rows {
		squares[i] = make([]Square, len(s.Grid.Columns))
		for j := range squares[i] {
			var cell findings.GridCell
			if j < len(row.Cells) {
				cell = row.Cells[j]
			}
			sq := Square{Outcome: OutcomeOf(cell, s.Findings), Log: logs.URL(cell.ID)}
			for _, f := range cell.Findings {
				if n, ok := numbers[f]; ok && s.Findings[f].State != findings.Advice {
					sq.Numbers = append(sq.Numbers, n)
				}
			}
			slices.Sort(sq.Numbers)
			sq.Numbers = slices.Compact(sq.Numbers)
			used[sq.Outcome] = true
			squares[i][j] = sq
		}
	}
	return squares, used
}

// columnSpans gives half-open ranges of neighbouring columns that agree.
func columnSpans(squares [][]Square, columns int) [][2]int {
	var spans [][2]int
	for j := range columns {
		same := j > 0 && !slices.ContainsFunc(squares, func(row []Square) bool { return !row[j].equal(row[j-1]) })
		if same {
			spans[len(spans)-1][1] = j + 1
			continue
		}
		spans = append(spans, [2]int{j, j + 1})
	}
	return spans
}

func (s Square) equal(t Square) bool {
	return s.Outcome == t.Outcome && slices.Equal(s.Numbers, t.Numbers)
}

// oneOf gives the field that stands for several which agree.
func oneOf(squares []Square) Square {
	one := squares[0]
	if slices.ContainsFunc(squares, func(s Square) bool { return s.Log != one.Log }) {
		one.Log = ""
	}
	return one
}

func spanLabel(values []string) string {
	first, last := Shorten(Line(values[0]), maxLabel), Shorten(Line(values[len(values)-1]), maxLabel)
	switch len(values) {
	case 1:
		return first
	case 2:
		return first + ", " + last
	}
	return first + "–" + last
}

// maxLabel bounds an axis value in a table, in characters.
const maxLabel = 40

// chooseAxes keeps the row axes on which the rows differ and notes the others.
func (t *Table) chooseAxes(g findings.Grid) []int {
	var shown []int
	for i, axis := range g.RowAxes {
		differs := slices.ContainsFunc(g.Rows, func(r findings.GridRow) bool { return valueAt(r, i) != valueAt(g.Rows[0], i) })
		switch {
		case differs:
			shown = append(shown, i)
			t.RowAxes = append(t.RowAxes, Shorten(Line(axis), maxLabel))
		case len(g.Rows) > 0:
			t.Fixed = append(t.Fixed, Shorten(Line(axis), maxLabel)+" "+valueAt(g.Rows[0], i))
		}
	}
	return shown
}

func valueAt(r findings.GridRow, axis int) string {
	if axis >= len(r.Values) {
		return ""
	}
	return Shorten(Line(r.Values[axis]), maxLabel)
}

// foldRows gives one row for all that agree, in the order in which they first
// occur, the quiet ones last.
func foldRows(rows []Row) []Row {
	var folded []Row
	members := map[string][]Row{}
	var order []string
	for _, r := range rows {
		key := r.key()
		if members[key] == nil {
			order = append(order, key)
		}
		members[key] = append(members[key], r)
	}
	for _, key := range order {
		folded = append(folded, merge(members[key]))
	}
	slices.SortStableFunc(folded, func(a, b Row) int {
		switch {
		case a.Quiet() == b.Quiet():
			return 0
		case a.Quiet():
			return 1
		}
		return -1
	})
	return folded
}

// key is equal for rows that show the same.
func (r Row) key() string {
	var b strings.Builder
	for _, s := range r.Squares {
		fmt.Fprint(&b, s.Outcome, s.Numbers, ";")
	}
	return b.String()
}

// merge names the rows by the values they take where they are all combinations
// of these, and by the first of them where they are not.
func merge(rows []Row) Row {
	out := rows[0]
	out.Count = len(rows)
	if len(rows) == 1 {
		return out
	}
	out.Squares = make([]Square, len(rows[0].Squares))
	for i := range out.Squares {
		same := make([]Square, len(rows))
		for k, r := range rows {
			same[k] = r.Squares[i]
		}
		out.Squares[i] = oneOf(same)
	}
	values := make([][]string, len(out.Labels))
	combinations := 1
	for i := range values {
		for _, r := range rows {
			if !slices.Contains(values[i], r.Labels[i]) {
				values[i] = append(values[i], r.Labels[i])
			}
		}
		combinations *= len(values[i])
	}
	labels := make([]string, len(values))
	readable := combinations == len(rows)
	for i := range values {
		labels[i] = strings.Join(values[i], ", ")
		readable = readable && len(labels[i]) <= maxLabel
	}
	switch {
	case readable:
		out.Labels = labels
	case out.Quiet():
		out.Labels, out.Note = nil, Plural(len(rows), "more row")
		if !slices.ContainsFunc(out.Squares, func(s Square) bool { return s.Outcome != Outcome(result.Passed) }) {
			out.Note += ": all pass"
		}
	default:
		out.Note = fmt.Sprintf("and %d more like it", len(rows)-1)
	}
	return out
}
