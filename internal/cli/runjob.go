package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// jobRun is run --job: one job of a plan that was made elsewhere.
type jobRun struct {
	wholeRun
	id      string
	dir     string // of the plan
	name    string // of the plan, where the folder holds several
	attempt int
	started string // when the job began
}

func (j *jobRun) add(cmd *cobra.Command, env Env) {
	cmd.Flags().StringVar(&j.id, "job", "", "run this job of the plan")
	cmd.Flags().StringVar(&j.dir, "plan", "", "the folder that plan --results wrote; goes with --job")
	cmd.Flags().StringVar(&j.name, "name", "", "the plan's name, where the folder holds those of several charts")
	cmd.Flags().IntVar(&j.attempt, "attempt", attemptAt(env), "which attempt at the run this is")
	cmd.Flags().StringVar(&j.started, "started", "", "when the job began, in seconds since 1970 or as 2026-11-23T04:10:00Z (default: now)")
}

func (j *jobRun) run(ctx context.Context, path string) error {
	renderer, err := j.report.renderer(j.env)
	if err != nil {
		return err
	}
	started, err := j.begin()
	if err != nil {
		return err
	}
	if j.results == "" {
		return errors.New("--results: a job keeps its results; name a folder")
	}
	if err := store.CanWrite(j.results); err != nil {
		return fmt.Errorf("--results: %w", err)
	}
	plan, planned, err := j.planned()
	if err != nil {
		return err
	}
	if err := j.cluster.check(); err != nil {
		return err
	}
	p, err := openProject(ctx, j.env, path, j.target)
	if err != nil {
		return err
	}
	defer p.close()
	if err := p.fits(plan); err != nil {
		return err
	}
	keeper := newPartKeeper(j.results, store.Part{
		Name: plan.Name, Job: planned.ID, Attempt: j.attempt, Plan: plan.Digest, Version: buildVersion(),
	})
	// The folder is there before anything is noted down in it.
	if err := keeper.write(); err != nil {
		return infrastructure(err)
	}
	cells, err := p.runJob(ctx, j.env, plan, planned, started, keeper, j.report.quiet, j.cluster)
	if err != nil {
		return err
	}
	kept := keeper.write()
	part, _ := plan.ForJob(planned.ID) // planned is one of its jobs
	// Earlier attempts are elsewhere, so nothing can be said of them here.
	for i := range cells {
		cells[i].Attempt, cells[i].Retried = 1, slices.Clone(cells[i].Retried)
		for n := range cells[i].Retried {
			cells[i].Retried[n].Attempt = 1
		}
	}
	evidence := evidenceIn(j.results)
	evidence.before = j.attempt - 1
	summary := findings.Explain(result.Join(part, cells, nil), findings.Options{
		Now: j.env.Now(), Gate: jobGate(part.Gate), JobCommand: runCommand(part.Chart), Clusters: clusterWays(),
		Evidence: evidence,
	})
	summary.Seconds = j.env.Now().Sub(started).Seconds()
	shown := j.report.show(j.env, renderer, summary)
	switch {
	case ctx.Err() != nil:
		return errInterrupted
	case kept != nil:
		return infrastructure(kept)
	}
	return shown
}

// jobGate is what a job judges itself by. What is flaky has passed in the end, and
// a job that fails over results that all passed would be taken for a false one: the
// report says whether that makes the run red.
func jobGate(g matrix.Gate) findings.Gate {
	overrides := maps.Clone(g.Overrides)
	if overrides == nil {
		overrides = map[string]string{}
	}
	if overrides["flaky"] == string(findings.Fail) {
		overrides["flaky"] = string(findings.Warn)
	}
	return findings.Gate{Mode: g.Mode, Overrides: overrides}
}

// begin gives when the job began.
func (j *jobRun) begin() (time.Time, error) {
	now := j.env.Now()
	if j.attempt < 1 {
		return now, errors.New("--attempt: expected a number from 1 on")
	}
	if j.started == "" {
		return now, nil
	}
	at, err := time.Parse(time.RFC3339, j.started)
	if seconds, e := strconv.ParseInt(j.started, 10, 64); e == nil {
		at, err = time.Unix(seconds, 0), nil
	}
	switch {
	case err != nil:
		return now, fmt.Errorf("--started %q: expected seconds since 1970, as `date +%%s` prints, or a time like 2026-11-23T04:10:00Z", j.started)
	case at.After(now):
		return now, nil // another clock
	}
	return at, nil
}

// planned reads the plan and finds the job in it.
func (j *jobRun) planned() (*matrix.Plan, matrix.Job, error) {
	if j.dir == "" {
		return nil, matrix.Job{}, errors.New("--job goes with --plan DIR, the folder that `chart-matrix plan --results DIR` wrote")
	}
	plan, err := store.CollectPlan(j.dir, j.name)
	if err != nil {
		return nil, matrix.Job{}, fmt.Errorf("--plan: %w", err)
	}
	i := slices.IndexFunc(plan.Jobs, func(job matrix.Job) bool { return job.ID == j.id })
	if i >= 0 {
		return plan, plan.Jobs[i], nil
	}
	var ids []string
	for _, job := range plan.Jobs[:min(len(plan.Jobs), 10)] {
		ids = append(ids, job.ID)
	}
	have := "none"
	if len(ids) > 0 {
		have = strings.Join(ids, ", ")
	}
	if more := len(plan.Jobs) - len(ids); more > 0 {
		have += fmt.Sprintf(" and %d more", more)
	}
	return nil, matrix.Job{}, fmt.Errorf("--job: the plan of %s has no job %q; have %s", plan.Name, j.id, have)
}

// fits tells whether the chart and its configuration are those that were planned.
func (p *project) fits(plan *matrix.Plan) error {
	if p.chart.Digest != plan.Chart.Digest {
		return fmt.Errorf("the chart here (%s %s, %s) is not the one that was planned (%s %s, %s); check out the commit of the plan",
			p.chart.Name, p.chart.Version, p.chart.Digest, plan.Chart.Name, plan.Chart.Version, plan.Chart.Digest)
	}
	for _, l := range plan.JobLayers {
		if l != runner.ClusterName && !slices.Contains(p.config.JobLayers(), l) {
			return fmt.Errorf("the plan has the layer %s, which the configuration here does not; check out the commit of the plan", l)
		}
	}
	return nil
}

// timeout is how long GitHub lets a job run; a plan without a limit has a day.
func timeout(j matrix.Job) time.Duration {
	if j.TimeoutMinutes <= 0 {
		return 24 * time.Hour
	}
	return time.Duration(j.TimeoutMinutes) * time.Minute
}

// spare is how long before its end a job stops by itself, to write and keep its
// results: what GitHub ends has no time for that.
func spare(timeout time.Duration) time.Duration { return min(3*time.Minute, timeout/10) }

// runJob runs a job's cells, keeps each result as it comes, and says what
// happens on standard error.
func (p *project) runJob(ctx context.Context, env Env, plan *matrix.Plan, planned matrix.Job, started time.Time, keeper *partKeeper, quiet bool, f clusterFlags) ([]result.Cell, error) {
	limit := timeout(planned)
	stop := started.Add(limit - spare(limit))
	// The context has a clock of its own, which counts what is left from now on.
	ctx, cancel := context.WithTimeoutCause(ctx, stop.Sub(env.Now()), fmt.Errorf(
		"stopped %s before the job's %s were over; raise providers.%s.timeout-minutes, or the number of jobs", minutes(spare(limit)), minutes(limit), planned.Provider))
	defer cancel()
	made := &runner.Made{Dir: keeper.dir, Job: planned.ID, Now: env.Now, Expires: started.Add(limit)}
	defer env.onAbort(func() {
		made.Abort()
		sayLeft(env.Stderr, made, keeper.dir)
	})()
	job := &runner.Job{
		ID: planned.ID, Attempt: keeper.part.Attempt, Layers: p.jobLayers(plan.JobLayers), Inputs: p.inputsOrBlame, Made: made, Now: env.Now, Timeouts: p.layerTimeouts(),
		Retry: p.retry(f), Accepted: accepted(plan, env), Tried: keeper.add, Done: keeper.add, Amend: keeper.amend,
	}
	cells := pick(cellsByID(plan), planned.Cells)
	var err error
	if job.Clusters, err = p.clusters(env, planned, cells, job.Layers, made, keeper.dir, job.Attempt, f); err != nil {
		return nil, err
	}
	if !quiet {
		log := newLiveLog(env.Stderr)
		log.say("job %s: %s on %s, %s, until %s at the latest", planned.ID, count(len(planned.Cells), "cell"), planned.Provider,
			strings.Join(plan.JobLayers, ", "), stop.UTC().Format("15:04:05 UTC"))
		job.Log = log
		job.Start = func(c matrix.Cell) { log.begin("%s %s", c.ID, c.Slug) }
		job.Doing = func(_ matrix.Cell, what string) { log.say("  %s", what) }
		job.Again = func(c matrix.Cell, try int) { log.begin("%s %s, try %d", c.ID, c.Slug, try) }
		keep := func(r result.Cell) {
			log.end(r)
			keeper.add(r)
		}
		job.Tried, job.Done = keep, keep
	}
	results := job.Run(ctx, cells)
	if f.keep {
		sayKept(env.Stderr, made, keeper.dir)
	}
	return results, nil
}

// minutes says a duration in minutes, or in seconds where that is clearer.
func minutes(d time.Duration) string {
	if d%time.Minute == 0 {
		return count(int(d/time.Minute), "minute")
	}
	return count(int(d/time.Second), "second")
}
