package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func newCheck(env Env) *cobra.Command {
	c := wholeRun{env: env}
	c.plan.static = true
	cmd := &cobra.Command{
		Use:   "check [CHART]",
		Short: "Run the static layers of the whole matrix, in seconds, without a cluster",
		Long: `Run the static layers of the whole matrix, in seconds, without a cluster. What runs in
jobs, such as a command of your own, is left to run.

CHART is a chart, or a folder with a .chart-matrix.yaml; the default is this folder.

Exit codes: 0 passed, 1 the chart fails, 2 usage or configuration, 3 infrastructure
(a question could not be asked, or nothing ran), 130 interrupted.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), argument(args))
		},
	}
	c.add(cmd, "")
	return cmd
}

func argument(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// wholeRun is check, or run without --job: plan, ask, keep, explain, show.
type wholeRun struct {
	env     Env
	target  targetFlags
	plan    planFlags
	static  staticFlags
	report  reportFlags
	results string
	base    string // a commit to compare the plan with; empty for none
	cluster clusterFlags
	// followUp is how many cells may run to tell explanations apart; below 0: what
	// the configuration says.
	followUp int
	// baseline names what the run is compared with.
	baseline baselineFlags
}

// add declares the flags that check and run share.
func (c *wholeRun) add(cmd *cobra.Command, results string) {
	c.target.add(cmd)
	c.plan.add(cmd)
	c.static.add(cmd)
	c.report.add(cmd)
	c.baseline.add(cmd, "default")
	cmd.Flags().StringVar(&c.results, "results", results, "keep the results in this folder, for report to explain again")
}

func (c *wholeRun) run(ctx context.Context, path string) error {
	renderer, err := c.report.renderer(c.env)
	if err != nil {
		return err
	}
	if err := c.static.check(); err != nil {
		return err
	}
	if c.results != "" {
		// Before the work, which would be lost otherwise.
		if err := store.CanWrite(c.results); err != nil {
			return fmt.Errorf("--results: %w", err)
		}
	}
	if err := c.cluster.check(); err != nil {
		return err
	}
	if err := c.baseline.check(c.target.offline); err != nil {
		return err
	}
	started := c.env.Now()
	p, err := openProject(ctx, c.env, path, c.target)
	if err != nil {
		return err
	}
	defer p.close()
	c.plan.provider = c.cluster.provider
	plan, err := p.plan(c.plan)
	if err != nil {
		return err
	}
	if c.base != "" {
		compareWith(ctx, c.env, plan, c.base, path, c.target, c.plan)
	}
	// It may be the folder that this run replaces.
	with, err := c.baseline.load(ctx, c.env, plan.Name, c.report.quiet)
	if err != nil {
		return err
	}
	if err := p.lookAhead(ctx, plan, c.static); err != nil {
		return err
	}
	if !c.plan.static {
		p.settle(ctx, c.env, plan, c.cluster)
	}
	cells, err := p.runStatic(ctx, c.env, plan, c.static, c.report.quiet)
	if err == nil {
		err = p.packWith(plan, cells, slices.Contains(plan.JobLayers, runner.ClusterName) && !c.cluster.single)
	}
	if err != nil {
		return err
	}
	plan.Seal()
	kept := c.keep(plan, result.Join(plan, cells, nil).Cells) // whose jobs have not run is lost until they have
	if len(plan.Jobs) > 0 {
		if kept == nil && c.results != "" {
			kept = store.ClearEvidence(c.results)
		}
		// What has ended is kept while the others run, which may be killed.
		static := cells
		k := &keeper{save: func(done []result.Cell) error {
			return c.keep(plan, result.Join(plan, slices.Concat(static, done), nil).Cells)
		}}
		cells = slices.Concat(static, p.runJobs(ctx, c.env, plan, c.results, c.report.quiet, c.cluster, k))
		k.stop()
	}
	run := result.Join(plan, cells, nil)
	if len(plan.Jobs) > 0 {
		kept = c.keep(plan, run.Cells)
	}
	summary := explain(c.env, run, with, evidenceIn(c.results))
	switch both, err := c.goOn(ctx, p, plan, cells, summary); {
	case err != nil: // the run itself has its answer
		summary.Notes = append(summary.Notes, fmt.Sprintf("the follow-up did not run: %v", err))
	case both != nil:
		if run = both; kept == nil {
			kept = c.keep(run.Plan, run.Cells)
		}
		summary = explain(c.env, run, with, evidenceIn(c.results))
	}
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

// keep writes what is known so far. It comes before the jobs, too: they may be
// killed, and note down in the folder what they make.
func (c *wholeRun) keep(plan *matrix.Plan, cells []result.Cell) error {
	if c.results == "" {
		return nil
	}
	return store.Write(c.results, plan, cells)
}

// explain judges a run by its plan's gate.
func explain(env Env, run *result.Run, with compared, evidence findings.Evidence) findings.Summary {
	options := findings.Options{
		History: with.past, Origin: with.origin, Evidence: evidence,
		Now: env.Now(), Gate: findings.Gate(run.Plan.Gate),
		Command: checkCommand(run.Plan.Chart), JobCommand: runCommand(run.Plan.Chart), Clusters: clusterWays(),
	}
	s := findings.Explain(run, options)
	s.Notes = append(slices.Clone(s.Notes), followedUp(run, options, s)...)
	return s
}

// checkCommand is how a person checks a chart again, runCommand how the layers
// of its jobs are run again.
func checkCommand(c matrix.Chart) string { return commandFor("check", c) }
func runCommand(c matrix.Chart) string   { return commandFor("run", c) }

func commandFor(verb string, c matrix.Chart) string {
	verb = "chart-matrix " + verb + " "
	switch file := filepath.FromSlash(c.Config); {
	case file == "":
		return verb + shellQuote(filepath.FromSlash(c.Path))
	case filepath.Base(file) == config.FileName:
		return verb + shellQuote(filepath.Dir(file))
	default:
		return verb + "--config " + shellQuote(file)
	}
}
