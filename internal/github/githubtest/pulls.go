package githubtest

import (
	"fmt"
	"slices"
	"strings"
)

// listPulls lists pull requests newest first. GitHub ignores a head that is not
// OWNER:BRANCH, and lists them all.
func listPulls(c *call) (any, *refusal) {
	state, head := c.query("state", "open"), c.query("head", "")
	var found []PullRequest
	for _, pull := range c.repo.PullRequests {
		if state != "all" && pull.State != state || c.query("base", pull.Base.Branch) != pull.Base.Branch {
			continue
		}
		if owner, branch, ok := strings.Cut(head, ":"); ok && (!equalFold(owner, ownerOf(pull.Head)) || branch != pull.Head.Branch) {
			continue
		}
		found = append(found, pull)
	}
	return c.listPulls(found), nil
}

// listCommitPulls lists the pull requests that hold a commit as their head. It
// knows commits of this repository, not those of forks.
func listCommitPulls(c *call) (any, *refusal) {
	var found []PullRequest
	for _, pull := range c.repo.PullRequests {
		if pull.Head.SHA == c.values["commit_sha"] && equalFold(pull.Head.Repository, c.repo.FullName()) {
			found = append(found, pull)
		}
	}
	return c.listPulls(found), nil
}

func (c *call) listPulls(found []PullRequest) any {
	key := func(p PullRequest) int64 { return p.Created.Unix() }
	if c.query("sort", "created") == "updated" {
		key = func(p PullRequest) int64 { return p.Updated.Unix() }
	}
	slices.SortStableFunc(found, func(a, b PullRequest) int {
		if n := int(key(a) - key(b)); n != 0 {
			return n
		}
		return a.Number - b.Number
	})
	if c.query("direction", "desc") == "desc" {
		slices.Reverse(found)
	}
	return paged(c, found, (*call).pullJSON)
}

func getPull(c *call) (any, *refusal) {
	pull := c.repo.PullRequest(int(c.number("pull_number")))
	if pull == nil {
		return nil, notFound()
	}
	out := c.pullJSON(*pull)
	out["merged"] = pull.Merged
	out["changed_files"] = len(pull.Files)
	return out, nil
}

func listPullFiles(c *call) (any, *refusal) {
	pull := c.repo.PullRequest(int(c.number("pull_number")))
	if pull == nil {
		return nil, notFound()
	}
	return paged(c, pull.Files, func(c *call, name string) object {
		return object{"filename": name, "status": "modified", "sha": madeSHA(name)}
	}), nil
}

func (c *call) pullJSON(pull PullRequest) object {
	self, issue := c.path(fmt.Sprint("/pulls/", pull.Number)), c.path(fmt.Sprint("/issues/", pull.Number))
	out := object{
		"id": pull.ID, "number": pull.Number, "state": pull.State, "title": pull.Title, "draft": pull.Draft, "locked": pull.Locked,
		"user": c.userJSON(pull.Author, "User"), "head": c.refJSON(pull.Head), "base": c.refJSON(pull.Base), "author_association": "CONTRIBUTOR",
		"created_at": stamp(pull.Created), "updated_at": stamp(pull.Updated), "closed_at": nil, "merged_at": nil,
		"url": self, "html_url": c.page(fmt.Sprint("/pull/", pull.Number)), "issue_url": issue, "comments_url": issue + "/comments",
	}
	if pull.State == "closed" {
		out["closed_at"] = stamp(pull.Updated)
	}
	if pull.Merged {
		out["merged_at"] = stamp(pull.Updated)
	}
	return out
}

func (c *call) refJSON(ref Ref) object {
	return object{
		"label": ownerOf(ref) + ":" + ref.Branch, "ref": ref.Branch, "sha": ref.SHA,
		"repo": c.repositoryJSON(ref.Repository), "user": c.userJSON(ownerOf(ref), "User"),
	}
}

// minimalPull is a pull request as a run names it.
func (c *call) minimalPull(pull PullRequest) object {
	ref := func(ref Ref) object {
		repo := c.repositoryJSON(ref.Repository)
		return object{"ref": ref.Branch, "sha": ref.SHA, "repo": object{"id": repo["id"], "name": repo["name"], "url": repo["url"]}}
	}
	return object{
		"id": pull.ID, "number": pull.Number, "url": c.path(fmt.Sprint("/pulls/", pull.Number)),
		"head": ref(pull.Head), "base": ref(pull.Base),
	}
}

func ownerOf(ref Ref) string {
	owner, _, _ := strings.Cut(ref.Repository, "/")
	return owner
}
