package matrix

import (
	"slices"
	"sort"
	"strings"
)

// Selector is a conjunction over axes: it matches a coordinate when every axis
// that it names matches. The empty selector matches everything.
type Selector []Term

// Term is the condition on one axis: any of the values, or any of the version
// ranges.
type Term struct {
	Axis   string         `json:"axis"`
	Values []string       `json:"values,omitempty"`
	Ranges []VersionRange `json:"ranges,omitempty"`
}

// Match tells whether the coordinate has one of the term's values.
func (t Term) Match(at Coordinate) bool {
	value, ok := at[t.Axis]
	if !ok {
		return false
	}
	if slices.Contains(t.Values, value) {
		return true
	}
	if len(t.Ranges) == 0 {
		return false
	}
	v, err := ParseVersion(value)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(t.Ranges, func(r VersionRange) bool { return r.Contains(v) })
}

// Match tells whether the coordinate matches every term.
func (s Selector) Match(at Coordinate) bool {
	for _, t := range s {
		if !t.Match(at) {
			return false
		}
	}
	return true
}

// String gives the selector as one line: "kubernetes <1.31, provider doks".
func (s Selector) String() string {
	parts := make([]string, 0, len(s))
	for _, t := range s {
		alternatives := slices.Clone(t.Values)
		for _, r := range t.Ranges {
			alternatives = append(alternatives, r.String())
		}
		parts = append(parts, t.Axis+" "+strings.Join(alternatives, " or "))
	}
	sort.Strings(parts)
	return strings.Join(parts, ", ")
}
