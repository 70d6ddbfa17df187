package matrix

import (
	"fmt"
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

// With gives the axis with more values, such as those that only included cells
// have: at their places if it is ordered, else behind its own. A value that it
// has already is not added again.
func (a Axis) With(values ...string) Axis {
	a.Values = slices.Clone(a.Values)
	for _, v := range values {
		if !slices.Contains(a.Values, v) {
			a.Values = append(a.Values, v)
		}
	}
	if a.Ordered {
		sortVersions(a.Values)
	}
	return a
}

// checkAxes gives the axes with their values in order.
func checkAxes(in []Axis) ([]Axis, error) {
	axes := make([]Axis, 0, len(in))
	seen := map[string]bool{}
	product := 1
	for _, a := range in {
		if seen[a.Name] {
			return nil, fmt.Errorf("two axes are named %q", a.Name)
		}
		seen[a.Name] = true
		if len(a.Values) == 0 {
			return nil, fmt.Errorf("%w: axis %q has no values", ErrEmpty, a.Name)
		}
		if product *= len(a.Values); product > MaxProduct {
			return nil, fmt.Errorf("the product of all axes is over %d cells; leave out values or axes", MaxProduct)
		}
		a.Values = slices.Clone(a.Values)
		if a.Ordered {
			sortVersions(a.Values)
		}
		if err := checkTwice(a); err != nil {
			return nil, err
		}
		axes = append(axes, a)
	}
	return axes, nil
}

// checkTwice refuses values that would give the same cell twice. On an ordered
// axis v1.31 and 1.31 are one.
func checkTwice(a Axis) error {
	seen := make(map[string]string, len(a.Values))
	for _, value := range a.Values {
		key := value
		if v, err := ParseVersion(value); a.Ordered && err == nil {
			key = v.String()
		}
		switch first, ok := seen[key]; {
		case ok && first == value:
			return fmt.Errorf("axis %q has the value %q twice", a.Name, value)
		case ok:
			return fmt.Errorf("axis %q has one value twice, as %q and %q", a.Name, first, value)
		}
		seen[key] = value
	}
	return nil
}
