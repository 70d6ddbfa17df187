package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func jobID(n int) string { return matrix.CellID(matrix.Coordinate{"n": fmt.Sprint(n)}) }

func ids(n int) []string {
	out := make([]string, 0, n)
	for i := range n {
		out = append(out, jobID(i))
	}
	return out
}

// states looks the only run up, and its jobs.
func states(t *testing.T, c *Client, n int) []result.Job {
	t.Helper()
	run, err := c.Run(t.Context(), charts)
	if err != nil {
		t.Fatal(err)
	}
	jobs, err := c.Jobs(t.Context(), run, ids(n))
	if err != nil {
		t.Fatal(err)
	}
	return jobs
}

func TestStatesOfJobs(t *testing.T) {
	began := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	done := githubtest.Step{Name: "Run", Conclusion: "success"}
	open := githubtest.Step{Name: "Run", Status: "in_progress"}
	next := githubtest.Step{Name: "Upload", Status: "queued"}
	broken := githubtest.Step{Name: "Run", Conclusion: "failure"}
	stopped := githubtest.Step{Name: "Run", Conclusion: "cancelled"}
	steps := func(s ...githubtest.Step) []githubtest.Step { return s }
	for name, c := range map[string]struct {
		job  githubtest.Job
		run  githubtest.Run
		want result.JobState
	}{
		"success":                     {job: githubtest.Job{Runner: "r", Steps: steps(done)}, want: result.JobPassed},
		"neutral":                     {job: githubtest.Job{Conclusion: "neutral", Runner: "r"}, want: result.JobPassed},
		"failure":                     {job: githubtest.Job{Conclusion: "failure", Runner: "r", Steps: steps(broken, done)}, want: result.JobFailed},
		"failure without its steps":   {job: githubtest.Job{Conclusion: "failure", Runner: "r"}, want: result.JobFailed},
		"failed, then lost":           {job: githubtest.Job{Conclusion: "failure", Runner: "r", Steps: steps(broken, open)}, want: result.JobFailed},
		"failed before a step":        {job: githubtest.Job{Conclusion: "failure", Runner: "r", Steps: steps(done)}, want: result.JobFailed},
		"lost":                        {job: githubtest.Job{Conclusion: "failure", Runner: "r", Steps: steps(done, open, next)}, want: result.JobRunnerLost},
		"lost, as cancelled":          {job: githubtest.Job{Conclusion: "cancelled", Runner: "r", Steps: steps(done, open)}, want: result.JobRunnerLost},
		"cancelled":                   {job: githubtest.Job{Conclusion: "cancelled", Runner: "r", Steps: steps(done, stopped)}, want: result.JobCancelled},
		"cancelled, runner deaf":      {job: githubtest.Job{Conclusion: "cancelled", Runner: "r", Steps: steps(open)}, run: githubtest.Run{Conclusion: "cancelled"}, want: result.JobCancelled},
		"cancelled before it began":   {job: githubtest.Job{Conclusion: "cancelled"}, want: result.JobNeverStarted},
		"no money":                    {job: githubtest.Job{Conclusion: "failure"}, want: result.JobNeverStarted},
		"timed out":                   {job: githubtest.Job{Conclusion: "timed_out", Runner: "r", Steps: steps(open)}, want: result.JobTimedOut},
		"skipped":                     {job: githubtest.Job{Conclusion: "skipped"}, want: result.JobSkipped},
		"action_required":             {job: githubtest.Job{Conclusion: "action_required"}, want: result.JobNeverStarted},
		"queued":                      {job: githubtest.Job{Status: "queued"}, run: githubtest.Run{Status: "in_progress"}, want: result.JobRunning},
		"in progress":                 {job: githubtest.Job{Status: "in_progress", Runner: "r", Steps: steps(open)}, run: githubtest.Run{Status: "in_progress"}, want: result.JobRunning},
		"left over in a finished run": {job: githubtest.Job{Status: "in_progress", Runner: "r", Steps: steps(open)}, want: result.JobRunnerLost},
	} {
		t.Run(name, func(t *testing.T) {
			c.job.Name = "ci / cells / " + jobID(0) + " kind-1.34"
			c.job.Started, c.job.Completed = began, began.Add(90*time.Second)
			if c.job.Status != "" {
				c.job.Completed = time.Time{}
			}
			c.run.ID, c.run.Jobs = 7, []githubtest.Job{c.job}
			_, client, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{c.run}})
			got := states(t, client, 1)
			if len(got) != 1 || got[0].State != c.want || got[0].ID != jobID(0) || got[0].Attempt != 1 || got[0].URL == "" {
				t.Fatalf("%+v, want %s", got, c.want)
			}
			ran := c.job.Runner != ""
			if ran != got[0].Started.Equal(began) || (ran && c.job.Status == "") != (got[0].Seconds == 90) {
				t.Errorf("started %s, took %g s", got[0].Started, got[0].Seconds)
			}
		})
	}
}

// GitHub has words that the description does not, or not any more.
func TestConclusionsFromTheFuture(t *testing.T) {
	for conclusion, want := range map[string]result.JobState{
		"startup_failure": result.JobNeverStarted, "stale": result.JobNeverStarted, "exploded": result.JobFailed, "": result.JobFailed,
	} {
		got := job{WorkflowJob: decodeJob(t, fmt.Sprintf(`{"status": "completed", "conclusion": %q, "runner_name": "r"}`, conclusion))}
		if state := got.state(Run{}); state != want {
			t.Errorf("%q is %s, want %s", conclusion, state, want)
		}
	}
}

func TestJobsOfManyPagesAndAttempts(t *testing.T) {
	began := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	run := githubtest.Run{ID: 7, Attempt: 2, Status: "in_progress"}
	for i := range 256 {
		run.Jobs = append(run.Jobs, githubtest.Job{
			// Beyond 100 characters names are cut.
			Name:    "matrix / cells / " + jobID(i) + " kind-1.34-" + strings.Repeat("x", 50) + "...",
			Attempt: 1, Runner: "r", Conclusion: map[bool]string{true: "failure", false: "success"}[i == 9],
			Steps:   []githubtest.Step{{Name: "Run", Conclusion: map[bool]string{true: "failure", false: "success"}[i == 9]}},
			Started: began, Completed: began.Add(time.Duration(i+1) * time.Second),
		})
	}
	// The re-run of what failed, and copies of two that had passed.
	again := run.Jobs[9]
	again.Attempt, again.Conclusion, again.Steps = 2, "success", []githubtest.Step{{Name: "Run", Conclusion: "success"}}
	again.Started, again.Completed = began.Add(time.Hour), began.Add(time.Hour+time.Minute)
	copies := slices.Clone(run.Jobs[3:5])
	copies[0].Attempt, copies[1].Attempt = 2, 2
	run.Jobs = append(run.Jobs, again, copies[0], copies[1], githubtest.Job{Name: "report", Attempt: 2, Status: "in_progress"})
	_, c, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{run}})
	got := states(t, c, 256)
	if len(got) != 257 {
		t.Fatalf("%d jobs", len(got))
	}
	if !slices.IsSortedFunc(got, func(a, b result.Job) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("not sorted")
	}
	for _, j := range got {
		want, state := 1, result.JobPassed
		if j.ID == jobID(9) && j.Started.Equal(began) {
			state = result.JobFailed
		} else if j.ID == jobID(9) {
			want = 2
		}
		if j.Attempt != want || j.State != state {
			t.Errorf("%+v", j)
		}
	}
	if c.Calls() != 4 {
		t.Errorf("%d calls", c.Calls())
	}
}

func TestWorkflowThatFailedAtItsStart(t *testing.T) {
	_, c, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{{ID: 7, Conclusion: "startup_failure"}}})
	got := states(t, c, 3)
	if len(got) != 3 || got[0].State != result.JobNeverStarted || got[0].URL == "" {
		t.Errorf("%+v", got)
	}
}

func TestJobsThatAreNotThere(t *testing.T) {
	_, c, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{{ID: 7, Jobs: []githubtest.Job{{Name: "plan"}, {Name: jobID(99)}}}}})
	if got := states(t, c, 3); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}
