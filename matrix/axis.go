package matrix

import (
	"slices"
)

// The four axes that every matrix has. Users add their own.
const (
	Kubernetes = "kubernetes" // ordered: values are Kubernetes versions
	Provider   = "provider"
	Scenario   = "scenario"  // values and set-up
	Operation  = "operation" // install or upgrade
)

// BuiltinAxes lists the axes that every matrix has, in the order in which
// people read them.
func BuiltinAxes() []string { return []string{Kubernetes, Provider, Scenario, Operation} }

// Axis is one dimension of the matrix.
type Axis struct {
	Name string `json:"name"`
	// Values stand in the order in which they are shown: oldest version
	// first on an ordered axis, the user's own order elsewhere.
	Values []string `json:"values"`
	// Ordered says that the values are Kubernetes versions, so that ranges
	// over them mean something.
	Ordered bool `json:"ordered,omitempty"`
}

// Coordinate names one value on each axis.
type Coordinate map[string]string

// sortVersions orders the values of an ordered axis, oldest first; what is not
// a version keeps its place behind them.
func sortVersions(values []string) {
	slices.SortStableFunc(values, func(a, b string) int {
		va, errA := ParseVersion(a)
		vb, errB := ParseVersion(b)
		switch {
		case errA != nil && errB != nil:
			return 0
		case errA != nil:
			return 1
		case errB != nil:
			return -1
		}
		return va.Compare(vb)
	})
}
