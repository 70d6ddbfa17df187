package config

import (
	"testing"

	"github.com/posthog/chart-matrix/matrix"
)

// vocabulary is what the tests know: enough to be wrong about.
func vocabulary() Vocabulary {
	return Vocabulary{
		Versions:  []string{"1.24", "1.25", "1.26", "1.27", "1.28", "1.29", "1.30", "1.31", "1.32", "1.33", "1.34", "1.35", "1.36", "1.37"},
		Supported: []string{"1.35", "1.36", "1.37"},
		Providers: []string{"aks", "doks", "eks", "existing", "gke", "k3s", "kind"},
		Layers:    []string{"lint", "render", "schema", "unit"},
		JobLayers: []string{"command"},
		Needs:     []string{"nothing"},
	}
}

// TestExamples loads the examples of the repository, files and all.
func TestExamples(t *testing.T) {
	for _, file := range []string{"../../examples/hogwatch/.chart-matrix.yaml", "../../examples/minimal/.chart-matrix.yaml"} {
		c, err := Load(file, vocabulary())
		if err != nil {
			t.Error(err)
			continue
		}
		if len(c.Warnings) > 0 {
			t.Errorf("%s: %q", file, c.Warnings)
		}
		for _, event := range []string{"", "pull_request", "schedule"} {
			spec, err := c.Spec(event)
			if err != nil {
				t.Error(err)
			}
			if _, err := matrix.Expand(spec, 1); err != nil {
				t.Errorf("%s on %q: %v", file, event, err)
			}
		}
	}
}
