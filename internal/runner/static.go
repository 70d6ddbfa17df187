// Package runner runs layers over cells.
package runner

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Progress is told what happens. Implementations must be safe for use by
// several goroutines.
type Progress interface {
	// Plan says how many questions more will be asked.
	Plan(questions int)
	Start(worker int, what string)
	Done(worker int, what string, status result.Status)
}

// Static runs the layers that need no cluster, in this process.
type Static struct {
	Layers []layer.Layer
	// Inputs gives what a layer may read of a cell. An error makes the whole
	// cell errored, or failed where it is a *BadInput.
	Inputs func(matrix.Cell) (layer.Inputs, error)
	// Workers bounds the questions that are asked at once; 0 means one for each CPU.
	Workers  int
	Progress Progress
	Now      func() time.Time
}

// BadInput is an error of Inputs that blames what the user wrote, such as a
// values file that is a list: the chart cannot be installed that way.
type BadInput struct{ Problem result.Problem }

func (b *BadInput) Error() string { return b.Problem.Message }

// Run asks every distinct question once and gives each cell its answers, in
// the order of the cells. It always returns a result for every cell; when the
// context ends, what was not asked is errored and says so.
func (s *Static) Run(ctx context.Context, cells []matrix.Cell) []result.Cell {
	r := &staticRun{Static: s, results: make([]result.Cell, len(cells)), inputs: make([]*layer.Inputs, len(cells))}
	if r.Workers <= 0 {
		r.Workers = runtime.GOMAXPROCS(0)
	}
	started := s.Now()
	for i, c := range cells {
		r.results[i] = result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Started: started}
		r.prepare(i, c)
	}
	for _, l := range s.Layers {
		r.layer(ctx, l, cells)
	}
	for i := range r.results {
		finish(&r.results[i])
	}
	return r.results
}

type staticRun struct {
	*Static
	results []result.Cell
	inputs  []*layer.Inputs // nil where they could not be had
}

func (r *staticRun) prepare(i int, c matrix.Cell) {
	in, err := r.Inputs(c)
	if err == nil {
		r.inputs[i] = &in
		r.results[i].KubeVersion = in.KubeVersion
		return
	}
	if len(r.Layers) == 0 {
		return
	}
	// The first layer says it, as it is the first that would have read them;
	// the others are blocked.
	step := unusable(err)
	step.Layer = r.Layers[0].Name()
	r.step(i, step)
}

// question is one distinct key of a layer and the cells that ask it.
type question struct {
	key   string
	cells []int
	step  result.Step // the answer
}

// layer asks one layer's questions, and files the answers with every cell.
func (r *staticRun) layer(ctx context.Context, l layer.Layer, cells []matrix.Cell) {
	var ask []int
	for i, c := range cells {
		if r.inputs[i] == nil && l == r.Layers[0] {
			continue // prepare has said why
		}
		if skip, ok := c.Skip[l.Name()]; ok {
			r.step(i, result.Step{Layer: l.Name(), Status: result.Skipped, Reason: skip.Because})
			continue
		}
		if by, ok := r.blockedBy(i, l); ok {
			r.step(i, result.Step{Layer: l.Name(), Status: result.Blocked, Reason: by})
			continue
		}
		ask = append(ask, i)
	}
	questions := r.group(ctx, l, ask)
	if r.Progress != nil {
		r.Progress.Plan(len(questions))
	}
	Parallel(r.Workers, len(questions), func(worker, n int) {
		q := questions[n]
		what := l.Name() + " " + cells[q.cells[0]].Slug
		if r.Progress != nil {
			r.Progress.Start(worker, what)
		}
		q.step = r.ask(ctx, l, q)
		if r.Progress != nil {
			r.Progress.Done(worker, what, q.step.Status)
		}
	})
	for _, q := range questions {
		for n, i := range q.cells {
			step := q.step
			if n > 0 {
				step.Shared, step.Seconds = true, 0
			}
			r.step(i, step)
		}
	}
}

// group finds the distinct questions among the cells. Keys are computed in
// parallel, since a key may need a render.
func (r *staticRun) group(ctx context.Context, l layer.Layer, ask []int) []*question {
	keys := make([]string, len(ask))
	failures := make([]error, len(ask))
	Parallel(r.Workers, len(ask), func(_, n int) {
		if ctx.Err() != nil {
			failures[n] = context.Cause(ctx)
			return
		}
		keys[n], failures[n] = l.Key(ctx, *r.inputs[ask[n]])
	})
	byKey := map[string]*question{}
	var questions []*question
	for n, i := range ask {
		if failures[n] != nil {
			step := notAsked(failures[n])
			step.Layer = l.Name()
			r.step(i, step)
			continue
		}
		q := byKey[keys[n]]
		if q == nil {
			q = &question{key: keys[n]}
			byKey[keys[n]] = q
			questions = append(questions, q)
		}
		q.cells = append(q.cells, i)
	}
	return questions
}

func (r *staticRun) ask(ctx context.Context, l layer.Layer, q *question) result.Step {
	var step result.Step
	if ctx.Err() != nil {
		step = notAsked(context.Cause(ctx))
	} else {
		started := time.Now()
		assertions, err := l.Run(ctx, *r.inputs[q.cells[0]])
		step = answered(assertions, err, time.Since(started))
		step.Key = q.key
	}
	step.Layer = l.Name()
	return step
}

// notAsked is the step of a question that could not be asked, or needed no asking.
func notAsked(err error) result.Step {
	var skip *layer.Skip
	if errors.As(err, &skip) {
		return result.Step{Status: result.Skipped, Reason: skip.Reason}
	}
	var block *layer.Block
	if errors.As(err, &block) {
		return result.Step{Status: result.Blocked, Reason: block.Reason}
	}
	if errors.Is(err, context.Canceled) {
		err = errInterrupted // which of many calls noticed it says nothing
	}
	return result.Step{Status: result.Errored, Reason: err.Error()}
}

var errInterrupted = errors.New("the run was interrupted")

// blockedBy says what keeps a layer from being asked in a cell.
func (r *staticRun) blockedBy(i int, l layer.Layer) (string, bool) {
	for _, step := range r.results[i].Steps {
		if r.inputs[i] == nil {
			return valuesBlock, true
		}
		if slices.Contains(l.Requires(), step.Layer) && step.Status != result.Passed {
			return step.Layer + " did not pass", true
		}
	}
	return "", false
}

func (r *staticRun) step(i int, s result.Step) { r.results[i].Steps = append(r.results[i].Steps, s) }

// finish computes the status of a cell from its steps, and its time from all tries.
func finish(c *result.Cell) {
	c.Seconds = 0
	for _, t := range c.Retried {
		c.Seconds += t.Seconds
	}
	var statuses []result.Status
	var skipped []string
	for _, s := range c.Steps {
		c.Seconds += s.Seconds
		statuses = append(statuses, s.Status)
		if s.Status == result.Skipped {
			skipped = append(skipped, fmt.Sprintf("%s: %s", s.Layer, s.Reason))
		}
	}
	c.Status, c.Reason = result.Worst(statuses...), ""
	if len(c.Steps) == 0 {
		c.Reason = "no layer was asked"
	} else if c.Status == result.Skipped {
		c.Reason = "every layer was skipped (" + strings.Join(skipped, "; ") + ")"
	}
}

// Parallel calls f(worker, n) for every n below count, on as many goroutines as
// there are workers, which are numbered from 0.
func Parallel(workers, count int, f func(worker, n int)) {
	next := make(chan int)
	var wg sync.WaitGroup
	for worker := range min(workers, count) {
		wg.Go(func() {
			for n := range next {
				f(worker, n)
			}
		})
	}
	for n := range count {
		next <- n
	}
	close(next)
	wg.Wait()
}
