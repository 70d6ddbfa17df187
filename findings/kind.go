package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// kind tells which question of the layered tests a finding answers with no.
func kind(f *Finding) Kind {
	switch {
	case f.State == Advice:
		return ""
	case f.Status != result.Failed && f.State != Overdue && f.State != Fixed, f.Blame == BlameInfrastructure, f.Blame == BlameRunner:
		return KindMachinery
	case f.Layer == "unit":
		return KindMismatch
	}
	onVersions, onProviders := bounds(f.Conditions, matrix.Kubernetes), bounds(f.Conditions, matrix.Provider)
	if slices.Contains(staticLayers, f.Layer) {
		// Only what an API lacks is a matter of the cluster's version; a template
		// that fails to render there is invalid there.
		if onVersions && f.Layer == "schema" && strings.HasPrefix(f.Code, "api-") {
			return KindKubernetes
		}
		return KindInvalid
	}
	switch {
	case f.Confidence > 0 && f.Confidence < Likely:
		return KindCluster // nobody knows what it depends on
	case onVersions:
		return KindKubernetes
	case onProviders:
		return KindProvider
	}
	return KindCluster
}

// bounds tells whether each of the conjunctions bounds an axis.
func bounds(conditions [][]Condition, axis string) bool {
	if len(conditions) == 0 {
		return false
	}
	for _, conjunction := range conditions {
		if !slices.ContainsFunc(conjunction, func(c Condition) bool { return c.Axis == axis }) {
			return false
		}
	}
	return true
}
