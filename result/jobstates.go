package result

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// gravity orders states by how little they vouch for results beside them.
func (s JobState) gravity() int {
	order := []JobState{JobPassed, JobRunning, JobSkipped, JobUnplanned, JobNeverStarted, JobCancelled, JobRunnerLost, JobTimedOut, JobFailed}
	if i := slices.Index(order, s); i >= 0 {
		return i
	}
	return len(order) // what nobody knows of is no success
}

// sortedJobs gives the jobs by ID and attempt, the graver one of a double last.
// GitHub calls a job cancelled that ran into its time limit; the plan knows better.
func sortedJobs(plan *matrix.Plan, jobs []Job) []Job {
	jobs = slices.Clone(jobs)
	limit := map[string]int{} // seconds
	for _, job := range plan.Jobs {
		limit[job.ID] = 60 * job.TimeoutMinutes
	}
	for i := range jobs {
		if l := limit[jobs[i].ID]; l > 0 && jobs[i].State == JobCancelled && jobs[i].Seconds >= float64(l) {
			jobs[i].State = JobTimedOut
		}
	}
	slices.SortFunc(jobs, func(a, b Job) int {
		return cmp.Or(
			strings.Compare(a.ID, b.ID), cmp.Compare(a.Attempt, b.Attempt),
			cmp.Compare(a.State.gravity(), b.State.gravity()), strings.Compare(string(a.State), string(b.State)),
			a.Started.Compare(b.Started), strings.Compare(a.URL, b.URL), cmp.Compare(a.Seconds, b.Seconds),
		)
	})
	return jobs
}

// statesOf gives what is known of each planned job, one Job for an attempt.
func (j *joiner) statesOf(jobs []Job) map[string][]Job {
	planned := map[string]bool{}
	for _, job := range j.run.Plan.Jobs {
		planned[job.ID] = true
	}
	out := map[string][]Job{}
	for _, s := range jobs {
		of := out[s.ID]
		last := len(of) - 1
		switch {
		case !planned[s.ID]:
			j.anomaly("the state of job %.60q is known, which is not in the plan", s.ID)
			continue
		case last >= 0 && of[last].Attempt == s.Attempt:
			j.anomaly("there are two jobs %s of attempt %d; the worse one counts", s.ID, s.Attempt)
			of[last] = s
			continue
		}
		out[s.ID] = append(of, s)
	}
	return out
}

// notCopied leaves out attempts in which a job was not run, but is listed again
// since others were: GitHub lists it with the times of the attempt in which it
// ran, or at least as passed. An attempt at the plan runs every job again.
func (j *joiner) notCopied(states []Job, p parts) []Job {
	var out []Job
	for i, s := range states {
		if i > 0 && !s.Started.IsZero() && s.Started.Equal(states[i-1].Started) {
			continue
		}
		before := upTo(p.job, s.Attempt)
		planned := slices.ContainsFunc(p.home, func(r Cell) bool { return r.Attempt >= s.Attempt })
		if s.State == JobPassed && before != nil && before.Attempt < s.Attempt && (!planned || p.whole) && passedThen(states, before.Attempt) {
			continue
		}
		out = append(out, s)
	}
	return out
}

// passedThen tells whether a job passed in an attempt, as far as anybody knows.
func passedThen(states []Job, attempt int) bool {
	s := stateAt(states, attempt)
	return s == nil || s.State == JobPassed
}

func stateAt(states []Job, attempt int) *Job {
	i := slices.IndexFunc(states, func(s Job) bool { return s.Attempt == attempt })
	if i < 0 {
		return nil
	}
	return &states[i]
}

// SaidByGitHub stands in a reason before what GitHub remarks on the job.
const SaidByGitHub = "; GitHub says: "

// missing says why there is no result of a job's attempt.
func (j *joiner) missing(job *matrix.Job, state *Job) string {
	reason := j.missingFor(job, state)
	if state != nil && state.Said != "" {
		reason += SaidByGitHub + state.Said
	}
	return reason
}

func (j *joiner) missingFor(job *matrix.Job, state *Job) string {
	if state == nil {
		if j.asked && len(j.states[job.ID]) == 0 {
			return "no job of the run has its job's name"
		}
		return "planned, but no result of its job came back"
	}
	switch state.State {
	case JobPassed:
		return "its job passed, but its results are missing"
	case JobFailed:
		return "its job failed, and its results are missing"
	case JobCancelled:
		return "its job was cancelled"
	case JobTimedOut:
		if job.TimeoutMinutes > 0 {
			return fmt.Sprintf("its job timed out after %d minutes", job.TimeoutMinutes)
		}
		return "its job timed out"
	case JobRunnerLost:
		return "the runner of its job stopped answering"
	case JobNeverStarted:
		return "its job never started"
	case JobSkipped:
		return "its job was skipped"
	case JobRunning:
		return "its job has not ended"
	case JobUnplanned:
		return "the run's own plan leaves it out"
	}
	return "its job ended in a way that nobody knows"
}
