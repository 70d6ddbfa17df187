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
	// Jobs are the planned jobs as seen from outside, every attempt; empty where
	// nobody was asked.
	Jobs []Job
	// Anomalies are results that do not fit the plan. They are shown, and
	// never counted as cells.
	Anomalies []string
}

// Join brings results to their plan. A planned cell without a result is Lost;
// of several attempts the last one counts; results of cells that were not
// planned, or that contradict the plan, become anomalies.
//
// The jobs are what the system that ran them says of them, every attempt; nil
// where nobody was asked.
func Join(plan *matrix.Plan, results []Cell, jobs []Job) *Run {
	run := &Run{Plan: plan, Cells: make([]Cell, 0, len(plan.Cells)), Jobs: jobs}
	planned := make(map[string]matrix.Cell, len(plan.Cells))
	for _, c := range plan.Cells {
		planned[c.ID] = c
	}
	attempts := make(map[string][]Cell, len(results))
	for _, r := range results {
		want, ok := planned[r.ID]
		switch {
		case !ok:
			run.anomaly("a result for cell %s (%s), which is not in the plan", r.ID, r.Slug)
		case !sameCoordinate(want.At, r.At):
			run.anomaly("the result of cell %s says it ran at another coordinate than planned (%s)", r.ID, want.Slug)
		default:
			r.Slug = want.Slug // the plan's word counts, not the reporter's
			attempts[r.ID] = append(attempts[r.ID], r)
		}
	}
	for _, c := range plan.Cells {
		of := run.distinct(attempts[c.ID])
		if len(of) == 0 {
			run.Cells = append(run.Cells, Cell{
				Schema: CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Status: Lost,
				Reason: "planned, but no result came back",
			})
			continue
		}
		last := len(of) - 1
		run.Earlier = append(run.Earlier, of[:last]...)
		run.Cells = append(run.Cells, of[last])
	}
	slices.Sort(run.Anomalies)
	return run
}

func (run *Run) anomaly(format string, args ...any) {
	run.Anomalies = append(run.Anomalies, fmt.Sprintf(format, args...))
}

// distinct gives one result for each attempt at a cell, the last attempt last.
func (run *Run) distinct(of []Cell) []Cell {
	slices.SortStableFunc(of, func(a, b Cell) int { return cmp.Compare(a.Attempt, b.Attempt) })
	var out []Cell
	for _, r := range of {
		last := len(out) - 1
		if last < 0 || out[last].Attempt != r.Attempt {
			out = append(out, r)
			continue
		}
		run.anomaly("two results for attempt %d of cell %s (%s); the worse one counts", r.Attempt, r.ID, r.Slug)
		if Worst(out[last].Status, r.Status) != out[last].Status {
			out[last] = r
		}
	}
	return out
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
