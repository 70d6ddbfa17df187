package findings

import (
	"encoding/binary"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// space is the matrix as the search for conditions sees it: which cells have
// which value on which axis.
type space struct {
	axes  []spaceAxis
	cells int
	memo  map[string]pattern
}

type spaceAxis struct {
	matrix.Axis
	of   []int    // by cell: index of its value, or -1
	with []bitset // by value: the cells that have it
}

// newSpace lays the cells out. Values that only included cells have stand
// behind the axis's own, or by age where the axis is ordered.
func newSpace(axes []matrix.Axis, cells []result.Cell) *space {
	s := &space{cells: len(cells), memo: map[string]pattern{}}
	for _, axis := range axes {
		var values []string
		for _, c := range cells {
			if v, ok := c.At[axis.Name]; ok && !slices.Contains(axis.Values, v) {
				values = append(values, v)
			}
		}
		a := spaceAxis{Axis: axis.With(values...), of: make([]int, len(cells))}
		index := make(map[string]int, len(a.Values))
		a.with = make([]bitset, len(a.Values))
		for i, v := range a.Values {
			index[v] = i
			a.with[i] = newBitset(len(cells))
		}
		for i, c := range cells {
			v, ok := c.At[axis.Name]
			if !ok {
				a.of[i] = -1
				continue
			}
			a.of[i] = index[v]
			a.with[a.of[i]].set(i)
		}
		s.axes = append(s.axes, a)
	}
	return s
}

// valueSet says which values of one axis a box allows; nil allows all.
type valueSet []bool

// box is a conjunction: a cell is in it when every axis allows its value.
type box []valueSet

// inside gives the cells of the set that are in the box.
func (s *space) inside(b box, cells bitset) bitset {
	out := slices.Clone(cells)
	for a, allowed := range b {
		if allowed == nil {
			continue
		}
		keep := newBitset(s.cells)
		for v, ok := range allowed {
			if !ok {
				continue
			}
			for i, w := range s.axes[a].with[v] {
				keep[i] |= w
			}
		}
		for i := range out {
			out[i] &= keep[i]
		}
	}
	return out
}

// values tells which values of an axis occur among the cells.
func (s *space) values(axis int, cells bitset) valueSet {
	a := &s.axes[axis]
	out := make(valueSet, len(a.Values))
	for v := range a.Values {
		out[v] = a.with[v].meets(cells)
	}
	return out
}

func (v valueSet) count() int {
	n := 0
	for _, ok := range v {
		if ok {
			n++
		}
	}
	return n
}

// indexes lists the allowed values.
func (v valueSet) indexes() []int {
	var out []int
	for i, ok := range v {
		if ok {
			out = append(out, i)
		}
	}
	return out
}

// key identifies a question that was answered before: many failures occur in
// the same cells.
func key(asked, failing bitset) string {
	buf := make([]byte, 0, 16*len(asked))
	for i := range asked {
		buf = binary.LittleEndian.AppendUint64(buf, asked[i])
		buf = binary.LittleEndian.AppendUint64(buf, failing[i])
	}
	return string(buf)
}
