package result

import "time"

// JobState is what the system that runs the jobs says became of one. It is
// known from outside the job, and so holds where the job itself said nothing.
type JobState string

// The states of a job.
const (
	JobPassed       JobState = "passed"
	JobFailed       JobState = "failed"
	JobCancelled    JobState = "cancelled"
	JobTimedOut     JobState = "timed-out"
	JobRunnerLost   JobState = "runner-lost"   // the runner stopped answering
	JobNeverStarted JobState = "never-started" // no runner took it, or its workflow failed at start-up
	JobSkipped      JobState = "skipped"
	JobRunning      JobState = "running"   // it has not ended
	JobUnplanned    JobState = "unplanned" // the run followed another plan, which lacks it
)

// Words says what became of a job: "the job was cancelled".
func (s JobState) Words() string {
	switch s {
	case JobPassed:
		return "the job passed"
	case JobCancelled:
		return "the job was cancelled"
	case JobTimedOut:
		return "the job timed out"
	case JobRunnerLost:
		return "the runner of the job stopped answering"
	case JobNeverStarted:
		return "the job never started"
	case JobSkipped:
		return "the job was skipped"
	case JobRunning:
		return "the job has not ended"
	case JobUnplanned:
		return "the run's own plan leaves the job out"
	}
	return "the job failed on GitHub" // what nobody knows of is no success
}

// Job is one attempt at a planned job as seen from outside.
type Job struct {
	ID      string   `json:"id"` // of the plan's job
	Attempt int      `json:"attempt"`
	State   JobState `json:"state"`
	URL     string   `json:"url,omitempty"` // of its log, for people
	// Check is the number under which the system keeps remarks on it; 0 for none.
	Check int64 `json:"check,omitempty"`
	// Said is what it remarks on how the job ended; empty where that was not asked for.
	Said    string    `json:"said,omitempty"`
	Started time.Time `json:"started,omitzero"`
	Seconds float64   `json:"seconds,omitempty"`
}

// JobURLs leads from cells to the logs of their jobs: the URL of the last
// attempt at each job, by the cell's ID.
func (r *Run) JobURLs() map[string]string {
	last := r.LastJobs()
	urls := map[string]string{}
	for _, job := range r.Plan.Jobs {
		if url := last[job.ID].URL; url != "" {
			for _, id := range job.Cells {
				urls[id] = url
			}
		}
	}
	return urls
}

// LastJobs gives the last attempt at each job of which anything is known from
// outside, by the job's ID.
func (r *Run) LastJobs() map[string]Job {
	last := make(map[string]Job, len(r.Jobs))
	for _, job := range r.Jobs {
		if before, ok := last[job.ID]; !ok || job.Attempt >= before.Attempt {
			last[job.ID] = job
		}
	}
	return last
}
