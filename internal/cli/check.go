package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func newCheck(env Env) *cobra.Command {
	return newStatic(env, "", &cobra.Command{
		Use:   "check [CHART]",
		Short: "Run the static layers of the whole matrix, in seconds, without a cluster",
		Long: `Run the static layers of the whole matrix, in seconds, without a cluster.

CHART is a chart, or a folder with a .chart-matrix.yaml; the default is this folder.

Exit codes: 0 passed, 1 the chart fails, 2 usage or configuration, 3 infrastructure
(a question could not be asked, or nothing ran), 130 interrupted.`,
	})
}

func newRun(env Env) *cobra.Command {
	return newStatic(env, defaultResults, &cobra.Command{
		Use:   "run [CHART]",
		Short: "Run the plan here and keep its results",
		Long: `Run the plan here and keep its results.

For now these are the static layers; clusters come with a later version. Unlike
check, run keeps its results for report.`,
	})
}

// defaultResults is where run keeps results, and where report looks for them.
const defaultResults = "chart-matrix-results"

// newStatic gives a command the flags and the work that check and run share.
func newStatic(env Env, results string, cmd *cobra.Command) *cobra.Command {
	c := staticCommand{env: env}
	cmd.Args = cobra.MaximumNArgs(1)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return c.run(cmd.Context(), argument(args))
	}
	c.target.add(cmd)
	c.plan.add(cmd)
	c.report.add(cmd)
	cmd.Flags().DurationVar(&c.renderTimeout, "render-timeout", chart.DefaultTimeout, "how long one render may take")
	cmd.Flags().IntVar(&c.renderMemory, "render-memory", chart.DefaultMemoryLimit>>20, "how much memory one render may take, in MiB")
	cmd.Flags().StringVar(&c.results, "results", results, "keep the results in this folder, for report to explain again")
	return cmd
}

func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// staticCommand is check, or run: plan, ask, keep, explain, show.
type staticCommand struct {
	env     Env
	target  targetFlags
	plan    planFlags
	report  reportFlags
	results string

	renderTimeout time.Duration
	renderMemory  int // MiB
}

func (c *staticCommand) run(ctx context.Context, path string) error {
	renderer, err := c.report.renderer(c.env)
	if err != nil {
		return err
	}
	if c.renderTimeout <= 0 {
		return errors.New("--render-timeout: expected a time above 0, such as 30s")
	}
	if c.results != "" {
		// Before the work, which would be lost otherwise.
		if err := store.CanWrite(c.results); err != nil {
			return fmt.Errorf("--results: %w", err)
		}
	}
	started := c.env.Now()
	p, err := openProject(ctx, c.env, path, c.target)
	if err != nil {
		return err
	}
	plan, err := p.plan(c.plan)
	if err != nil {
		return err
	}
	cells, err := p.runStatic(ctx, c.env, plan, staticOptions{quiet: c.report.quiet, renderTimeout: c.renderTimeout, renderMemory: int64(c.renderMemory) << 20})
	if err != nil {
		return err
	}
	var kept error
	if c.results != "" {
		plan.Seal()
		kept = store.Write(c.results, plan, cells)
	}
	summary := explain(c.env, result.Join(plan, cells, nil))
	summary.Seconds = c.env.Now().Sub(started).Seconds() // what a person waited for
	shown := c.report.show(c.env, renderer, summary)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case kept != nil: // said after the answer, which is worth more
		return infrastructure(kept)
	}
	return shown
}

// explain judges a run by its plan's gate.
func explain(env Env, run *result.Run) findings.Summary {
	return findings.Explain(run, findings.Options{
		Now: env.Now(), Gate: findings.Gate(run.Plan.Gate), Command: checkCommand(run.Plan.Chart),
	})
}

// checkCommand is how a person checks a chart again.
func checkCommand(c matrix.Chart) string {
	switch file := filepath.FromSlash(c.Config); {
	case file == "":
		return "chart-matrix check " + shellQuote(filepath.FromSlash(c.Path))
	case filepath.Base(file) == config.FileName:
		return "chart-matrix check " + shellQuote(filepath.Dir(file))
	default:
		return "chart-matrix check --config " + shellQuote(file)
	}
}
