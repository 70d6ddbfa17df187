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

// costOf weighs providers against each other: a cloud's cluster takes many
// times as long as one on the machine, and money.
func costOf(provider string) float64 {
	if slices.Contains([]string{"kind", "k3s", "existing"}, provider) {
		return 1
	}
	return 10
}
