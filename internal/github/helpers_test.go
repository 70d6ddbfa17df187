package github

import (
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v50/github"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

// clock is time that passes only where somebody sleeps.
type clock struct {
	mu    sync.Mutex
	now   time.Time
	slept []time.Duration
	logs  []string
}

func newClock() *clock { return &clock{now: time.Now()} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Sleep(ctx context.Context, d time.Duration) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	c.slept = append(c.slept, d)
	return nil
}

func (c *clock) total() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	var sum time.Duration
	for _, d := range c.slept {
		sum += d
	}
	return sum
}

func (c *clock) log(s string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.logs = append(c.logs, s)
}

func (c *clock) logged() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return strings.Join(c.logs, "\n")
}

func newClient(t *testing.T, url, token string, by *clock) *Client {
	t.Helper()
	c, err := New(Options{APIURL: url, Token: token, Now: by.Now, Sleep: by.Sleep, Log: by.log})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fake is GitHub with one repository, acme/charts, as the test wants it.
func fake(t *testing.T, repo githubtest.Repository) (*githubtest.Server, *Client, *clock) {
	t.Helper()
	repo.Owner, repo.Name = "acme", "charts"
	by := newClock()
	s := githubtest.New(t, githubtest.State{Repositories: []githubtest.Repository{
		repo, {Owner: "mallory", Name: "charts", ForkOf: "acme/charts"},
	}}, githubtest.Options{Now: by.Now})
	return s, newClient(t, s.URL(), githubtest.WriteToken, by), by
}

var charts = RunRef{Owner: "acme", Repo: "charts", ID: 7}

func sha(digit string) string { return strings.Repeat(digit, 40) }

func contains(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; want one with %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the error lacks %q: %v", part, err)
		}
	}
}

func decodeJob(t *testing.T, text string) *gogithub.WorkflowJob {
	t.Helper()
	out := new(gogithub.WorkflowJob)
	if err := json.Unmarshal([]byte(text), out); err != nil {
		t.Fatal(err)
	}
	return out
}
