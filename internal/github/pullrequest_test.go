package github

import (
	"errors"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func TestPullRequest(t *testing.T) {
	fork := func(n int, change func(*githubtest.PullRequest)) githubtest.PullRequest {
		p := githubtest.PullRequest{
			Number: n, Head: githubtest.Ref{Repository: "mallory/charts", Branch: "topic", SHA: sha("a")},
			Updated: time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC),
		}
		if change != nil {
			change(&p)
		}
		return p
	}
	moved := func(p *githubtest.PullRequest) { p.Head.SHA = sha("b") }
	closed := func(p *githubtest.PullRequest) { p.State = "closed" }
	merged := func(p *githubtest.PullRequest) { p.State, p.Merged = "closed", true }
	into := func(base string) func(*githubtest.PullRequest) {
		return func(p *githubtest.PullRequest) { p.Base.Branch = base }
	}
	ofFork := githubtest.Run{ID: 7, Event: "pull_request", HeadRepository: "mallory/charts", HeadBranch: "topic", HeadSHA: sha("a")}
	own := func(n int, change func(*githubtest.PullRequest)) githubtest.PullRequest {
		p := fork(n, change)
		p.Head.Repository = "acme/charts"
		return p
	}
	ofOwn := ofFork
	ofOwn.HeadRepository = "acme/charts"
	type pulls = []githubtest.PullRequest
	for name, c := range map[string]struct {
		run    githubtest.Run
		pulls  pulls
		number int // from the event
		want   int
		err    error
		says   []string
		calls  int
	}{
		"own":                       {run: ofOwn, pulls: pulls{own(1, nil), fork(2, nil)}, want: 1, calls: 2},
		"own, moved on":             {run: ofOwn, pulls: pulls{own(1, moved)}, err: ErrOutdated, says: []string{"#1 is at bbbbbbbb", "tested aaaaaaaa"}},
		"own, two bases":            {run: ofOwn, pulls: pulls{own(1, nil), own(2, into("release"))}, err: ErrNoPullRequest, says: []string{"#1 into main, #2 into release"}},
		"two bases, and the number": {run: ofOwn, pulls: pulls{own(1, nil), own(2, into("release"))}, number: 2, want: 2, calls: 2},
		"fork":                      {run: ofFork, pulls: pulls{fork(1, nil), own(2, nil)}, want: 1, calls: 2},
		"fork, moved on":            {run: ofFork, pulls: pulls{fork(1, moved)}, err: ErrOutdated},
		"fork, number, moved on":    {run: ofFork, pulls: pulls{fork(1, moved)}, number: 1, err: ErrOutdated},
		"fork, two bases":           {run: ofFork, pulls: pulls{fork(1, nil), fork(2, into("release"))}, err: ErrNoPullRequest, says: []string{"does not say which"}},
		"fork, one of two moved":    {run: ofFork, pulls: pulls{fork(1, nil), fork(2, moved)}, want: 1},
		"fork, closed before":       {run: ofFork, pulls: pulls{fork(1, closed), fork(2, nil)}, want: 2},
		"fork, opened anew":         {run: ofFork, pulls: pulls{fork(1, closed), fork(2, moved)}, want: 1},
		"fork, closed":              {run: ofFork, pulls: pulls{fork(1, closed), fork(2, closed)}, want: 2},
		"fork, merged":              {run: ofFork, pulls: pulls{fork(1, merged)}, want: 1},
		"none":                      {run: ofFork, err: ErrNoPullRequest, says: []string{"none comes from topic of mallory/charts"}},
		"another branch":            {run: ofFork, pulls: pulls{fork(1, func(p *githubtest.PullRequest) { p.Head.Branch = "other" })}, err: ErrNoPullRequest},
		"another fork of the owner": {run: ofFork, pulls: pulls{fork(1, func(p *githubtest.PullRequest) { p.Head.Repository = "mallory/charts2" })}, err: ErrNoPullRequest},
		"a push":                    {run: githubtest.Run{ID: 7, Event: "push", HeadBranch: "topic"}, pulls: pulls{own(1, nil)}, err: ErrNoPullRequest, says: []string{"push"}},
		"a merge queue":             {run: githubtest.Run{ID: 7, Event: "merge_group", HeadBranch: "gh-readonly-queue/main/pr-1-a"}, err: ErrNoPullRequest},
		"no such number":            {run: ofFork, number: 9, says: []string{"404", "pull-requests: read"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, client, _ := fake(t, githubtest.Repository{Runs: []githubtest.Run{c.run}, PullRequests: c.pulls})
			run, err := client.Run(t.Context(), charts)
			if err != nil {
				t.Fatal(err)
			}
			if run.Fork != (c.run.HeadRepository == "mallory/charts") {
				t.Errorf("fork: %v", run.Fork)
			}
			if c.number > 0 {
				run.PullRequest = c.number
			}
			got, err := client.PullRequest(t.Context(), run)
			if c.want == 0 {
				contains(t, err, c.says...)
				if c.err != nil && !errors.Is(err, c.err) {
					t.Errorf("%v is not %v", err, c.err)
				}
				return
			}
			if err != nil || got.Number != c.want || got.HeadSHA != run.HeadSHA || got.Repository != "acme/charts" || got.URL == "" || got.Fork != run.Fork {
				t.Fatalf("%+v, %v", got, err)
			}
			if name == "fork, merged" && (!got.Merged || got.State != "closed") {
				t.Errorf("%+v", got)
			}
			if c.calls > 0 && client.Calls() != c.calls {
				t.Errorf("%d calls", client.Calls())
			}
		})
	}
}

func TestForkThatIsGone(t *testing.T) {
	_, c, _ := fake(t, githubtest.Repository{})
	_, err := c.PullRequest(t.Context(), Run{Ref: charts, Repository: "acme/charts", Event: "pull_request", HeadBranch: "topic", Fork: true})
	if !errors.Is(err, ErrNoPullRequest) || c.Calls() != 0 {
		t.Error(err)
	}
}

func TestRunWithEvent(t *testing.T) {
	run := Run{Ref: charts, Repository: "acme/charts", Attempt: 1, HeadSHA: sha("c")}
	e := Event{RunID: 7, Repository: "Acme/Charts", Attempt: 2, PullRequest: 3, HeadSHA: sha("a"), HeadBranch: "topic", HeadRepository: "mallory/charts", Fork: true}
	got := run.With(e)
	if got.PullRequest != 3 || got.HeadSHA != sha("a") || got.HeadBranch != "topic" || got.HeadRepository != "mallory/charts" || !got.Fork || got.Attempt != 2 {
		t.Errorf("%+v", got)
	}
	e.RunID = 8
	if got := run.With(e); got != run {
		t.Errorf("an event of another run changes it: %+v", got)
	}
	if got := run.With(Event{RunID: 7, Repository: "acme/charts", SHA: sha("d"), HeadSHA: sha("d")}); got != run {
		t.Errorf("an event without a pull request changes it: %+v", got)
	}
}
