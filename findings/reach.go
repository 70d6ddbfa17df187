package findings

import (
	"slices"

	"github.com/posthog/chart-matrix/matrix"
)

// reach knows which cells can run, though they are not in the plan.
type reach struct {
	planned, left, never map[string]bool
	// open tells that not all cells are listed that a selection or a covering
	// set has left out.
	open bool
}

func newReach(plan *matrix.Plan) *reach {
	r := &reach{planned: map[string]bool{}, left: map[string]bool{}, never: map[string]bool{}}
	for i := range plan.Cells {
		r.planned[plan.Cells[i].ID] = true
	}
	for _, o := range plan.Omissions {
		into := r.never
		if o.Kind == matrix.NotSelected || o.Kind == matrix.Represented {
			into = r.left
			r.open = r.open || o.Count > len(o.Cells)
		}
		for _, id := range o.Cells {
			into[id] = true
		}
	}
	return r
}

func (r *reach) canRun(id string) bool {
	return r.planned[id] || r.left[id] || r.open && !r.never[id]
}

// weights gives what a cell costs in one number, by its values on the axes.
func (w *writer) weights(axes []int) func(cell []int) float64 {
	value := func(name string) func([]int) string {
		n := slices.IndexFunc(axes, func(a int) bool { return w.space.axes[a].Name == name })
		if n >= 0 {
			return func(cell []int) string { return w.space.axes[axes[n]].Values[cell[n]] }
		}
		only := w.coordinate(nil, nil)[name] // an axis with one value
		return func([]int) string { return only }
	}
	provider, operation := value(matrix.Provider), value(matrix.Operation)
	return func(cell []int) float64 { return w.prices.of(provider(cell), operation(cell)).Weight() }
}
