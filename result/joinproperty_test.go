package result

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// randomRun gives a plan with jobs, and results and states of any kind: most of
// them as they should be, some missing, late, twice or forged.
func randomRun(r *rand.Rand) (*matrix.Plan, []Cell, []Job) {
	var names []string
	for i := range 1 + r.IntN(8) {
		names = append(names, fmt.Sprint("c", i))
	}
	p := planOf(names...)
	p.Layers = []string{"lint", "schema", "command", "k6"}[r.IntN(2):]
	p.JobLayers = []string{"command", "k6"}
	for i := range p.Cells {
		if r.IntN(6) == 0 {
			p.Cells[i].Skip = map[string]matrix.LayerSkip{"k6": {Because: "too dear"}}
		}
		switch n := len(p.Jobs); {
		case r.IntN(5) == 0: // in no job
		case n > 0 && r.IntN(2) == 0:
			p.Jobs[n-1].Cells = append(p.Jobs[n-1].Cells, p.Cells[i].ID)
		default:
			p.Jobs = append(p.Jobs, matrix.Job{ID: fmt.Sprint("j", i), Cells: []string{p.Cells[i].ID}, TimeoutMinutes: 30})
		}
	}
	var results []Cell
	add := func(id, job string, attempt int, layers []string) {
		c := cellOf(id, attempt, Skipped)
		c.Job = job
		for _, l := range layers {
			status := Passed
			if r.IntN(5) == 0 {
				status = Statuses()[r.IntN(len(Statuses()))]
			}
			if r.IntN(20) > 0 {
				c.Steps = append(c.Steps, Step{Layer: l, Status: status, Seconds: float64(r.IntN(9))})
			}
			c.Status = Worst(c.Status, status)
		}
		if r.IntN(15) > 0 {
			results = append(results, c)
		}
	}
	states := []JobState{JobPassed, JobPassed, JobFailed, JobCancelled, JobTimedOut, JobRunnerLost, JobNeverStarted, JobSkipped, JobRunning}
	jobs := []Job{}
	for attempt := 1; attempt <= 1+r.IntN(3); attempt++ {
		if attempt == 1 || r.IntN(2) == 0 {
			for _, c := range p.Cells {
				add(c.ID, "", attempt, p.Layers[:len(p.Layers)-2])
			}
		}
		for _, j := range p.Jobs {
			if r.IntN(3) > 0 {
				for _, id := range j.Cells {
					add(id, j.ID, attempt, p.JobLayers)
				}
			}
			if r.IntN(8) > 0 {
				jobs = append(jobs, Job{ID: j.ID, Attempt: attempt, State: states[r.IntN(len(states))], Started: time.Unix(int64(r.IntN(3)), 0)})
			}
		}
	}
	if r.IntN(3) == 0 {
		jobs = nil
	}
	return p, results, jobs
}

// TestJoinKeepsItsPromises: every planned cell is there once and in order;
// nothing has passed of which a part is missing or that its job denies; the
// order of results and jobs does not matter; what was given is not changed; and
// what was joined once stays as it is.
func TestJoinKeepsItsPromises(t *testing.T) {
	passed := 0
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 1))
		plan, results, jobs := randomRun(r)
		given := fmt.Sprint(asJSON(t, plan), asJSON(t, results), asJSON(t, jobs))
		run := Join(plan, results, jobs)
		if len(run.Cells) != len(plan.Cells) {
			t.Fatalf("seed %d: %d cells of %d", seed, len(run.Cells), len(plan.Cells))
		}
		last := run.LastJobs()
		jobOf := map[string]string{}
		for _, j := range plan.Jobs {
			for _, id := range j.Cells {
				jobOf[id] = j.ID
			}
		}
		for i, c := range run.Cells {
			if c.ID != plan.Cells[i].ID {
				t.Fatalf("seed %d: %s stands in the place of %s", seed, c.ID, plan.Cells[i].ID)
			}
			if c.Status == Lost && c.Reason == "" && len(c.Steps) == 0 {
				t.Fatalf("seed %d: lost without a reason: %+v", seed, c)
			}
			if c.Status != Passed {
				continue
			}
			passed++
			for _, l := range plan.Layers {
				_, skips := plan.Cells[i].Skip[l]
				if !skips && !slices.ContainsFunc(c.Steps, func(s Step) bool { return s.Layer == l }) {
					t.Fatalf("seed %d: %s passed without %s: %s", seed, c.ID, l, spelled(c))
				}
			}
			for _, s := range c.Steps {
				if s.Status != Passed && s.Status != Skipped {
					t.Fatalf("seed %d: %s", seed, spelled(c))
				}
			}
			job := jobOf[c.ID]
			if (job == "") != (c.Job == "") {
				t.Fatalf("seed %d: of job %q: %+v", seed, job, c)
			}
			if state, known := last[job]; jobs != nil && job != "" && (!known || state.State == JobNeverStarted || state.State == JobSkipped) {
				t.Fatalf("seed %d: passed, though its job is %+v: %s", seed, state, spelled(c))
			}
		}
		if got := fmt.Sprint(asJSON(t, plan), asJSON(t, results), asJSON(t, jobs)); got != given {
			t.Fatalf("seed %d: what Join was given is changed", seed)
		}
		again := Join(plan, append(slices.Clone(run.Cells), run.Earlier...), nil)
		if !slices.Equal(spelledRun(again), spelledRun(&Run{Cells: run.Cells, Earlier: run.Earlier})) {
			t.Fatalf("seed %d: joined again:\n%q\n%q", seed, spelledRun(again), spelledRun(run))
		}
		r.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		r.Shuffle(len(jobs), func(i, j int) { jobs[i], jobs[j] = jobs[j], jobs[i] })
		if other := Join(plan, results, jobs); !reflect.DeepEqual(other, run) {
			t.Fatalf("seed %d: in another order:\n%q\n%q", seed, spelledRun(other), spelledRun(run))
		}
	}
	if passed < 1000 {
		t.Errorf("only %d cells passed", passed)
	}
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// FuzzJoin reads plans, results and states as they might come from a stranger.
func FuzzJoin(f *testing.F) {
	for seed := range uint64(20) {
		plan, results, jobs := randomRun(rand.New(rand.NewPCG(seed, 1)))
		f.Add([]byte(asJSON(f, plan)), []byte(asJSON(f, results)), []byte(asJSON(f, jobs)))
	}
	f.Add([]byte(`{"cells":[{"id":"a"},{"id":"a"}],"jobs":[{"id":"","cells":["a","a"]},{"id":"","cells":["a","b"]}],"jobLayers":["",""]}`), []byte(`[{"id":"a","attempt":-1},{"id":"a","attempt":-1,"job":"","steps":[{},{}]}]`), []byte(`[{},{}]`))
	f.Fuzz(func(t *testing.T, plan, results, jobs []byte) {
		var p matrix.Plan
		var r []Cell
		var j []Job
		if json.Unmarshal(plan, &p) != nil || json.Unmarshal(results, &r) != nil || json.Unmarshal(jobs, &j) != nil {
			return
		}
		run := Join(&p, r, j)
		if len(run.Cells) != len(p.Cells) {
			t.Fatalf("%d cells of %d", len(run.Cells), len(p.Cells))
		}
		run.JobURLs()
	})
}
