package findings

import "github.com/posthog/chart-matrix/result"

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
		worst = result.Worst(worst, steps[i].Status)
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
