package github

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// maxWait is how long all requests of a client together wait for rate limits:
// a report's job has minutes, while an hourly limit may take nearly an hour.
const maxWait = 5 * time.Minute

// defaultLimitPause is what GitHub asks for where an answer gives no time; it
// doubles each time in a row.
const defaultLimitPause = time.Minute

// limits obeys GitHub's rate limits, the hourly one and those on bursts
// (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api):
// 403 or 429 with retry-after, or with x-ratelimit-remaining: 0 and
// x-ratelimit-reset, or with a message alone. While it lasts, no request is sent
// at all: going on asking can get a token banned.
type limits struct {
	mu        sync.Mutex
	until     time.Time // by the client's clock
	secondary bool
	tooLong   bool          // until is too far away to wait for
	row       int           // answers in a row that gave no time
	waited    time.Duration // all in all
}

// wait returns when requests may be sent, or at once with a *LimitError if that
// takes too long.
func (l *limits) wait(ctx context.Context, t *transport) error {
	for {
		l.mu.Lock()
		until, pause := l.until, l.until.Sub(t.now())
		refusal := &LimitError{Until: until, Secondary: l.secondary}
		tooLong := l.tooLong
		l.mu.Unlock()
		if pause <= 0 {
			return nil
		}
		if tooLong {
			return refusal
		}
		t.log(fmt.Sprintf("GitHub's rate limit is reached; waiting %s", pause.Round(time.Second)))
		if err := t.sleep(ctx, pause); err != nil {
			return err
		}
		l.mu.Lock()
		if !l.until.After(until) {
			l.until = time.Time{} // what was slept is over, whatever the clock says
		}
		l.mu.Unlock()
	}
}

// read notes what an answer says of limits, and takes it out of the answer, so
// that no one else acts on it. It tells whether the request was refused for a
// limit: then it did nothing, and is to be sent again after wait.
func (l *limits) read(resp *http.Response, t *transport) (limited bool) {
	header := resp.Header
	defer func() {
		for _, name := range []string{"X-Ratelimit-Remaining", "X-Ratelimit-Reset", "Retry-After"} {
			header.Del(name)
		}
	}()
	l.mu.Lock()
	defer l.mu.Unlock()
	now := t.now()
	empty := header.Get("X-Ratelimit-Remaining") == "0"
	refused := resp.StatusCode == http.StatusTooManyRequests
	if resp.StatusCode == http.StatusForbidden {
		refused = empty || header.Get("Retry-After") != "" || limitMessage(peek(resp))
	}
	if !refused {
		l.row = 0
		if reset, ok := resetAfter(header, now); ok && empty {
			l.block(now, now.Add(reset), false) // the next request waits
		}
		return false
	}
	pause, ok := retryAfter(header, now)
	if !ok && empty {
		pause, ok = resetAfter(header, now)
	}
	if ok {
		l.row = 0
	} else {
		pause = defaultLimitPause << min(l.row, 10)
		l.row++
	}
	// A pause of nothing at all would let a server that errs keep us busy.
	l.block(now, now.Add(max(pause, time.Second)), !empty)
	return true
}

// block keeps requests back until a time. Those that wait side by side wait
// once, so the time counts here.
func (l *limits) block(now, until time.Time, secondary bool) {
	if !until.After(l.until) {
		return
	}
	from := now
	if l.until.After(now) {
		from = l.until
	}
	longer := until.Sub(from)
	l.tooLong = l.waited+longer > maxWait
	if !l.tooLong {
		l.waited += longer
	}
	l.until, l.secondary = until, secondary
}

// retryAfter reads seconds or a date (RFC 9110, 10.2.3).
func retryAfter(h http.Header, now time.Time) (time.Duration, bool) {
	v := h.Get("Retry-After")
	if v == "" {
		return 0, false
	}
	if n, err := strconv.ParseInt(v, 10, 32); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, true
	}
	if at, err := http.ParseTime(v); err == nil {
		return at.Sub(serverTime(h, now)), true
	}
	return 0, false
}

// resetAfter reads x-ratelimit-reset, in seconds of Unix time, against the
// server's own clock: ours may be wrong by minutes. A second is added, since both
// are cut to whole ones.
func resetAfter(h http.Header, now time.Time) (time.Duration, bool) {
	n, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil || n <= 0 || n > 1<<40 {
		return 0, false
	}
	pause := time.Unix(n, 0).Sub(serverTime(h, now))
	if pause <= 0 {
		return 0, true
	}
	return pause + time.Second, true
}

func serverTime(h http.Header, now time.Time) time.Time {
	if at, err := http.ParseTime(h.Get("Date")); err == nil {
		return at
	}
	return now
}

// limitMessage knows how GitHub words a secondary limit, today and on older
// servers.
func limitMessage(s string) bool {
	return strings.Contains(s, "rate limit") || strings.Contains(s, "abuse detection")
}

// peek reads the message of an answer that lies in memory.
func peek(resp *http.Response) string {
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return ""
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return ""
	}
	return strings.ToLower(answer.Message)
}
