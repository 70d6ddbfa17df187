package store

import (
	"fmt"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// large gives 256 cells of 500 assertions, of which one in a hundred failed.
func large(b *testing.B) (*matrix.Plan, []result.Cell) {
	b.Helper()
	var scenarios []string
	for i := range 16 {
		scenarios = append(scenarios, fmt.Sprintf("scenario-%d", i))
	}
	var versions []string
	for i := range 16 {
		versions = append(versions, fmt.Sprintf("1.%d", 22+i))
	}
	plan, err := matrix.Expand(matrix.Spec{Axes: []matrix.Axis{
		{Name: matrix.Kubernetes, Ordered: true, Values: versions},
		{Name: matrix.Scenario, Values: scenarios},
	}}, 0)
	if err != nil {
		b.Fatal(err)
	}
	var cells []result.Cell
	for _, c := range plan.Cells {
		cell := result.Cell{Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: result.Failed}
		step := result.Step{Layer: "schema", Status: result.Failed}
		for i := range 500 {
			a := result.Assertion{Name: fmt.Sprintf("Deployment/web-%d", i), Status: result.Passed}
			if i%100 == 0 {
				a.Status = result.Failed
				a.Problems = []result.Problem{{Severity: result.Error, Code: "wrong-type", Message: "expected a number, and it is a string"}}
			}
			step.Assertions = append(step.Assertions, a)
		}
		cell.Steps = []result.Step{step}
		cells = append(cells, cell)
	}
	return plan, cells
}

func BenchmarkWrite(b *testing.B) {
	plan, cells := large(b)
	dir := b.TempDir()
	b.ReportAllocs()
	for b.Loop() {
		if err := Write(dir, plan, cells); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkRead(b *testing.B) {
	plan, cells := large(b)
	dir := b.TempDir()
	if err := Write(dir, plan, cells); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, got, _, err := Read(dir); err != nil || len(got) != len(cells) {
			b.Fatal(len(got), err)
		}
	}
}
