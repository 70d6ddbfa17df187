package githubtest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// MaxComment is the longest body of a comment, in characters (code points).
// The description does not say so; GitHub answers 422 with the words below.
const MaxComment = 65536

// listComments lists them oldest first.
func listComments(c *call) (any, *refusal) {
	pull := c.repo.PullRequest(int(c.number("issue_number")))
	if pull == nil {
		return nil, notFound()
	}
	var since time.Time
	if text := c.query("since", ""); text != "" {
		since, _ = time.Parse(time.RFC3339, text) // the description has checked it
	}
	var found []Comment
	for _, comment := range c.repo.Comments {
		if comment.Number == pull.Number && !comment.Updated.Before(since) {
			found = append(found, comment)
		}
	}
	slices.SortStableFunc(found, func(a, b Comment) int { return a.Created.Compare(b.Created) })
	return paged(c, found, (*call).commentJSON), nil
}

func createComment(c *call) (any, *refusal) {
	pull := c.repo.PullRequest(int(c.number("issue_number")))
	if pull == nil {
		return nil, notFound()
	}
	if pull.Locked {
		return nil, refuse(http.StatusForbidden, "Unable to create comment because issue is locked.")
	}
	body, no := c.commentBody()
	if no != nil {
		return nil, no
	}
	now := c.options.Now().UTC().Truncate(time.Second)
	comment := Comment{Number: pull.Number, Author: c.token.User, Body: body, Created: now, Updated: now}
	c.fillID(&comment.ID)
	c.repo.Comments = append(c.repo.Comments, comment)
	out := c.commentJSON(comment)
	c.status = http.StatusCreated
	c.setHeader("Location", out["url"].(string))
	return out, nil
}

// commentBody reads and judges the body of a comment.
func (c *call) commentBody() (string, *refusal) {
	var sent struct{ Body string }
	if no := c.read(&sent); no != nil {
		return "", no
	}
	if n := utf8.RuneCountInString(sent.Body); n > MaxComment {
		return "", invalid("IssueComment", "body", "unprocessable", fmt.Sprintf("Body is too long (maximum is %d characters)", MaxComment))
	}
	if strings.TrimSpace(sent.Body) == "" {
		return "", invalid("IssueComment", "body", "missing_field", "Body cannot be blank")
	}
	return sent.Body, nil
}

func (c *call) findComment() (int, *refusal) {
	id := c.number("comment_id")
	i := slices.IndexFunc(c.repo.Comments, func(comment Comment) bool { return comment.ID == id })
	if i < 0 {
		return 0, notFound()
	}
	return i, nil
}

func getComment(c *call) (any, *refusal) {
	i, no := c.findComment()
	if no != nil {
		return nil, no
	}
	return c.commentJSON(c.repo.Comments[i]), nil
}

// updateComment changes a comment, whoever wrote it: that is what write
// permission allows, and why a client must look at the author itself.
func updateComment(c *call) (any, *refusal) {
	i, no := c.findComment()
	if no != nil {
		return nil, no
	}
	body, no := c.commentBody()
	if no != nil {
		return nil, no
	}
	comment := &c.repo.Comments[i]
	comment.Body, comment.Updated = body, c.options.Now().UTC().Truncate(time.Second)
	return c.commentJSON(*comment), nil
}

func deleteComment(c *call) (any, *refusal) {
	i, no := c.findComment()
	if no != nil {
		return nil, no
	}
	c.repo.Comments = slices.Delete(c.repo.Comments, i, i+1)
	c.status = http.StatusNoContent
	return nil, nil
}

func (c *call) commentJSON(comment Comment) object {
	return object{
		"id": comment.ID, "body": comment.Body, "user": c.userJSON(comment.Author.Login, comment.Author.Type),
		"author_association": "CONTRIBUTOR", "created_at": stamp(comment.Created), "updated_at": stamp(comment.Updated),
		"url":       c.path(fmt.Sprint("/issues/comments/", comment.ID)),
		"issue_url": c.path(fmt.Sprint("/issues/", comment.Number)),
		"html_url":  c.page(fmt.Sprintf("/pull/%d#issuecomment-%d", comment.Number, comment.ID)),
	}
}
