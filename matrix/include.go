package matrix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// spread gives the coordinates that an include names, at most limit; axes that
// it leaves out take every value.
func (x *expansion) spread(inc Coordinates, limit int) ([]Coordinate, error) {
	axes := slices.Clone(x.axes)
	known, size := 0, 1
	for i, a := range axes {
		if values, ok := inc.At[a.Name]; ok {
			known++
			axes[i].Values = values
		}
		if size *= len(axes[i].Values); size > limit {
			return nil, fmt.Errorf("all that is included is over %d cells; name fewer values", MaxProduct)
		}
	}
	if known < len(inc.At) {
		return nil, fmt.Errorf("it names an axis that there is not; have %s", strings.Join(names(x.axes), ", "))
	}
	if size == 0 {
		return nil, errors.New("it names an axis without a value")
	}
	out := make([]Coordinate, 0, size)
	err := product(axes, func(at Coordinate) error {
		out = append(out, at)
		return nil
	})
	return out, err
}

func names(axes []Axis) []string {
	out := make([]string, len(axes))
	for i, a := range axes {
		out[i] = a.Name
	}
	return out
}

// order puts included cells among the others, by the position of their values
// on the axes. A value that only an include has comes last on its axis, unless
// that is ordered.
func (x *expansion) order() {
	if len(x.spec.Include) == 0 {
		return
	}
	rank := make([]map[string]int, len(x.axes))
	for i, a := range x.axes {
		values := slices.Clone(a.Values)
		if a.Ordered {
			for _, inc := range x.spec.Include {
				values = append(values, inc.At[a.Name]...)
			}
			sortVersions(values)
		}
		rank[i] = make(map[string]int, len(values))
		for j, v := range values {
			rank[i][v] = j
		}
	}
	slices.SortStableFunc(x.cells, func(a, b Cell) int {
		for i, axis := range x.axes {
			va, vb := a.At[axis.Name], b.At[axis.Name]
			if va == vb {
				continue
			}
			ra, okA := rank[i][va]
			rb, okB := rank[i][vb]
			switch {
			case okA && okB:
				return ra - rb
			case okA:
				return -1
			case okB:
				return 1
			}
			return strings.Compare(va, vb)
		}
		return 0
	})
}
