package findings

import (
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// TestNothingToTest: a layer that finds no release, or no cluster, where the cell
// did not get one is no finding of its own.
func TestNothingToTest(t *testing.T) {
	errored := func(layer, reason string) result.Step {
		return result.Step{Layer: layer, Status: result.Errored, Reason: reason}
	}
	failed := func(layer string, messages ...string) result.Step {
		s := result.Step{Layer: layer, Status: result.Failed}
		for _, m := range messages {
			s.Assertions = append(s.Assertions, result.Assertion{Name: m, Status: result.Failed, Problems: []result.Problem{
				{Severity: result.Error, Code: "test-failed", Message: m},
			}})
		}
		return s
	}
	passed := func(layer string) result.Step {
		return result.Step{Layer: layer, Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}}
	}
	for _, c := range []struct {
		name  string
		steps []result.Step
		want  []string // titles, and what follows
		code  int
	}{
		{
			"install failed", []result.Step{passed("cluster"), failed("install", "the image is gone"), errored("test", "no release to test")},
			[]string{"the image is gone > test was not run"}, ExitChart,
		},
		{
			"install could not be asked", []result.Step{passed("cluster"), errored("install", "the API server is away"), errored("test", "release: not found"), errored("k6", "no release to test")},
			[]string{"the API server is away > test and k6 were not run"}, ExitInfrastructure,
		},
		{
			"there is no cluster", []result.Step{errored("cluster", "no kind cluster: exit code 1"), errored("install", "the layer needs a cluster, and this job has none"), errored("test", "no release to test")},
			[]string{"no kind cluster: exit code 1 > install and test were not run"}, ExitInfrastructure,
		},
		{
			"as failures of the tests", []result.Step{passed("cluster"), failed("install", "the image is gone"), failed("test", "Error: release: not found")},
			[]string{"the image is gone > test was not run"}, ExitChart,
		},
		{
			"something else is wrong, too", []result.Step{passed("cluster"), errored("install", "the API server is away"), failed("test", "Error: release: not found", "expected 200, got 500")},
			[]string{"expected 200, got 500 > ", "Error: release: not found > ", "the API server is away > "}, ExitChart,
		},
		{
			"install passed", []result.Step{passed("cluster"), passed("install"), errored("test", "no release to test")},
			[]string{"no release to test > "}, ExitInfrastructure,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, axesOf(fourteen[:2], "kind", "default", "install"))
			for _, s := range c.steps {
				p.Layers, p.JobLayers = append(p.Layers, s.Layer), append(p.JobLayers, s.Layer)
			}
			run := runOf(p, nil)
			for i := range run.Cells {
				run.Cells[i].Steps = append(run.Cells[i].Steps[:len(run.Cells[i].Steps)-len(c.steps):len(run.Cells[i].Steps)-len(c.steps)], c.steps...)
				for _, s := range c.steps {
					run.Cells[i].Status = result.Worst(run.Cells[i].Status, s.Status)
				}
			}
			s := Explain(result.Join(p, run.Cells, nil), Options{Now: day})
			var got []string
			for _, f := range s.Findings {
				text := f.Title + " > "
				for _, q := range f.Consequences {
					text += q.Title
				}
				got = append(got, text)
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(c.want))
			if !slices.Equal(got, want) || s.Verdict.ExitCode != c.code {
				t.Errorf("got  %q, exit code %d\nwant %q, %d", got, s.Verdict.ExitCode, want, c.code)
			}
		})
	}
}
