package result

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// distinct gives one result for each attempt, the last attempt last.
func (j *joiner) distinct(of []Cell) []Cell {
	slices.SortStableFunc(of, func(a, b Cell) int { return cmp.Compare(a.Attempt, b.Attempt) })
	var out []Cell
	for _, r := range of {
		last := len(out) - 1
		if last < 0 || out[last].Attempt != r.Attempt {
			out = append(out, r)
			continue
		}
		j.anomaly("two results for attempt %d of cell %s (%s); the worse one counts", r.Attempt, r.ID, r.Slug)
		if worse(r, out[last]) {
			out[last] = r
		}
	}
	return out
}

// worse tells which of two results for one question counts, whichever came first.
func worse(a, b Cell) bool {
	if a.Status != b.Status {
		return Worst(a.Status, b.Status) == a.Status
	}
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Compare(x, y) < 0 // any order will do
}

// parts are the results of one cell of a job, by where they were made; each has
// one result for an attempt, the last attempt last.
type parts struct {
	home []Cell // where the plan was made
	job  []Cell // in the job
	// whole: each result holds both parts, as Join or a run on one machine leaves them.
	whole bool
}

// partsOf tells the results of a cell apart. Where both parts are there, each
// speaks for its own layers alone, so that a job cannot overrule the plan's.
func (j *joiner) partsOf(id string, job *matrix.Job) parts {
	var home, own []Cell
	for _, r := range j.filed[id] {
		if r.Job == "" {
			home = append(home, r)
		} else {
			own = append(own, r)
		}
	}
	p := parts{home: j.distinct(home), job: j.distinct(own)}
	switch {
	case len(p.home) == 0 && j.speakOf(p.job, false):
		p.home, p.whole = p.job, true
	case len(p.job) == 0 && j.speakOf(p.home, true):
		p.job, p.whole = p.home, true
	case len(p.home) > 0 && j.speakOf(p.job, false):
		j.anomaly("the results of job %s for cell %s speak of layers that no job runs; those are not used", job.ID, id)
	}
	return p
}

// speakOf tells whether a result has a step of a layer that jobs run, or of one
// that they do not.
func (j *joiner) speakOf(of []Cell, jobs bool) bool {
	return slices.ContainsFunc(of, func(r Cell) bool {
		return slices.ContainsFunc(r.Steps, func(s Step) bool { return j.is(s.Layer, jobs) })
	})
}

// is tells whether a planned layer is one that jobs run, or one that they do not.
func (j *joiner) is(layer string, jobs bool) bool {
	run, planned := j.layers[layer]
	return planned && run == jobs
}

// at gives the result of exactly this attempt, and upTo that of the last one
// which is not later; nil for none.
func at(of []Cell, attempt int) *Cell {
	i := slices.IndexFunc(of, func(r Cell) bool { return r.Attempt == attempt })
	if i < 0 {
		return nil
	}
	return &of[i]
}

func upTo(of []Cell, attempt int) *Cell {
	for i := range slices.Backward(of) {
		if of[i].Attempt <= attempt {
			return &of[i]
		}
	}
	return nil
}

// inJob joins a cell that a job has: one merged cell for each attempt that
// anybody knows of.
func (j *joiner) inJob(c matrix.Cell, job *matrix.Job) {
	p := j.partsOf(c.ID, job)
	states := j.notCopied(j.states[job.ID], p)
	var attempts []int
	for _, list := range [][]Cell{p.home, p.job} {
		for _, r := range list {
			attempts = append(attempts, r.Attempt)
		}
	}
	for _, s := range states {
		attempts = append(attempts, s.Attempt)
	}
	slices.Sort(attempts)
	attempts = slices.Compact(attempts)
	if len(attempts) == 0 {
		lost := lostCell(c, j.missing(job, nil))
		lost.Job = job.ID
		j.run.Cells = append(j.run.Cells, lost)
		return
	}
	for n, attempt := range attempts {
		m := j.merge(c, job, p, states, attempt)
		if n < len(attempts)-1 {
			j.run.Earlier = append(j.run.Earlier, m)
			continue
		}
		j.run.Cells = append(j.run.Cells, m)
		j.said[c.ID] = at(p.job, attempt) != nil
	}
}

// merge gives one attempt at a cell. The layers that the plan's job asked are
// asked again only where that job is run again, and so hold until then.
func (j *joiner) merge(c matrix.Cell, job *matrix.Job, p parts, states []Job, attempt int) Cell {
	home, own := upTo(p.home, attempt), at(p.job, attempt)
	m := Cell{Schema: CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: attempt, Job: job.ID, Status: Skipped}
	if own == nil && home == nil {
		own = &Cell{Status: Lost, Reason: j.missing(job, stateAt(states, attempt))}
	}
	if own != nil && own.Status == Lost && len(own.Steps) == 0 && (home == nil || home == own) {
		m.Status, m.Reason = Lost, own.Reason
		return m
	}
	if p.whole && own != nil {
		m.take(own, func(Step) bool { return true })
		return j.complete(m, c, own, own)
	}
	if home != nil {
		m.take(home, func(s Step) bool { return !j.is(s.Layer, true) })
	}
	if own == nil {
		own = &Cell{Status: Lost, Reason: j.missing(job, stateAt(states, attempt))}
	}
	m.take(own, func(s Step) bool { return !j.is(s.Layer, false) })
	return j.complete(m, c, home, own)
}

// take adds the wanted steps of a part, and what it says of the cell.
func (c *Cell) take(part *Cell, want func(Step) bool) {
	taken := Cell{Status: Skipped}
	for _, s := range part.Steps {
		if want(s) {
			taken.Steps = append(taken.Steps, s)
			taken.Status = Worst(taken.Status, s.Status)
			taken.Seconds += s.Seconds
		}
	}
	if len(taken.Steps) == len(part.Steps) {
		taken.Status, taken.Reason, taken.Seconds = part.Status, part.Reason, part.Seconds
	}
	if Worst(c.Status, taken.Status) != c.Status || c.Reason == "" {
		c.Reason = taken.Reason
	}
	c.Steps = append(c.Steps, taken.Steps...)
	c.Status = Worst(c.Status, taken.Status)
	c.Seconds += taken.Seconds
	c.Started = earlier(c.Started, part.Started)
	c.KubeVersion = cmp.Or(part.KubeVersion, c.KubeVersion)
	if len(part.Retried) > 0 {
		c.Retried = part.Retried
	}
	c.NotRetried = cmp.Or(part.NotRetried, c.NotRetried)
}

// earlier gives the earlier of two times; the zero time is unknown.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// complete says of every planned layer what became of it, so that a part which
// is missing, or which says less than it should, shows in its layers.
func (j *joiner) complete(m Cell, c matrix.Cell, home, own *Cell) Cell {
	fill := func(layers []string, part *Cell, otherwise string) {
		step := Step{Status: Lost, Reason: otherwise}
		if part != nil && part.Reason != "" && slices.Contains([]Status{Failed, Errored, Lost}, part.Status) {
			step.Status, step.Reason = part.Status, part.Reason
		}
		if missing := missingLayers(layers, c.Skip, m.Steps); len(missing) > 0 {
			m.Steps = withSteps(m.Steps, missing, step)
			m.Status = Worst(m.Status, step.Status)
		}
	}
	static := slices.DeleteFunc(slices.Clone(j.run.Plan.Layers), func(l string) bool { return j.layers[l] })
	fill(static, home, "the result of the plan's job is missing")
	fill(j.run.Plan.JobLayers, own, "its job left a result that says nothing about it")
	slices.SortStableFunc(m.Steps, func(a, b Step) int { return cmp.Compare(j.rank(a.Layer), j.rank(b.Layer)) })
	return m
}

// rank is a layer's place in the plan; what is not planned comes last.
func (j *joiner) rank(layer string) int {
	if i := slices.Index(j.run.Plan.Layers, layer); i >= 0 {
		return i
	}
	return len(j.run.Plan.Layers)
}

// missingLayers gives those of the layers that were to be asked and have no step.
func missingLayers(layers []string, skip map[string]matrix.LayerSkip, steps []Step) []string {
	var out []string
	for _, l := range layers {
		if _, skipped := skip[l]; !skipped && !slices.ContainsFunc(steps, func(s Step) bool { return s.Layer == l }) {
			out = append(out, l)
		}
	}
	return out
}

// withSteps adds a copy of the step for each layer, and leaves the given steps alone.
func withSteps(steps []Step, layers []string, step Step) []Step {
	steps = slices.Clip(steps)
	for _, step.Layer = range layers {
		steps = append(steps, step)
	}
	return steps
}
