package cli

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

const noPlan = `the plan job ended with "failure"`

// green is a scene whose first push passed and was commented on, and whose second
// push, run 8, is on its way. change prepares the fake before.
func green(t *testing.T) *scene {
	t.Helper()
	s := makeRun(t, 2).onGitHub(t)
	s.report()
	s.deliver(exitPassed, "--chart", "charts/web")
	if c := s.comments(); len(c) != 1 || !strings.Contains(c[0].Body, "## ✅") {
		t.Fatalf("%+v", c)
	}
	s.env["GITHUB_RUN_ID"] = "8"
	return s
}

func TestWithoutAReportTheCommentIsNotGreen(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		red  bool
	}{
		{"the plan told the name", []string{"--name", "web", "--chart", "charts/web"}, true},
		{"nobody told the name", []string{"--chart", "charts/web"}, true},
		{"the folder is written in another way", []string{"--chart", "./charts/web/"}, true},
		{"another chart", []string{"--chart", "charts/api"}, false},
		{"neither name nor chart", nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := green(t)
			before := s.comments()[0]
			if code := s.main(append([]string{"deliver", "--missing", noPlan}, c.args...)...); code != exitInfrastructure {
				t.Errorf("exit code %d\n%s", code, &s.stderr)
			}
			after := s.comments()
			if len(after) != 1 || after[0].ID != before.ID {
				t.Fatalf("%+v", after)
			}
			mustContain(t, "the step's summary", s.file("GITHUB_STEP_SUMMARY"), "there is no report on this commit", "the plan job ended with")
			mustContain(t, "the outputs", s.file("GITHUB_OUTPUT"), "\nerrored\n")
			if !c.red {
				if after[0].Body != before.Body {
					t.Errorf("changed: %s", after[0].Body)
				}
				return
			}
			mustContain(t, "the comment", after[0].Body, "run=8 attempt=1", "## ⚠️ there is no report on this commit", "the plan job ended with", "/actions/runs/8", "**web**")
			if strings.Contains(after[0].Body, "✅") {
				t.Errorf("still green: %s", after[0].Body)
			}
			if checks := s.checks(); len(checks) != 2 || checks[1].Conclusion != "failure" || checks[1].Name != checks[0].Name {
				t.Errorf("%+v", checks)
			}

			// The next push has a plan again.
			s.env["GITHUB_RUN_ID"] = "9"
			s.deliver(exitPassed, "--chart", "charts/web")
			if last := s.comments(); len(last) != 1 || last[0].ID != before.ID || !strings.Contains(last[0].Body, "## ✅") {
				t.Errorf("%+v", last)
			}
		})
	}
}

func TestWithoutAReportAndAComment(t *testing.T) {
	s := makeRun(t, 1).onGitHub(t)
	for _, name := range []string{"", "web"} {
		if code := s.main("deliver", "--missing", noPlan, "--chart", "charts/web", "--name", name); code != exitInfrastructure {
			t.Errorf("exit code %d\n%s", code, &s.stderr)
		}
	}
	// The first had no name to make a comment for.
	if c := s.comments(); len(c) != 1 || !strings.Contains(c[0].Body, "<!-- chart-matrix:web run=7 attempt=1 -->") {
		t.Errorf("%+v", c)
	}
}

func TestWithoutAReportOthersCommentsStay(t *testing.T) {
	s := green(t)
	quoted := s.comments()[0].Body
	s.server.Update(func(state *githubtest.State) {
		repo := state.Repository(sceneRepo)
		repo.Comments = append(repo.Comments,
			githubtest.Comment{ID: 901, Number: scenePull, Author: githubtest.User{Login: "human"}, Body: quoted},
			githubtest.Comment{ID: 902, Number: scenePull, Author: githubtest.User{Login: githubtest.ActionsBot, Type: "Bot"}, Body: "> " + quoted},
			// A newer run's report is there already.
			githubtest.Comment{ID: 903, Number: scenePull, Author: githubtest.User{Login: githubtest.ActionsBot, Type: "Bot"},
				Body: strings.NewReplacer("chart-matrix:web", "chart-matrix:web2", "run=7", "run=99").Replace(quoted)})
	})
	if code := s.main("deliver", "--missing", noPlan, "--chart", "charts/web"); code != exitInfrastructure {
		t.Errorf("exit code %d\n%s", code, &s.stderr)
	}
	c := s.comments()
	if len(c) != 4 || strings.Contains(c[0].Body, "✅") || c[1].Body != quoted || c[2].Body != "> "+quoted || !strings.Contains(c[3].Body, "run=99") {
		t.Errorf("%+v", c)
	}
}

func TestWithoutAReportAndPermission(t *testing.T) {
	s := green(t)
	before := s.comments()[0].Body
	s.env["GITHUB_TOKEN"] = githubtest.ReadToken
	for _, name := range []string{"", "web"} {
		if code := s.main("deliver", "--missing", noPlan, "--chart", "charts/web", "--name", name); code != exitInfrastructure {
			t.Errorf("exit code %d\n%s", code, &s.stderr)
		}
		if s.comments()[0].Body != before {
			t.Error("the comment was edited")
		}
		mustContain(t, "the step's summary", s.file("GITHUB_STEP_SUMMARY"), "\n<!-- -->\n\n    No comment and no check run: the token may not write here")
	}
}

func TestMissingGoesWithoutAFolder(t *testing.T) {
	s := makeRun(t, 1).onGitHub(t)
	for _, args := range [][]string{{"deliver"}, {"deliver", "out", "--missing", "x"}} {
		if code := s.main(args...); code != exitUsage {
			t.Errorf("%q: exit code %d, %s", args, code, &s.stderr)
		}
	}
}
