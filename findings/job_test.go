package findings

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// fanned is a plan of eight cells on two providers, with the layer command in
// jobs of two cells each.
func fanned(t testing.TB, expect ...matrix.Expectation) *matrix.Plan {
	t.Helper()
	p := planOf(t, axesOf([]string{"1.33", "1.34"}, "k3s eks", "default ha", "install"), expect...)
	p.JobLayers = []string{"command", "k6"}
	p.Layers = append(p.Layers, p.JobLayers...)
	var err error
	p.Jobs, err = matrix.Pack(p.Cells, matrix.Packing{MaxJobs: 4, Settings: func(provider string) matrix.JobSettings {
		return matrix.JobSettings{TimeoutMinutes: 30}
	}})
	if err != nil || len(p.Jobs) != 4 {
		t.Fatal(len(p.Jobs), err)
	}
	return p
}

// fannedRun plays the jobs: tell says what becomes of one in an attempt, and
// happen what its cells find. Jobs that passed are not run again.
type fannedRun struct {
	plan     *matrix.Plan
	attempts int
	state    func(j matrix.Job, attempt int) result.JobState
	happen   func(at at, attempt int, c *result.Cell) // in the job's layers
	static   func(at at, c *result.Cell)
	forge    bool // there are results of jobs that cannot have left any
}

func (f fannedRun) run() *result.Run {
	static := len(f.plan.Layers) - len(f.plan.JobLayers)
	cell := func(c matrix.Cell, job string, attempt int, layers []string) result.Cell {
		r := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: attempt, Job: job, Status: result.Passed}
		for _, l := range layers {
			r.Steps = append(r.Steps, result.Step{Layer: l, Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}})
		}
		return r
	}
	cells := map[string]matrix.Cell{}
	var results []result.Cell
	for _, c := range f.plan.Cells {
		cells[c.ID] = c
		r := cell(c, "", 1, f.plan.Layers[:static])
		if f.static != nil {
			f.static(c.At, &r)
		}
		results = append(results, r)
	}
	jobs := []result.Job{}
	done := map[string]bool{}
	for attempt := 1; attempt <= max(f.attempts, 1); attempt++ {
		for _, j := range f.plan.Jobs {
			state := result.JobPassed
			if f.state != nil {
				state = f.state(j, attempt)
			}
			if done[j.ID] || state == "" {
				continue
			}
			done[j.ID] = state == result.JobPassed
			jobs = append(jobs, result.Job{ID: j.ID, Attempt: attempt, State: state})
			if state != result.JobPassed && state != result.JobFailed && !(f.forge && state != result.JobRunning) {
				continue
			}
			for _, id := range j.Cells {
				r := cell(cells[id], j.ID, attempt, f.plan.JobLayers)
				if f.happen != nil {
					f.happen(cells[id].At, attempt, &r)
				}
				results = append(results, r)
			}
		}
	}
	return result.Join(f.plan, results, jobs)
}

func onEKS(state result.JobState) func(matrix.Job, int) result.JobState {
	return func(j matrix.Job, _ int) result.JobState {
		if j.Provider == "eks" {
			return state
		}
		return result.JobPassed
	}
}

// told shows findings in short.
func told(s Summary) []string {
	out := []string{}
	for _, f := range s.Findings {
		out = append(out, fmt.Sprintf("%s %s, %s: %s, %s", f.State, f.Status, f.Blame, f.Title, f.Where))
	}
	return out
}

func TestLostJobsAreToldByReason(t *testing.T) {
	for _, c := range []struct {
		state      result.JobState
		want, hint string
		lost       bool // its class is runner-lost
	}{
		{state: result.JobCancelled, want: "unanswered lost, ci-runner: Its job was cancelled, on EKS", hint: "Re-run failed jobs", lost: true},
		{state: result.JobTimedOut, want: "unanswered lost, ci-runner: Its job timed out after 30 minutes, on EKS", hint: "time limit", lost: true},
		{state: result.JobRunnerLost, want: "unanswered lost, ci-runner: The runner of its job stopped answering, on EKS", hint: "Re-run failed jobs", lost: true},
		{state: result.JobNeverStarted, want: "unanswered lost, ci-runner: Its job never started, on EKS", hint: "labels", lost: true},
		{state: result.JobSkipped, want: "unanswered lost, ci-runner: Its job was skipped, on EKS", hint: "before it"},
		{state: result.JobRunning, want: "unanswered lost, ci-runner: Its job has not ended, on EKS", hint: "make the report again"},
		{state: "", want: "unanswered lost, ci-runner: No job of the run has its job's name, on EKS", hint: "100 characters"},
		{state: result.JobFailed, want: "unanswered errored, ci-runner: The job failed on GitHub, and its results say it passed, on EKS", hint: "the step that failed"},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			s := Explain(fannedRun{plan: fanned(t), state: onEKS(c.state)}.run(), Options{Now: day, Command: "check .", JobCommand: "run ."})
			if got := told(s); !slices.Equal(got, []string{c.want}) {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
			f := s.Findings[0]
			if is := f.Class == string(diagnosis.RunnerLost) && f.Retryable; is != c.lost || !is && f.Class != "" {
				t.Errorf("class %q, retryable %t", f.Class, f.Retryable)
			}
			if !strings.Contains(f.Hint, c.hint) || f.Reproduce != "" || len(f.Cells) != 4 {
				t.Errorf("hint %q, reproduce %q, %d cells", f.Hint, f.Reproduce, len(f.Cells))
			}
			if s.Verdict.Passed || s.Verdict.ExitCode != ExitInfrastructure || s.Counts.Passed != 4 || s.Counts.Lost+s.Counts.Errored != 4 {
				t.Errorf("verdict %+v, counts %+v", s.Verdict, s.Counts)
			}
			if s.Counts.Questions != 8*3+2*s.Counts.Passed+2*s.Counts.Errored {
				t.Errorf("%d questions: what was lost was not asked", s.Counts.Questions)
			}
			if noted := slices.Contains(s.Notes, "2 of 4 jobs have not ended yet; make the report again when they have"); noted != (c.state == result.JobRunning) {
				t.Errorf("notes %q", s.Notes)
			}
		})
	}
}

// TestALostJobShowsBesideAFailure: that the static layers fail, too, or in an
// accepted way, hides no lost job.
func TestALostJobShowsBesideAFailure(t *testing.T) {
	accepted := matrix.Expectation{Cells: "everywhere", Matching: "autoscaling", Issue: "#1", Rule: "expect-failure[0]"}
	for _, expect := range [][]matrix.Expectation{nil, {accepted}} {
		for _, state := range []result.JobState{result.JobCancelled, result.JobFailed} {
			run := fannedRun{
				plan: fanned(t, expect...), state: onEKS(state),
				static: func(_ at, c *result.Cell) { fail(c, "schema", removedHPA()) },
			}.run()
			s := Explain(run, Options{Now: day})
			if len(s.Findings) != 2 || !slices.ContainsFunc(s.Findings, func(f Finding) bool { return f.State == Unanswered && len(f.Cells) == 4 }) || s.Verdict.Passed {
				t.Errorf("%s, %d rules: %q, %+v", state, len(expect), told(s), s.Verdict)
			}
		}
	}
}

func TestAFailureOfAJobsLayer(t *testing.T) {
	plan := fanned(t)
	run := fannedRun{plan: plan, state: onEKS(result.JobFailed), happen: func(at at, _ int, c *result.Cell) {
		if at["provider"] == "eks" {
			fail(c, "command", result.Problem{Code: "command", Message: "exit status 1: no route to host"})
		}
	}}.run()
	s := Explain(run, Options{Now: day, Command: "chart-matrix check .", JobCommand: "chart-matrix run ."})
	if got, want := told(s), []string{"new failed, chart-or-env: exit status 1: no route to host, on EKS"}; !slices.Equal(got, want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	if got := s.Findings[0].Reproduce; !strings.HasPrefix(got, "chart-matrix run . --only") || !strings.HasSuffix(got, "--layers command") {
		t.Errorf("reproduce %q", got)
	}
	if s.Verdict.ExitCode != ExitChart {
		t.Errorf("%+v", s.Verdict)
	}
}

// TestAnAcceptedFailureDoesNotExplainAFailedJob: a job is green where all that
// fails in it is accepted, so a red one has another reason.
func TestAnAcceptedFailureDoesNotExplainAFailedJob(t *testing.T) {
	accepted := matrix.Expectation{
		Where: matrix.Selector{{Axis: "provider", Values: []string{"eks"}}}, Cells: "provider eks", Layers: []string{"command"},
		Matching: "502", Issue: "#203", Rule: "expect-failure[0]",
	}
	happen := func(at at, _ int, c *result.Cell) {
		if at["provider"] == "eks" {
			fail(c, "command", result.Problem{Code: "command", Message: "502 Bad Gateway"})
		}
	}
	for state, want := range map[result.JobState][]string{
		result.JobPassed: {"expected failed, chart-or-env: 502 Bad Gateway, on EKS"},
		result.JobFailed: {
			"unanswered errored, ci-runner: The job failed on GitHub, and its results say it passed but for what is accepted, on EKS",
			"expected failed, chart-or-env: 502 Bad Gateway, on EKS",
		},
	} {
		s := Explain(fannedRun{plan: fanned(t, accepted), state: onEKS(state), happen: happen}.run(), Options{Now: day})
		if got := told(s); !slices.Equal(got, want) || s.Verdict.Passed != (state == result.JobPassed) {
			t.Errorf("%s: got %q, want %q; %+v", state, got, want, s.Verdict)
		}
	}
}

func TestAttemptsOfJobs(t *testing.T) {
	fails := func(from, to int) func(at, int, *result.Cell) {
		return func(at at, attempt int, c *result.Cell) {
			if at["provider"] == "eks" && attempt >= from && attempt <= to {
				fail(c, "command", result.Problem{Code: "command", Message: "no route to host"})
			}
		}
	}
	states := func(first result.JobState) func(matrix.Job, int) result.JobState {
		return func(j matrix.Job, attempt int) result.JobState {
			if j.Provider == "eks" && attempt == 1 {
				return first
			}
			return result.JobPassed
		}
	}
	for _, c := range []struct {
		name   string
		state  func(matrix.Job, int) result.JobState
		happen func(at, int, *result.Cell)
		want   []string
	}{
		{"failed, then passed", states(result.JobFailed), fails(1, 1), []string{"flaky failed, chart-or-env: no route to host, on EKS"}},
		{"failed twice", onEKS(result.JobFailed), fails(1, 2), []string{"new failed, chart-or-env: no route to host, on EKS"}},
		{"lost, then passed", states(result.JobRunnerLost), nil, []string{}},
		{"cancelled, then passed", states(result.JobCancelled), nil, []string{}},
		{"passed, and not run again", states(result.JobPassed), nil, []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := Explain(fannedRun{plan: fanned(t), attempts: 2, state: c.state, happen: c.happen}.run(), Options{Now: day})
			if got := told(s); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
	t.Run("a flaky layer in a cell that fails otherwise", func(t *testing.T) {
		run := fannedRun{plan: fanned(t), attempts: 2, state: states(result.JobFailed), happen: fails(1, 1), static: func(_ at, c *result.Cell) { fail(c, "lint", wrongPort()) }}.run()
		if got := told(Explain(run, Options{Now: day})); len(got) != 2 || !strings.HasPrefix(got[1], "flaky failed") {
			t.Errorf("%q", got)
		}
	})
}

// TestAJobJudgesItsPartAlone: no other cell is lost or missed there, failures
// are accepted as in the whole, and no rule is called overdue.
func TestAJobJudgesItsPartAlone(t *testing.T) {
	rules := []matrix.Expectation{
		{Where: matrix.Selector{{Axis: "provider", Values: []string{"eks"}}}, Cells: "provider eks", Layers: []string{"command"}, Matching: "502", Issue: "#1", Rule: "expect-failure[0]"},
		{Cells: "everywhere", Matching: "autoscaling", Issue: "#2", Rule: "expect-failure[1]"},
		{Where: matrix.Selector{{Axis: "provider", Values: []string{"k3s"}}}, Cells: "provider k3s", Matching: "gone", Issue: "#3", Rule: "expect-failure[2]", Until: day.Add(-72 * time.Hour)},
	}
	plan := fanned(t, rules...)
	for _, job := range plan.Jobs {
		part, ok := plan.ForJob(job.ID)
		if !ok {
			t.Fatal(job.ID)
		}
		var cells []result.Cell
		for _, c := range part.Cells {
			r := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Job: job.ID, Status: result.Passed}
			for _, l := range part.Layers {
				r.Steps = append(r.Steps, result.Step{Layer: l, Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}})
			}
			if job.Provider == "eks" {
				fail(&r, "command", result.Problem{Code: "command", Message: "502 Bad Gateway"})
			}
			cells = append(cells, r)
		}
		s := Explain(result.Join(part, cells, nil), Options{Now: day, Gate: Gate{Mode: "all"}})
		want := []string{}
		if job.Provider == "eks" {
			want = []string{"expected failed, infrastructure: 502 Bad Gateway, everywhere"}
		}
		if got := told(s); !slices.Equal(got, want) || !s.Verdict.Passed || s.Counts.Planned != 2 || len(s.Anomalies) > 0 {
			t.Errorf("%s: got %q, want %q; %+v", job.Name, got, want, s.Verdict)
		}
		lost := Explain(result.Join(part, cells[:1], nil), Options{Now: day})
		if lost.Counts.Lost != 1 || lost.Verdict.Passed {
			t.Errorf("one of its own cells is missing: %+v, %+v", lost.Counts, lost.Verdict)
		}
	}
}

// TestAJobOfAllCellsCallsNoRuleOverdue: the failure may be one of layers that
// are asked elsewhere.
func TestAJobOfAllCellsCallsNoRuleOverdue(t *testing.T) {
	p := planOf(t, axesOf(fourteen[:1], "k3s", "default ha", "install"), matrix.Expectation{Cells: "everywhere", Matching: "autoscaling", Issue: "#2", Rule: "expect-failure[0]"})
	p.Layers, p.JobLayers = append(p.Layers, "command"), []string{"command"}
	var err error
	if p.Jobs, err = matrix.Pack(p.Cells, matrix.Packing{MaxJobs: 1}); err != nil {
		t.Fatal(err)
	}
	part, _ := p.ForJob(p.Jobs[0].ID)
	if s := Explain(runOf(part, nil), Options{Now: day}); len(s.Findings) > 0 || len(part.Cells) != 2 {
		t.Errorf("%d cells, %q", len(part.Cells), told(s))
	}
}

// TestAGateMayRefuseAcceptedFailures: then they do fail a job.
func TestAGateMayRefuseAcceptedFailures(t *testing.T) {
	rule := matrix.Expectation{Cells: "everywhere", Matching: "502", Issue: "#1", Rule: "expect-failure[0]"}
	run := fannedRun{plan: fanned(t, rule), state: onEKS(result.JobFailed), happen: func(at at, _ int, c *result.Cell) {
		if at["provider"] == "eks" {
			fail(c, "command", result.Problem{Code: "command", Message: "502 Bad Gateway"})
		}
	}}.run()
	s := Explain(run, Options{Now: day, Gate: Gate{Overrides: map[string]string{"expected": "fail"}}})
	if got, want := told(s), []string{"expected failed, chart-or-env: 502 Bad Gateway, on EKS"}; !slices.Equal(got, want) || s.Verdict.Passed {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestWhereJobsWereLost counts the cells that a job has, since no other could be lost.
func TestWhereJobsWereLost(t *testing.T) {
	p := fanned(t)
	p.Jobs = slices.DeleteFunc(p.Jobs, func(j matrix.Job) bool { return j.Provider == "k3s" })
	run := fannedRun{plan: p, state: onEKS(result.JobCancelled), static: func(at at, c *result.Cell) {
		if at["provider"] == "k3s" {
			fail(c, "schema", removedHPA())
		}
	}}.run()
	want := "unanswered lost, ci-runner: Its job was cancelled, in 4 of 8 cells"
	if got := told(Explain(run, Options{Now: day})); len(got) != 2 || got[1] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestARedJobIsNeverGreen plays random jobs, honest and forged, with and without
// accepted failures: where the last attempt at a job did not pass, the run does
// not either, and where all is well it does.
func TestARedJobIsNeverGreen(t *testing.T) {
	states := []result.JobState{
		result.JobFailed, result.JobCancelled, result.JobTimedOut, result.JobRunnerLost, result.JobNeverStarted, result.JobSkipped, result.JobRunning,
	}
	green := 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 1))
		var rules []matrix.Expectation
		if r.IntN(2) == 0 {
			rules = append(rules, matrix.Expectation{Cells: "everywhere", Matching: "502", Issue: "#1", Rule: "expect-failure[0]"})
		}
		attempts := 1 + r.IntN(3)
		last := map[string]result.JobState{}
		fails := map[string]bool{}
		run := fannedRun{
			plan: fanned(t, rules...), attempts: attempts, forge: r.IntN(2) == 0,
			state: func(j matrix.Job, attempt int) result.JobState {
				if last[j.ID] == result.JobPassed {
					return result.JobPassed
				}
				last[j.ID] = result.JobPassed
				if r.IntN(6*attempt) == 0 {
					last[j.ID] = states[r.IntN(len(states))]
				}
				return last[j.ID]
			},
			happen: func(_ at, _ int, c *result.Cell) {
				delete(fails, c.ID)
				if len(rules) > 0 && r.IntN(4) == 0 { // accepted: the job is green
					fail(c, "command", result.Problem{Code: "command", Message: "502 Bad Gateway"})
				} else if r.IntN(40) == 0 {
					fail(c, "k6", result.Problem{Code: "k6", Message: "p95 is 3 s"})
					fails[c.ID] = true
				}
			},
		}.run()
		s := Explain(run, Options{Now: day, Gate: Gate{Mode: "new"}})
		well := len(fails) == 0
		for _, state := range last {
			well = well && state == result.JobPassed
		}
		if s.Verdict.Passed != well {
			t.Fatalf("seed %d: passed %t, states %v, failing %v: %q", seed, s.Verdict.Passed, last, fails, told(s))
		}
		if well {
			green++
		}
	}
	if green < 100 || green > 500 {
		t.Errorf("%d of 600 runs are green", green)
	}
}
