package github

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	gogithub "github.com/google/go-github/v50/github"
)

// Baseline is the run that a report compares with, and what it left.
type Baseline struct {
	Run      Run
	Artifact Artifact
}

// The bounds of the search, so that it takes few requests: nights without
// results are looked past, but not for months.
const (
	baselineRuns     = 10
	baselineAttempts = 2 // of one run, the newest ones
)

// namePattern is what the name of a configuration may be, as it stands in the
// names of artifacts and in markers.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// ReportArtifact is the name under which a run keeps its report.
func ReportArtifact(name string, attempt int) string {
	return fmt.Sprintf("chart-matrix.%s.report.%d", name, attempt)
}

// Baseline finds the newest completed scheduled run of the same workflow on the
// default branch that has a report of the chart called name. The error is
// ErrNoBaseline, with the reason, if there is none.
func (c *Client) Baseline(ctx context.Context, run Run, name string) (*Baseline, error) {
	ref := run.Ref
	what := call{doing: "look for a scheduled run to compare with", repository: ref.Repository(), permission: "actions: read"}
	if err := ref.check(); err != nil {
		return nil, c.fail(what, err)
	}
	if !namePattern.MatchString(name) {
		return nil, c.fail(what, fmt.Errorf("%q is no name of a configuration", name))
	}
	if run.DefaultBranch == "" || run.WorkflowID == 0 {
		return nil, c.fail(what, fmt.Errorf("the run %d has no workflow, or its repository no default branch", ref.ID))
	}
	got, _, err := c.api.Actions.ListWorkflowRunsByID(ctx, ref.Owner, ref.Repo, run.WorkflowID, &gogithub.ListWorkflowRunsOptions{
		Branch: run.DefaultBranch, Event: "schedule", Status: "completed",
		ListOptions: gogithub.ListOptions{PerPage: 2 * baselineRuns},
	})
	if err != nil {
		return nil, c.fail(what, err)
	}
	looked, expired := 0, 0
	for _, found := range got.WorkflowRuns {
		candidate := toRun(ref, found)
		if !measures(candidate, run) || looked == baselineRuns {
			continue
		}
		looked++
		for attempt := candidate.Attempt; attempt > 0 && attempt > candidate.Attempt-baselineAttempts; attempt-- {
			artifacts, err := c.artifacts(ctx, candidate.Ref, "", ReportArtifact(name, attempt))
			if err != nil {
				return nil, err
			}
			for _, a := range artifacts {
				if !a.Expired {
					candidate.Attempt = attempt
					return &Baseline{Run: candidate, Artifact: a}, nil
				}
				expired++
			}
		}
	}
	switch {
	case looked == 0:
		return nil, fmt.Errorf("%w: no scheduled run of this workflow has ended on %s yet", ErrNoBaseline, run.DefaultBranch)
	case expired > 0:
		return nil, fmt.Errorf("%w: the reports of the scheduled runs on %s have expired; give upload-artifact more retention-days", ErrNoBaseline, run.DefaultBranch)
	default:
		return nil, fmt.Errorf("%w: none of the last %d scheduled runs on %s has a report of %s", ErrNoBaseline, looked, run.DefaultBranch, name)
	}
}

// measures does not leave to the API's filters what must hold: a run of a
// fork must never become what others are measured by.
func measures(candidate, run Run) bool {
	return candidate.Event == "schedule" && candidate.Status == "completed" &&
		candidate.HeadBranch == run.DefaultBranch && !candidate.Fork &&
		strings.EqualFold(candidate.Repository, run.Repository) && candidate.Ref.ID != run.Ref.ID &&
		candidate.WorkflowID == run.WorkflowID
}
