package cli

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func TestBaseOfAForksRun(t *testing.T) {
	release := strings.Repeat("5", 40)
	for _, c := range []struct {
		name    string
		prepare func(*githubtest.State)
		fault   *githubtest.Fault
		code    int
		want    string
	}{
		{name: "a pull request against another branch", want: release + "\n"},
		{name: "none has this head", prepare: func(s *githubtest.State) { s.Repository(sceneRepo).PullRequests = nil }},
		{name: "its head has moved on", prepare: func(s *githubtest.State) {
			s.Repository(sceneRepo).PullRequests[0].Head.SHA = strings.Repeat("6", 40)
		}},
		{name: "GitHub does not answer", fault: new(githubtest.ServerError(502)), code: exitInfrastructure},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := makeRun(t, 1).onGitHub(t, func(state *githubtest.State) {
				run, pull := sceneRunOf(state), &state.Repository(sceneRepo).PullRequests[0]
				run.HeadRepository, run.Status, run.Jobs = sceneFork, "completed", nil
				pull.Head.Repository = sceneFork
				pull.Base = githubtest.Ref{Branch: "release-1", SHA: release}
				if c.prepare != nil {
					c.prepare(state)
				}
			})
			if c.fault != nil {
				s.server.Fail("GET /repos/*/*/pulls", -1, *c.fault)
			}
			if code := s.main("base", "gh:posthog/charts/runs/7"); code != c.code || s.stdout.String() != c.want {
				t.Fatalf("exit code %d, %q\n%s", code, &s.stdout, &s.stderr)
			}
			outputs := s.file("GITHUB_OUTPUT")
			if strings.Contains(outputs, "base<<") != (c.want != "") || !strings.Contains(outputs, c.want) {
				t.Errorf("outputs %q", outputs)
			}
		})
	}
}
