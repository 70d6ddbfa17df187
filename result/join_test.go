package result

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
)

// planOf plans cells with the IDs a, b, c …
func planOf(ids ...string) *matrix.Plan {
	p := &matrix.Plan{Axes: []matrix.Axis{{Name: "x", Values: ids}}}
	for _, id := range ids {
		p.Cells = append(p.Cells, matrix.Cell{ID: id, Slug: "slug-" + id, At: matrix.Coordinate{"x": id}})
	}
	return p
}

func cellOf(id string, attempt int, status Status) Cell {
	return Cell{Schema: CellSchema, ID: id, Slug: "theirs", At: map[string]string{"x": id}, Attempt: attempt, Status: status}
}

// brief shows a run in one line: cells, earlier attempts.
func brief(run *Run) string {
	line := ""
	for _, c := range run.Cells {
		line += fmt.Sprintf("%s%d %s, ", c.ID, c.Attempt, c.Status)
	}
	line += "earlier:"
	for _, c := range run.Earlier {
		line += fmt.Sprintf(" %s%d %s", c.ID, c.Attempt, c.Status)
	}
	return line
}

func TestJoin(t *testing.T) {
	elsewhere := cellOf("a", 1, Passed)
	elsewhere.At = map[string]string{"x": "b"}
	more := cellOf("a", 1, Passed)
	more.At = map[string]string{"x": "a", "y": ""}
	for _, c := range []struct {
		name      string
		results   []Cell
		want      string
		anomalies []string
	}{
		{"all there", []Cell{cellOf("b", 1, Failed), cellOf("a", 1, Passed)}, "a1 passed, b1 failed, earlier:", nil},
		{"none there", nil, "a0 lost, b0 lost, earlier:", nil},
		{"one lost", []Cell{cellOf("b", 1, Passed)}, "a0 lost, b1 passed, earlier:", nil},
		{"the last attempt counts", []Cell{cellOf("a", 2, Passed), cellOf("b", 3, Failed), cellOf("a", 1, Failed), cellOf("b", 1, Errored), cellOf("b", 2, Passed)},
			"a2 passed, b3 failed, earlier: a1 failed b1 errored b2 passed", nil},
		{"the worse of two counts", []Cell{cellOf("a", 1, Failed), cellOf("a", 1, Passed), cellOf("b", 1, Passed), cellOf("b", 1, Errored)},
			"a1 failed, b1 errored, earlier:", []string{
				"two results for attempt 1 of cell a (slug-a); the worse one counts", "two results for attempt 1 of cell b (slug-b); the worse one counts",
			}},
		{"two of an earlier attempt", []Cell{cellOf("a", 2, Passed), cellOf("a", 1, Passed), cellOf("b", 1, Passed), cellOf("a", 1, Failed)},
			"a2 passed, b1 passed, earlier: a1 failed", []string{"two results for attempt 1 of cell a (slug-a); the worse one counts"}},
		{"not planned", []Cell{cellOf("a", 1, Passed), cellOf("z", 1, Failed), cellOf("b", 1, Passed)}, "a1 passed, b1 passed, earlier:",
			[]string{"a result for cell z (theirs), which is not in the plan"}},
		{"elsewhere", []Cell{elsewhere, cellOf("b", 1, Passed)}, "a0 lost, b1 passed, earlier:",
			[]string{"the result of cell a says it ran at another coordinate than planned (slug-a)"}},
		{"on more axes", []Cell{more, cellOf("b", 1, Passed)}, "a0 lost, b1 passed, earlier:",
			[]string{"the result of cell a says it ran at another coordinate than planned (slug-a)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			plan := planOf("a", "b")
			given := slices.Clone(c.results)
			run := Join(plan, c.results, nil)
			if got := brief(run); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
			if !slices.Equal(run.Anomalies, c.anomalies) {
				t.Errorf("anomalies %q, want %q", run.Anomalies, c.anomalies)
			}
			for _, cell := range append(slices.Clone(run.Cells), run.Earlier...) {
				if cell.Slug != "slug-"+cell.ID || cell.Schema != CellSchema || cell.Status == Lost && cell.Reason == "" {
					t.Errorf("%+v", cell)
				}
			}
			if !reflect.DeepEqual(given, c.results) || run.Plan != plan {
				t.Error("what Join was given is changed")
			}
		})
	}
}

// TestJoinIgnoresTheOrder: results of distinct attempts may arrive in any order.
func TestJoinIgnoresTheOrder(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	names := []string{"a", "b", "c", "d", "e"}
	for range 300 {
		var results []Cell
		for _, id := range append(slices.Clone(names), "unplanned") {
			for attempt := range r.IntN(4) {
				results = append(results, cellOf(id, attempt+1, Statuses()[r.IntN(len(Statuses()))]))
			}
		}
		want := Join(planOf(names...), results, nil)
		if len(want.Cells) != len(names) {
			t.Fatalf("%d cells of %d", len(want.Cells), len(names))
		}
		if total := len(want.Earlier) + len(want.Anomalies) + len(want.Cells) - lost(want); total != len(results) {
			t.Fatalf("%d of %d results are accounted for", total, len(results))
		}
		r.Shuffle(len(results), func(i, j int) { results[i], results[j] = results[j], results[i] })
		if got := Join(planOf(names...), results, nil); !reflect.DeepEqual(got, want) {
			t.Fatalf("in another order:\n got %s\nwant %s", brief(got), brief(want))
		}
	}
}

func lost(run *Run) int {
	n := 0
	for _, c := range run.Cells {
		if c.Attempt == 0 {
			n++
		}
	}
	return n
}

func BenchmarkJoin(b *testing.B) {
	var names []string
	var results []Cell
	for i := range 10_000 {
		id := fmt.Sprint("cell", i)
		names = append(names, id)
		results = append(results, cellOf(id, 1, Passed))
	}
	plan := planOf(names...)
	b.ReportAllocs()
	for b.Loop() {
		if run := Join(plan, results, nil); len(run.Cells) != len(names) {
			b.Fatal(len(run.Cells))
		}
	}
}
