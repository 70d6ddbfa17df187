package cli

import (
	"slices"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// accepted gives what tells whether all that is wrong in a cell of a job is an
// expected failure.
func accepted(plan *matrix.Plan, env Env) func(result.Cell) bool {
	if len(plan.Expect) == 0 {
		return nil
	}
	return func(c result.Cell) bool {
		alone := *plan
		alone.Layers, alone.JobLayers, alone.Jobs, alone.Omissions = plan.JobLayers, nil, nil, nil
		alone.Cells = slices.DeleteFunc(slices.Clone(plan.Cells), func(of matrix.Cell) bool { return of.ID != c.ID })
		s := findings.Explain(result.Join(&alone, []result.Cell{c}, nil), findings.Options{Now: env.Now()})
		expected := false
		for _, f := range s.Findings {
			switch f.State {
			case findings.Expected:
				expected = true
			case findings.Advice, findings.Flaky, findings.Overdue: // a rule that other cells may need is overdue here
			default:
				return false
			}
		}
		return expected
	}
}
