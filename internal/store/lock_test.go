package store

import (
	"fmt"
	"sync"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestWritesAtOnceLeaveOneOfThem writes many runs into one folder at the same
// time: what remains is one of them, whole.
func TestWritesAtOnceLeaveOneOfThem(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	for n := range 8 {
		wg.Go(func() {
			plan, err := matrix.Expand(matrix.Spec{
				Axes: []matrix.Axis{{Name: "run", Values: []string{fmt.Sprint("run", n)}}, {Name: "x", Values: []string{"a", "b", "c"}}},
			}, 1)
			if err != nil {
				t.Error(err)
				return
			}
			plan.Seal()
			var cells []result.Cell
			for _, c := range plan.Cells {
				cells = append(cells, result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: result.Passed})
			}
			for range 10 {
				if err := Write(dir, plan, cells); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	plan, cells, anomalies, err := Read(dir)
	if err != nil || len(anomalies) > 0 || len(cells) != 3 {
		t.Fatalf("%d cells, anomalies %q, %v", len(cells), anomalies, err)
	}
	if run := result.Join(plan, cells, nil); len(run.Anomalies) > 0 {
		t.Errorf("a mixture: %q", run.Anomalies)
	}
}
