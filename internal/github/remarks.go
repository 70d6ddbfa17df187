package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v50/github"
)

// The bounds of what is asked and kept of GitHub's remarks on jobs: a request for
// each of them, out of the thousand an hour that a workflow has.
const (
	maxRemarked   = 20
	maxRemarks    = 2   // on one job
	maxRemarkSize = 300 // bytes of one
)

// routineRemarks say that a job failed, and no more.
var routineRemarks = []string{"Process completed with exit code", "The operation was canceled."}

// Remarks gives what GitHub says of jobs that did not end by themselves, by check
// run: that the runner stopped answering, ran out of disk, took too long. Of more
// than 20 jobs the first are asked for; who has no remark is missing. What is
// known by then comes with an error, too. A workflow can add remarks of its own to
// a job: they are text of anybody's.
func (c *Client) Remarks(ctx context.Context, ref RunRef, checks []int64) (map[int64]string, error) {
	what := call{doing: fmt.Sprintf("read the remarks on jobs of the run %d", ref.ID), repository: ref.Repository(), permission: "checks: read"}
	out := map[int64]string{}
	for _, check := range checks[:min(len(checks), maxRemarked)] {
		list, _, err := c.api.Checks.ListCheckRunAnnotations(ctx, ref.Owner, ref.Repo, check, &gogithub.ListOptions{PerPage: 50})
		if err != nil {
			return out, c.fail(what, err)
		}
		var said []string
		for _, a := range list {
			text := strings.Join(strings.Fields(strings.ToValidUTF8(a.GetMessage(), "?")), " ")
			routine := slices.ContainsFunc(routineRemarks, func(r string) bool { return strings.HasPrefix(text, r) })
			if a.GetAnnotationLevel() != "failure" || text == "" || routine || len(said) == maxRemarks || slices.Contains(said, text) {
				continue
			}
			if len(text) > maxRemarkSize {
				text = strings.ToValidUTF8(text[:maxRemarkSize], "") + "…"
			}
			said = append(said, text)
		}
		if len(said) > 0 {
			out[check] = strings.Join(said, " ")
		}
	}
	return out, nil
}
