package githubtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder is a test that may fail.
type recorder struct {
	testing.TB
	mu       sync.Mutex
	failures []string
}

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failures = append(r.failures, fmt.Sprintf(format, args...))
}

// world is a repository with something of everything.
func world() State {
	jobs := []Job{
		{Name: "plan", Attempt: 1},
		{
			Name: "cells / abcdefgh kind-1.34", Attempt: 1, Conclusion: "failure", Runner: "GitHub Actions 7", Labels: []string{"ubuntu-latest"},
			Steps:       []Step{{Name: "Run", Conclusion: "failure"}},
			Annotations: []Annotation{{Path: ".github", StartLine: 1, EndLine: 1, Level: "failure", Message: "The runner has received a shutdown signal."}},
		},
		{Name: "cells / abcdefgh kind-1.34", Attempt: 2, Status: "in_progress"},
	}
	return State{Repositories: []Repository{
		{
			Owner: "acme", Name: "charts",
			Runs: []Run{
				{ID: 7, Event: "pull_request", HeadBranch: "topic", Attempt: 2, Jobs: jobs, Artifacts: []Artifact{
					{ID: 71, Name: "plan", Data: Zip(map[string]string{"part.json": "{}"})},
					{ID: 72, Name: "old", Expired: true, Digest: NoDigest},
				}},
				{ID: 8, Event: "schedule", Conclusion: "failure"},
				{ID: 9, Event: "schedule"},
			},
			PullRequests: []PullRequest{
				{Number: 3, Head: Ref{Branch: "topic", SHA: madeSHA("topic")}, Files: []string{"Chart.yaml"}},
				{Number: 4, Head: Ref{Repository: "fork/charts", Branch: "topic"}},
				{Number: 5, State: "closed", Merged: true},
				{Number: 6, Locked: true},
			},
			Comments: []Comment{{ID: 31, Number: 3, Body: "a human"}},
		},
		{Owner: "fork", Name: "charts", ForkOf: "acme/charts"},
		{Owner: "acme", Name: "secret", Private: true},
	}}
}

// reply is an answer of the fake.
type reply struct {
	status int
	header http.Header
	body   string
}

// json reads one value out of the answer: "user.login", "0.id".
func (r reply) json(t *testing.T, path string) any {
	t.Helper()
	var value any
	if err := json.Unmarshal([]byte(r.body), &value); err != nil {
		t.Fatalf("%v in %q", err, r.body)
	}
	for _, key := range strings.Split(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				t.Fatalf("no %s in %s", path, r.body)
			}
			value = v[i]
		default:
			t.Fatalf("no %s in %s", path, r.body)
		}
	}
	return value
}

// ask sends a request and does not follow redirections.
func ask(t *testing.T, s *Server, token, request, body string) reply {
	t.Helper()
	r, err := try(s, token, request, body)
	if err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	return r
}

func try(s *Server, token, request, body string) (reply, error) {
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequest(method, s.URL()+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	r.Header.Set("User-Agent", "githubtest")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	client := http.Client{
		Timeout:       10 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	return reply{answer.StatusCode, answer.Header, string(data)}, err
}

func itoa(n int64) string { return fmt.Sprint(n) }
