package cli

import (
	"path/filepath"
	"testing"

	"github.com/posthog/chart-matrix/internal/store"
)

// A plan that something else in the run has put in the place of the real one
// asks for less, and would be green.
func TestReportWantsThePlanOfItsJob(t *testing.T) {
	real, other := makeRun(t, 3), makeRun(t, 1)
	s := real.onGitHub(t)
	report := func() int {
		return s.main("report", s.parts, "--render", s.out, "--plan-digest", real.plan.Digest, "--quiet")
	}
	if code := report(); code != exitPassed {
		t.Fatalf("exit code %d\n%s", code, &s.stderr)
	}
	for _, attempt := range []int{2, 1} {
		folder := filepath.Join(s.parts, partFolder("web", store.PlanArtifact, attempt))
		if err := store.WritePart(folder, store.Part{Name: "web", Attempt: attempt}, other.plan, nil); err != nil {
			t.Fatal(err)
		}
		if code := report(); code != exitInfrastructure {
			t.Errorf("attempt %d: exit code %d\n%s", attempt, code, &s.stdout)
		}
		mustContain(t, "the error", s.stderr.String(), "took its artifact's name")
	}
}
