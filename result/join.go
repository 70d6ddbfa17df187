package result

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
)

// Run is a plan together with what happened: one Cell for each planned cell,
// in the plan's order.
type Run struct {
	Plan  *matrix.Plan
	Cells []Cell
	// Earlier holds the results of attempts that a later one of the same cell
	// replaced, in the plan's order, then by attempt: what failed here and
	// passed there is flaky.
	Earlier []Cell
	// Anomalies are results that do not fit the plan. They are shown, and
	// never counted as cells.
	Anomalies []string
}

// Join brings results to their plan. A planned cell without a result is Lost;
// of several attempts the last one counts; results of cells that were not
// planned, or that contradict the plan, become anomalies.
func Join(plan *matrix.Plan, results []Cell) *Run {
	run := &Run{Plan: plan, Cells: make([]Cell, 0, len(plan.Cells))}
	planned := make(map[string]matrix.Cell, len(plan.Cells))
	for _, c := range plan.Cells {
		planned[c.ID] = c
	}
	latest := make(map[string]Cell, len(results))
	for _, r := range results {
		want, ok := planned[r.ID]
		switch {
		case !ok:
			run.Anomalies = append(run.Anomalies, fmt.Sprintf("a result for cell %s (%s), which is not in the plan", r.ID, r.Slug))
			continue
		case !sameCoordinate(want.At, r.At):
			run.Anomalies = append(run.Anomalies, fmt.Sprintf("the result of cell %s says it ran at another coordinate than planned (%s)", r.ID, want.Slug))
			continue
		}
		have, ok := latest[r.ID]
		switch {
		case !ok:
		case have.Attempt == r.Attempt:
			run.Anomalies = append(run.Anomalies, fmt.Sprintf("two results for attempt %d of cell %s (%s); the worse one counts", r.Attempt, r.ID, want.Slug))
			if Worst(have.Status, r.Status) == have.Status {
				continue
			}
		case have.Attempt > r.Attempt:
			run.Earlier = append(run.Earlier, r)
			continue
		default:
			run.Earlier = append(run.Earlier, have)
		}
		latest[r.ID] = r
	}
	for _, c := range plan.Cells {
		r, ok := latest[c.ID]
		if !ok {
			r = Cell{
				Schema: CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Status: Lost,
				Reason: "planned, but no result came back",
			}
		}
		r.Slug = c.Slug // the plan's word counts, not the reporter's
		run.Cells = append(run.Cells, r)
	}
	slices.Sort(run.Anomalies)
	run.sortEarlier()
	return run
}

// sortEarlier makes the order that of the plan, so that the order in which
// results arrived does not show.
func (run *Run) sortEarlier() {
	position := make(map[string]int, len(run.Cells))
	for i := range run.Cells {
		position[run.Cells[i].ID] = i
	}
	for i := range run.Earlier {
		run.Earlier[i].Slug = run.Cells[position[run.Earlier[i].ID]].Slug
	}
	slices.SortStableFunc(run.Earlier, func(a, b Cell) int {
		return cmp.Or(cmp.Compare(position[a.ID], position[b.ID]), cmp.Compare(a.Attempt, b.Attempt))
	})
}

func sameCoordinate(a matrix.Coordinate, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || w != v {
			return false
		}
	}
	return true
}
