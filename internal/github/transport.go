package github

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// The bounds of one request and its repetitions.
const (
	maxTries   = 7
	retryFor   = 2 * time.Minute        // from the first try to the start of the last
	tryTimeout = 30 * time.Second       // from a try's start to the end of its answer
	firstPause = 500 * time.Millisecond // doubled for each further try, up to
	maxPause   = 20 * time.Second
	// maxAnswer is far above a page of 100 workflow runs, the largest answer that
	// is asked for (2 MB).
	maxAnswer = 16 << 20
)

// transport carries requests: it signs those to the API, counts them, reads
// their answers whole within bounds, and repeats what may be repeated. What goes
// elsewhere, to where an artifact lies, it passes on untouched and unsigned.
type transport struct {
	next      http.RoundTripper
	base      *url.URL
	graphql   string
	token     string
	timeout   time.Duration
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	log       func(string)
	calls     atomic.Int64
	maxAnswer int64
	limits    limits
}

func newTransport(o Options, base *url.URL) *transport {
	t := &transport{
		next: http.DefaultTransport, base: base, graphql: graphqlURL(base), token: o.Token,
		timeout: tryTimeout, now: o.Now, sleep: o.Sleep, log: o.Log, maxAnswer: maxAnswer,
	}
	if o.HTTP != nil && o.HTTP.Transport != nil {
		t.next = o.HTTP.Transport
	}
	if o.HTTP != nil && o.HTTP.Timeout > 0 {
		t.timeout = o.HTTP.Timeout
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.sleep == nil {
		t.sleep = sleep
	}
	return t
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// toAPI tells requests that may carry the token.
func (t *transport) toAPI(u *url.URL) bool {
	return u.Scheme == t.base.Scheme && u.Host == t.base.Host &&
		(strings.HasPrefix(u.Path, t.base.Path) || u.String() == t.graphql)
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !t.toAPI(req.URL) {
		if t.base.Scheme == "https" && req.URL.Scheme != "https" {
			return nil, fmt.Errorf("GitHub leads to %s, which is not encrypted", req.URL.Host)
		}
		return t.next.RoundTrip(req)
	}
	ctx, begin := req.Context(), t.now()
	for try := 1; ; try++ {
		if err := t.limits.wait(ctx, t); err != nil {
			return nil, err
		}
		resp, err := t.try(req)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		var asked time.Duration
		if err == nil {
			asked, _ = retryAfter(resp.Header, t.now())
			if t.limits.read(resp, t) {
				continue // limits.wait pauses, and bounds how often
			}
		}
		why, again := repeatable(req, resp, err)
		if !again || try == maxTries || t.now().Add(asked).Sub(begin) > retryFor {
			if err != nil {
				return nil, err
			}
			return resp, nil
		}
		pause := max(backoff(try), asked)
		t.log(fmt.Sprintf("%s; asking again in %s", why, pause.Round(100*time.Millisecond)))
		if err := t.sleep(ctx, pause); err != nil {
			return nil, err
		}
	}
}

// backoff is full jitter: any pause up to a bound that doubles
// (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
func backoff(try int) time.Duration {
	bound := min(firstPause<<(try-1), maxPause)
	return rand.N(bound) + 1
}

// streamed marks a request whose answer, if it succeeds, is read by the caller.
type streamed struct{}

// addsUp marks a request that would do something twice if it were sent twice,
// though its method promises otherwise.
type addsUp struct{}

// once asks not to repeat a request unless GitHub cannot have acted on it.
func once(ctx context.Context) context.Context { return context.WithValue(ctx, addsUp{}, true) }

// harmless tells whether sending a request again changes nothing.
func harmless(req *http.Request) bool {
	return req.Method != http.MethodPost && req.Context().Value(addsUp{}) == nil
}

// try sends a request one time and reads its answer.
func (t *transport) try(req *http.Request) (*http.Response, error) {
	stream := req.Context().Value(streamed{}) != nil
	ctx, cancel := context.WithTimeout(req.Context(), t.timeout)
	if stream {
		cancel() // its reader looks at the time
		ctx, cancel = context.WithCancel(req.Context())
	}
	sent := req.Clone(ctx)
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			cancel()
			return nil, err
		}
		sent.Body = body
	}
	if t.token != "" {
		sent.Header.Set("Authorization", "Bearer "+t.token)
	}
	t.calls.Add(1)
	resp, err := t.next.RoundTrip(sent)
	if err != nil {
		err = t.late(ctx, req, err)
		cancel()
		return nil, err
	}
	if stream && resp.StatusCode == http.StatusOK {
		resp.Body = &closer{ReadCloser: resp.Body, after: cancel}
		return resp, nil
	}
	defer cancel()
	return resp, t.late(ctx, req, t.readWhole(req, resp))
}

// late tells our own patience, which ended, from the caller's: that one's error
// is about cancellation, ours about GitHub.
func (t *transport) late(try context.Context, req *http.Request, err error) error {
	if err != nil && try.Err() != nil && req.Context().Err() == nil {
		return fmt.Errorf("%w: it did not arrive within %s", errBroken, t.timeout)
	}
	return err
}

type closer struct {
	io.ReadCloser
	after func()
}

func (c *closer) Close() error {
	defer c.after()
	return c.ReadCloser.Close()
}

// errBroken is an answer that did not arrive as it was sent.
var errBroken = errors.New("the answer is broken")

// readWhole replaces the body by one in memory. An answer of success must be
// JSON: a proxy's page in its place, or an empty one, would read as "there are none".
func (t *transport) readWhole(req *http.Request, resp *http.Response) error {
	body, err := io.ReadAll(io.LimitReader(resp.Body, t.maxAnswer+1))
	_ = resp.Body.Close() // everything that matters was read
	if err != nil {
		return fmt.Errorf("%w: %w", errBroken, err)
	}
	if int64(len(body)) > t.maxAnswer {
		return fmt.Errorf("the answer has more than %d bytes", t.maxAnswer)
	}
	if resp.StatusCode >= 200 && resp.StatusCode < 300 && resp.StatusCode != http.StatusNoContent && req.Method != http.MethodHead && !json.Valid(body) {
		return fmt.Errorf("%w: it is not JSON (%d bytes of %q)", errBroken, len(body), resp.Header.Get("Content-Type"))
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return nil
}

// repeatable tells whether a request may be sent again, and why it should be.
func repeatable(req *http.Request, resp *http.Response, err error) (why string, again bool) {
	if err == nil {
		switch resp.StatusCode {
		case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return fmt.Sprintf("GitHub answered %d %s", resp.StatusCode, http.StatusText(resp.StatusCode)), harmless(req)
		default:
			return "", false
		}
	}
	why = "no answer from GitHub (" + oneLine(err.Error()) + ")"
	if resp != nil { // an answer that cannot be used
		return why, errors.Is(err, errBroken) && harmless(req)
	}
	var dns *net.DNSError
	var authority x509.UnknownAuthorityError
	var certificate x509.CertificateInvalidError
	var hostname x509.HostnameError
	if errors.As(err, &dns) && dns.IsNotFound ||
		errors.As(err, &authority) || errors.As(err, &certificate) || errors.As(err, &hostname) {
		return "", false // the next try ends alike
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return why, true // the request never left
	}
	return why, harmless(req)
}
