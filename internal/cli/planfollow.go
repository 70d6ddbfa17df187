package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// followUpFlags are those of plan that make its plan a follow-up.
type followUpFlags struct {
	// summary is the JSON report of the first plan's results, or the folder of
	// these; empty for none.
	summary string
	first   string // the folder of the first plan
	cells   int    // how many at most; below 0: what the configuration says
}

func (f *followUpFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.summary, "follow-up", "", "plan the cells that this report asks for: what report --format json wrote, or a folder of results")
	cmd.Flags().StringVar(&f.first, "plan", "", "the folder of the plan to follow (default: results beside the report)")
	cmd.Flags().IntVar(&f.cells, "follow-up-cells", -1, "how many cells at most (default: what the configuration says)")
}

func (f *followUpFlags) check(c *planCommand) error {
	switch {
	case f.summary == "" && f.first != "":
		return errors.New("--plan goes with --follow-up")
	case f.summary == "" && f.cells >= 0:
		return errors.New("--follow-up-cells goes with --follow-up")
	case f.summary != "" && (c.flags.event != "" || len(c.flags.only)+len(c.flags.layers) > 0 || c.base != ""):
		return errors.New("--follow-up: the event, the layers and what was left out are those of the plan to follow; leave out --event, --only, --layers and --base")
	}
	return nil
}

// plan makes the plan, or the one that follows another.
func (c *planCommand) plan(ctx context.Context, p *project) (*matrix.Plan, error) {
	if c.up.summary == "" {
		return p.plan(c.flags)
	}
	up, err := c.up.plan(ctx, c.env, p, c.static)
	if err != nil {
		return nil, fmt.Errorf("--follow-up: %w", err)
	}
	return up, nil
}

func (f *followUpFlags) plan(ctx context.Context, env Env, p *project, static staticFlags) (*matrix.Plan, error) {
	read := f.fromReport
	if info, err := os.Stat(f.summary); err == nil && info.IsDir() {
		read = f.fromResults
	}
	s, plan, err := read(env, p.name())
	if err != nil {
		return nil, err
	}
	if plan.FollowUp != nil {
		return nil, errors.New("the plan has a follow-up already, and there is one for each run")
	}
	if err := p.fits(plan); err != nil {
		return nil, err
	}
	limit := f.cells
	if limit < 0 {
		limit = p.config.FollowUp.Cells
	}
	wanted := wantedCells(s)
	up, err := p.followUp(ctx, plan, planFlags{event: plan.Event}, static, wanted, limit)
	if err != nil {
		return nil, err
	}
	switch {
	case len(wanted) == 0:
		up.Notes = append(up.Notes, "nothing is left to tell apart")
	case limit == 0:
		up.Notes = append(up.Notes, "a follow-up has no cells here; follow-up.cells in the configuration, or --follow-up-cells, allows some")
	}
	return up, nil
}

// fromReport reads a report and the plan that it is of.
func (f *followUpFlags) fromReport(_ Env, name string) (findings.Summary, *matrix.Plan, error) {
	s, err := readSummaryFile(filepath.Dir(f.summary), filepath.Base(f.summary))
	if err != nil {
		return s, nil, err
	}
	dir := first(f.first, filepath.Join(filepath.Dir(f.summary), renderedResults))
	plan, err := store.CollectPlan(dir, name)
	switch {
	case err != nil:
		return s, nil, fmt.Errorf("%w; --plan names the folder of the plan to follow", err)
	case s.Name != plan.Name || s.Chart.Digest != plan.Chart.Digest:
		return s, nil, fmt.Errorf("%s is of another chart or commit than the plan in %s", f.summary, dir)
	}
	return s, plan, nil
}

// fromResults explains the results of a run by themselves: what they leave open
// does not depend on earlier runs. A follow-up of an earlier attempt among them
// is made again.
func (f *followUpFlags) fromResults(env Env, name string) (findings.Summary, *matrix.Plan, error) {
	if f.first != "" {
		return findings.Summary{}, nil, errors.New("--plan: the results have their plan; leave it out")
	}
	got, err := store.Collect(f.summary, name)
	if err != nil {
		return findings.Summary{}, nil, err
	}
	run := result.Join(got.First, got.Cells, nil)
	return findings.Explain(run, findings.Options{Now: env.Now(), Gate: findings.Gate(got.First.Gate)}), got.First, nil
}

// allowed is how many cells may follow a plan.
func (f *followUpFlags) allowed(p *project, plan *matrix.Plan) int {
	if plan.FollowUp != nil {
		return 0
	}
	return p.config.FollowUp.Cells
}
