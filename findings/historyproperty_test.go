package findings

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestPromisesOfComparisons hold for every pair of runs, however odd.
func TestPromisesOfComparisons(t *testing.T) {
	for seed := range uint64(12) {
		r := rand.New(rand.NewPCG(seed, 11))
		now, other := anyRun(t, r), anyRun(t, r)
		before := asJSON(t, other)
		itself, past := Remember(now), Remember(other)
		if asJSON(t, other) != before {
			t.Fatalf("seed %d: Remember changed the run", seed)
		}
		opts := Options{Now: day, Gate: Gate{Mode: "all"}}
		alone := Explain(now, opts)

		opts.History = []*Past{itself}
		for _, f := range Explain(now, opts).Findings {
			if f.Status == result.Failed && f.State == New || f.State == Fixed || f.State == NothingRan && f.Layer != "" {
				t.Errorf("seed %d: compared with itself, %q is %s: %s", seed, f.Title, f.State, f.Remark)
			}
		}

		opts.History = []*Past{past, itself, past}
		s := Explain(now, opts)
		if asJSON(t, s) != asJSON(t, Explain(now, opts)) {
			t.Fatalf("seed %d: two comparisons differ", seed)
		}
		checkCells(t, seed, s)
		checkGrid(t, seed, s)
		checkCompared(t, seed, alone, s)
	}
}

// checkCompared wants a comparison to add what is fixed and what is thin, to
// call things known, and to leave all else as it was.
func checkCompared(t *testing.T, seed uint64, alone, s Summary) {
	t.Helper()
	failing := map[string]bool{}
	var states []State
	for _, f := range alone.Findings {
		failing[f.Fingerprint] = failing[f.Fingerprint] || f.State != Advice
		states = append(states, f.State)
	}
	more := 0
	for _, f := range s.Findings {
		switch {
		case f.State == Fixed:
			more++
			if failing[f.Fingerprint] || f.Status != result.Passed {
				t.Errorf("seed %d: %q is fixed, and fails", seed, f.Title)
			}
		case f.State == NothingRan && f.Layer != "":
			more++
		case f.History != nil && (f.History.Failed > f.History.Asked || f.History.Runs > 3 || f.History.PValue < 0 || f.History.PValue > 1):
			t.Errorf("seed %d: %q has the history %+v", seed, f.Title, f.History)
		case (f.State == PreExisting || f.History != nil && f.History.PValue > 0) && f.Status != result.Failed:
			t.Errorf("seed %d: %q is %s, and %s", seed, f.Title, f.State, f.Status)
		}
	}
	if len(s.Findings)-more != len(states) {
		t.Errorf("seed %d: %d findings by themselves, %d compared and %d of these about the comparison", seed, len(states), len(s.Findings), more)
	}
}

// TestAnAxisMoreChangesNothing: the same cells under an axis that one of the two
// runs lacks are judged as without it.
func TestAnAxisMoreChangesNothing(t *testing.T) {
	for seed := range uint64(6) {
		r := rand.New(rand.NewPCG(seed, 13))
		now, before := anyRun(t, r), anyRun(t, r)
		states := func(now, before *result.Run) map[string]int {
			n := map[string]int{}
			for _, f := range Explain(now, Options{Now: day, History: []*Past{Remember(before)}}).Findings {
				n[f.Fingerprint+string(f.State)+f.Remark]++
			}
			return n
		}
		want := states(now, before)
		if got := states(withAxis(now), before); !maps.Equal(got, want) {
			t.Errorf("seed %d: an added axis: %v, want %v", seed, got, want)
		}
		if got := states(now, withAxis(before)); !maps.Equal(got, want) {
			t.Errorf("seed %d: a removed axis: %v, want %v", seed, got, want)
		}
	}
}

// withAxis gives the same run with an axis of one value more.
func withAxis(run *result.Run) *result.Run {
	moved := func(at map[string]string) map[string]string {
		at = maps.Clone(at)
		at["ingress"] = "nginx"
		return at
	}
	plan := *run.Plan
	plan.Axes = append(slices.Clone(plan.Axes), matrix.Axis{Name: "ingress", Values: []string{"nginx"}})
	plan.Cells = slices.Clone(plan.Cells)
	for i := range plan.Cells {
		plan.Cells[i].At = moved(plan.Cells[i].At)
	}
	out := &result.Run{Plan: &plan, Cells: slices.Clone(run.Cells), Earlier: slices.Clone(run.Earlier), Jobs: run.Jobs, Anomalies: run.Anomalies}
	for _, cells := range [][]result.Cell{out.Cells, out.Earlier} {
		for i := range cells {
			cells[i].At = moved(cells[i].At)
		}
	}
	return out
}

// BenchmarkCompare remembers and compares with fourteen nights of 256 cells of
// 500 checks each.
func BenchmarkCompare(b *testing.B) {
	run := large(b, 500)
	b.Run("remember", func(b *testing.B) {
		for b.Loop() {
			Remember(run)
		}
	})
	past := make([]*Past, 14)
	for i := range past {
		past[i] = Remember(run)
	}
	b.Run("explain", func(b *testing.B) {
		for b.Loop() {
			Explain(run, Options{Now: day, History: past})
		}
	})
}

// FuzzCompare takes earlier runs as they might come from a stranger.
func FuzzCompare(f *testing.F) {
	p := planOf(f, axesOf(fourteen[:2], "kind", "default ha", "install"))
	run := runOf(p, func(at at, c *result.Cell) {
		if at["scenario"] == "ha" {
			fail(c, "schema", removedHPA())
		}
	})
	f.Add([]byte(asJSON(f, p)), []byte(asJSON(f, run.Cells)), []byte(asJSON(f, run.Cells)))
	f.Add([]byte(`{"axes":[{"name":"scenario","values":["default","x"]},{"name":"scenario"}],"cells":[{"id":"a"},{"id":"a"}]}`), []byte(`[{"id":"a","attempt":2,"status":"failed"}]`), []byte(`[]`))
	f.Add([]byte(`{"axes":[{"name":"kubernetes","values":["1.24"]}],"cells":[{"id":"b","at":{"y":"z"}}]}`), []byte(`[{"id":"b","at":{"y":"z"},"retried":[{"status":"failed"}]}]`), []byte(`null`))
	f.Fuzz(func(t *testing.T, plan, cells, earlier []byte) {
		var p matrix.Plan
		past := &result.Run{Plan: &p}
		if json.Unmarshal(plan, &p) != nil || json.Unmarshal(cells, &past.Cells) != nil || json.Unmarshal(earlier, &past.Earlier) != nil {
			return
		}
		asJSON(t, Explain(run, Options{Now: day, History: []*Past{Remember(past), Remember(run), nil}}))
	})
}
