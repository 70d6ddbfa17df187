package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	gogithub "github.com/google/go-github/v50/github"
)

// MaxComment is the most that a comment may have: "Body is too long (maximum is
// 65536 characters)". What GitHub counts is not documented; whoever stays below
// it in bytes is on the safe side.
const MaxComment = 65_536

// maxCommentPages bounds the comments that are read. GitHub takes no more than
// 2,500 of people on one issue; bots can go beyond.
const maxCommentPages = 50

// commentRounds bounds how often a comment that somebody else changes or
// deletes meanwhile is looked for again.
const commentRounds = 4

// CommentRequest is a comment that a pull request has once.
type CommentRequest struct {
	PullRequest PullRequest
	// Marker names the comment, "chart-matrix:posthog": letters, digits and
	// ._:- only. It stands in a hidden first line together with Run and Attempt
	// (see MarkerLine), which is put in front of Body unless it is there already.
	Marker string
	Body   string
	// Run and Attempt say which report is newer.
	Run     int64
	Attempt int
}

// Comment writes the comment, or edits the one that is there, and gives its
// address. Only comments that begin with the marker and are our own count: a
// person who quotes one is never edited.
//
// A report of an older run or attempt leaves a newer one's comment alone: the error
// is ErrOutdated, with that comment's address. Where reports that run at the same time have
// each made a comment, the newest stays. GitHub cannot make an edit depend on
// what is there, so after an edit the comment is read once more and, if an older
// report has overwritten it in that moment, edited again.
//
// Where the token may not write, or the conversation is locked, the error is
// ErrReadOnly.
func (c *Client) Comment(ctx context.Context, r CommentRequest) (string, error) {
	s, err := c.newSticky(r)
	if err != nil {
		return "", err
	}
	for round := 0; round < commentRounds; round++ {
		url, done, err := s.write(ctx)
		if err != nil || done {
			return url, err
		}
	}
	return "", c.fail(s.what, errors.New("it was changed or deleted each time that it was written"))
}

// sticky is one comment being written.
type sticky struct {
	*Client
	what        call
	owner, repo string
	number      int
	mark        mark
	body        string
	me          string // our login, once it is known
}

func (c *Client) newSticky(r CommentRequest) (*sticky, error) {
	pr := r.PullRequest
	what := call{
		doing:      fmt.Sprintf("comment on the pull request #%d", pr.Number),
		repository: pr.Repository, permission: "pull-requests: write", write: true,
	}
	owner, repo, err := splitRepository(pr.Repository)
	if err != nil {
		return nil, c.fail(what, err)
	}
	m := mark{name: r.Marker, run: r.Run, attempt: max(r.Attempt, 1)}
	switch {
	case pr.Number <= 0:
		return nil, c.fail(what, errors.New("it has no number"))
	case !markerPattern.MatchString(r.Marker):
		return nil, c.fail(what, fmt.Errorf("%q is no marker; expected letters, digits and ._:-", r.Marker))
	case r.Run <= 0:
		return nil, c.fail(what, fmt.Errorf("%d is no run's ID", r.Run))
	case c.token == "":
		return nil, c.fail(what, fmt.Errorf("%w: there is no token; set GITHUB_TOKEN or GH_TOKEN", ErrReadOnly))
	}
	body := r.Body
	if first, _, _ := strings.Cut(body, "\n"); first != m.line() {
		body = m.line() + "\n" + body
	}
	return &sticky{Client: c, what: what, owner: owner, repo: repo, number: pr.Number, mark: m, body: body}, nil
}

// written is one of our comments with the marker.
type written struct {
	id    int64
	login string
	url   string
	mark  mark
}

// write makes one attempt; done is false if something got in between.
func (s *sticky) write(ctx context.Context) (url string, done bool, err error) {
	ours, err := s.ours(ctx)
	if err != nil {
		return "", false, err
	}
	if len(ours) == 0 {
		created, err := s.create(ctx)
		if err != nil || created == nil {
			return "", false, err
		}
		// Another report may have done the same.
		if ours, err = s.ours(ctx); err != nil {
			return "", false, err
		}
		if len(ours) == 0 {
			ours = []written{*created} // the list lags behind
		}
		return s.settle(ctx, ours)
	}
	newest := ours[0]
	if newest.mark.newer(s.mark) {
		return s.settle(ctx, ours)
	}
	if found, err := s.edit(ctx, newest.id); err != nil || !found {
		return "", false, err
	}
	now, err := s.read(ctx, newest.id)
	if err != nil || now == nil || s.mark.newer(now.mark) {
		return "", false, err
	}
	ours[0] = *now
	return s.settle(ctx, ours)
}

// settle leaves the newest comment alone and deletes the others.
func (s *sticky) settle(ctx context.Context, ours []written) (string, bool, error) {
	for _, old := range ours[1:] {
		_, err := s.api.Issues.DeleteComment(ctx, s.owner, s.repo, old.id)
		if err != nil && status(err) != http.StatusNotFound {
			return "", false, s.fail(s.what, err)
		}
	}
	newest := ours[0]
	if newest.mark.newer(s.mark) {
		return newest.url, true, fmt.Errorf("%w: the comment on pull request #%d is that of the run %d, attempt %d", ErrOutdated, s.number, newest.mark.run, newest.mark.attempt)
	}
	return newest.url, true, nil
}

// ours lists our comments with the marker, the newest report's first.
func (s *sticky) ours(ctx context.Context) ([]written, error) {
	var marked []written
	seen := make(map[int64]bool)
	err := eachPage(s.what, maxCommentPages, func(page gogithub.ListOptions) (*gogithub.Response, error) {
		got, resp, err := s.api.Issues.ListComments(ctx, s.owner, s.repo, s.number, &gogithub.IssueListCommentsOptions{ListOptions: page})
		if err != nil {
			return nil, s.fail(s.what, err)
		}
		for _, comment := range got {
			if w, ok := s.marked(comment); ok && !seen[w.id] {
				seen[w.id] = true
				marked = append(marked, w)
			}
		}
		return resp, nil
	})
	if err != nil {
		return nil, err
	}
	ours := marked[:0]
	for _, w := range marked {
		mine, err := s.mine(ctx, w.login)
		if err != nil {
			return nil, err
		}
		if mine {
			ours = append(ours, w)
		}
	}
	slices.SortStableFunc(ours, func(a, b written) int {
		switch {
		case a.mark.newer(b.mark):
			return -1
		case b.mark.newer(a.mark):
			return 1
		default:
			return int(min(max(a.id-b.id, -1), 1)) // of equals the first stays
		}
	})
	return ours, nil
}

func (s *sticky) marked(comment *gogithub.IssueComment) (written, bool) {
	m, ok := parseMark(comment.GetBody())
	if !ok || m.name != s.mark.name {
		return written{}, false
	}
	return written{id: comment.GetID(), login: comment.GetUser().GetLogin(), url: comment.GetHTMLURL(), mark: m}, true
}

// create makes a comment; nil without an error means that it is not known
// whether there is one now.
func (s *sticky) create(ctx context.Context) (*written, error) {
	got, _, err := s.api.Issues.CreateComment(ctx, s.owner, s.repo, s.number, &gogithub.IssueComment{Body: &s.body})
	if ambiguous(ctx, err) {
		s.log(fmt.Sprintf("it is not known whether the comment was made (%s); looking", oneLine(err.Error())))
		return nil, s.transport.sleep(ctx, backoff(2))
	}
	if err != nil {
		return nil, s.refused(err)
	}
	s.me = got.GetUser().GetLogin()
	return &written{id: got.GetID(), login: s.me, url: got.GetHTMLURL(), mark: s.mark}, nil
}

// edit tells whether the comment was still there.
func (s *sticky) edit(ctx context.Context, id int64) (bool, error) {
	_, _, err := s.api.Issues.EditComment(ctx, s.owner, s.repo, id, &gogithub.IssueComment{Body: &s.body})
	if status(err) == http.StatusNotFound {
		return false, nil
	}
	return err == nil, s.refused(err)
}

// read gives a comment as it is now; nil if it is gone or no longer the comment.
func (s *sticky) read(ctx context.Context, id int64) (*written, error) {
	got, _, err := s.api.Issues.GetComment(ctx, s.owner, s.repo, id)
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, s.fail(s.what, err)
	}
	w, ok := s.marked(got)
	if !ok {
		return nil, nil
	}
	return &w, nil
}

func (s *sticky) refused(err error) error {
	if err == nil {
		return nil
	}
	failed := s.fail(s.what, err)
	var known *Error
	if errors.As(failed, &known) && known.Status == http.StatusUnprocessableEntity && strings.Contains(known.Message, "too long") {
		known.Hint = fmt.Sprintf("it has %d bytes with its marker, and %d characters are allowed", len(s.body), MaxComment)
	}
	return failed
}

// ambiguous tells an error after which nobody knows whether GitHub acted: an
// answer of 5xx, or none.
func ambiguous(ctx context.Context, err error) bool {
	if err == nil || ctx.Err() != nil {
		return false
	}
	var limit *LimitError
	if errors.As(err, &limit) {
		return false
	}
	code := status(err)
	return code == 0 || code >= http.StatusInternalServerError
}
