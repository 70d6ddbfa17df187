package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"

	gogithub "github.com/google/go-github/v50/github"
)

var (
	// ErrReadOnly says that nothing could be written, since the token may not:
	// pull requests of forks and of Dependabot get such tokens, and so does a job
	// without the permission. A locked conversation answers so, too.
	ErrReadOnly = errors.New("the token may not write there")
	// ErrNoBaseline says that there is nothing to compare with.
	ErrNoBaseline = errors.New("no baseline")
	// ErrNoPullRequest says that a run belongs to no pull request, or to one that
	// cannot be told.
	ErrNoPullRequest = errors.New("no pull request")
	// ErrOutdated says that something newer took a report's place: the pull
	// request has other commits by now, or its comment is a newer run's.
	ErrOutdated = errors.New("a newer state took its place")
	// ErrExpired says that GitHub no longer keeps an artifact.
	ErrExpired = errors.New("the artifact has expired")
)

// Error is a request that did not get what it asked for.
type Error struct {
	// Doing is what was asked, as it reads after "cannot".
	Doing string
	// Repository is owner/name.
	Repository string
	// Status is the HTTP status; 0 where no answer came.
	Status int
	// Message is GitHub's own, on one line, or what else went wrong.
	Message string
	// Hint is what to do next; it may be empty.
	Hint string
	// Err is the cause, and one of this package's errors where one fits.
	Err error
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "cannot %s (%s): ", e.Doing, e.Repository)
	switch {
	case e.Status != 0 && e.Message != "":
		fmt.Fprintf(&b, "GitHub answered %d %s: %s", e.Status, http.StatusText(e.Status), e.Message)
	case e.Status != 0:
		fmt.Fprintf(&b, "GitHub answered %d %s", e.Status, http.StatusText(e.Status))
	default:
		b.WriteString(e.Message)
	}
	if e.Hint != "" {
		b.WriteString("; ")
		b.WriteString(e.Hint)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// LimitError says that GitHub takes no more requests for now.
type LimitError struct {
	// Until is when it will.
	Until time.Time
	// Secondary tells a burst's limit from the hourly one.
	Secondary bool
}

func (e *LimitError) Error() string {
	what := "the rate limit of the token is used up"
	if e.Secondary {
		what = "GitHub slows the token down (secondary rate limit)"
	}
	return fmt.Sprintf("%s until %s", what, e.Until.UTC().Format("2006-01-02 15:04:05 UTC"))
}

// call is a request as errors speak of it.
type call struct {
	doing, repository string
	// permission is what a workflow's job must be given, "actions: read".
	permission string
	write      bool
}

// fail gives the error of a call. Cancellation stays what it is.
func (c *Client) fail(what call, err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("cannot %s (%s): %w", what.doing, what.repository, err)
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	out := &Error{Doing: what.doing, Repository: what.repository, Err: err}
	var limit *LimitError
	var answer *gogithub.ErrorResponse
	var address *url.Error
	switch {
	case errors.As(err, &limit):
		out.Message, out.Hint = limit.Error(), "run it again after that"
	case errors.As(err, &answer):
		out.Status, out.Message = answer.Response.StatusCode, message(answer)
		out.Hint = c.hint(what, out.Status, out.Message)
		if what.write && denied(out.Status) {
			out.Err = errors.Join(ErrReadOnly, err)
		}
	case errors.As(err, &address):
		out.Message = fmt.Sprintf("no answer from %s: %s", c.api.BaseURL.Host, oneLine(address.Err.Error()))
		out.Hint = "look at the network, and at GITHUB_API_URL on a GitHub Enterprise Server"
	default:
		out.Message = oneLine(err.Error())
	}
	return out
}

func denied(status int) bool {
	return status == http.StatusForbidden || status == http.StatusNotFound
}

// hint says what to do about an answer.
func (c *Client) hint(what call, status int, message string) string {
	lower := strings.ToLower(message)
	switch {
	case status == http.StatusUnauthorized:
		return "the token is not valid any more; set GITHUB_TOKEN or GH_TOKEN anew"
	case strings.Contains(lower, "locked"):
		return "the conversation is locked"
	case strings.Contains(lower, "saml"):
		return "authorise the token for the organisation's single sign-on"
	case denied(status) && c.token == "":
		return "there is no token; set GITHUB_TOKEN or GH_TOKEN"
	case status == http.StatusForbidden:
		return fmt.Sprintf("give the job `permissions: {%s}`, or use a token that has it", what.permission)
	case status == http.StatusNotFound:
		return fmt.Sprintf("it does not exist on %s, or the token may not see it (a job needs `permissions: {%s}`; GITHUB_API_URL names another server)", c.server, what.permission)
	case status >= http.StatusInternalServerError:
		return "GitHub has a fault, see https://www.githubstatus.com; run it again later"
	default:
		return ""
	}
}

// message is what GitHub says, with the details of a refused value.
func message(e *gogithub.ErrorResponse) string {
	parts := []string{e.Message}
	for _, detail := range e.Errors {
		switch {
		case detail.Message != "":
			parts = append(parts, detail.Message)
		case detail.Field != "":
			parts = append(parts, detail.Field+" "+detail.Code)
		}
	}
	return oneLine(strings.Join(parts, ": "))
}

// maxMessage is how much of a message is shown, in bytes. Proxies answer with
// pages.
const maxMessage = 300

// oneLine keeps a message from filling a log, and from writing lines of its own
// there.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	return s
}

// status gives the HTTP status of an error; 0 where there was no answer.
func status(err error) int {
	var answer *gogithub.ErrorResponse
	if errors.As(err, &answer) && answer.Response != nil {
		return answer.Response.StatusCode
	}
	return 0
}
