package findings

import (
	"slices"

	"github.com/posthog/chart-matrix/matrix"
)

// maxSought bounds the coordinates that leftOut looks at; a hash of each takes
// about a microsecond.
const maxSought = 100_000

// leftOut tells whether the plan may have left out, by selection or covering,
// a cell that the selector matches: what is known of the others then says
// nothing of that one. Cells that a rule excludes never run and do not count.
func leftOut(plan *matrix.Plan, where matrix.Selector) bool {
	omitted := map[string]bool{}
	for _, o := range plan.Omissions {
		if o.Kind != matrix.NotSelected && o.Kind != matrix.Represented {
			continue
		}
		if o.Count > len(o.Cells) || len(where) == 0 && o.Count > 0 {
			return true
		}
		for _, id := range o.Cells {
			omitted[id] = true
		}
	}
	if len(omitted) == 0 {
		return false
	}
	axes := make([]matrix.Axis, len(plan.Axes))
	total := 1
	for i, a := range plan.Axes {
		axes[i] = matrix.Axis{Name: a.Name, Values: matching(where, a)}
		if total *= len(axes[i].Values); total > maxSought {
			return true
		}
	}
	return total > 0 && anyAt(axes, matrix.Coordinate{}, func(at matrix.Coordinate) bool { return omitted[matrix.CellID(at)] })
}

// matching gives the values of an axis that meet the selector's terms on it.
func matching(where matrix.Selector, a matrix.Axis) []string {
	return slices.DeleteFunc(slices.Clone(a.Values), func(value string) bool {
		return slices.ContainsFunc(where, func(t matrix.Term) bool {
			return t.Axis == a.Name && !t.Match(matrix.Coordinate{a.Name: value})
		})
	})
}

// anyAt tells whether a coordinate of the product satisfies the question.
func anyAt(axes []matrix.Axis, at matrix.Coordinate, ask func(matrix.Coordinate) bool) bool {
	if len(axes) == 0 {
		return ask(at)
	}
	for _, v := range axes[0].Values {
		at[axes[0].Name] = v
		if anyAt(axes[1:], at, ask) {
			return true
		}
	}
	return false
}
