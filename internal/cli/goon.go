package cli

import (
	"context"
	"fmt"
	"slices"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// goOn runs the follow-up of a run here, with the cells that its summary wants,
// and gives both together; nil where there is nothing to run.
func (c *wholeRun) goOn(ctx context.Context, p *project, plan *matrix.Plan, cells []result.Cell, s findings.Summary) (*result.Run, error) {
	limit := c.followUp
	if limit < 0 {
		limit = p.config.FollowUp.Cells
		if c.plan.cell != "" {
			limit = 0 // one cell is run to look at it
		}
	}
	wanted := wantedCells(s)
	if limit == 0 || len(wanted) == 0 || ctx.Err() != nil {
		return nil, nil //nolint:nilerr // an interruption is told where the run ends
	}
	up, err := p.followUp(ctx, plan, c.plan, c.static, wanted, limit)
	if err != nil {
		return nil, err
	}
	if n := len(up.Cells); n > 0 && !c.report.quiet {
		_, _ = fmt.Fprintf(c.env.Stderr, "chart-matrix: %s more, to tell explanations apart\n", count(n, "cell")) // progress, of no consequence
	}
	static, err := p.runStatic(ctx, c.env, up, c.static, c.report.quiet)
	if err == nil {
		err = p.packWith(up, static, slices.Contains(up.JobLayers, runner.ClusterName) && !c.cluster.single)
	}
	if err != nil {
		return nil, err
	}
	up.Seal()
	both, err := plan.Follow(up)
	if err != nil {
		return nil, err
	}
	known := slices.Concat(cells, static)
	if len(up.Jobs) > 0 {
		k := &keeper{save: func(done []result.Cell) error {
			return c.keep(both, result.Join(both, slices.Concat(known, done), nil).Cells)
		}}
		known = slices.Concat(known, p.runJobs(ctx, c.env, up, c.results, c.report.quiet, c.cluster, k))
		k.stop()
	}
	return result.Join(both, known, nil), nil
}
