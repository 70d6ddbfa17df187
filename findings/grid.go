package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// grid lays the cells out, versions across and every other axis down. Rows
// without a planned cell are left to the list of omissions.
func grid(plan *matrix.Plan, cells []result.Cell, found []Finding) Grid {
	g := Grid{Columns: []string{}, RowAxes: []string{}, Rows: []GridRow{}}
	if len(plan.Axes) == 0 {
		return g
	}
	view := newSpace(plan.Axes, cells)
	across := max(0, slices.IndexFunc(plan.Axes, func(a matrix.Axis) bool { return a.Name == matrix.Kubernetes }))
	g.ColumnAxis, g.Columns = view.axes[across].Name, view.axes[across].Values
	var down []int
	for a := range view.axes {
		if a != across {
			down = append(down, a)
			g.RowAxes = append(g.RowAxes, view.axes[a].Name)
		}
	}
	squares := squaresOf(cells, found)
	rows := map[string]int{}
	for i := range cells {
		values := make([]string, len(down))
		for n, a := range down {
			values[n] = cells[i].At[view.axes[a].Name]
		}
		k := strings.Join(values, "\x00")
		r, ok := rows[k]
		if !ok {
			r = len(g.Rows)
			rows[k] = r
			g.Rows = append(g.Rows, GridRow{Values: values, Cells: make([]GridCell, len(g.Columns))})
		}
		if column := view.axes[across].of[i]; column >= 0 {
			g.Rows[r].Cells[column] = squares[i]
		}
	}
	slices.SortStableFunc(g.Rows, func(x, y GridRow) int {
		for n, a := range down {
			values := view.axes[a].Values
			if c := slices.Index(values, x.Values[n]) - slices.Index(values, y.Values[n]); c != 0 {
				return c
			}
		}
		return 0
	})
	explainHoles(&g, plan)
	return g
}

func squaresOf(cells []result.Cell, found []Finding) []GridCell {
	byID := make(map[string]int, len(cells))
	out := make([]GridCell, len(cells))
	for i, c := range cells {
		byID[c.ID] = i
		out[i] = GridCell{ID: c.ID, Slug: c.Slug, Status: c.Status, FailedLayers: failedLayers(&c)}
	}
	for n, f := range found {
		if f.State == Advice || f.State == Fixed {
			continue // the one is everywhere and would hide what is not; the other is gone
		}
		for _, id := range f.Cells {
			i := byID[id]
			out[i].Findings = append(out[i].Findings, n)
		}
	}
	return out
}

// failedLayers names the layers of a cell that failed or gave no answer.
func failedLayers(c *result.Cell) []string {
	var layers []string
	for _, s := range c.Steps {
		if (s.Status == result.Failed || s.Status == result.Errored || s.Status == result.Lost) && !slices.Contains(layers, s.Layer) {
			layers = append(layers, s.Layer)
		}
	}
	return layers
}

// explainHoles says of each empty square which rule left it out.
func explainHoles(g *Grid, plan *matrix.Plan) {
	rules := map[string]string{}
	rest := "" // the rule with more cells than it lists, if there is but one
	for _, o := range plan.Omissions {
		why := plain(o.Rule)
		if o.Because != "" {
			why = plain(o.Because) + " (" + why + ")"
		}
		for _, id := range o.Cells {
			rules[id] = why
		}
		if len(o.Cells) < o.Count {
			if rest != "" {
				why = "left out; the list of omissions says why"
			}
			rest = why
		}
	}
	for r := range g.Rows {
		row := &g.Rows[r]
		for c := range row.Cells {
			if row.Cells[c].ID != "" {
				continue
			}
			at := matrix.Coordinate{g.ColumnAxis: g.Columns[c]}
			for n, a := range g.RowAxes {
				at[a] = row.Values[n]
			}
			switch why, ok := rules[matrix.CellID(at)]; {
			case ok:
				row.Cells[c].Omitted = why
			case rest != "":
				row.Cells[c].Omitted = rest
			default:
				row.Cells[c].Omitted = "not in the matrix"
			}
		}
	}
}
