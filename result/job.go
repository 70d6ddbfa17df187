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
	JobRunning      JobState = "running" // it has not ended
)

// Job is one attempt at a planned job as seen from outside.
type Job struct {
	ID      string    `json:"id"` // of the plan's job
	Attempt int       `json:"attempt"`
	State   JobState  `json:"state"`
	URL     string    `json:"url,omitempty"` // of its log, for people
	Started time.Time `json:"started,omitzero"`
	Seconds float64   `json:"seconds,omitempty"`
}
