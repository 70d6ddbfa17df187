package runner

import (
	"context"
	"errors"
	"io"
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
	// Inputs gives what a layer may read of a cell, as in Static.
	Inputs func(matrix.Cell) (layer.Inputs, error)
	// Made notes down what the layers make.
	Made *Made
	// Log takes what programs print; nil for nowhere.
	Log io.Writer
	Now func() time.Time
	// Start and Done, where set, are told of each cell as it begins and ends.
	Start func(matrix.Cell)
	Done  func(result.Cell)
}

// Run gives a result for every cell, in their order, with the steps of the job
// layers alone. When the context ends, what was not asked is errored and says
// why.
func (j *Job) Run(ctx context.Context, cells []matrix.Cell) []result.Cell {
	results := make([]result.Cell, 0, len(cells))
	for _, c := range cells {
		if j.Start != nil && ctx.Err() == nil {
			j.Start(c)
		}
		r := j.cell(ctx, c)
		results = append(results, r)
		if j.Done != nil {
			j.Done(r)
		}
	}
	return results
}

func (j *Job) cell(ctx context.Context, c matrix.Cell) result.Cell {
	r := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: j.Attempt, Job: j.ID, Started: j.Now()}
	in, err := j.Inputs(c)
	if err == nil {
		r.KubeVersion = in.KubeVersion
	}
	for i, l := range j.Layers {
		var step result.Step
		skip, skipped := c.Skip[l.Name()]
		by, blocked := blocking(r.Steps, l.Requires())
		switch {
		case skipped:
			step = result.Step{Status: result.Skipped, Reason: skip.Because}
		case err != nil && i > 0:
			step = result.Step{Status: result.Blocked, Reason: valuesBlock}
		case err != nil:
			step = unusable(err)
		case blocked:
			step = result.Step{Status: result.Blocked, Reason: by}
		default:
			step = j.ask(ctx, l, in)
		}
		step.Layer = l.Name()
		r.Steps = append(r.Steps, step)
	}
	finish(&r)
	return r
}

func (j *Job) ask(ctx context.Context, l layer.JobLayer, in layer.Inputs) result.Step {
	if ctx.Err() != nil {
		return notAsked(context.Cause(ctx))
	}
	started := time.Now()
	assertions, err := l.Run(ctx, &layer.JobEnv{Inputs: in, Exec: j.Made.Exec, Log: j.Log})
	return answered(assertions, err, time.Since(started))
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
				step.Reason, blocked = blocking(results[i].Steps, l.Requires())
			}
			skip, skipped := c.Skip[l.Name()]
			switch {
			case skipped:
				step.Status, step.Reason = result.Skipped, skip.Because
			case !blocked:
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
