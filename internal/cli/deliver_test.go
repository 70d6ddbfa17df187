package cli

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

const pageURL = "https://github.com/posthog/charts/actions/runs/7/artifacts/9"

// failing is a scene in which one job of three failed, rendered.
func failing(t *testing.T, change ...func(*githubtest.State)) *scene {
	t.Helper()
	r := makeRun(t, 3)
	r.fail("connection refused", 1)
	fail := func(state *githubtest.State) {
		job := &sceneRunOf(state).Jobs[1]
		job.Conclusion, job.Steps[0].Conclusion = "failure", "failure"
	}
	s := r.onGitHub(t, append([]func(*githubtest.State){fail}, change...)...)
	s.report()
	return s
}

func TestDeliverPostsEverywhere(t *testing.T) {
	s := failing(t)
	s.deliver(exitFailed, "--html-url", pageURL)
	comments, checks := s.comments(), s.checks()
	if len(comments) != 1 || len(checks) != 1 {
		t.Fatalf("%d comments, %d check runs\n%s", len(comments), len(checks), &s.stdout)
	}
	body := comments[0].Body
	mustContain(t, "the comment", body, "connection refused", pageURL, "https://github.com/posthog/charts/actions/runs/7")
	if !strings.HasPrefix(body, "<!-- chart-matrix:web run=7 attempt=1 -->\n## ❌") || len(body) > githubtest.MaxComment {
		t.Errorf("%d bytes: %.80s", len(body), body)
	}
	check := checks[0]
	if check.HeadSHA != sceneHead || check.Conclusion != "failure" || check.DetailsURL != pageURL || check.Name != "chart-matrix / web" {
		t.Errorf("%+v", check)
	}
	if len(check.Annotations) != 1 {
		t.Fatalf("annotations %+v", check.Annotations)
	}
	if a := check.Annotations[0]; a.Path != "charts/web/templates/web.yaml" || a.StartLine != 7 || a.Level != "failure" || !strings.Contains(a.Message, "connection refused") {
		t.Errorf("%+v", a)
	}
	mustContain(t, "the step's summary", s.file("GITHUB_STEP_SUMMARY"), "connection refused", pageURL)
	outputs := s.file("GITHUB_OUTPUT")
	for _, o := range []string{"verdict", "findings", "html-url", "comment-url"} {
		mustContain(t, "the outputs", outputs, o+"<<")
	}
	mustContain(t, "the outputs", outputs, "\nfailed\n", "\n1\n", "\n"+pageURL+"\n", "#issuecomment-")
	mustContain(t, "the log", s.stdout.String(), "::error title=chart-matrix%3Aweb::")
	if strings.Contains(s.stdout.String(), "file=") {
		t.Errorf("annotated twice:\n%s", &s.stdout)
	}

	// Delivered again, for a later attempt: edited, not posted anew.
	s.env["GITHUB_RUN_ATTEMPT"] = "2"
	s.deliver(exitFailed)
	if again := s.comments(); len(again) != 1 || again[0].ID != comments[0].ID || !strings.Contains(again[0].Body, "attempt=2") {
		t.Errorf("%+v", again)
	}
	// The first attempt comes late: the newer comment stays.
	s.env["GITHUB_RUN_ATTEMPT"] = "1"
	s.deliver(exitFailed)
	mustContain(t, "the log", s.stdout.String(), "No comment: a newer state took its place")
	if again := s.comments(); len(again) != 1 || !strings.Contains(again[0].Body, "attempt=2") {
		t.Errorf("%+v", again)
	}
}

func TestDeliverOnlyReading(t *testing.T) {
	s := failing(t)
	s.env["GITHUB_TOKEN"] = githubtest.ReadToken
	s.deliver(exitFailed)
	if len(s.comments()) != 0 || len(s.checks()) != 0 {
		t.Error("something was written")
	}
	const line = "No comment and no check run: the token may not write here"
	mustContain(t, "the step's summary", s.file("GITHUB_STEP_SUMMARY"), "connection refused", line)
	if n := strings.Count(s.stdout.String(), line); n != 1 {
		t.Errorf("said %d times:\n%s", n, &s.stdout)
	}
	// Annotations need no permission in this form.
	mustContain(t, "the log", s.stdout.String(), "file=charts/web/templates/web.yaml", "line=7")
	mustContain(t, "the outputs", s.file("GITHUB_OUTPUT"), "\nfailed\n")
}

func TestDeliverSurvivesFailures(t *testing.T) {
	for _, c := range []struct {
		name     string
		prepare  func(*scene)
		comments int
		checks   int
		says     string
	}{
		{"the API is down", func(s *scene) { s.server.Fail("", -1, githubtest.ServerError(502)) }, 0, 0, "No comment:"},
		{"comments fail", func(s *scene) {
			s.server.Fail("POST /repos/*/*/issues/*/comments", -1, githubtest.Fault{Status: 422, Message: "no"})
		}, 0, 1, "No comment:"},
		{"check runs fail", func(s *scene) {
			s.server.Fail("POST /repos/*/*/check-runs", -1, githubtest.Fault{Status: 422, Message: "no"})
		}, 1, 0, "No check run:"},
		{"a rate limit ends soon", func(s *scene) {
			s.server.Fail("POST /repos/*/*/issues/*/comments", 1, githubtest.SecondaryLimit(time.Minute))
		}, 1, 1, ""},
		{"a rate limit ends late", func(s *scene) { s.server.Fail("", -1, githubtest.PrimaryLimit(s.now.Add(50*time.Minute))) }, 0, 0, "rate limit"},
		{"no token", func(s *scene) { delete(s.env, "GITHUB_TOKEN") }, 0, 0, "the token may not write"},
		{"newer commits", func(s *scene) {
			s.server.Update(func(state *githubtest.State) {
				state.Repository(sceneRepo).PullRequest(scenePull).Head.SHA = strings.Repeat("9", 40)
			})
		}, 0, 1, "is at 99999999 by now"},
		{"the event cannot be read", func(s *scene) { s.env["GITHUB_EVENT_PATH"] = "absent" }, 0, 0, "No comment and no check run:"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := failing(t)
			c.prepare(s)
			s.deliver(exitFailed)
			if n := len(s.comments()); n != c.comments {
				t.Errorf("%d comments, want %d", n, c.comments)
			}
			if n := len(s.checks()); n != c.checks {
				t.Errorf("%d check runs, want %d", n, c.checks)
			}
			mustContain(t, "the log", s.stdout.String(), c.says)
			mustContain(t, "the step's summary", s.file("GITHUB_STEP_SUMMARY"), "connection refused", c.says)
		})
	}
}

func TestDeliverNowhere(t *testing.T) {
	s := failing(t)
	s.env["GITHUB_TOKEN"] = githubtest.ReadToken
	s.env["GITHUB_STEP_SUMMARY"] = filepath.Join(t.TempDir(), "absent", "summary")
	s.deliver(exitInfrastructure)
	mustContain(t, "the log", s.stderr.String(), "could not be shown anywhere")
}

// TestDeliverForOtherEvents: without a pull request there is a check run on the
// commit, and no comment.
func TestDeliverForOtherEvents(t *testing.T) {
	for event, payload := range map[string]map[string]any{
		"push":        {"before": strings.Repeat("0", 40), "after": sceneHead},
		"schedule":    {},
		"merge_group": {"merge_group": map[string]any{"head_sha": sceneHead, "base_sha": strings.Repeat("3", 40), "head_ref": "refs/heads/gh-readonly-queue/main/pr-42", "base_ref": "refs/heads/main"}},
	} {
		t.Run(event, func(t *testing.T) {
			s := makeRun(t, 2).onGitHub(t, func(state *githubtest.State) { sceneRunOf(state).Event = event })
			s.env["GITHUB_SHA"] = sceneHead
			s.payload(event, payload)
			s.report()
			s.deliver(exitPassed)
			if checks := s.checks(); len(s.comments()) != 0 || len(checks) != 1 || checks[0].HeadSHA != sceneHead || checks[0].Conclusion != "success" {
				t.Errorf("%d comments, check runs %+v", len(s.comments()), checks)
			}
			if out := s.stdout.String(); out != "All 2 cells pass.\n" {
				t.Errorf("said %q", out)
			}
		})
	}
}

// TestDeliverRacing: reports of two runs that are delivered at the same time
// leave one comment, the newer run's.
func TestDeliverRacing(t *testing.T) {
	old, young := failing(t), failing(t)
	young.env["GITHUB_API_URL"] = old.server.URL()
	young.env["GITHUB_RUN_ID"] = "8"
	var wait sync.WaitGroup
	for _, s := range []*scene{old, young} {
		wait.Go(func() { s.main("deliver", s.out) })
	}
	wait.Wait()
	young.main("deliver", young.out) // as a late report settles what the race left
	comments := old.comments()
	if len(comments) != 1 || !strings.Contains(comments[0].Body, "run=8 ") {
		t.Errorf("%d comments: %+v", len(comments), comments)
	}
}

// TestDeliverNothingHostile: text from results acts nowhere that it is shown.
func TestDeliverNothingHostile(t *testing.T) {
	const hostile = "@everyone <img src=x onerror=alert(1)> | [x](http://evil.example) --> ``` ::error::gone\n::set-output name=verdict::passed\r\n##[error]x \x1b[31m\u202e"
	r := makeRun(t, 2)
	r.fail(hostile, 1)
	job := r.plan.Jobs[1]
	cell := r.jobs[job.ID][0]
	p := &cell.Steps[0].Assertions[0].Problems[0]
	p.Location.File, p.Location.Object, p.Hint = "templates/::error::,\nline=1.yaml", hostile, hostile
	r.jobs[job.ID][0] = cell
	s := r.onGitHub(t, func(state *githubtest.State) {
		j := &sceneRunOf(state).Jobs[1]
		j.Conclusion, j.Steps[0].Conclusion = "failure", "failure"
	})
	s.report()
	s.deliver(exitFailed)
	s.env["GITHUB_TOKEN"] = githubtest.ReadToken // so that annotations go to the log
	log := s.stdout.String()
	s.deliver(exitFailed)
	log += s.stdout.String()
	for line := range strings.Lines(log) {
		if c := strings.TrimSpace(line); strings.HasPrefix(c, "::") && !strings.HasPrefix(c, "::error ") || strings.ContainsAny(c, "\x1b\u202e") || strings.Contains(c, "##[") {
			t.Errorf("the log obeys %q", line)
		}
	}
	comment := s.comments()[0].Body
	for _, text := range []string{comment, s.checks()[0].Summary, s.file("GITHUB_STEP_SUMMARY")} {
		outside := withoutCode(text)
		for _, bad := range []string{"@everyone", "<img", "http://evil", "\n::", "##["} {
			if strings.Contains(outside, bad) {
				t.Errorf("%q stands in:\n%s", bad, outside)
			}
		}
		if strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("control characters in:\n%q", text)
		}
	}
	for _, a := range s.checks()[0].Annotations {
		if strings.ContainsAny(a.Title+a.Message+a.Path, "\x1b\u202e\r") || strings.Contains(a.Path, "\n") {
			t.Errorf("%+v", a)
		}
	}
	if n := strings.Count(s.file("GITHUB_OUTPUT"), "verdict<<"); n != 2 { // of two deliveries
		t.Errorf("%d verdicts in the outputs", n)
	}
}

// codeSpan matches what this test's texts have as inline code.
var codeSpan = regexp.MustCompile("(?m)\\*\\*At:\\*\\* ````.*````$")

// withoutCode drops code, in which nothing acts.
func withoutCode(text string) string {
	text = codeSpan.ReplaceAllString(text, "")
	var out []string
	fence := ""
	for line := range strings.Lines(text) {
		ticks := line[:len(line)-len(strings.TrimLeft(line, "`"))]
		switch {
		case fence == "" && len(ticks) >= 3:
			fence = ticks
		case fence != "" && strings.TrimSpace(line) == fence:
			fence = ""
		case fence == "":
			out = append(out, line)
		}
	}
	return strings.Join(out, "")
}

func TestDeliverRefusesWhatIsNoReport(t *testing.T) {
	s := failing(t)
	good := readFile(t, filepath.Join(s.out, renderedSummary))
	for name, text := range map[string]string{
		"no JSON":          "{",
		"another format":   strings.Replace(good, "summary/v1", "summary/v9", 1),
		"a forged verdict": strings.Replace(good, `"exitCode": 1`, `"exitCode": 0`, 1),
		"a wild index":     regexp.MustCompile(`("findings": \[\s+)0`).ReplaceAllString(good, "${1}77"),
	} {
		if name != "no JSON" && text == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if err := os.WriteFile(filepath.Join(s.out, renderedSummary), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		s.deliver(exitInfrastructure)
		if len(s.comments()) > 0 {
			t.Fatalf("%s was posted", name)
		}
	}
	if err := os.Remove(filepath.Join(s.out, renderedSummary)); err != nil {
		t.Fatal(err)
	}
	s.deliver(exitInfrastructure)
	mustContain(t, "the error", s.stderr.String(), "expected a folder that report --render has written to its end", "::error title=chart-matrix::")
}

func TestDeliverAtHomeNeedsARun(t *testing.T) {
	s := failing(t)
	token := s.env["GITHUB_TOKEN"]
	s.env = map[string]string{"GITHUB_API_URL": s.server.URL()}
	s.deliver(exitUsage)
	mustContain(t, "the error", s.stderr.String(), "--run")
	s.deliver(exitUsage, "--run", "gh:nonsense")
	s.env["GH_TOKEN"] = token
	s.deliver(exitFailed, "--run", "gh:posthog/charts/runs/7")
	if len(s.comments()) != 1 || len(s.checks()) != 1 {
		t.Errorf("%d comments, %d check runs", len(s.comments()), len(s.checks()))
	}
}

func TestDeliverCancelled(t *testing.T) {
	s := failing(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.server.On("POST /repos/*/*/issues/*/comments", 1, func(*githubtest.State) { cancel() })
	if code := s.mainWith(ctx, "deliver", s.out); code != ExitInterrupted {
		t.Errorf("exit code %d", code)
	}
}
