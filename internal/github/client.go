package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v50/github"
)

// Options of a Client. All but the token have defaults that suit a workflow on
// github.com.
type Options struct {
	// APIURL is the address of the API; "" means DefaultAPIURL. A GitHub
	// Enterprise Server has it at https://HOST/api/v3, and workflows find theirs
	// in GITHUB_API_URL.
	APIURL string
	// Token is sent to the API and to nothing else; "" reads what is public.
	Token string
	// HTTP carries the requests; nil means a client of the standard library's
	// defaults. Its Timeout, if any, holds for each try.
	HTTP *http.Client
	// Now and Sleep are time; nil means the real one. Sleep returns the context's
	// error as soon as that is done.
	Now   func() time.Time
	Sleep func(context.Context, time.Duration) error
	// UserAgent names the program to GitHub; "" means chart-matrix.
	UserAgent string
	// Log is told, a sentence at a time, of what is waited for and what is left
	// out, by whichever goroutine asked; nil means nobody.
	Log func(string)
}

// Client asks GitHub. It may be used by several goroutines at a time.
type Client struct {
	api       *gogithub.Client
	http      *http.Client
	transport *transport
	server    string // for people, without a slash at the end
	graphql   string
	token     string
	log       func(string)
	// The bounds of a download, in bytes and without a byte.
	maxDownload int64
	stall       time.Duration
}

// New gives a Client.
//
// A request that changes nothing, or the same thing each time, is repeated after
// a broken connection, an answer that breaks off or is no JSON, and 500, 502, 503
// and 504, up to maxTries times within retryFor, after pauses with full jitter. One
// that creates something is repeated only where GitHub cannot have acted on it. A
// rate limit, primary or secondary, is waited for as GitHub asks as long as that
// takes at most maxWait; after that the error is a *LimitError.
func New(o Options) (*Client, error) {
	if o.APIURL == "" {
		o.APIURL = DefaultAPIURL
	}
	base, err := url.Parse(strings.TrimSuffix(o.APIURL, "/") + "/")
	if err != nil || (base.Scheme != "https" && base.Scheme != "http") || base.Host == "" || base.User != nil || base.RawQuery != "" {
		return nil, fmt.Errorf("%q is not the address of an API; expected %s, or https://HOST/api/v3 for a GitHub Enterprise Server (GITHUB_API_URL)", o.APIURL, DefaultAPIURL)
	}
	base.Host = strings.ToLower(base.Host) // redirections are compared with it
	if strings.ContainsAny(o.Token, "\r\n \t") {
		return nil, errors.New("the token has a blank or a line break in it; look at where GITHUB_TOKEN is set")
	}
	if o.Log == nil {
		o.Log = func(string) {}
	}
	t := newTransport(o, base)
	h := &http.Client{Transport: t}
	if o.HTTP != nil {
		copied := *o.HTTP
		h = &copied
		h.Transport, h.Timeout = t, 0
	}
	api := gogithub.NewClient(h)
	api.BaseURL = base
	api.UserAgent = o.UserAgent
	if api.UserAgent == "" {
		api.UserAgent = "chart-matrix"
	}
	return &Client{
		api: api, http: h, transport: t,
		server: serverURL(base), graphql: graphqlURL(base),
		token: o.Token, log: o.Log, maxDownload: MaxDownload, stall: stallTimeout,
	}, nil
}

// Calls tells how many requests the API was sent, repeated ones and those for
// further pages included. Downloads from where the API points to do not count.
func (c *Client) Calls() int { return int(c.transport.calls.Load()) }

// perPage is the most that GitHub gives a page
// (https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api).
const perPage = 100

// eachPage asks for page after page until there is none, or the caller has
// enough. More than limit pages are not read: the answer would lack something,
// and so it is an error.
func eachPage(what call, limit int, get func(gogithub.ListOptions) (*gogithub.Response, error)) error {
	for page := 1; ; {
		resp, err := get(gogithub.ListOptions{Page: page, PerPage: perPage})
		if errors.Is(err, errEnough) {
			return nil
		}
		if err != nil {
			return err
		}
		if resp.NextPage == 0 {
			return nil
		}
		if resp.NextPage <= page || page >= limit {
			return &Error{Doing: what.doing, Repository: what.repository, Message: fmt.Sprintf("there are more than %d pages of %d", limit, perPage)}
		}
		page = resp.NextPage
	}
}

// errEnough ends eachPage early.
var errEnough = errors.New("enough pages")
