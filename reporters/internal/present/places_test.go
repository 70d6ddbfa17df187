package present

import (
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

func TestPlaces(t *testing.T) {
	web := result.Location{File: "templates/web.yaml", Object: "Deployment/web", Path: "/spec/replicas"}
	worker := result.Location{File: "templates/worker.yaml", Object: "Deployment/worker", Path: "/spec/replicas"}
	other := result.Location{File: "templates/web.yaml", Object: "Service/web", Path: "/spec/ports"}
	for name, c := range map[string]struct {
		at   []result.Location
		want []string
	}{
		"one keeps its path": {[]result.Location{web}, []string{"templates/web.yaml, Deployment/web, /spec/replicas"}},
		"a shared path is left out": {
			[]result.Location{web, worker},
			[]string{"templates/web.yaml, Deployment/web", "templates/worker.yaml, Deployment/worker"},
		},
		"paths that differ stay": {
			[]result.Location{web, other},
			[]string{"templates/web.yaml, Deployment/web, /spec/replicas", "templates/web.yaml, Service/web, /spec/ports"},
		},
		"a path alone stays": {
			[]result.Location{{Path: "/a"}, {Path: "/a"}},
			[]string{"/a", "/a"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, s := range Places(findings.Finding{Locations: c.at}, Files{}) {
				got = append(got, s.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
