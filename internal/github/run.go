package github

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v50/github"
)

// Run is one run of a workflow, in its newest attempt.
type Run struct {
	Ref     RunRef
	Attempt int
	// Event is what started it, "pull_request".
	Event string
	// Status is "completed" once it has ended, and Conclusion then says how.
	Status, Conclusion string
	// HeadSHA and HeadBranch are what was tested; for a pull request they are its
	// own, in HeadRepository (owner/name; empty if that is gone).
	HeadSHA, HeadBranch, HeadRepository string
	// Repository (owner/name) is where the run took place.
	Repository    string
	DefaultBranch string
	WorkflowID    int64
	// URL is for people.
	URL     string
	Created time.Time
	// Fork tells that HeadRepository is another one than Repository, or is gone:
	// nothing that the run says of itself is to be trusted.
	Fork bool
	// PullRequest is the number of the pull request; 0 if it is not known.
	// With fills it in from the event.
	PullRequest int
}

// Run looks up a run.
func (c *Client) Run(ctx context.Context, ref RunRef) (Run, error) {
	what := call{doing: fmt.Sprintf("look up the run %d", ref.ID), repository: ref.Repository(), permission: "actions: read"}
	if err := ref.check(); err != nil {
		return Run{}, c.fail(what, err)
	}
	got, _, err := c.api.Actions.GetWorkflowRunByID(ctx, ref.Owner, ref.Repo, ref.ID)
	if err != nil {
		return Run{}, c.fail(what, err)
	}
	if got.GetID() != ref.ID {
		return Run{}, c.fail(what, fmt.Errorf("the answer is of the run %d", got.GetID()))
	}
	return toRun(ref, got), nil
}

func toRun(ref RunRef, got *gogithub.WorkflowRun) Run {
	ref.ID = got.GetID()
	run := Run{
		Ref: ref, Attempt: max(got.GetRunAttempt(), 1),
		Event: got.GetEvent(), Status: got.GetStatus(), Conclusion: got.GetConclusion(),
		HeadSHA: got.GetHeadSHA(), HeadBranch: got.GetHeadBranch(), HeadRepository: got.GetHeadRepository().GetFullName(),
		Repository: got.GetRepository().GetFullName(), DefaultBranch: got.GetRepository().GetDefaultBranch(),
		WorkflowID: got.GetWorkflowID(), URL: got.GetHTMLURL(), Created: got.GetCreatedAt().Time,
	}
	if run.Repository == "" {
		run.Repository = ref.Repository()
	}
	run.Fork = !strings.EqualFold(run.HeadRepository, run.Repository)
	// The list holds what the branch is open for now, in this repository, and
	// nothing for forks. One entry leaves no doubt.
	if fromPullRequest(run.Event) && len(got.PullRequests) == 1 {
		run.PullRequest = got.PullRequests[0].GetNumber()
	}
	return run
}

// fromPullRequest tells the events that are about a pull request's commits.
func fromPullRequest(event string) bool {
	return slices.Contains([]string{"pull_request", "pull_request_target"}, event)
}

// With adds what the event of this very run's step knows better than the API;
// an event of another run changes nothing.
func (r Run) With(e Event) Run {
	if e.RunID != r.Ref.ID || !strings.EqualFold(e.Repository, r.Repository) {
		return r
	}
	if e.PullRequest > 0 {
		r.PullRequest = e.PullRequest
		r.Fork = r.Fork || e.Fork
		for _, f := range []struct{ into, from *string }{
			{&r.HeadSHA, &e.HeadSHA}, {&r.HeadBranch, &e.HeadBranch}, {&r.HeadRepository, &e.HeadRepository},
		} {
			if *f.from != "" {
				*f.into = *f.from
			}
		}
	}
	if e.Attempt > 0 {
		r.Attempt = e.Attempt
	}
	return r
}
