package github

import (
	"cmp"
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

// ChartLineBytes is what CommentRequest.Chart takes of a comment, in bytes.
const ChartLineBytes = 80

// commentRounds bounds how often a comment that somebody else changes or
// deletes meanwhile is looked for again.
const commentRounds = 6

// CommentRequest is a comment that a pull request has once.
type CommentRequest struct {
	PullRequest PullRequest
	// Marker names the comment, "chart-matrix:posthog": letters, digits and
	// ._:- only. It stands in a hidden first line together with Run and Attempt
	// (see MarkerLine), which is put in front of Body unless it is there already.
	Marker string
	Body   string
	// Chart is the chart's folder as the workflow names it, by which Markers finds
	// the comment; it may be empty. It takes ChartLineBytes of MaxComment.
	Chart string
	// Run and Attempt say which report is newer.
	Run     int64
	Attempt int
}

// Comment writes the comment, or edits the one that is there, and gives its
// address. Only comments that begin with the marker and are our own count: a
// person who quotes one is never edited.
//
// A report of an older run or attempt leaves a newer one's comment alone: the
// error is ErrOutdated, with that comment's address.
//
// Where several reports run at the same time, each may make a comment. All agree
// that the first one, by its ID, is the one that stays: the newest report goes
// there, and everyone deletes the others that are not newer than itself. So one is
// left, whatever the order. GitHub cannot make an edit depend on what is there, so
// after an edit the comment is read once more and, if an older report has
// overwritten it, edited again. An older report whose edit is on its way for longer
// than that takes can still come last; the next report mends it.
//
// Where the token may not write, or the conversation is locked, the error is
// ErrReadOnly.
func (c *Client) Comment(ctx context.Context, r CommentRequest) (string, error) {
	s, err := c.newSticky(r)
	if err != nil {
		return "", err
	}
	for range commentRounds {
		url, done, err := s.write(ctx)
		if err != nil || done {
			return url, err
		}
	}
	if s.lost != nil {
		return "", s.lost
	}
	return "", c.fail(s.what, errors.New("it was changed or deleted each time that it was written"))
}

// Markers gives the markers of our comments on a pull request that are about a
// chart, as CommentRequest.Chart names it; sorted. Without a token there are none
// that could be edited: the error is ErrReadOnly.
func (c *Client) Markers(ctx context.Context, pr PullRequest, chart string) ([]string, error) {
	s, err := c.newSticky(CommentRequest{PullRequest: pr, Marker: "any", Run: 1})
	if err != nil {
		return nil, err
	}
	ours, err := s.ours(ctx, func(w written) bool { return hasChartLine(w.body, chart) })
	if err != nil {
		return nil, err
	}
	var markers []string
	for _, w := range ours {
		markers = append(markers, w.mark.name)
	}
	slices.Sort(markers)
	return slices.Compact(markers), nil
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
	pages       int    // that the last list had
	lost        error  // of a comment that may have been made, or not
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
	m := newMark(r.Marker, r.Run, r.Attempt)
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
	if first, rest, _ := strings.Cut(body, "\n"); first == m.line() {
		body = rest
	}
	body = m.line() + "\n" + chartLine(r.Chart) + body
	return &sticky{Client: c, what: what, owner: owner, repo: repo, number: pr.Number, mark: m, body: body}, nil
}

// written is one of our comments with the marker.
type written struct {
	id    int64
	login string
	url   string
	body  string
	mark  mark
}

// write makes one attempt; done is false if there is to be another.
func (s *sticky) write(ctx context.Context) (url string, done bool, err error) {
	ours, err := s.ours(ctx, func(w written) bool { return w.mark.name == s.mark.name })
	if err != nil {
		return "", false, err
	}
	if len(ours) == 0 {
		return "", false, s.create(ctx) // and look: another report may have done the same
	}
	first, newest := ours[0], newestOf(ours)
	if newest.mark.newer(s.mark) {
		if err := s.tidy(ctx, ours[1:]); err != nil {
			return "", false, err
		}
		return newest.url, true, s.outdated(newest)
	}
	if first.body != s.body {
		now, err := s.replace(ctx, first)
		switch {
		case err != nil || now == nil:
			return "", false, err
		case now.mark.newer(s.mark):
			return now.url, true, s.outdated(*now)
		case s.mark.newer(now.mark):
			return "", false, nil
		}
	}
	return first.url, true, s.tidy(ctx, ours[1:])
}

func newestOf(ours []written) written {
	newest := ours[0]
	for _, w := range ours[1:] {
		if w.mark.newer(newest.mark) {
			newest = w
		}
	}
	return newest
}

// replace edits a comment and gives it as it is then; nil if it is gone.
func (s *sticky) replace(ctx context.Context, w written) (*written, error) {
	if s.pages > 1 { // it was read some requests ago
		now, err := s.read(ctx, w.id)
		if err != nil || now == nil || now.mark.newer(s.mark) {
			return now, err
		}
	}
	_, _, err := s.api.Issues.EditComment(ctx, s.owner, s.repo, w.id, &gogithub.IssueComment{Body: &s.body})
	if status(err) == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, s.refused(err)
	}
	return s.read(ctx, w.id)
}

// tidy deletes those comments that are no newer than this report.
func (s *sticky) tidy(ctx context.Context, others []written) error {
	for _, w := range others {
		if w.mark.newer(s.mark) {
			continue // its own report takes care of it
		}
		_, err := s.api.Issues.DeleteComment(ctx, s.owner, s.repo, w.id)
		if err != nil && status(err) != http.StatusNotFound {
			return s.fail(s.what, err)
		}
	}
	return nil
}

func (s *sticky) outdated(newer written) error {
	return fmt.Errorf("%w: the comment on pull request #%d is that of the run %d, attempt %d", ErrOutdated, s.number, newer.mark.run, newer.mark.attempt)
}

// ours lists our wanted comments, the first one made first.
func (s *sticky) ours(ctx context.Context, wanted func(written) bool) ([]written, error) {
	var found []written
	seen := make(map[int64]bool)
	s.pages = 0
	err := eachPage(s.what, maxCommentPages, func(page gogithub.ListOptions) (*gogithub.Response, error) {
		got, resp, err := s.api.Issues.ListComments(ctx, s.owner, s.repo, s.number, &gogithub.IssueListCommentsOptions{ListOptions: page})
		if err != nil {
			return nil, s.fail(s.what, err)
		}
		s.pages++
		for _, comment := range got {
			if w, ok := marked(comment); ok && wanted(w) && !seen[w.id] {
				seen[w.id] = true
				found = append(found, w)
			}
		}
		return resp, nil
	})
	if err != nil {
		return nil, err
	}
	ours := found[:0]
	for _, w := range found {
		mine, err := s.mine(ctx, w.login)
		if err != nil {
			return nil, err
		}
		if mine {
			ours = append(ours, w)
		}
	}
	slices.SortFunc(ours, func(a, b written) int { return cmp.Compare(a.id, b.id) })
	return ours, nil
}

// marked reads a comment that begins with a mark of ours, whoever wrote it.
func marked(comment *gogithub.IssueComment) (written, bool) {
	m, ok := parseMark(comment.GetBody())
	if !ok {
		return written{}, false
	}
	return written{id: comment.GetID(), login: comment.GetUser().GetLogin(), url: comment.GetHTMLURL(), body: comment.GetBody(), mark: m}, true
}

// create makes a comment. Where nobody knows whether it did, that is no error:
// the next look tells.
func (s *sticky) create(ctx context.Context) error {
	got, _, err := s.api.Issues.CreateComment(ctx, s.owner, s.repo, s.number, &gogithub.IssueComment{Body: &s.body})
	if ambiguous(ctx, err) {
		s.lost = s.refused(err)
		s.log(fmt.Sprintf("it is not known whether the comment was made (%s); looking", oneLine(err.Error())))
		return s.transport.sleep(ctx, backoff(3))
	}
	if err != nil {
		return s.refused(err)
	}
	s.me = got.GetUser().GetLogin()
	return nil
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
	w, ok := marked(got)
	if !ok || w.mark.name != s.mark.name {
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
