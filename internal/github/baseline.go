package github

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	gogithub "github.com/google/go-github/v50/github"

	"github.com/posthog/chart-matrix/internal/store"
)

// Baseline is a run that a report compares with, and what it left.
type Baseline struct {
	Run      Run
	Artifact Artifact
}

// The bounds of the search, so that it takes few requests: nights without
// results are looked past, but not for months.
const (
	baselineRuns     = 5
	baselineAttempts = 2 // of one run, the newest ones
)

// namePattern is what the name of a configuration may be, as it stands in the
// names of artifacts and in markers.
var namePattern = regexp.MustCompile(`^[A-Za-z0-9._-]{1,100}$`)

// ReportArtifact is the name under which a run keeps its report.
func ReportArtifact(name string, attempt int) string {
	return store.Artifact{Chart: name, Part: store.ReportArtifact, Attempt: attempt}.String()
}

// Baseline finds the newest completed scheduled run on the default branch that
// has a report of the chart called name: one of the run's own workflow or, where
// that has none, of any other, since nights often have a workflow of their own.
// The error is ErrNoBaseline, with the reason, if there is none.
func (c *Client) Baseline(ctx context.Context, run Run, name string) (*Baseline, error) {
	s, err := c.searchBaseline(run, name, "look for a scheduled run to compare with")
	if err != nil {
		return nil, err
	}
	for _, nights := range []func(context.Context) ([]Run, error){s.ofWorkflow, s.ofOthers} {
		candidates, err := nights(ctx)
		if err != nil {
			return nil, err
		}
		if found, err := s.first(ctx, candidates); err != nil || found != nil {
			return found, err
		}
	}
	return nil, s.nothing()
}

// BaselineAt finds the newest completed run of a push of one commit that has a
// report of the chart called name: what a pull request changes is compared with
// its base. The error is ErrNoBaseline, with the reason, if there is none.
func (c *Client) BaselineAt(ctx context.Context, run Run, name, commit string) (*Baseline, error) {
	s, err := c.searchBaseline(run, name, "look for a run of the commit to compare with")
	if err != nil {
		return nil, err
	}
	if !shaPattern.MatchString(commit) {
		return nil, c.fail(s.what, fmt.Errorf("%q is no commit", oneLine(commit)))
	}
	candidates, err := s.ofCommit(ctx, commit)
	if err != nil {
		return nil, err
	}
	found, err := s.first(ctx, candidates)
	if err == nil && found == nil {
		err = fmt.Errorf("%w: no run of the commit %s has left a report of %s", ErrNoBaseline, short(commit), name)
	}
	return found, err
}

func (c *Client) searchBaseline(run Run, name, doing string) (*search, error) {
	s := &search{Client: c, what: call{doing: doing, repository: run.Ref.Repository(), permission: "actions: read"}, run: run, name: name}
	if err := run.Ref.check(); err != nil {
		return nil, c.fail(s.what, err)
	}
	if !namePattern.MatchString(name) {
		return nil, c.fail(s.what, fmt.Errorf("%q is no name of a configuration", name))
	}
	if run.DefaultBranch == "" || run.WorkflowID == 0 {
		return nil, c.fail(s.what, fmt.Errorf("the run %d has no workflow, or its repository no default branch", run.Ref.ID))
	}
	return s, nil
}

// nothing says why there is nothing to compare with.
func (s *search) nothing() error {
	branch := s.run.DefaultBranch
	switch {
	case s.expired > 0:
		return fmt.Errorf("%w: the reports of the scheduled runs on %s have expired; give upload-artifact more retention-days", ErrNoBaseline, branch)
	case s.looked > 0:
		return fmt.Errorf("%w: none of the last %d scheduled runs on %s has a report of %s", ErrNoBaseline, s.looked, branch, s.name)
	default:
		return fmt.Errorf("%w: no scheduled run on %s has left a report of %s yet", ErrNoBaseline, branch, s.name)
	}
}

// search is one search for a baseline.
type search struct {
	*Client
	what            call
	run             Run
	name            string
	looked, expired int // runs, and reports that are gone
}

// filter asks for the runs that could be a baseline, newest first.
func (s *search) filter(n int) *gogithub.ListWorkflowRunsOptions {
	return &gogithub.ListWorkflowRunsOptions{
		Branch: s.run.DefaultBranch, Event: "schedule", Status: "completed", ListOptions: gogithub.ListOptions{PerPage: n},
	}
}

// ofWorkflow gives the last nights of the run's own workflow.
func (s *search) ofWorkflow(ctx context.Context) ([]Run, error) {
	got, _, err := s.api.Actions.ListWorkflowRunsByID(ctx, s.run.Ref.Owner, s.run.Ref.Repo, s.run.WorkflowID, s.filter(2*baselineRuns))
	if err != nil {
		return nil, s.fail(s.what, err)
	}
	return s.nights(got, func(r Run) bool { return r.WorkflowID == s.run.WorkflowID }), nil
}

// ofOthers gives the last nights of other workflows that left a report. A
// repository has many artifacts and may have many schedules, so the newest of
// both are compared: two requests.
func (s *search) ofOthers(ctx context.Context) ([]Run, error) {
	owner, repo := s.run.Ref.Owner, s.run.Ref.Repo
	page := new(artifactPage)
	_, err := s.get(ctx, fmt.Sprintf("repos/%s/%s/actions/artifacts", owner, repo), artifactQuery(gogithub.ListOptions{Page: 1, PerPage: perPage}, ReportArtifact(s.name, 1)), page)
	if err != nil {
		return nil, s.fail(s.what, err)
	}
	reports := make(map[int64]bool)
	for _, a := range page.Artifacts {
		if r := a.Run; r != nil && r.HeadBranch == s.run.DefaultBranch {
			reports[r.ID] = true
		}
	}
	if len(reports) == 0 {
		return nil, nil
	}
	got, _, err := s.api.Actions.ListRepositoryWorkflowRuns(ctx, owner, repo, s.filter(perPage))
	if err != nil {
		return nil, s.fail(s.what, err)
	}
	return s.nights(got, func(r Run) bool { return r.WorkflowID != s.run.WorkflowID && reports[r.Ref.ID] }), nil
}

// ofCommit gives the last runs of a push of one commit.
func (s *search) ofCommit(ctx context.Context, commit string) ([]Run, error) {
	got, _, err := s.api.Actions.ListRepositoryWorkflowRuns(ctx, s.run.Ref.Owner, s.run.Ref.Repo, &gogithub.ListWorkflowRunsOptions{
		HeadSHA: commit, Event: "push", Status: "completed", ListOptions: gogithub.ListOptions{PerPage: 2 * baselineRuns},
	})
	if err != nil {
		return nil, s.fail(s.what, err)
	}
	return s.pick(got, func(r Run) bool { return r.Event == "push" && r.HeadSHA == commit }), nil
}

// nights picks the newest scheduled runs of a list.
func (s *search) nights(list *gogithub.WorkflowRuns, wanted func(Run) bool) []Run {
	return s.pick(list, func(r Run) bool { return wanted(r) && r.Event == "schedule" && r.HeadBranch == s.run.DefaultBranch })
}

// pick takes the newest baselineRuns of a list. It does not leave to the API's
// filters what must hold: a run of a fork must never become what others are
// measured by.
func (s *search) pick(list *gogithub.WorkflowRuns, wanted func(Run) bool) []Run {
	var out []Run
	for _, found := range list.WorkflowRuns {
		r := toRun(s.run.Ref, found)
		if len(out) < baselineRuns && wanted(r) && r.Status == "completed" && !r.Fork &&
			strings.EqualFold(r.Repository, s.run.Repository) && r.Ref.ID != s.run.Ref.ID {
			out = append(out, r)
		}
	}
	return out
}

// first gives the report of the first run that has one; nil if none has.
func (s *search) first(ctx context.Context, candidates []Run) (*Baseline, error) {
	for _, candidate := range candidates {
		if found, err := s.report(ctx, candidate); err != nil || found != nil {
			return found, err
		}
	}
	return nil, nil
}

// report gives the report of a run's newest attempt that has one; nil if none
// has.
func (s *search) report(ctx context.Context, candidate Run) (*Baseline, error) {
	s.looked++
	for attempt := candidate.Attempt; attempt > 0 && attempt > candidate.Attempt-baselineAttempts; attempt-- {
		artifacts, err := s.artifacts(ctx, candidate.Ref, "", ReportArtifact(s.name, attempt))
		if err != nil {
			return nil, err
		}
		for _, a := range artifacts {
			if !a.Expired {
				candidate.Attempt = attempt
				return &Baseline{Run: candidate, Artifact: a}, nil
			}
			s.expired++
		}
	}
	return nil, nil
}
