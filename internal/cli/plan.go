package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func newPlan(env Env) *cobra.Command {
	c := planCommand{env: env}
	cmd := &cobra.Command{
		Use:   "plan [CHART]",
		Short: "Show what would run, what would not, and why",
		Long: `Show what would run, what would not, and why. Nothing is run and no cluster is made.

With --explain, tell of one cell which values it is installed with, where each comes
from, and what its questions depend on; of one that was left out, by which rule.

With --results, run the static layers, leave the cells that they block out of the jobs,
and keep the plan with their answers for "run --job" and "report". In a step of a
workflow, the matrix of the jobs and some numbers become outputs of the step.

With --follow-up, plan those of the cells that were left out whose results would tell
apart what a report could not. "report" joins the results of both plans.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), argument(args))
		},
	}
	c.target.add(cmd)
	c.flags.add(cmd)
	c.static.add(cmd)
	c.up.add(cmd)
	cmd.Flags().StringVarP(&c.format, "format", "f", "grid", "how to show the plan: grid, json")
	cmd.Flags().StringVarP(&c.output, "output", "o", "", "write the plan to this file (default: standard output)")
	cmd.Flags().StringVar(&c.explain, "explain", "", "explain one cell, by its ID or slug, or as AXIS=VALUE,…")
	cmd.Flags().StringVar(&c.results, "results", "", "run the static layers, and keep the plan with their answers in this folder")
	cmd.Flags().StringVar(&c.base, "base", "", "say how the plan differs from that of this git commit")
	cmd.Flags().IntVar(&c.attempt, "attempt", attemptAt(env), "which attempt at the run this is")
	cmd.Flags().BoolVarP(&c.quiet, "quiet", "q", false, "show no progress")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"grid", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

// planCommand is plan: expand, ask where that is wanted, pack, keep, show.
type planCommand struct {
	env    Env
	target targetFlags
	flags  planFlags
	static staticFlags
	up     followUpFlags

	format, output, explain string
	results, base           string
	attempt                 int
	quiet                   bool
}

func (c *planCommand) check() error {
	if c.format != "grid" && c.format != "json" {
		return fmt.Errorf("--format: there is no format %q; have grid, json", c.format)
	}
	if c.attempt < 1 {
		return errors.New("--attempt: expected a number from 1 on")
	}
	if c.results != "" {
		if c.explain != "" {
			return errors.New("--explain looks at a plan, and --results makes one; leave one of them out")
		}
		if err := store.CanWrite(c.results); err != nil {
			return fmt.Errorf("--results: %w", err)
		}
	}
	if err := errors.Join(c.static.check(), c.up.check(c)); err != nil {
		return err
	}
	return checkOutput(c.output)
}

func (c *planCommand) run(ctx context.Context, path string) error {
	if err := c.check(); err != nil {
		return err
	}
	p, err := openProject(ctx, c.env, path, c.target)
	if err != nil {
		return err
	}
	defer p.close()
	plan, err := c.plan(ctx, p)
	if err != nil {
		return err
	}
	if c.base != "" {
		compareWith(ctx, c.env, plan, c.base, path, c.target, c.flags)
	}
	if plan.FollowUp == nil { // of a follow-up it is done
		if err := p.lookAhead(ctx, plan, c.static); err != nil {
			return err
		}
	}
	if c.explain != "" {
		write, err := p.explainCell(plan, c.flags, c.explain)
		if err != nil {
			return err
		}
		return c.show(write)
	}
	var cells []result.Cell
	if safe := artifactName(plan.Name); c.results != "" && safe != plan.Name {
		return fmt.Errorf("--results: %q cannot be part of an artifact's name; give the chart another one in %s, such as name: %s", plan.Name, config.FileName, safe)
	}
	if c.results != "" {
		if cells, err = p.runStatic(ctx, c.env, plan, c.static, c.quiet); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return errInterrupted // half the answers make no plan
		}
	}
	if err := p.pack(plan, cells); err != nil {
		return err
	}
	if c.results != "" || c.format == "json" {
		plan.Seal()
	}
	maxParallel := p.config.Budget.MaxParallel
	outputs, err := planOutputs(plan, maxParallel, c.attempt, c.up.allowed(p, plan))
	if err != nil {
		return err
	}
	if c.results != "" {
		if err := c.keep(plan, cells); err != nil {
			return infrastructure(err)
		}
	}
	err = c.show(func(w io.Writer) error {
		if c.format == "json" {
			e := json.NewEncoder(w)
			e.SetIndent("", "  ")
			return e.Encode(plan)
		}
		return planGrid(w, plan, maxParallel)
	})
	if err != nil {
		return err
	}
	return setOutputs(c.env, outputs)
}

// keep writes the plan's part of the run.
func (c *planCommand) keep(plan *matrix.Plan, cells []result.Cell) error {
	for i := range cells {
		cells[i].Attempt = c.attempt
	}
	return store.WritePart(c.results, store.Part{Name: plan.Name, Attempt: c.attempt, Version: buildVersion()}, plan, cells)
}

func (c *planCommand) show(write func(io.Writer) error) error {
	if c.output == "" {
		return infrastructure(write(c.env.Stdout))
	}
	return infrastructure(writeFile(c.output, write))
}
