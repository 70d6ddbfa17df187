package github

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	gogithub "github.com/google/go-github/v50/github"

	"github.com/posthog/chart-matrix/result"
)

// maxJobPages bounds the jobs of a run, all attempts together: 1,024 planned
// jobs ten times over, or more attempts of fewer.
const maxJobPages = 110

// Jobs gives what GitHub says of the planned jobs ids: every attempt at each, by
// ID and attempt. Other jobs of the run are passed over, and an ID that the run
// has no job for is missing, unless the workflow failed at its start: then no
// job ever came to be.
//
// A re-run of failed jobs lists those that had passed once more, under the new
// attempt and with their old times; such a copy counts as the attempt that it is
// a copy of, since its results are in that attempt's artifact.
func (c *Client) Jobs(ctx context.Context, run Run, ids []string) ([]result.Job, error) {
	ref := run.Ref
	what := call{doing: fmt.Sprintf("list the jobs of the run %d", ref.ID), repository: ref.Repository(), permission: "actions: read"}
	if err := ref.check(); err != nil {
		return nil, c.fail(what, err)
	}
	wanted := make(map[string]bool, len(ids))
	for _, id := range ids {
		wanted[id] = true
	}
	seen := make(map[int64]bool)
	var jobs []job
	err := eachPage(what, maxJobPages, func(page gogithub.ListOptions) (*gogithub.Response, error) {
		got, resp, err := c.api.Actions.ListWorkflowJobs(ctx, ref.Owner, ref.Repo, ref.ID, &gogithub.ListWorkflowJobsOptions{Filter: "all", ListOptions: page})
		if err != nil {
			return nil, c.fail(what, err)
		}
		for _, j := range got.Jobs {
			id, ok := result.JobIn(j.GetName(), wanted)
			if !ok || seen[j.GetID()] {
				continue // jobs that are added meanwhile move others to the next page
			}
			seen[j.GetID()] = true
			jobs = append(jobs, job{WorkflowJob: j, id: id, attempt: max(int(j.GetRunAttempt()), 1)})
		}
		return resp, nil
	})
	if err != nil {
		return nil, err
	}
	out := make([]result.Job, 0, len(jobs))
	found := make(map[string]bool, len(jobs))
	for _, j := range originals(jobs) {
		found[j.id] = true
		out = append(out, j.toResult(run))
	}
	if run.Conclusion == "startup_failure" {
		for id := range wanted {
			if !found[id] {
				out = append(out, result.Job{ID: id, Attempt: run.Attempt, State: result.JobNeverStarted, URL: run.URL})
			}
		}
	}
	slices.SortFunc(out, func(a, b result.Job) int {
		return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Attempt, b.Attempt), cmp.Compare(a.URL, b.URL))
	})
	return out, nil
}

// job is one attempt at a planned job.
type job struct {
	*gogithub.WorkflowJob
	id      string
	attempt int
}

// originals leaves out the copies that a re-run makes of jobs that it does not
// run: they have the times of the attempt that they stand for.
func originals(jobs []job) []job {
	slices.SortFunc(jobs, func(a, b job) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.attempt, b.attempt), cmp.Compare(a.GetID(), b.GetID()))
	})
	type times struct {
		id         string
		start, end time.Time
	}
	ran := make(map[times]bool, len(jobs))
	return slices.DeleteFunc(jobs, func(j job) bool {
		if j.GetStatus() != "completed" || j.neverStarted() {
			return false
		}
		t := times{j.id, j.GetStartedAt().UTC(), j.GetCompletedAt().UTC()}
		if t.start.IsZero() || t.end.IsZero() {
			return false
		}
		copied := ran[t]
		ran[t] = true
		return copied
	})
}

func (j job) toResult(run Run) result.Job {
	out := result.Job{ID: j.id, Attempt: j.attempt, State: j.state(run), URL: j.GetHTMLURL(), Check: j.GetID()}
	// A job that no runner took has times, too: those of its making and refusal.
	waits := out.State != result.JobPassed && j.neverStarted()
	if start := j.GetStartedAt().Time; !start.IsZero() && !waits && out.State != result.JobNeverStarted {
		out.Started = start.UTC()
		if end := j.GetCompletedAt().Time; end.After(start) {
			out.Seconds = end.Sub(start).Seconds()
		}
	}
	return out
}

// state says what became of a job. The values of status and conclusion are those
// of https://docs.github.com/en/rest/actions/workflow-jobs; what GitHub has no
// word for is told from the steps and the runner:
//
//   - A runner that stopped answering leaves a completed job, failed or (seen
//     where its process was killed) cancelled, with steps that never ended: see
//     https://github.com/harlan-zw/harlan-agent-kit/pull/12 and
//     https://github.com/runs-on/runs-on/issues/249. A step that failed is an
//     answer, and such a job has failed.
//   - A job that no runner ever took has neither a runner nor steps, whatever its
//     conclusion: failed when the account may spend no more
//     (https://github.com/Untrivial-ai/agent-orchestrator/pull/5088), cancelled
//     when it waited for too long or the run was cancelled first. Steps alone
//     prove nothing, for those of earlier attempts are not always listed
//     (https://github.com/r-universe-org/help/issues/607).
//   - A job that reached its timeout-minutes is "cancelled", not "timed_out"
//     (https://github.com/evoila/meho/issues/2800). Only the plan knows the
//     minutes; here it is cancelled, with its seconds.
func (j job) state(run Run) result.JobState {
	if j.GetStatus() != "completed" {
		if run.Status == "completed" {
			return result.JobRunnerLost // nobody will end it any more
		}
		return result.JobRunning
	}
	switch j.GetConclusion() {
	case "success", "neutral":
		return result.JobPassed
	case "skipped":
		return result.JobSkipped
	case "timed_out":
		return result.JobTimedOut
	case "startup_failure", "stale", "action_required":
		return result.JobNeverStarted
	case "cancelled":
		switch {
		case j.neverStarted():
			return result.JobNeverStarted
		case j.unfinished() && run.Conclusion != "cancelled":
			return result.JobRunnerLost
		}
		return result.JobCancelled
	default: // failure, and what GitHub may think of next: never green
		switch {
		case j.neverStarted():
			return result.JobNeverStarted
		case j.unfinished():
			return result.JobRunnerLost
		}
		return result.JobFailed
	}
}

func (j job) neverStarted() bool {
	return j.GetRunnerID() == 0 && j.GetRunnerName() == "" && len(j.Steps) == 0
}

// unfinished tells that a step never ended, and none failed.
func (j job) unfinished() bool {
	open := false
	for _, s := range j.Steps {
		switch {
		case s.GetConclusion() == "failure":
			return false
		case s.GetStatus() != "completed" || s.GetConclusion() == "":
			open = true
		}
	}
	return open
}
