package runner

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestFreshAsPlanned: a cell that is known to find what another one left gets a
// cluster of its own, and nobody cleans the one before it.
func TestFreshAsPlanned(t *testing.T) {
	s := newScene(t)
	s.clusters.Fresh = map[string]string{"cell2": "Widget/a outlives the cell before it"}
	cleaned := 0
	s.session.clean = func(int) ([]string, error) { cleaned++; return nil, nil }
	results := s.run(t.Context())
	if s.opened != 2 || cleaned != 1 {
		t.Errorf("%d clusters, cleaned %d times", s.opened, cleaned)
	}
	said := ""
	for _, a := range results[1].Steps[0].Assertions {
		for _, p := range a.Problems {
			said += p.Code + ": " + p.Message + "\n"
		}
	}
	if !strings.Contains(said, "fresh-cluster: ") || !strings.Contains(said, "Widget/a outlives the cell before it") {
		t.Errorf("the result says %q", said)
	}
	for _, r := range results {
		if r.Status != result.Passed {
			t.Errorf("%s: %s %s", r.ID, r.Status, r.Reason)
		}
	}
	if left := s.left(t); left != "" {
		t.Errorf("left %s", left)
	}

	s = newScene(t)
	s.clusters.Fresh, s.clusters.Lasting = map[string]string{"cell2": "Widget/a"}, true
	s.session.clean = func(int) ([]string, error) { cleaned++; return nil, nil }
	cleaned = 0
	s.run(t.Context())
	if s.opened != 1 || cleaned != 3 {
		t.Errorf("of somebody's own: %d clusters, cleaned %d times", s.opened, cleaned)
	}
}

// TestBlockedByThePlan: a layer that the plan blocks is blocked, with what needs
// it, and takes no cluster.
func TestBlockedByThePlan(t *testing.T) {
	skip := matrix.LayerSkip{Rule: "operation upgrade", Because: "the older chart does not render", Blocked: true}
	cells := []matrix.Cell{{ID: "a", Skip: map[string]matrix.LayerSkip{"upgrade": skip}}, {ID: "b"}}
	layers := []layer.JobLayer{
		ClusterLayer{},
		&fakeJobLayer{name: "upgrade", need: layer.NeedCluster}, &fakeJobLayer{name: "test", need: layer.NeedRelease, requires: []string{"upgrade"}},
	}
	results := []result.Cell{{ID: "a"}, {ID: "b"}}
	chosen := ForJobs(cells, results, layers)
	if len(chosen) != 1 || chosen[0].ID != "b" {
		t.Fatalf("%+v", chosen)
	}
	if got, want := jobBrief(results[0]), "blocked"; !strings.Contains(got, want) || results[0].Status != result.Blocked {
		t.Errorf("%s: %s", results[0].Status, got)
	}
	if s := results[0].Steps; len(s) != 3 || s[0].Status != result.Skipped || s[1].Reason != skip.Because || s[2].Reason != "upgrade did not pass" {
		t.Errorf("%+v", s)
	}
}
