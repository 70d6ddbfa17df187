package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v50/github"
)

// PullRequest is where a report belongs.
type PullRequest struct {
	Repository string // owner/name, where it was opened
	Number     int
	// State is "open" or "closed"; a merged one is closed.
	State                       string
	Merged, Draft, Locked, Fork bool
	HeadSHA, HeadBranch         string
	HeadRepository              string // empty if it is gone
	BaseSHA, BaseBranch, URL    string
}

// PullRequest finds the pull request whose commit the run tested: by its number
// where the event or the API gave one, else by head repository, branch and SHA,
// which is how the runs of forks are found (for them the API lists none).
//
// The error is ErrNoPullRequest where there is none, or several open ones from
// that head that nothing tells apart; and ErrOutdated if its head has moved on, so
// that nothing is said of commits that were not tested. One that was closed or
// merged meanwhile is given: State and Merged say so.
func (c *Client) PullRequest(ctx context.Context, run Run) (PullRequest, error) {
	what := call{doing: fmt.Sprintf("find the pull request of the run %d", run.Ref.ID), repository: run.Repository, permission: "pull-requests: read"}
	owner, repo, err := splitRepository(run.Repository)
	if err != nil {
		return PullRequest{}, c.fail(what, err)
	}
	if run.PullRequest > 0 {
		got, _, err := c.api.PullRequests.Get(ctx, owner, repo, run.PullRequest)
		if err != nil {
			return PullRequest{}, c.fail(what, err)
		}
		return current(run, toPullRequest(run.Repository, got))
	}
	if !fromPullRequest(run.Event) {
		return PullRequest{}, fmt.Errorf("%w: the run %d was started by %s", ErrNoPullRequest, run.Ref.ID, orUnknown(run.Event))
	}
	headOwner, _, err := splitRepository(run.HeadRepository)
	if err != nil || run.HeadBranch == "" {
		return PullRequest{}, fmt.Errorf("%w: the repository or the branch that the run %d tested is gone", ErrNoPullRequest, run.Ref.ID)
	}
	var found []PullRequest
	// Three hundred pull requests from one branch, newest first, are enough.
	err = eachPage(what, 3, func(page gogithub.ListOptions) (*gogithub.Response, error) {
		got, resp, err := c.api.PullRequests.List(ctx, owner, repo, &gogithub.PullRequestListOptions{
			State: "all", Head: headOwner + ":" + run.HeadBranch, Sort: "updated", Direction: "desc", ListOptions: page,
		})
		if err != nil {
			return nil, c.fail(what, err)
		}
		for _, p := range got {
			if pr := toPullRequest(run.Repository, p); sameHead(pr, run) {
				found = append(found, pr)
			}
		}
		if page.Page == 3 {
			return nil, errEnough
		}
		return resp, nil
	})
	if err != nil {
		return PullRequest{}, err
	}
	return choose(run, found)
}

// choose takes the one that the run tested.
func choose(run Run, found []PullRequest) (PullRequest, error) {
	if len(found) == 0 {
		return PullRequest{}, fmt.Errorf("%w: none comes from %s of %s", ErrNoPullRequest, run.HeadBranch, run.HeadRepository)
	}
	// Open ones first, and among those the ones with the commit.
	if slices.ContainsFunc(found, func(p PullRequest) bool { return p.State == "open" }) {
		found = slices.DeleteFunc(found, func(p PullRequest) bool { return p.State != "open" && p.HeadSHA != run.HeadSHA })
	}
	tested := slices.DeleteFunc(slices.Clone(found), func(p PullRequest) bool { return p.HeadSHA != run.HeadSHA })
	if len(tested) == 0 {
		return current(run, found[0])
	}
	if open := slices.DeleteFunc(slices.Clone(tested), func(p PullRequest) bool { return p.State != "open" }); len(open) > 0 {
		tested = open
	} else {
		tested = tested[:1] // closed: the one that changed last
	}
	if len(tested) > 1 {
		slices.SortFunc(tested, func(a, b PullRequest) int { return a.Number - b.Number })
		names := make([]string, 0, len(tested))
		for _, p := range tested {
			names = append(names, fmt.Sprintf("#%d into %s", p.Number, p.BaseBranch))
		}
		return PullRequest{}, fmt.Errorf("%w: %s are open from the same commit of %s, and the run %d does not say which it tested",
			ErrNoPullRequest, strings.Join(names, ", "), run.HeadRepository, run.Ref.ID)
	}
	return tested[0], nil
}

func current(run Run, p PullRequest) (PullRequest, error) {
	if run.HeadSHA != "" && p.HeadSHA != run.HeadSHA {
		return p, fmt.Errorf("%w: pull request #%d is at %s by now, and the run %d tested %s", ErrOutdated, p.Number, short(p.HeadSHA), run.Ref.ID, short(run.HeadSHA))
	}
	return p, nil
}

// sameHead compares what the list was asked for: its filter knows owners and
// branches, and an owner may have several forks.
func sameHead(p PullRequest, run Run) bool {
	return strings.EqualFold(p.HeadRepository, run.HeadRepository) && p.HeadBranch == run.HeadBranch &&
		strings.EqualFold(p.Repository, run.Repository)
}

func toPullRequest(repository string, got *gogithub.PullRequest) PullRequest {
	p := PullRequest{
		Repository: repository, Number: got.GetNumber(), State: got.GetState(),
		Merged: got.GetMerged() || got.MergedAt != nil, Draft: got.GetDraft(), Locked: got.GetLocked(),
		HeadSHA: got.GetHead().GetSHA(), HeadBranch: got.GetHead().GetRef(), HeadRepository: got.GetHead().GetRepo().GetFullName(),
		BaseSHA: got.GetBase().GetSHA(), BaseBranch: got.GetBase().GetRef(), URL: got.GetHTMLURL(),
	}
	if base := got.GetBase().GetRepo().GetFullName(); base != "" {
		p.Repository = base
	}
	p.Fork = !strings.EqualFold(p.HeadRepository, p.Repository)
	return p
}

func short(sha string) string { return sha[:min(len(sha), 8)] }

func orUnknown(s string) string {
	if s == "" {
		return "an event that GitHub does not name"
	}
	return s
}
