package result

import (
	"fmt"
	"slices"
)

// contradict compares what the jobs did with what their results say. A green
// that the job itself does not bear out is none.
func (j *joiner) contradict() {
	if !j.asked {
		return
	}
	index := make(map[string]int, len(j.run.Cells))
	for i := range j.run.Cells {
		index[j.run.Cells[i].ID] = i
	}
	for i := range j.run.Plan.Jobs {
		job := &j.run.Plan.Jobs[i]
		var of []*Cell
		for _, id := range job.Cells {
			if n, ok := index[id]; ok && j.jobOf[id] == job {
				of = append(of, &j.run.Cells[n])
			}
		}
		reasons := make([]string, len(of)) // all judged before one is changed
		for n, c := range of {
			reasons[n] = j.contradiction(c, of, j.states[job.ID])
		}
		for n, c := range of {
			if reasons[n] != "" {
				j.doubt(c, reasons[n])
			}
		}
	}
}

// contradiction says what speaks against the results of a job for one of its
// cells; "" for nothing.
func (j *joiner) contradiction(c *Cell, all []*Cell, states []Job) string {
	if !j.said[c.ID] {
		return ""
	}
	if len(states) == 0 {
		return "no job of the run has the name of its job, so that nobody vouches for its results"
	}
	last := states[len(states)-1]
	if c.Attempt > last.Attempt {
		return fmt.Sprintf("there are results of attempt %d at its job, and there was no such attempt", c.Attempt)
	}
	switch last.State {
	case JobPassed, JobRunning:
		return ""
	case JobNeverStarted:
		return "its job never started, and yet there are results of it"
	case JobSkipped:
		return "its job was skipped, and yet there are results of it"
	}
	for _, other := range all {
		if !j.said[other.ID] || !j.passedInJob(other) {
			return "" // that explains it
		}
	}
	return last.State.Words() + ", and its results say it passed"
}

// passedInJob tells whether the layers of the job say that all is well, or that
// there was nothing to ask: neither makes a job fail.
func (j *joiner) passedInJob(c *Cell) bool {
	worst := Skipped
	for _, s := range c.Steps {
		if j.is(s.Layer, true) {
			worst = Worst(worst, s.Status)
		}
	}
	return worst == Passed || worst == Skipped
}

// doubt takes the word of a job's layers for nothing. What they say is wrong
// stays wrong.
func (j *joiner) doubt(c *Cell, reason string) {
	c.Steps = slices.Clone(c.Steps)
	for i := range c.Steps {
		if s := &c.Steps[i]; j.is(s.Layer, true) && Worst(s.Status, Errored) == Errored {
			s.Status, s.Reason = Errored, reason
		}
	}
	c.Status, c.Reason = Worst(c.Status, Errored), reason
}
