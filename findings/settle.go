package findings

import (
	"slices"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// settle gives the cells with the statuses that their contents bear out.
// Results are read from files that anyone may have written, and a status that
// claims more than the checks below it would be a false green: a layer that
// says it passed although a check of it failed has failed, and what passed
// without any check ran nothing. The input is left as it is.
func settle(cells []result.Cell) []result.Cell {
	out := make([]result.Cell, len(cells))
	for i, c := range cells {
		out[i] = settleCell(c)
	}
	return out
}

// settlePlanned also holds the cells to their plan: a planned layer of which a
// result says nothing is lost, as a planned cell without a result is.
func settlePlanned(plan *matrix.Plan, cells []result.Cell) []result.Cell {
	planned := make(map[string]matrix.Cell, len(plan.Cells))
	for _, c := range plan.Cells {
		planned[c.ID] = c
	}
	out := make([]result.Cell, len(cells))
	for i, c := range cells {
		if want, ok := planned[c.ID]; ok && len(c.Steps) > 0 {
			c.Steps = withLostSteps(c.Steps, plan.Layers, want.Skip)
		}
		out[i] = settleCell(c)
	}
	return out
}

// withLostSteps adds a lost step for each layer that was to run and has none.
func withLostSteps(steps []result.Step, layers []string, skip map[string]matrix.LayerSkip) []result.Step {
	have := steps
	for _, l := range layers {
		if _, ok := skip[l]; ok || slices.ContainsFunc(have, func(s result.Step) bool { return s.Layer == l }) {
			continue
		}
		steps = append(slices.Clip(steps), result.Step{
			Layer: l, Status: result.Lost, Reason: "The " + l + " layer was planned, but the result says nothing about it",
		})
	}
	return steps
}

func settleCell(c result.Cell) result.Cell {
	if len(c.Steps) == 0 {
		switch {
		case !c.Status.Valid():
			c.Status, c.Reason = result.Errored, "its status is not one that exists"
		case c.Status == result.Passed:
			c.Status, c.Reason = result.Skipped, "it claims to have passed, but holds no check"
		}
		return c
	}
	steps := make([]result.Step, len(c.Steps))
	worst := result.Skipped
	for i, s := range c.Steps {
		steps[i] = settleStep(s)
	}
	baseless(steps)
	for _, s := range steps {
		worst = result.Worst(worst, s.Status)
	}
	if c.Status != result.Passed && c.Status != result.Skipped && c.Status.Valid() {
		worst = result.Worst(worst, c.Status)
	}
	c.Steps, c.Status = steps, worst
	if worst == result.Skipped && c.Reason == "" {
		c.Reason = "every layer was skipped"
	}
	return c
}

func settleStep(s result.Step) result.Step {
	checks := result.Skipped
	for i := range s.Assertions {
		checks = result.Worst(checks, s.Assertions[i].Status)
	}
	switch {
	case !s.Status.Valid():
		s.Status, s.Reason = result.Errored, "its status is not one that exists"
	case s.Status == result.Passed && checks != result.Passed:
		s.Status = checks
		if checks == result.Skipped && s.Reason == "" {
			s.Reason = "it holds no check that ran"
		}
	case s.Status == result.Skipped && checks == result.Failed:
		s.Status = checks
	}
	return s
}
