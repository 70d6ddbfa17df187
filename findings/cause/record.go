package cause

import (
	"cmp"
	"encoding/binary"
	"slices"
)

// record is what a walk through the states has seen.
type record struct {
	sweeps int
	keys   map[string]int
	sets   []seen
	states []snapshot
	open   [][]uint16 // by unit, then cell: sweeps in which no cause covered the failure
	upset  []int      // by cell: sweeps in which it was upset

	flake, heal float64 // sums over the sweeps
}

// seen is a set of units that some cause had.
type seen struct {
	units set
	mass  map[int]float64 // by group: expected number of causes, summed over sweeps
	total float64         // over all groups; adding up a map would give another sum each time
}

// snapshot is one state: the place in sets and the group of each cause.
type snapshot [][2]int

func newRecord(m *model) *record {
	r := &record{keys: map[string]int{}, upset: make([]int, m.cells), open: make([][]uint16, len(m.units))}
	for u := range r.open {
		r.open[u] = make([]uint16, m.cells)
	}
	return r
}

func (r *record) set(units set) int {
	key := make([]byte, 0, 8*len(units))
	for _, w := range units {
		key = binary.LittleEndian.AppendUint64(key, w)
	}
	i, ok := r.keys[string(key)]
	if !ok {
		i = len(r.sets)
		r.keys[string(key)] = i
		r.sets = append(r.sets, seen{units: units.clone(), mass: map[int]float64{}})
	}
	return i
}

// conditional notes how likely each group was for a cause with these units.
func (r *record) conditional(units set, groups []int, probabilities []float64) {
	s := &r.sets[r.set(units)]
	for j, p := range probabilities {
		if p > 1e-4 {
			s.mass[groups[j]] += p
			s.total += p
		}
	}
}

// sweep notes the state after a sweep.
func (r *record) sweep(s *state) {
	r.sweeps++
	var shot snapshot
	for _, c := range s.causes {
		shot = append(shot, [2]int{r.set(c.units), c.group})
	}
	slices.SortFunc(shot, func(a, b [2]int) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	r.states = append(r.states, shot)
	for u := range r.open {
		s.openF[u].each(func(c int) { r.open[u][c]++ })
	}
	s.upset.each(func(c int) { r.upset[c]++ })
	r.flake += priorFlake.mean(s.common.flaked, s.common.passed)
	r.heal += priorHeal.mean(s.common.healed, s.common.failed)
}
