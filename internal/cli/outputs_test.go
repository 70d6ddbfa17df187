package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/matrix"
)

// planOfJobs has n jobs of one cell each, described as long as GitHub allows.
func planOfJobs(t *testing.T, n int, label string) *matrix.Plan {
	t.Helper()
	plan := &matrix.Plan{Name: "posthog", Omissions: []matrix.Omission{{Count: 3}, {Count: 4}}}
	for i := range n {
		at := matrix.Coordinate{matrix.Provider: "kind", matrix.Kubernetes: "1.34", matrix.Scenario: strings.Repeat("s", 99), "number": fmt.Sprint(i)}
		plan.Cells = append(plan.Cells, matrix.Cell{ID: matrix.CellID(at), Slug: matrix.CellSlug(nil, at) + strings.Repeat("x", 100), At: at})
	}
	var err error
	plan.Jobs, err = matrix.Pack(plan.Cells, matrix.Packing{Settings: func(string) matrix.JobSettings {
		return matrix.JobSettings{RunsOn: []string{label}, TimeoutMinutes: 60}
	}})
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

func TestPlanOutputs(t *testing.T) {
	for _, c := range []struct {
		jobs, maxParallel int
		sizes, parallel   []string
	}{
		{0, 0, []string{"0", "0", "0", "0"}, []string{"1", "1", "1", "1"}},
		{1, 0, []string{"1", "0", "0", "0"}, []string{"1", "1", "1", "1"}},
		{256, 20, []string{"256", "0", "0", "0"}, []string{"20", "1", "1", "1"}},
		{257, 20, []string{"128", "129", "0", "0"}, []string{"9", "11", "1", "1"}},
		{1024, 0, []string{"256", "256", "256", "256"}, []string{"256", "256", "256", "256"}},
	} {
		t.Run(fmt.Sprint(c.jobs), func(t *testing.T) {
			out, err := planOutputs(planOfJobs(t, c.jobs, "ubuntu-24.04"), c.maxParallel, 2, 6)
			if err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{"cells": fmt.Sprint(c.jobs), "omitted": "7", "name": "posthog", "attempt": "2"} {
				if out[name] != want {
					t.Errorf("%s is %s, want %s", name, out[name], want)
				}
			}
			for i, suffix := range []string{"", "-2", "-3", "-4"} {
				if got := out["jobs"+suffix]; got != c.sizes[i] {
					t.Errorf("jobs%s is %s, want %s", suffix, got, c.sizes[i])
				}
				if got := out["max-parallel"+suffix]; got != c.parallel[i] {
					t.Errorf("max-parallel%s is %s, want %s", suffix, got, c.parallel[i])
				}
				var m struct{ Include []map[string]string }
				if err := json.Unmarshal([]byte(out["matrix"+suffix]), &m); err != nil || fmt.Sprint(len(m.Include)) != c.sizes[i] {
					t.Errorf("matrix%s has %d entries, %v", suffix, len(m.Include), err)
				}
			}
			if len(out) != 18 {
				t.Errorf("%d outputs", len(out))
			}
			size := outputSize(out)
			t.Logf("%d KiB as GitHub counts", size>>10)
			if size > github.MaxOutputs {
				t.Errorf("%d bytes are over the limit", size)
			}
		})
	}
}

func TestPlanOutputsThatAreTooLarge(t *testing.T) {
	_, err := planOutputs(planOfJobs(t, 1024, strings.Repeat("é", 3*256)), 0, 1, 0)
	if err == nil || !strings.Contains(err.Error(), "the matrices of 1024 jobs take") || !strings.Contains(err.Error(), "budget.jobs") {
		t.Errorf("got %v", err)
	}
}
