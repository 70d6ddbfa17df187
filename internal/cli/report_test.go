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
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func TestReportAsksGitHubLittle(t *testing.T) {
	for _, jobs := range []int{1, 101, 256} {
		t.Run(fmt.Sprint(jobs), func(t *testing.T) {
			s := makeRun(t, jobs).onGitHub(t)
			sum := s.report()
			if !sum.Verdict.Passed || sum.Counts.Passed != jobs || len(sum.Anomalies) > 0 {
				t.Errorf("verdict %+v, counts %+v, anomalies %q", sum.Verdict, sum.Counts, sum.Anomalies)
			}
			if len(sum.Origin.Jobs) != jobs || sum.Origin.Commit != sceneHead || sum.Origin.Run != "run 7" {
				t.Errorf("origin %+v", sum.Origin)
			}
			if !strings.Contains(sum.Origin.NoBaseline, "no scheduled run") || len(sum.Notes) > 0 {
				t.Errorf("no baseline %q, notes %q", sum.Origin.NoBaseline, sum.Notes)
			}
			if n := len(s.server.Requests()); n >= 20 {
				t.Errorf("%d requests", n)
			}
			if got := s.file("GITHUB_OUTPUT"); !strings.Contains(got, "name<<") || !strings.Contains(got, "\nweb\n") {
				t.Errorf("outputs %q", got)
			}
		})
	}
}

// TestReportTellsWhatBecameOfJobs takes each end that a job can have, with and
// without a part of its own. None of them is silently green.
func TestReportTellsWhatBecameOfJobs(t *testing.T) {
	type end struct {
		name   string
		change func(*githubtest.Job)
		part   bool // the job left its results
		want   result.Status
		says   string
	}
	ends := []end{
		{"passed", nil, true, result.Passed, ""},
		{"passed without results", nil, false, result.Lost, "results are missing"},
		{"failed without results", func(j *githubtest.Job) { j.Conclusion = "failure"; j.Steps[0].Conclusion = "failure" }, false, result.Lost, "failed"},
		{"a forged green", func(j *githubtest.Job) { j.Conclusion = "failure"; j.Steps[0].Conclusion = "failure" }, true, result.Errored, "results say it passed"},
		{"cancelled", func(j *githubtest.Job) { j.Conclusion = "cancelled"; j.Steps[0].Conclusion = "cancelled" }, false, result.Lost, "cancelled"},
		{"timed out", func(j *githubtest.Job) { j.Conclusion = "timed_out"; j.Steps[0].Conclusion = "cancelled" }, false, result.Lost, "timed out"},
		{"runner lost", func(j *githubtest.Job) {
			j.Conclusion = "failure"
			j.Steps[0].Conclusion, j.Steps[0].Status = "", "in_progress"
		}, false, result.Lost, "stopped answering"},
		{"the disk of its runner was full", func(j *githubtest.Job) {
			j.Conclusion = "failure"
			j.Steps[0].Conclusion, j.Steps[0].Status = "", "in_progress"
			j.Annotations = []githubtest.Annotation{
				{Path: ".github", StartLine: 1, EndLine: 1, Level: "warning", Message: "Node.js 20 is deprecated."},
				{Path: ".github", StartLine: 1, EndLine: 1, Level: "failure", Message: "No space left on device : '/home/runner/runners/2.330.0/_diag/Worker.log'"},
				{Path: ".github", StartLine: 1, EndLine: 1, Level: "failure", Message: "Process completed with exit code 1."},
			}
		}, false, result.Lost, "stopped answering; GitHub says: No space left on device"},
		{"never started", func(j *githubtest.Job) { j.Conclusion = "cancelled"; j.Runner, j.Steps = "", nil }, false, result.Lost, "never started"},
		{"skipped", func(j *githubtest.Job) { j.Conclusion = "skipped"; j.Runner, j.Steps = "", nil }, false, result.Lost, "skipped"},
		{"action required", func(j *githubtest.Job) { j.Conclusion = "action_required" }, false, result.Lost, "never started"},
		{"neutral", func(j *githubtest.Job) { j.Conclusion = "neutral" }, true, result.Passed, ""},
	}
	for _, e := range ends {
		t.Run(e.name, func(t *testing.T) {
			r := makeRun(t, 3)
			odd := r.plan.Jobs[1]
			if !e.part {
				delete(r.jobs, odd.ID)
			}
			s := r.onGitHub(t, func(state *githubtest.State) {
				if e.change != nil {
					e.change(&sceneRunOf(state).Jobs[1])
				}
			})
			sum := s.report()
			got := statusOf(t, sum, odd.Cells[0])
			if got != e.want || sum.Verdict.Passed != (e.want == result.Passed) {
				t.Errorf("status %s, verdict %+v", got, sum.Verdict)
			}
			if page := readFile(t, filepath.Join(s.out, "summary.md")); e.says != "" && !strings.Contains(page, e.says) {
				t.Errorf("the report does not say %q:\n%s", e.says, page)
			}
			if f := sum.Findings; e.want == result.Lost && e.name != "skipped" && (len(f) != 1 || f[0].Class != "runner-lost" || f[0].Blame != findings.BlameRunner || !f[0].Retryable || f[0].Hint == "") {
				t.Errorf("%+v", f)
			}
			if e.want != result.Passed && sum.Verdict.ExitCode != exitInfrastructure {
				t.Errorf("exit code %d", sum.Verdict.ExitCode)
			}
		})
	}
}

func statusOf(t *testing.T, s findings.Summary, cell string) result.Status {
	t.Helper()
	for _, row := range s.Grid.Rows {
		for _, c := range row.Cells {
			if c.ID == cell {
				return c.Status
			}
		}
	}
	t.Fatalf("no cell %s in the grid", cell)
	return ""
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestReportOfASecondAttempt: what failed at first and passed then is flaky, and
// what was not repeated counts as it was.
func TestReportOfASecondAttempt(t *testing.T) {
	r := makeRun(t, 3)
	r.fail("connection refused", 1)
	again := r.plan.Jobs[1]
	s := r.onGitHub(t, func(state *githubtest.State) {
		run := sceneRunOf(state)
		run.Attempt = 2
		run.Jobs[1].Conclusion, run.Jobs[1].Steps[0].Conclusion = "failure", "failure"
		run.Jobs = append(run.Jobs, githubJob(again, "success", 2))
	})
	s.env["GITHUB_RUN_ATTEMPT"] = "2"
	r.writeJob(t, s.parts, again.ID, 2, []result.Cell{cellWith(r.cell(t, again.Cells[0]), again.ID, 2, passedStep("command"))})
	sum := s.report()
	if !sum.Verdict.Passed || sum.Counts.Passed != 3 || sum.Origin.Run != "run 7, attempt 2" {
		t.Errorf("verdict %+v, counts %+v, %s", sum.Verdict, sum.Counts, sum.Origin.Run)
	}
	if !slices.ContainsFunc(sum.Findings, func(f findings.Finding) bool { return f.State == findings.Flaky }) {
		t.Errorf("nothing is flaky: %+v", sum.Findings)
	}
	// The merged folder says the same, without GitHub and without the parts.
	if code := s.main("report", filepath.Join(s.out, "results")); code != exitPassed {
		t.Errorf("exit code %d: %s", code, &s.stderr)
	}
	mustContain(t, "the report of the merged results", s.stdout.String(), "connection refused")
}

func TestReportGoesOnWithoutGitHub(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*scene)
		args    []string
		says    string
	}{
		{"it is down", func(s *scene) { s.server.Fail("", -1, githubtest.ServerError(503)) }, nil, "GitHub could not be asked"},
		{"no network", func(s *scene) { s.env["GITHUB_API_URL"] = "http://127.0.0.1:1" }, nil, "GitHub could not be asked"},
		{"the event cannot be read", func(s *scene) { s.env["GITHUB_EVENT_PATH"] = "absent" }, nil, "GITHUB_EVENT_PATH"},
		{"no permission", func(s *scene) {
			s.server.Fail("GET /repos/*/*/actions/runs/*/jobs", -1, githubtest.Fault{Status: 403, Message: "Resource not accessible by integration"})
		}, nil, "did not tell the states of the jobs"},
		{"offline", func(*scene) {}, []string{"--offline"}, "GitHub was not asked"},
		{"at home", func(s *scene) { s.env = map[string]string{} }, nil, "not known which run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := makeRun(t, 2)
			lost := r.plan.Jobs[1]
			delete(r.jobs, lost.ID)
			s := r.onGitHub(t)
			c.prepare(s)
			sum := s.report(c.args...)
			if statusOf(t, sum, lost.Cells[0]) != result.Lost || sum.Verdict.ExitCode != exitInfrastructure {
				t.Errorf("%+v", sum.Verdict)
			}
			if !slices.ContainsFunc(sum.Notes, func(n string) bool {
				return strings.Contains(n, c.says) && strings.Contains(n, "rests on the results alone")
			}) {
				t.Errorf("notes %q, want %q", sum.Notes, c.says)
			}
		})
	}
}

// TestReportWaitsForARateLimit: a limit that ends soon is waited for.
func TestReportWaitsForARateLimit(t *testing.T) {
	s := makeRun(t, 2).onGitHub(t)
	s.server.Fail("GET /repos/*/*/actions/runs/*/jobs", 1, githubtest.SecondaryLimit(30e9))
	if sum := s.report(); len(sum.Notes) > 0 || len(sum.Origin.Jobs) != 2 {
		t.Errorf("notes %q", sum.Notes)
	}
	if s.slept < 30e9 {
		t.Errorf("waited %s", s.slept)
	}
}

// TestReportComparesWithTheBaseline: what the last nightly run failed with is not new.
func TestReportComparesWithTheBaseline(t *testing.T) {
	r := makeRun(t, 3)
	r.fail("connection refused", 1)
	s := r.onGitHub(t, func(state *githubtest.State) {
		repo := state.Repository(sceneRepo)
		run := sceneRunOf(state)
		run.Jobs[1].Conclusion, run.Jobs[1].Steps[0].Conclusion = "failure", "failure"
		repo.Runs = append(repo.Runs, githubtest.Run{ID: 5, Event: "schedule", HeadSHA: strings.Repeat("5", 40), Created: started.AddDate(0, 0, -1)})
	})
	before := s.report()
	if before.Verdict.ExitCode != exitFailed || !strings.Contains(before.Origin.NoBaseline, "none of the last 1 scheduled runs") {
		t.Fatalf("%+v, no baseline: %q", before.Verdict, before.Origin.NoBaseline)
	}
	s.upload(5, "chart-matrix.web.report.1")
	sum := s.report()
	if !sum.Verdict.Passed || sum.Origin.Baseline != "the nightly run of 2026-11-22" || sum.Origin.BaselineURL == "" {
		t.Errorf("%+v, origin %+v", sum.Verdict, sum.Origin)
	}
	// One that cannot be used is none, and the reason is said.
	s.server.Update(func(state *githubtest.State) {
		a := state.Repository(sceneRepo).Run(5).Artifacts
		last := &a[len(a)-1]
		last.Data = githubtest.Zip(map[string]string{"results/plan.json": "{}"})
		last.Size = int64(len(last.Data))
	})
	if sum := s.report(); sum.Verdict.Passed || !strings.Contains(sum.Origin.NoBaseline, "run 5 cannot be used") {
		t.Errorf("%+v, origin %+v", sum.Verdict, sum.Origin)
	}
}

// TestReportMatchesJobsAndParts: names that GitHub cuts are still found, and
// what one side has alone is never green.
func TestReportMatchesJobsAndParts(t *testing.T) {
	t.Run("names cut at 100 characters", func(t *testing.T) {
		s := makeRun(t, 101).onGitHub(t, func(state *githubtest.State) {
			jobs := sceneRunOf(state).Jobs
			for i := range jobs {
				own := strings.TrimPrefix(jobs[i].Name, "ci / matrix / ")
				jobs[i].Name = (strings.Repeat("a long name of a caller ", 3) + "/ " + own + strings.Repeat(" x", 30))[:97] + "..."
			}
		})
		if sum := s.report(); !sum.Verdict.Passed || len(sum.Origin.Jobs) != 101 {
			t.Errorf("%+v, %d jobs found", sum.Verdict, len(sum.Origin.Jobs))
		}
	})
	t.Run("a part without a job", func(t *testing.T) {
		s := makeRun(t, 3).onGitHub(t, func(state *githubtest.State) {
			run := sceneRunOf(state)
			run.Jobs = append(run.Jobs[:1], run.Jobs[2:]...)
		})
		if sum := s.report(); sum.Verdict.Passed || sum.Verdict.ExitCode != exitInfrastructure {
			t.Errorf("%+v, anomalies %q", sum.Verdict, sum.Anomalies)
		}
	})
	t.Run("a part of no planned job", func(t *testing.T) {
		r := makeRun(t, 2)
		s := r.onGitHub(t)
		r.writeJob(t, s.parts, "zzzzzzzz", 1, nil)
		if sum := s.report(); !sum.Verdict.Passed || len(sum.Anomalies) != 1 {
			t.Errorf("%+v, anomalies %q", sum.Verdict, sum.Anomalies)
		}
	})
	t.Run("an empty plan", func(t *testing.T) {
		r := makeRun(t, 2)
		r.plan.Omissions = []matrix.Omission{{Kind: matrix.NotSelected, Rule: "event push", Count: 2}}
		r.plan.Cells, r.plan.Jobs, r.home, r.jobs = nil, nil, nil, nil
		r.plan.Seal()
		s := r.onGitHub(t)
		if sum := s.report(); !sum.Verdict.Passed || sum.Verdict.Headline != "Nothing to test for this event." {
			t.Errorf("%+v", sum.Verdict)
		}
		s.deliver(exitPassed)
		mustContain(t, "the comment", s.comments()[0].Body, "Nothing to test for this event")
	})
}

// TestReportOfOneMachineInAWorkflow: its jobs are not GitHub's, the baseline is.
func TestReportOfOneMachineInAWorkflow(t *testing.T) {
	s := makeRun(t, 2).onGitHub(t)
	s.report()
	s.parts = filepath.Join(s.out, renderedResults)
	s.out = filepath.Join(t.TempDir(), "again")
	s.server.Update(func(state *githubtest.State) { sceneRunOf(state).Jobs = nil })
	sum := s.report()
	if !sum.Verdict.Passed || len(sum.Notes)+len(sum.Anomalies) > 0 || !strings.Contains(sum.Origin.NoBaseline, "no scheduled run") {
		t.Errorf("%+v, notes %q, anomalies %q, %q", sum.Verdict, sum.Notes, sum.Anomalies, sum.Origin.NoBaseline)
	}
	s.server.Fail("", -1, githubtest.ServerError(502))
	if sum := s.report(); !sum.Verdict.Passed || len(sum.Notes) > 0 || sum.Origin.NoBaseline != "GitHub could not be asked" {
		t.Errorf("%+v, notes %q, %q", sum.Verdict, sum.Notes, sum.Origin.NoBaseline)
	}
}
