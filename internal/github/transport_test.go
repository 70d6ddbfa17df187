package github

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func oneRun() githubtest.Repository {
	return githubtest.Repository{Runs: []githubtest.Run{{ID: 7}}}
}

func TestRepeatsWhatIsSafe(t *testing.T) {
	for name, fault := range map[string]githubtest.Fault{
		"500": githubtest.ServerError(500), "502": githubtest.ServerError(502),
		"503": githubtest.ServerError(503), "504": githubtest.ServerError(504),
		"reset":     {Reset: true},
		"truncated": {Cut: 20},
	} {
		t.Run(name, func(t *testing.T) {
			s, c, clock := fake(t, oneRun())
			s.Fail("", 3, fault)
			run, err := c.Run(t.Context(), charts)
			if err != nil || run.Ref != charts {
				t.Fatalf("%+v, %v", run, err)
			}
			if c.Calls() != 4 || len(clock.slept) != 3 {
				t.Errorf("%d calls, %d pauses", c.Calls(), len(clock.slept))
			}
			for i, pause := range clock.slept {
				if most := firstPause << i; pause <= 0 || pause > most {
					t.Errorf("pause %d takes %s; at most %s", i+1, pause, most)
				}
			}
		})
	}
}

func TestObeysServersThatAskForTime(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	s.Fail("", 1, githubtest.Fault{Status: 503, Message: "busy", Header: map[string]string{"Retry-After": "45"}})
	if _, err := c.Run(t.Context(), charts); err != nil || clock.total() != 45*time.Second {
		t.Errorf("%v after %s", err, clock.total())
	}
	s.Fail("", 1, githubtest.Fault{Status: 503, Message: "busy", Header: map[string]string{"Retry-After": "3600"}})
	_, err := c.Run(t.Context(), charts)
	contains(t, err, "503", "busy")
}

func TestGivesUp(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	s.Fail("", -1, githubtest.ServerError(502))
	_, err := c.Run(t.Context(), charts)
	contains(t, err, "look up the run 7", "acme/charts", "502 Bad Gateway", "githubstatus.com")
	if c.Calls() != maxTries || clock.total() > retryFor {
		t.Errorf("%d calls in %s", c.Calls(), clock.total())
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	_, err := c.Run(t.Context(), RunRef{Owner: "acme", Repo: "charts", ID: 8})
	contains(t, err, "cannot look up the run 8 (acme/charts)", "404 Not Found", "actions: read", "GITHUB_API_URL")
	if c.Calls() != 1 {
		t.Errorf("%d calls", c.Calls())
	}

	_, err = newClient(t, s.URL(), "ghs_expired", clock).Run(t.Context(), charts)
	contains(t, err, "401 Unauthorized", "Bad credentials", "GITHUB_TOKEN")

	s.Fail("", 1, githubtest.Fault{Status: 403, Message: "Resource not accessible by integration"})
	_, err = c.Run(t.Context(), charts)
	contains(t, err, "403 Forbidden", "Resource not accessible by integration", "permissions: {actions: read}")
	if errors.Is(err, ErrReadOnly) {
		t.Error("a read that is refused counts as a write")
	}

	s.Fail("", 1, githubtest.Fault{Status: 403, Message: "Resource protected by organization SAML enforcement."})
	_, err = c.Run(t.Context(), charts)
	contains(t, err, "single sign-on")

	s.Fail("", 1, githubtest.Fault{Status: 409, Message: "Conflict\n::error::gotcha"})
	_, err = c.Run(t.Context(), charts)
	contains(t, err, "409 Conflict", "Conflict ::error::gotcha")
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("an answer breaks the line: %v", err)
	}

	_, err = newClient(t, s.URL(), "", clock).Comment(t.Context(), CommentRequest{PullRequest: PullRequest{Repository: "acme/charts", Number: 1}, Marker: "m", Run: 1})
	contains(t, err, "there is no token", "GH_TOKEN")
	if !errors.Is(err, ErrReadOnly) {
		t.Errorf("%v is not ErrReadOnly", err)
	}
}

func TestWaitsForLimits(t *testing.T) {
	for name, c := range map[string]struct {
		fault githubtest.Fault
		want  time.Duration
	}{
		"retry-after":     {githubtest.SecondaryLimit(30 * time.Second), 30 * time.Second},
		"no time":         {githubtest.SecondaryLimit(0), time.Minute},
		"an old server's": {githubtest.Fault{Status: 403, Message: "You have triggered an abuse detection mechanism."}, time.Minute},
		"429":             {githubtest.Fault{Status: 429, Message: "slow", Header: map[string]string{"Retry-After": "7"}}, 7 * time.Second},
		"429 no time":     {githubtest.Fault{Status: 429, Message: "slow"}, time.Minute},
		"0 seconds":       {githubtest.Fault{Status: 429, Message: "slow", Header: map[string]string{"Retry-After": "0"}}, time.Second},
		"a date":          {githubtest.Fault{Status: 429, Message: "slow", Header: map[string]string{"Retry-After": time.Now().Add(90 * time.Second).UTC().Format(http.TimeFormat)}}, 90 * time.Second},
		"the hour's":      {githubtest.PrimaryLimit(time.Now().Add(2 * time.Minute)), 2 * time.Minute},
		"reset is passed": {githubtest.PrimaryLimit(time.Now().Add(-time.Minute)), time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			s, client, clock := fake(t, oneRun())
			s.Fail("", 1, c.fault)
			if _, err := client.Run(t.Context(), charts); err != nil {
				t.Fatal(err)
			}
			if got := clock.total(); (got-c.want).Abs() > 3*time.Second || client.Calls() != 2 {
				t.Errorf("waited %s, not %s; %d calls", got, c.want, client.Calls())
			}
			if !strings.Contains(clock.logged(), "rate limit") {
				t.Errorf("nobody was told: %s", clock.logged())
			}
		})
	}
}

func TestLimitTooFarAway(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	until := clock.Now().Add(40 * time.Minute)
	s.Fail("", 1, githubtest.PrimaryLimit(until))
	for range 3 {
		_, err := c.Run(t.Context(), charts)
		var limit *LimitError
		if !errors.As(err, &limit) || limit.Secondary || limit.Until.Sub(until).Abs() > 3*time.Second {
			t.Fatalf("%v", err)
		}
		contains(t, err, "rate limit", limit.Until.UTC().Format("15:04:05 UTC"), "again after that")
	}
	if c.Calls() != 1 || clock.total() != 0 {
		t.Errorf("%d calls, %s", c.Calls(), clock.total())
	}
	_ = clock.Sleep(t.Context(), time.Hour)
	if _, err := c.Run(t.Context(), charts); err != nil {
		t.Errorf("after the reset: %v", err)
	}
}

func TestSecondaryLimitsGrowAndEnd(t *testing.T) {
	s, c, clock := fake(t, oneRun())
	s.Fail("", -1, githubtest.SecondaryLimit(0))
	_, err := c.Run(t.Context(), charts)
	var limit *LimitError
	if !errors.As(err, &limit) || !limit.Secondary {
		t.Fatalf("%v", err)
	}
	if got := clock.total(); got != 3*time.Minute || c.Calls() != 3 {
		t.Errorf("waited %s in %d calls", got, c.Calls())
	}
}

// An answer that was good may say that it was the last one for now.
func TestLastRequestOfTheHour(t *testing.T) {
	clock := newClock()
	s := githubtest.New(t, githubtest.State{
		Tokens:       map[string]githubtest.Token{"ghs_two": {User: githubtest.User{Login: "x[bot]", Type: "Bot"}, Limit: 2}},
		Repositories: []githubtest.Repository{{Owner: "acme", Name: "charts", Runs: []githubtest.Run{{ID: 7}}}},
	}, githubtest.Options{Now: clock.Now})
	c := newClient(t, s.URL(), "ghs_two", clock)
	for i := range 3 {
		_, err := c.Run(t.Context(), charts)
		var limit *LimitError
		if errors.As(err, &limit) != (i == 2) {
			t.Errorf("request %d: %v", i+1, err)
		}
	}
	if c.Calls() != 2 {
		t.Errorf("%d calls", c.Calls())
	}
}

func TestCancellationEndsAtOnce(t *testing.T) {
	s, c, _ := fake(t, oneRun())
	s.Fail("", -1, githubtest.Fault{Delay: time.Minute})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := c.Run(ctx, charts)
	if !errors.Is(err, context.Canceled) || c.Calls() != 1 {
		t.Errorf("%v after %d calls", err, c.Calls())
	}

	// While it sleeps, with the real clock.
	s, c, _ = fake(t, oneRun())
	c.transport.sleep, c.transport.now = sleep, time.Now
	s.Fail("", -1, githubtest.SecondaryLimit(time.Minute))
	ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := c.Run(ctx, charts); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

func TestSlowAnswer(t *testing.T) {
	s, c, _ := fake(t, oneRun())
	c.transport.timeout = 50 * time.Millisecond
	s.Fail("", 1, githubtest.Fault{Delay: time.Minute})
	if _, err := c.Run(t.Context(), charts); err != nil || c.Calls() != 2 {
		t.Errorf("%v after %d calls", err, c.Calls())
	}
}

func TestAnswersThatNeverCome(t *testing.T) {
	s, c, _ := fake(t, oneRun())
	c.transport.timeout = 10 * time.Millisecond
	s.Fail("", -1, githubtest.Fault{Delay: time.Minute})
	_, err := c.Run(t.Context(), charts)
	contains(t, err, "no answer from", "did not arrive within 10ms")
	if errors.Is(err, context.DeadlineExceeded) || c.Calls() != maxTries {
		t.Errorf("%v after %d calls", err, c.Calls())
	}
}

// served is GitHub as one handler.
func served(t *testing.T, handler http.HandlerFunc) *Client {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return newClient(t, s.URL, "ghs_x", newClock())
}

func TestAnswersThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"empty": "", "a page": "<html>Sign in</html>", "cut JSON": `{"id": 7, "name"`, "another run": `{"id": 8}`,
	} {
		t.Run(name, func(t *testing.T) {
			c := served(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
			_, err := c.Run(t.Context(), charts)
			contains(t, err, "cannot look up the run 7")
		})
	}
}

func TestAnswerTooLarge(t *testing.T) {
	c := served(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"id": 7, "name": "`)
		for range 2000 {
			_, _ = io.WriteString(w, strings.Repeat("x", 1000))
		}
	})
	c.transport.maxAnswer = 1 << 20
	_, err := c.Run(t.Context(), charts)
	contains(t, err, "more than 1048576 bytes")
	if c.Calls() != 1 {
		t.Errorf("%d calls", c.Calls())
	}
}

func TestUnreachable(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c := newClient(t, s.URL, "", newClock())
	_, err := c.Run(t.Context(), charts)
	contains(t, err, "no answer from", "GITHUB_API_URL")
	if c.Calls() != maxTries {
		t.Errorf("%d calls", c.Calls())
	}
}

// Nobody but the API sees the token, and what is not encrypted sees nothing.
func TestRedirections(t *testing.T) {
	var told atomic.Value
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		told.Store(r.Header.Get("Authorization"))
		_, _ = io.WriteString(w, `{"id": 7}`)
	}))
	t.Cleanup(other.Close)
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer ghs_x" {
			t.Error("the API was sent no token")
		}
		switch r.URL.Path {
		case "/repos/acme/charts/actions/runs/7": // renamed
			http.Redirect(w, r, "/repositories/1/actions/runs/7", http.StatusMovedPermanently)
		default:
			http.Redirect(w, r, strings.Replace(other.URL, "127.0.0.1", "localhost", 1), http.StatusFound)
		}
	})
	if _, err := c.Run(t.Context(), charts); err != nil {
		t.Fatal(err)
	}
	if told.Load() != "" {
		t.Errorf("another host was told %q", told.Load())
	}

	secure := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusFound)
	}))
	t.Cleanup(secure.Close)
	c, err := New(Options{APIURL: secure.URL, HTTP: secure.Client()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Run(t.Context(), charts)
	contains(t, err, "not encrypted")
}

func TestEnterprise(t *testing.T) {
	clock := newClock()
	s := githubtest.New(t, githubtest.State{Repositories: []githubtest.Repository{{Owner: "acme", Name: "charts", Runs: []githubtest.Run{{
		ID: 7, Artifacts: []githubtest.Artifact{{Name: "a", Data: githubtest.Zip(map[string]string{"part.json": "{}"})}},
	}}}}}, githubtest.Options{Enterprise: true})
	c := newClient(t, s.URL()+"/", githubtest.WriteToken, clock)
	run, err := c.Run(t.Context(), charts)
	if err != nil {
		t.Fatal(err)
	}
	artifacts, err := c.Artifacts(t.Context(), charts, "")
	if err != nil || len(artifacts) != 1 || !strings.HasPrefix(artifacts[0].URL, strings.TrimSuffix(s.URL(), "/api/v3")+"/acme/charts/actions/runs/7/artifacts/") {
		t.Fatalf("%+v, %v", artifacts, err)
	}
	if err := c.Download(t.Context(), run, artifacts[0], t.TempDir()+"/a"); err != nil {
		t.Error(err)
	}
}

func TestPagesThatNeverEnd(t *testing.T) {
	pages := atomic.Int64{}
	c := served(t, func(w http.ResponseWriter, r *http.Request) {
		pages.Add(1)
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=%d>; rel="next"`, r.Host, r.URL.Path, pages.Load()+1))
		_, _ = io.WriteString(w, `{"artifacts": []}`)
	})
	_, err := c.Artifacts(t.Context(), charts, "")
	contains(t, err, "more than 110 pages")

	c = served(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", fmt.Sprintf(`<http://%s%s?page=1>; rel="next"`, r.Host, r.URL.Path))
		_, _ = io.WriteString(w, `{"artifacts": []}`)
	})
	if _, err = c.Artifacts(t.Context(), charts, ""); err == nil || c.Calls() != 1 {
		t.Errorf("%v after %d calls", err, c.Calls())
	}
}
