package findings

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// anyRun gives a run as a stranger may have written it: statuses that
// contradict each other, steps that no plan names, attempts, nonsense.
func anyRun(t testing.TB, r *rand.Rand) *result.Run {
	p := planOf(t, axesOf(fourteen[:1+r.IntN(5)], "kind eks", "default ha", "install upgrade"))
	statuses := append(result.Statuses(), "", "nonsense")
	status := func() result.Status {
		if r.IntN(3) > 0 {
			return result.Passed
		}
		return statuses[r.IntN(len(statuses))]
	}
	problem := func() result.Problem {
		q := []result.Problem{removedHPA(), wrongPort(), {}, {Code: "leak", Message: "a disk is left"}}[r.IntN(4)]
		q.Severity = []result.Severity{result.Error, result.Warning, result.Info, "", "nonsense"}[r.IntN(5)]
		return q
	}
	var cells []result.Cell
	for _, c := range p.Cells {
		for range r.IntN(3) {
			cell := result.Cell{ID: c.ID, At: c.At, Attempt: 1 + r.IntN(2), Status: status(), Reason: "because"}
			for range r.IntN(4) {
				s := result.Step{Layer: []string{"lint", "render", "schema", "values", ""}[r.IntN(5)], Status: status(), Reason: "because"}
				for range r.IntN(3) {
					a := result.Assertion{Name: "check", Status: status()}
					for range r.IntN(3) {
						a.Problems = append(a.Problems, problem())
					}
					s.Assertions = append(s.Assertions, a)
				}
				cell.Steps = append(cell.Steps, s)
			}
			cells = append(cells, cell)
		}
	}
	return result.Join(p, cells, nil)
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPromises holds for every run, however odd.
func TestPromises(t *testing.T) {
	for seed := range uint64(60) {
		run := anyRun(t, rand.New(rand.NewPCG(seed, 3)))
		before := asJSON(t, run)
		opts := Options{Now: day, Command: "chart-matrix check .", Gate: Gate{Mode: "all"}}
		s := Explain(run, opts)
		if asJSON(t, run) != before {
			t.Fatalf("seed %d: Explain changed the run", seed)
		}
		if asJSON(t, s) != asJSON(t, Explain(run, opts)) {
			t.Fatalf("seed %d: two explanations of one run differ", seed)
		}
		checkCells(t, seed, s)
		checkGrid(t, seed, s)
		n := s.Counts
		if n.Planned != n.Passed+n.Failed+n.Errored+n.Skipped+n.Blocked+n.Lost {
			t.Errorf("seed %d: the counts do not add up: %+v", seed, n)
		}
		if s.Verdict.Passed != (s.Verdict.ExitCode == ExitPassed) || s.Verdict.Passed != (len(s.Verdict.Reasons) == 0) {
			t.Errorf("seed %d: the verdict contradicts itself: %+v", seed, s.Verdict)
		}
		if s.Verdict.Passed && n.Passed != n.Planned {
			t.Errorf("seed %d: green, but not every cell passed: %+v", seed, n)
		}
	}
}

// checkCells wants a finding for every cell that did not pass, and each
// finding's evidence to agree with itself.
func checkCells(t *testing.T, seed uint64, s Summary) {
	t.Helper()
	explained := map[string]bool{}
	for _, f := range s.Findings {
		if f.Title == "" || f.Where == "" || f.Fingerprint == "" || f.Blame == "" || len(f.Cells) == 0 {
			t.Errorf("seed %d: an incomplete finding: %+v", seed, f)
		}
		if f.Support.MatchingFailing+f.Support.OthersFailing != len(f.Cells) {
			t.Errorf("seed %d: support %+v for %d cells of %q", seed, f.Support, len(f.Cells), f.Title)
		}
		if len(f.Cells) != len(slices.Compact(slices.Clone(f.Cells))) {
			t.Errorf("seed %d: a cell stands twice in %v", seed, f.Cells)
		}
		for _, id := range f.Cells {
			explained[id] = explained[id] || f.State != Advice
		}
	}
	for _, c := range s.Cells {
		if c.Status != result.Passed && !explained[c.ID] {
			t.Errorf("seed %d: cell %s is %s, and no finding says why", seed, c.Slug, c.Status)
		}
	}
}

func checkGrid(t *testing.T, seed uint64, s Summary) {
	t.Helper()
	seen := 0
	for _, row := range s.Grid.Rows {
		if len(row.Cells) != len(s.Grid.Columns) || len(row.Values) != len(s.Grid.RowAxes) {
			t.Fatalf("seed %d: a row of %d squares and %d names under %d columns and %d axes", seed, len(row.Cells), len(row.Values), len(s.Grid.Columns), len(s.Grid.RowAxes))
		}
		for _, c := range row.Cells {
			if c.ID != "" {
				seen++
			} else if c.Omitted == "" {
				t.Errorf("seed %d: an empty square without a reason", seed)
			}
			for _, n := range c.Findings {
				if !slices.Contains(s.Findings[n].Cells, c.ID) {
					t.Errorf("seed %d: square %s names finding %d, which is not there", seed, c.Slug, n)
				}
			}
		}
	}
	if seen != s.Counts.Planned {
		t.Errorf("seed %d: %d squares for %d cells", seed, seen, s.Counts.Planned)
	}
}

// TestOrderOfResultsDoesNotShow joins one run's results in other orders.
func TestOrderOfResultsDoesNotShow(t *testing.T) {
	p := planOf(t, axesOf(fourteen, "kind eks", "default ha", "install"))
	run := runOf(p, func(at at, c *result.Cell) {
		if at["scenario"] == "ha" {
			fail(c, "schema", removedHPA())
		}
		fail(c, "lint", result.Problem{Severity: result.Warning, Code: "icon", Message: "no icon"})
	})
	want := asJSON(t, Explain(run, Options{Now: day}))
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		cells := slices.Clone(run.Cells)
		r.Shuffle(len(cells), func(i, j int) { cells[i], cells[j] = cells[j], cells[i] })
		if got := asJSON(t, Explain(result.Join(p, cells, nil), Options{Now: day})); got != want {
			t.Fatal("the order in which results arrive shows")
		}
	}
}

// FuzzExplain reads plans and results as they might come from a stranger.
func FuzzExplain(f *testing.F) {
	p := planOf(f, axesOf(fourteen[:2], "kind", "default ha", "install"))
	run := runOf(p, func(at at, c *result.Cell) {
		if at["scenario"] == "ha" {
			fail(c, "schema", removedHPA())
		}
	})
	f.Add([]byte(asJSON(f, p)), []byte(asJSON(f, run.Cells)), []byte(`null`))
	f.Add([]byte(`{"axes":[{"name":"kubernetes","values":["x"],"ordered":true}],"cells":[{"id":"a"},{"id":"a"}]}`), []byte(`[{"id":"a","attempt":2,"status":"passed"}]`), []byte(`[]`))
	f.Add([]byte(`{"expect":[{"matching":"(","cells":"\u0000"}],"cells":[{"id":"b","at":{"y":"z"}}]}`), []byte(`[]`), []byte(`[]`))
	f.Add([]byte(`{"layers":["lint","k6"],"jobLayers":["k6"],"jobs":[{"id":"j","cells":["a","b"]}],"cells":[{"id":"a"},{"id":"b"}]}`),
		[]byte(`[{"id":"a","attempt":2,"job":"j","status":"lost","reason":"\u00e9"}]`), []byte(`[{"id":"j","attempt":2,"state":"failed"},{"id":"j","state":"running"}]`))
	f.Fuzz(func(t *testing.T, plan, cells, jobs []byte) {
		var p matrix.Plan
		var c []result.Cell
		var j []result.Job
		if json.Unmarshal(plan, &p) != nil || json.Unmarshal(cells, &c) != nil || json.Unmarshal(jobs, &j) != nil {
			return
		}
		s := Explain(result.Join(&p, c, j), Options{Now: day, Command: "check"})
		asJSON(t, s)
	})
}
