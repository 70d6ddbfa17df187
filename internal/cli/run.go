package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/progress"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// defaultResults is where run keeps results, and where report looks for them.
const defaultResults = "chart-matrix-results"

func newRun(env Env) *cobra.Command {
	whole := wholeRun{env: env}
	job := jobRun{}
	cmd := &cobra.Command{
		Use:   "run [CHART]",
		Short: "Run the plan here, or one job of it, and keep the results",
		Long: `Run the plan here and keep its results: first the static layers, then what runs in
jobs, several at a time. A cell whose static layers failed gets no job.

With --job, run one job of a plan that "plan --results" kept, as the jobs of a workflow
do. Each cell's result is written as it ends. The program stops three minutes before the
job's time is over (a tenth of it, where that is less), and reports what was left undone.

With --follow-up, or follow-up in the configuration, a few of the cells that were left out
run afterwards, if their results tell several explanations of a failure apart.

Exit codes are those of check. With --job, they are of the job's own cells.`,
		Example: `  chart-matrix run --cell kind-1.34-ha-install    one cell, with what its commands print
  chart-matrix plan --results plan && chart-matrix run --job ID --plan plan`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if job.id == "" {
				for _, name := range []string{"plan", "name", "attempt", "started"} {
					if cmd.Flags().Changed(name) {
						return errors.New("--" + name + " goes with --job")
					}
				}
				return whole.run(cmd.Context(), argument(args))
			}
			for _, name := range []string{"only", "layers", "cell", "follow-up"} {
				if cmd.Flags().Changed(name) {
					return errors.New("--" + name + ": what a job runs is up to the plan; leave it out, or leave out --job")
				}
			}
			if whole.baseline.given() {
				return errors.New("--baseline: a job judges its own cells, and report compares the run; give it to report")
			}
			job.wholeRun = whole
			return job.run(cmd.Context(), argument(args))
		},
	}
	whole.add(cmd, defaultResults)
	cmd.Flags().StringVar(&whole.base, "base", "", "say how the plan differs from that of this git commit")
	cmd.Flags().StringVar(&whole.plan.cell, "cell", "", "run this cell alone, by its ID or slug")
	cmd.Flags().IntVar(&whole.followUp, "follow-up", -1, "run at most so many more cells to tell explanations apart (default: what the configuration says)")
	whole.cluster.add(cmd)
	job.add(cmd, env)
	return cmd
}

// runJobs runs all jobs of a plan here, as many at a time as there are cores.
// With clusters, as many as there is room for at once.
func (p *project) runJobs(ctx context.Context, env Env, plan *matrix.Plan, results string, quiet bool, f clusterFlags, k *keeper) []result.Cell {
	workers := min(runtime.GOMAXPROCS(0), len(plan.Jobs))
	if slices.Contains(plan.JobLayers, runner.ClusterName) {
		workers = min(cmp.Or(f.atOnce, runner.ClustersAtOnce()), len(plan.Jobs))
	}
	slots := map[string]chan struct{}{} // by provider, for those that a machine cannot have many of
	for _, name := range append(clusterMakers(), f.provider) {
		if at, ok := clusterProvider(env, name, p.config.Providers[name], nil, f.thisCluster).(interface{ AtOnce() int }); ok {
			slots[name] = make(chan struct{}, at.AtOnce())
		}
	}
	cells := cellsByID(plan)
	layers := p.jobLayers(plan.JobLayers)
	var bar *progress.Progress
	if !quiet {
		bar = progress.New(env.Stderr, progress.Options{Live: env.live(), Width: env.Width, Workers: workers})
		defer bar.Finish()
		for _, j := range plan.Jobs {
			bar.Plan(len(j.Cells))
		}
	}
	// One cell is run to see what it does.
	echo := !quiet && len(plan.Jobs) == 1 && len(plan.Jobs[0].Cells) == 1
	answers := make([][]result.Cell, len(plan.Jobs))
	kept := make([]*runner.Made, len(plan.Jobs))
	runner.Parallel(workers, len(plan.Jobs), func(worker, n int) {
		planned := plan.Jobs[n]
		made := &runner.Made{Dir: results, Job: planned.ID, Now: env.Now, Expires: env.Now().Add(localExpiry)}
		defer env.onAbort(func() {
			made.Abort()
			sayLeft(env.Stderr, made, results)
		})()
		job := &runner.Job{
			ID: planned.ID, Attempt: 1, Layers: layers, Inputs: p.inputsOrBlame, Made: made, Now: env.Now, Timeouts: p.layerTimeouts(),
			Retry: p.retry(f), Accepted: accepted(plan, env), Tried: k.add, Done: k.add, Amend: k.amend,
		}
		cells := pick(cells, planned.Cells)
		var err error
		if job.Clusters, err = p.clusters(env, planned, cells, layers, made, results, 1, f); err != nil {
			answers[n] = unaskable(cells, planned.ID, err)
			return
		}
		if job.Clusters != nil {
			job.Clusters.Slot = slotOf(slots[job.Clusters.Provider.Name()])
		}
		if bar != nil {
			job.Start = func(c matrix.Cell) { bar.Start(worker, c.Slug) }
			job.Doing = func(c matrix.Cell, what string) { bar.Start(worker, c.Slug+": "+what) }
			job.Again = func(c matrix.Cell, try int) { bar.Start(worker, fmt.Sprintf("%s: try %d", c.Slug, try)) }
			job.Done = func(r result.Cell) {
				bar.Done(worker, r.Slug, r.Status)
				k.add(r)
			}
		}
		if echo {
			log := newLiveLog(env.Stderr)
			defer log.flush()
			job.Log = log
		}
		answers[n] = job.Run(ctx, cells)
		if f.keep {
			kept[n] = made
		}
	})
	if bar != nil {
		bar.Finish()
	}
	for _, made := range kept {
		if made != nil {
			sayKept(env.Stderr, made, results)
		}
	}
	var all []result.Cell
	for _, a := range answers {
		all = append(all, a...)
	}
	return all
}

// localExpiry is when what a run here makes is swept at the latest: nothing but
// the person who waits bounds such a run.
const localExpiry = 24 * time.Hour

// slotOf gives what waits for a place in a channel; nil where there is no limit.
func slotOf(places chan struct{}) func(context.Context) (func(), error) {
	if places == nil {
		return nil
	}
	return func(ctx context.Context) (func(), error) {
		select {
		case places <- struct{}{}:
			return func() { <-places }, nil
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// unaskable gives the results of cells whose job could not begin.
func unaskable(cells []matrix.Cell, job string, err error) []result.Cell {
	var out []result.Cell
	for _, c := range cells {
		out = append(out, result.Cell{
			Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Job: job, Status: result.Errored, Reason: err.Error(),
		})
	}
	return out
}

func cellsByID(plan *matrix.Plan) map[string]matrix.Cell {
	cells := make(map[string]matrix.Cell, len(plan.Cells))
	for _, c := range plan.Cells {
		cells[c.ID] = c
	}
	return cells
}

func pick(cells map[string]matrix.Cell, ids []string) []matrix.Cell {
	out := make([]matrix.Cell, 0, len(ids))
	for _, id := range ids {
		out = append(out, cells[id])
	}
	return out
}
