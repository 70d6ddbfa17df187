package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/result"
)

// addRun adds a completed run to the repository of a scene, some days before it.
func (s *scene) addRun(id int64, days int, change func(*githubtest.Run)) {
	s.server.Update(func(state *githubtest.State) {
		r := githubtest.Run{ID: id, Event: "schedule", HeadSHA: fmt.Sprintf("%040d", id), Created: started.AddDate(0, 0, -days)}
		if change != nil {
			change(&r)
		}
		repo := state.Repository(sceneRepo)
		repo.Runs = append(repo.Runs, r)
	})
}

// failingScene is a run of which a job failed, with its report rendered.
func failingScene(t *testing.T, cells int) (*madeRun, *scene) {
	t.Helper()
	r := makeRun(t, cells)
	r.fail("connection refused", 1)
	s := r.onGitHub(t, func(state *githubtest.State) {
		run := sceneRunOf(state)
		run.Jobs[1].Conclusion, run.Jobs[1].Steps[0].Conclusion = "failure", "failure"
	})
	s.report()
	return r, s
}

// TestHistoryGoesFromNightToNight: each night takes along what it was compared
// with, so that one download tells what comes and goes.
func TestHistoryGoesFromNightToNight(t *testing.T) {
	_, bad := failingScene(t, 12)
	good := makeRun(t, 12).onGitHub(t)
	good.server, good.env["GITHUB_API_URL"] = bad.server, bad.server.URL()
	ends := func(conclusion string) { // of the job that fails in some nights
		bad.server.Update(func(state *githubtest.State) {
			job := &sceneRunOf(state).Jobs[1]
			job.Conclusion, job.Steps[0].Conclusion = conclusion, conclusion
		})
	}
	nights := []string{"failure", "success", "failure", "success", "failure", "success"} // the newest last
	for n, conclusion := range nights {
		s := good
		if conclusion == "failure" {
			s = bad
		}
		ends(conclusion)
		s.report()
		id := int64(100 + n)
		s.addRun(id, len(nights)-n, nil)
		s.upload(id, "chart-matrix.web.report.1")
	}
	ends("failure")
	before := len(bad.server.Requests())
	sum := bad.report()
	if sum.Origin.Baseline != "the nightly run of 2026-11-22, and 5 runs before it" || sum.Origin.BaselineURL == "" || len(sum.Notes) > 0 {
		t.Errorf("%+v, notes %q", sum.Origin, sum.Notes)
	}
	i := slices.IndexFunc(sum.Findings, func(f findings.Finding) bool { return f.State == findings.Flaky })
	if i < 0 || !sum.Verdict.Passed {
		t.Fatalf("%+v, %+v", sum.Verdict, sum.Findings)
	}
	if h := sum.Findings[i].History; h == nil || h.Runs != 6 || h.Failed != 3 || h.PValue == 0 {
		t.Errorf("%+v", h)
	}
	if n := len(bad.server.Requests()) - before; n > 6 {
		t.Errorf("%d requests", n)
	}
	// Where that is spoilt, the baseline alone is left, and it is said.
	if err := os.WriteFile(filepath.Join(good.out, renderedHistory), []byte("spoilt"), 0o644); err != nil {
		t.Fatal(err)
	}
	bad.addRun(200, 0, nil)
	good.upload(200, "chart-matrix.web.report.1")
	sum = bad.report()
	if sum.Verdict.Passed || strings.Contains(sum.Origin.Baseline, "before it") || !strings.Contains(strings.Join(sum.Notes, "\n"), "What run 200 knows of the runs before it cannot be used") {
		t.Errorf("%+v, %+v, notes %q", sum.Verdict, sum.Origin, sum.Notes)
	}
}

func TestHistoryFile(t *testing.T) {
	r := makeRun(t, 3)
	one := findings.Remember(result.Join(r.plan, r.home, nil))
	past := func(n int) []*findings.Past { return slices.Repeat([]*findings.Past{one}, n) }
	dir := t.TempDir()
	for _, c := range []struct{ runs, want int }{{3, 3}, {0, 0}, {maxHistoryRuns + 5, maxHistoryRuns}, {1, 1}} {
		if err := keepHistory(dir, past(c.runs)); err != nil {
			t.Fatal(err)
		}
		if got, err := readHistory(dir); err != nil || len(got) != c.want {
			t.Errorf("%d of %d runs are read: %v", len(got), c.runs, err)
		}
	}
	for name, c := range map[string]struct {
		text string
		bad  bool
	}{
		"empty":            {"", false},
		"another version":  {`{"schema":"chart-matrix/history/v1","version":"v0.0.1"}` + "\n{}", false},
		"another format":   {`{"schema":"chart-matrix/history/v9"}` + "\n{}", false},
		"no JSON":          {"history", true},
		"no run":           {strings.Split(readFile(t, filepath.Join(dir, renderedHistory)), "\n")[0] + "\n[]\n", true},
		"cut short":        {readFile(t, filepath.Join(dir, renderedHistory))[:200], true},
		"too large a line": {strings.Repeat(" ", maxHistoryBytes+1), true},
	} {
		if err := os.WriteFile(filepath.Join(dir, renderedHistory), []byte(c.text), 0o644); err != nil {
			t.Fatal(err)
		}
		if got, err := readHistory(dir); (err != nil) != c.bad || len(got) > 0 {
			t.Errorf("%s: %d runs, %v", name, len(got), err)
		}
	}
}

// TestReportComparesWithTheBase: without a night, a change is compared with the
// run of the commit that it is made to.
func TestReportComparesWithTheBase(t *testing.T) {
	_, s := failingScene(t, 3)
	s.addRun(5, 1, func(r *githubtest.Run) { r.Event, r.HeadSHA = "push", strings.Repeat("3", 40) })
	s.upload(5, "chart-matrix.web.report.1")
	sum := s.report()
	if !sum.Verdict.Passed || sum.Origin.Baseline != "the run of the commit 3333333, which the change is made to" || sum.Origin.BaselineURL == "" {
		t.Errorf("%+v, %+v", sum.Verdict, sum.Origin)
	}
	// Elsewhere, the pull request tells the commit.
	s.server.Update(func(state *githubtest.State) {
		state.Repository(sceneRepo).PullRequests[0].Base.SHA = strings.Repeat("3", 40)
	})
	s.upload(sceneRun, "")
	s.env = map[string]string{"GITHUB_API_URL": s.env["GITHUB_API_URL"], "GITHUB_TOKEN": s.env["GITHUB_TOKEN"]}
	if code := s.main("report", "gh:posthog/charts/runs/7", "--format", "json"); code != exitPassed {
		t.Fatalf("exit code %d: %s", code, &s.stderr)
	}
	mustContain(t, "the report of a run from elsewhere", s.stdout.String(), "the run of the commit 3333333")
}

// TestBaselineFlagOfReport: what is named counts, and not the nights.
func TestBaselineFlagOfReport(t *testing.T) {
	_, s := failingScene(t, 3)
	s.addRun(5, 1, nil)
	s.upload(5, "chart-matrix.web.report.1")
	for _, c := range []struct {
		name, want string
		args       []string
		passes     bool
	}{
		{"by itself", "the nightly run of 2026-11-22", nil, true},
		{"none", "", []string{"--baseline", "none"}, false},
		{"a folder", "the results in " + s.out, []string{"--baseline", s.out}, true},
		{"parts", "the results in " + s.parts, []string{"--baseline", s.parts}, true},
		{"a run", "run 5 of 2026-11-22", []string{"--baseline", "gh:posthog/charts/runs/5"}, true},
		{"its address", "run 5 of 2026-11-22", []string{"--baseline", "https://github.com/posthog/charts/actions/runs/5"}, true},
		{"two", "run 5 of 2026-11-22, and 1 run before it", []string{"--baseline", "gh:posthog/charts/runs/5", "--baseline", s.parts}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			again := *s
			again.t, again.out = t, t.TempDir()+"/out"
			sum := again.report(c.args...)
			if sum.Origin.Baseline != c.want || sum.Verdict.Passed != c.passes || (c.want == "") != (sum.Origin.NoBaseline != "") {
				t.Errorf("%+v, %+v", sum.Verdict, sum.Origin)
			}
		})
	}
	if code := s.main("report", s.parts, "--baseline", "gh:posthog/charts/runs/6"); code != exitInfrastructure || !strings.Contains(s.stderr.String(), "--baseline: ") {
		t.Errorf("exit code %d: %s", code, &s.stderr)
	}
}
