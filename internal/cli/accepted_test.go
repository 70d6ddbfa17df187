package cli

import (
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func TestAccepted(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	plan, err := matrix.Expand(matrix.Spec{
		Axes:   []matrix.Axis{{Name: matrix.Kubernetes, Values: []string{"1.33", "1.34"}, Ordered: true}},
		Layers: []string{"lint", "install"},
	}, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan.JobLayers = []string{"install"}
	env := Env{Now: func() time.Time { return now }}
	if accepted(plan, env) != nil {
		t.Error("where nothing is expected, nothing has to be asked")
	}
	rule := func(matching string, until time.Time) matrix.Expectation {
		return matrix.Expectation{Cells: "every cell", Matching: matching, Issue: "#1", Until: until, Rule: matching}
	}
	later, before := now.AddDate(0, 1, 0), now.AddDate(0, -1, 0)
	for _, c := range []struct {
		name     string
		expect   []matrix.Expectation
		messages []string
		status   result.Status
		want     bool
	}{
		{"expected", []matrix.Expectation{rule("502", later), rule("of another cell", later)}, []string{"a 502"}, result.Failed, true},
		{"not this", []matrix.Expectation{rule("502", later)}, []string{"a 503"}, result.Failed, false},
		{"not all", []matrix.Expectation{rule("502", later)}, []string{"a 502", "a 503"}, result.Failed, false},
		{"no longer", []matrix.Expectation{rule("502", before)}, []string{"a 502"}, result.Failed, false},
		{"no answer", []matrix.Expectation{rule("502", later)}, nil, result.Errored, false},
		{"passed", []matrix.Expectation{rule("502", later)}, nil, result.Passed, false},
	} {
		plan.Expect = c.expect
		a := result.Assertion{Name: "installs", Status: c.status, Reason: "502"}
		for _, m := range c.messages {
			a.Problems = append(a.Problems, result.Problem{Severity: result.Error, Code: "http", Message: m})
		}
		of := plan.Cells[1]
		cell := result.Cell{Schema: result.CellSchema, ID: of.ID, Slug: of.Slug, At: of.At, Attempt: 2, Job: "abcdefgh", Status: c.status,
			Steps: []result.Step{{Layer: "install", Status: c.status, Assertions: []result.Assertion{a}}}}
		if got := accepted(plan, env)(cell); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
