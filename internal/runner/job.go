package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Job runs the job layers in the cells of one planned job, one cell after the
// other.
type Job struct {
	// ID is that of the planned job, Attempt the number of this attempt at the run.
	ID      string
	Attempt int
	Layers  []layer.JobLayer
	// Timeouts bounds layers, by name, that know no time of their own.
	Timeouts map[string]time.Duration
	// Inputs gives what a layer may read of a cell, as in Static.
	Inputs func(matrix.Cell) (layer.Inputs, error)
	// Made notes down what the layers make.
	Made *Made
	// Log takes what programs print; nil for nowhere.
	Log io.Writer
	Now func() time.Time
	// Clusters makes what layers need; nil where none needs a cluster.
	Clusters *Clusters
	Retry    Retry
	// Accepted, where set, tells that a cell fails as it is expected to: such a
	// cell is not tried again.
	Accepted func(result.Cell) bool
	// Start and Done, where set, are told of each cell as it begins and ends,
	// and Doing of what is done in it. Tried is told of one that is to be tried
	// again, and Again, when it is, of the number of the try. Amend is told of a
	// cell of which more is known after the last one: its cluster could not be removed.
	Start func(matrix.Cell)
	Doing func(c matrix.Cell, what string)
	Tried func(result.Cell)
	Again func(c matrix.Cell, try int)
	Done  func(result.Cell)
	Amend func(result.Cell)
}

// Run gives a result for every cell, in their order, with the steps of the job
// layers alone. When the context ends, what was not asked is errored and says
// why.
func (j *Job) Run(ctx context.Context, cells []matrix.Cell) []result.Cell {
	r := &jobRun{Job: j, results: make([]result.Cell, 0, len(cells)), took: make([]time.Duration, len(cells))}
	if j.Clusters != nil {
		r.clusters = &clusterRun{Clusters: j.Clusters, made: j.Made, log: j.Log}
		// It goes whatever happens, and before that nothing may be made.
		defer r.end(ctx)
	}
	var again []int
	for i, c := range cells {
		if j.Start != nil && ctx.Err() == nil {
			j.Start(c)
		}
		r.plan(cells[i+1:])
		began, boots := time.Now(), r.boots()
		res, more := r.cell(ctx, c, nil, i == len(cells)-1)
		r.took[i] = time.Since(began) - (r.boots() - boots)
		r.results, r.last = append(r.results, res), i
		switch {
		case more && r.again(&res) && ctx.Err() == nil:
			again = append(again, i)
			if j.Tried != nil {
				j.Tried(res)
			}
		case j.Done != nil:
			j.Done(res)
		}
	}
	r.retry(ctx, cells, again)
	return r.results
}

// plan notes down why the next cell gets a fresh cluster, if the plan says so.
func (j *jobRun) plan(next []matrix.Cell) {
	if j.clusters == nil {
		return
	}
	j.clusters.planned = ""
	if len(next) > 0 {
		j.clusters.planned = j.clusters.Fresh[next[0].ID]
	}
}

// jobRun is one run of a job.
type jobRun struct {
	*Job
	clusters *clusterRun // nil for none
	results  []result.Cell
	last     int             // the cell that was asked last
	took     []time.Duration // by the first try at each cell, in its cluster
}

// boots is how long all clusters took to come up.
func (j *jobRun) boots() time.Duration {
	if j.clusters == nil {
		return 0
	}
	return j.clusters.boots
}

// cell makes one try at a cell behind others. more tells whether another one
// could come to something else; last, that no other cell needs the cluster.
func (j *jobRun) cell(ctx context.Context, c matrix.Cell, tries []result.Try, last bool) (r result.Cell, more bool) {
	r = result.Cell{
		Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: j.Attempt, Job: j.ID, Started: j.Now(), Retried: tries,
	}
	in, err := j.Inputs(c)
	env := &layer.JobEnv{Inputs: in, Exec: j.Made.Exec, Temp: j.Made.Temp, Log: j.Log}
	end, tidied := func(bool) {}, false
	for i, l := range j.Layers {
		var step result.Step
		skip, skipped := c.Skip[l.Name()]
		by, blocked := j.blocking(r.Steps, l)
		if l.Name() == layer.UninstallName && j.clusters != nil {
			j.clusters.after(ctx, env, r.Steps)
			tidied = true
		}
		switch {
		case skipped:
			step = skippedStep(skip)
		case err != nil && i > 0:
			step = result.Step{Status: result.Blocked, Reason: valuesBlock}
		case err != nil:
			step = unusable(err)
		case blocked:
			step = result.Step{Status: result.Blocked, Reason: by}
		case l.Name() == ClusterName:
			step, end = j.enter(ctx, c, env, len(tries)+1)
		default:
			step = j.ask(ctx, l, env)
		}
		step.Layer = l.Name()
		r.Steps = append(r.Steps, step)
	}
	if j.clusters != nil && !tidied {
		j.clusters.after(ctx, env, r.Steps)
	}
	finish(&r)
	end(r.Status == result.Passed)
	r.KubeVersion = env.KubeVersion
	if j.clusters != nil {
		j.tell(c, "cleaning up")
		add(&r, j.clusters.leave(ctx, env, last))
	}
	finish(&r)
	return r, err == nil
}

// skippedStep is the step of a layer that the plan leaves out of a cell.
func skippedStep(skip matrix.LayerSkip) result.Step {
	if skip.Blocked {
		return result.Step{Status: result.Blocked, Reason: skip.Because}
	}
	return result.Step{Status: result.Skipped, Reason: skip.Because}
}

func (j *jobRun) ask(ctx context.Context, l layer.JobLayer, env *layer.JobEnv) result.Step {
	if ctx.Err() != nil {
		return notAsked(context.Cause(ctx))
	}
	j.tell(env.Cell, l.Name())
	if limit := j.Timeouts[l.Name()]; limit > 0 {
		limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s; raise timeouts.%s", limit, l.Name()))
		defer cancel()
		ctx = limited
	}
	started := time.Now()
	assertions, err := l.Run(ctx, env)
	return answered(assertions, err, time.Since(started))
}

func (j *jobRun) tell(c matrix.Cell, what string) {
	if j.Doing != nil {
		j.Doing(c, what)
	}
}

// enter gives a cell its cluster. end is to be called when the cell is over.
func (j *jobRun) enter(ctx context.Context, c matrix.Cell, env *layer.JobEnv, try int) (step result.Step, end func(passed bool)) {
	if !j.inCluster(c) {
		return result.Step{Status: result.Skipped, Reason: noNeed}, func(bool) {}
	}
	if ctx.Err() != nil {
		return notAsked(context.Cause(ctx)), func(bool) {}
	}
	j.tell(c, ClusterName)
	started := time.Now()
	assertions, end, err := j.clusters.prepare(ctx, env, try)
	return answered(assertions, err, time.Since(started)), end
}

const noNeed = "no layer of this cell needs a cluster"

// inCluster tells whether any layer of a cell needs a cluster.
func (j *jobRun) inCluster(c matrix.Cell) bool {
	return j.Clusters != nil && slices.ContainsFunc(j.Layers, func(l layer.JobLayer) bool {
		_, skipped := c.Skip[l.Name()]
		return !skipped && layer.NeedOf(l) != layer.NeedNothing
	})
}

// blocking says what keeps a layer from being asked: a layer that it requires,
// or a cluster that it does not have.
func (j *jobRun) blocking(steps []result.Step, l layer.JobLayer) (reason string, blocked bool) {
	required := l.Requires()
	if j.Clusters != nil && layer.NeedOf(l) != layer.NeedNothing {
		required = append([]string{ClusterName}, required...)
	}
	return blocking(steps, required)
}

// end removes the cluster. What comes of it is told with the cell that was in it last.
func (j *jobRun) end(ctx context.Context) {
	assertions := j.clusters.end(ctx)
	if len(assertions) == 0 || len(j.results) == 0 {
		return
	}
	r := &j.results[j.last]
	add(r, assertions)
	finish(r)
	if j.Amend != nil {
		j.Amend(*r)
	}
}

// add adds to what a cell says of its cluster.
func add(r *result.Cell, assertions []result.Assertion) {
	i := slices.IndexFunc(r.Steps, func(s result.Step) bool { return s.Layer == ClusterName })
	if i < 0 || len(assertions) == 0 {
		return
	}
	r.Steps = slices.Clone(r.Steps) // others have the result already
	addTo(&r.Steps[i], assertions...)
}

func addTo(s *result.Step, assertions ...result.Assertion) {
	s.Assertions = append(slices.Clip(s.Assertions), assertions...)
	for _, a := range assertions {
		s.Seconds += a.Seconds
		if s.Status = result.Worst(s.Status, a.Status); a.Status == s.Status && s.Reason == "" {
			s.Reason = a.Reason
		}
	}
}

// answered makes a step of what a layer's Run gave.
func answered(assertions []result.Assertion, err error, took time.Duration) result.Step {
	step := result.Step{Status: result.Skipped, Reason: "nothing to check"}
	if err != nil {
		step = notAsked(err)
	} else if len(assertions) > 0 {
		step.Reason = ""
	}
	statuses := []result.Status{step.Status}
	for _, a := range assertions {
		statuses = append(statuses, a.Status)
	}
	// An error behind a check that failed does not excuse it.
	step.Status = result.Worst(statuses...)
	step.Assertions, step.Seconds = assertions, took.Seconds()
	return step
}

// valuesBlock is why layers behind the first one are not asked in a cell whose
// inputs could not be had.
const valuesBlock = "the values cannot be used"

// unusable is the step of the first layer of a cell whose inputs could not be had.
func unusable(err error) result.Step {
	var bad *BadInput
	if errors.As(err, &bad) {
		return result.Step{Status: result.Failed, Assertions: []result.Assertion{
			{Name: "values", Status: result.Failed, Problems: []result.Problem{bad.Problem}},
		}}
	}
	return result.Step{Status: result.Errored, Reason: err.Error()}
}

// blocking names the layer among the required ones that keeps a job layer from
// being asked. One that a rule leaves out keeps nothing.
func blocking(steps []result.Step, required []string) (reason string, blocked bool) {
	for _, s := range steps {
		if s.Status == result.Passed || s.Status == result.Skipped {
			continue
		}
		for _, name := range required {
			if s.Layer == name {
				return name + " did not pass", true
			}
		}
	}
	return "", false
}

// ForJobs gives the cells that at least one job layer is to be asked in. The
// results of the static layers, in the order of the cells, say what blocks
// them; the others' get a step for each job layer, with the reason. Without
// results nothing is blocked.
func ForJobs(cells []matrix.Cell, results []result.Cell, layers []layer.JobLayer) []matrix.Cell {
	var chosen []matrix.Cell
	for i, c := range cells {
		var steps []result.Step
		asked := false
		for _, l := range layers {
			step := result.Step{Layer: l.Name(), Status: result.Blocked}
			blocked := false
			if results != nil {
				// Behind a layer that is not asked, those are not asked that require it.
				step.Reason, blocked = blocking(slices.Concat(results[i].Steps, steps), l.Requires())
			}
			skip, skipped := c.Skip[l.Name()]
			switch {
			case skipped:
				step.Status, step.Reason = skippedStep(skip).Status, skip.Because
			case blocked:
			case l.Name() == ClusterName: // it is only for the others
				step.Status, step.Reason = result.Skipped, noNeed
			default:
				step.Status = result.Passed // for all that is known now
				asked = true
			}
			steps = append(steps, step)
		}
		if asked {
			chosen = append(chosen, c)
		} else if results != nil {
			results[i].Steps = append(results[i].Steps, steps...)
			finish(&results[i])
		}
	}
	return chosen
}
