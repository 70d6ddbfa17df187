package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/result"
)

// writeChart writes a small chart with a configuration of some scenarios, each
// of which a job layer is asked in.
func writeChart(t *testing.T, dir string, scenarios ...string) {
	t.Helper()
	var config strings.Builder
	fmt.Fprintf(&config, "chart: web\naxes: {kubernetes: [\"1.34\"], scenario: [%s]}\nscenarios:\n", strings.Join(scenarios, ", "))
	for _, s := range scenarios {
		fmt.Fprintf(&config, "  %s: {set: {a: %s}}\n", s, s)
	}
	config.WriteString("layers: {render: {}, command: {run: 'true', needs: nothing}}\nevents: {pull_request: {cover: all}, schedule: {cover: all}}\ngate: {pull_request: new}\n")
	for name, text := range map[string]string{
		".chart-matrix.yaml":        config.String(),
		"web/Chart.yaml":            "apiVersion: v2\nname: web\nversion: 1.0.0\n",
		"web/values.yaml":           "a: b\n",
		"web/templates/config.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: {{ .Values.a }}}\n",
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// forked is the run of a fork's pull request on a fake GitHub, and a step of the
// trusted workflow that follows it. The fork's jobs ran the program itself on
// the fork's own configuration.
func forked(t *testing.T, event string, scenarios ...string) *scene {
	t.Helper()
	fork := t.TempDir()
	writeChart(t, fork, scenarios...)
	s := makeRun(t, 1).onGitHub(t, func(state *githubtest.State) {
		repo := state.Repository(sceneRepo)
		run := sceneRunOf(state)
		run.Jobs, run.HeadRepository, run.Status = nil, sceneFork, "completed"
		repo.PullRequests[0].Head.Repository = sceneFork
	})
	s.parts = t.TempDir()
	outside := s.env
	s.env = map[string]string{}
	plan := filepath.Join(s.parts, partFolder("web", store.PlanArtifact, 1))
	if code := s.main("plan", fork, "--event", event, "--results", plan); code != exitPassed {
		t.Fatalf("plan exits with %d:\n%s", code, &s.stderr)
	}
	got, err := store.Collect(s.parts, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range got.Plan.Jobs {
		if code := s.main("run", fork, "--job", j.ID, "--plan", plan, "--results", filepath.Join(s.parts, partFolder("web", j.ID, 1))); code != exitPassed {
			t.Fatalf("run --job exits with %d:\n%s", code, &s.stderr)
		}
		s.server.Update(func(state *githubtest.State) {
			job := githubJob(j, "success", 1)
			job.ID = int64(900 + len(sceneRunOf(state).Jobs))
			job.Status = "completed"
			job.Steps[0].Status = "completed"
			sceneRunOf(state).Jobs = append(sceneRunOf(state).Jobs, job)
		})
	}
	s.env = outside
	s.upload(sceneRun, "")
	s.env["GITHUB_RUN_ID"] = "77"
	s.payload("workflow_run", map[string]any{"action": "completed", "workflow_run": map[string]any{"id": sceneRun}})
	return s
}

// trusted reports on the fork's run by the configuration in base.
func (s *scene) trusted(base string, args ...string) findings.Summary {
	s.t.Helper()
	args = append([]string{"report", "gh:posthog/charts/runs/7", "--plan-from", base, "--render", s.out, "--quiet"}, args...)
	if code := s.main(args...); code != exitPassed {
		s.t.Fatalf("report exits with %d:\n%s", code, &s.stderr)
	}
	sum, err := readSummary(s.out)
	if err != nil {
		s.t.Fatal(err)
	}
	return sum
}

func TestForkIsHeldAgainstThisPlan(t *testing.T) {
	base := t.TempDir()
	writeChart(t, base, "one", "two", "three")

	t.Run("an honest one passes, and is called self-reported", func(t *testing.T) {
		s := forked(t, "pull_request", "one", "two", "three")
		sum := s.trusted(base)
		if !sum.Verdict.Passed || !sum.Origin.SelfReported || sum.Counts.Passed != 3 || len(sum.Changes) > 0 || len(sum.Anomalies) > 0 {
			t.Errorf("%+v, changes %q, anomalies %q", sum.Verdict, sum.Changes, sum.Anomalies)
		}
		s.deliver(exitPassed, "--run", "gh:posthog/charts/runs/7")
		comments, checks := s.comments(), s.checks()
		if len(comments) != 1 || comments[0].Number != scenePull || !strings.Contains(comments[0].Body, "run=7 ") || len(checks) != 1 || checks[0].HeadSHA != sceneHead {
			t.Fatalf("%d comments, check runs %+v\n%s", len(comments), checks, &s.stdout)
		}
		mustContain(t, "the comment", comments[0].Body, "not verified")
	})

	t.Run("cells that its plan leaves out are lost", func(t *testing.T) {
		s := forked(t, "pull_request", "one")
		sum := s.trusted(base)
		if sum.Verdict.ExitCode != exitInfrastructure || sum.Counts.Passed != 1 || sum.Counts.Lost != 2 {
			t.Errorf("%+v, %+v", sum.Verdict, sum.Counts)
		}
		if len(sum.Changes) == 0 || !strings.Contains(sum.Changes[0], "removes 2 cells") {
			t.Errorf("changes %q", sum.Changes)
		}
		if len(sum.Findings) != 1 || !strings.Contains(sum.Findings[0].Title, "own plan leaves it out") {
			t.Errorf("findings %+v", sum.Findings)
		}
	})

	t.Run("a plan for another event is told", func(t *testing.T) {
		s := forked(t, "schedule", "one", "two", "three")
		sum := s.trusted(base)
		mustContain(t, "the anomalies", strings.Join(sum.Anomalies, "\n"), `planned for "schedule", and its event was pull_request`)
		if sum.Event != "pull_request" {
			t.Errorf("event %q", sum.Event)
		}
	})

	t.Run("a green that its job denies", func(t *testing.T) {
		s := forked(t, "pull_request", "one", "two", "three")
		s.server.Update(func(state *githubtest.State) {
			j := &sceneRunOf(state).Jobs[0]
			j.Conclusion, j.Steps[0].Conclusion = "failure", "failure"
		})
		sum := s.trusted(base)
		if sum.Verdict.ExitCode != exitInfrastructure || sum.Counts.Errored != 1 || sum.Counts.Passed != 2 {
			t.Errorf("%+v, %+v", sum.Verdict, sum.Counts)
		}
	})

	t.Run("a green that GitHub cannot be asked about", func(t *testing.T) {
		s := forked(t, "pull_request", "one", "two", "three")
		s.server.Fail("GET /repos/*/*/actions/runs/*/jobs", -1, githubtest.ServerError(500))
		code := s.main("report", "gh:posthog/charts/runs/7", "--plan-from", base, "--render", s.out, "--quiet")
		if code != exitInfrastructure || !strings.Contains(s.stderr.String(), "the states of their jobs") {
			t.Errorf("exit code %d: %s", code, &s.stderr)
		}
	})

	t.Run("a second chart, to have nothing judged", func(t *testing.T) {
		s := forked(t, "pull_request", "one", "two", "three")
		other := store.Artifact{Chart: "other", Part: store.PlanArtifact, Attempt: 1}.String()
		if err := store.WritePart(filepath.Join(s.parts, other), store.Part{Name: "other", Attempt: 1}, makeRun(t, 1).plan, nil); err != nil {
			t.Fatal(err)
		}
		s.server.Update(func(state *githubtest.State) { sceneRunOf(state).Artifacts = nil })
		s.upload(sceneRun, "")
		if sum := s.trusted(base); sum.Name != "web" || sum.Counts.Passed != 3 {
			t.Errorf("%s: %+v", sum.Name, sum.Counts)
		}
	})

	t.Run("no results at all", func(t *testing.T) {
		s := forked(t, "pull_request", "one")
		s.server.Update(func(state *githubtest.State) { sceneRunOf(state).Artifacts = nil })
		sum := s.trusted(base)
		if sum.Verdict.ExitCode != exitInfrastructure || sum.Counts.Lost != 3 {
			t.Errorf("%+v, %+v", sum.Verdict, sum.Counts)
		}
	})

	t.Run("a rendered report of its own is not believed", func(t *testing.T) {
		s := forked(t, "pull_request", "one")
		if code := s.main("report", s.parts, "--offline", "--render", s.out); code != exitPassed {
			t.Fatal(&s.stderr)
		}
		s.upload(sceneRun, "chart-matrix.web.report.1")
		if sum := s.trusted(base); sum.Counts.Lost != 2 {
			t.Errorf("%+v", sum.Counts)
		}
	})

	t.Run("without the run's event there is no plan", func(t *testing.T) {
		s := forked(t, "pull_request", "one")
		s.env = map[string]string{}
		if code := s.main("report", s.parts, "--plan-from", base); code != exitUsage || !strings.Contains(s.stderr.String(), "--event") {
			t.Errorf("exit code %d: %s", code, &s.stderr)
		}
		if code := s.main("report", s.parts, "--plan-from", base, "--event", "pull_request", "--offline"); code != exitInfrastructure {
			t.Errorf("exit code %d: %s", code, &s.stderr)
		}
		if code := s.main("report", s.parts, "--plan-from", base, "--event", "pull_request", "--only", "scenario=one", "--offline"); code != exitPassed {
			t.Errorf("exit code %d: %s", code, &s.stderr)
		}
	})
}

func TestReportFromGitHub(t *testing.T) {
	r := makeRun(t, 3)
	r.fail("connection refused", 1)
	delete(r.jobs, r.plan.Jobs[2].ID)
	s := r.onGitHub(t, func(state *githubtest.State) {
		run := sceneRunOf(state)
		run.Status, run.Conclusion = "completed", "failure"
		run.Jobs[1].Conclusion, run.Jobs[1].Steps[0].Conclusion = "failure", "failure"
		run.Jobs[2].Conclusion, run.Jobs[2].Steps[0].Conclusion = "cancelled", "cancelled"
	})
	there := s.report()
	lost := r.plan.Jobs[2].Cells[0]
	home := map[string]string{"GITHUB_API_URL": s.server.URL(), "GH_TOKEN": githubtest.UserToken}
	s.env = home
	at := func(where string) string {
		t.Helper()
		if code := s.main("report", where, "--format", "json"); code != exitFailed {
			t.Fatalf("exit code %d:\n%s", code, &s.stderr)
		}
		return s.stdout.String()
	}

	// From its parts.
	s.upload(sceneRun, "")
	s.server.Update(func(state *githubtest.State) { // what others left
		run := sceneRunOf(state)
		run.Artifacts = append(run.Artifacts, githubtest.Artifact{ID: 5, Name: "chart-matrix.web.html", Created: run.Created, Digest: githubtest.NoDigest})
	})
	parts := at("gh:posthog/charts/runs/7")
	mustContain(t, "the report", parts, "connection refused", "cancelled", lost)

	// From the report that the run made, in fewer requests.
	s.upload(sceneRun, "chart-matrix.web.report.1")
	before := len(s.server.Requests())
	whole := at("https://github.com/posthog/charts/actions/runs/7")
	if n := len(s.server.Requests()) - before; n > 10 {
		t.Errorf("%d requests", n)
	}
	if whole != parts {
		t.Errorf("the report from the run's report differs from that of its parts:\n%s\nand\n%s", whole, parts)
	}
	if sum := there.Verdict; !strings.Contains(whole, sum.Headline) {
		t.Errorf("at home it says something else than in the run (%s):\n%s", sum.Headline, whole)
	}

	// A report that cannot be read, or is of an earlier attempt, is passed over.
	s.server.Update(func(state *githubtest.State) {
		a := sceneRunOf(state).Artifacts
		last := &a[len(a)-1]
		last.Data = githubtest.Zip(map[string]string{"summary.json": "{}"})
		last.Size = int64(len(last.Data))
	})
	mustContain(t, "the report", at("gh:posthog/charts/runs/7"), "chart-matrix.web.report.1 is not used", "connection refused")
	if statusOf(t, there, lost) != result.Lost {
		t.Error("the cancelled job's cell is not lost")
	}
}

func TestReportFromGitHubRefuses(t *testing.T) {
	s := makeRun(t, 1).onGitHub(t)
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"report", "gh:posthog/charts"}, exitUsage, "gh:OWNER/REPO/runs/ID"},
		{[]string{"report", "https://github.com/posthog/charts/pull/1"}, exitUsage, "is not the page of a run"},
		{[]string{"report", "gh:posthog/charts/runs/7", "--offline"}, exitUsage, "is on GitHub"},
		{[]string{"report", "gh:posthog/charts/runs/7", "--run", "gh:posthog/charts/runs/7"}, exitUsage, "names the run already"},
		{[]string{"report", s.parts, "--run", "nonsense"}, exitUsage, "--run:"},
		{[]string{"report", s.parts, "--event", "push"}, exitUsage, "--plan-from"},
		{[]string{"report", "gh:posthog/charts/runs/404"}, exitInfrastructure, "does not exist"},
		{[]string{"report", "gh:posthog/charts/runs/7"}, exitInfrastructure, "no artifacts of chart-matrix"},
	} {
		if code := s.main(c.args...); code != c.code || !strings.Contains(s.stderr.String(), c.says) {
			t.Errorf("%q: exit code %d, want %d:\n%s", c.args, code, c.code, &s.stderr)
		}
	}
	s.upload(sceneRun, "")
	if code := s.main("report", "gh:posthog/charts/runs/7", "--name", "db"); code != exitInfrastructure || !strings.Contains(s.stderr.String(), `no results of "db"; have web`) {
		t.Errorf("exit code %d:\n%s", code, &s.stderr)
	}
}

// TestTokenStaysAtHome: an address that somebody pasted does not get a token
// that is for another host.
func TestTokenStaysAtHome(t *testing.T) {
	for _, c := range []struct {
		host           string
		env            map[string]string
		address, token string
	}{
		{"", nil, "https://api.github.com", "gh"},
		{"github.com", nil, "https://api.github.com", "gh"},
		{"evil.example", nil, "https://evil.example/api/v3", ""},
		{"evil.example", map[string]string{"GH_ENTERPRISE_TOKEN": "ghes"}, "https://evil.example/api/v3", "ghes"},
		{"", map[string]string{"GH_TOKEN": ""}, "https://api.github.com", "job"},
		{"ghes.example", map[string]string{"GITHUB_SERVER_URL": "https://ghes.example", "GITHUB_API_URL": "https://ghes.example/api/v3", "GH_TOKEN": ""}, "https://ghes.example/api/v3", "job"},
		{"github.com", map[string]string{"GITHUB_SERVER_URL": "https://ghes.example", "GH_TOKEN": ""}, "https://api.github.com", ""},
	} {
		env := map[string]string{"GH_TOKEN": "gh", "GITHUB_TOKEN": "job"}
		for k, v := range c.env {
			env[k] = v
		}
		address, token := Env{Getenv: func(name string) string { return env[name] }}.hubOf(c.host)
		if address != c.address || token != c.token {
			t.Errorf("%s, %v: %s with %q, want %s with %q", c.host, c.env, address, token, c.address, c.token)
		}
	}
}
