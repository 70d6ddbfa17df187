package cause

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"
)

// TestWalkFollowsThePosterior counts how often the walk comes through each
// state: it must be in proportion to the state's posterior, or some move is
// weighed wrongly.
func TestWalkFollowsThePosterior(t *testing.T) {
	t.Run("three tests", func(t *testing.T) { walksInBalance(t, "FFF.FF......", "FFFFFF..F...", "....F.......") })
	t.Run("alike", func(t *testing.T) { walksInBalance(t, "FFFF..F.....", "FFFF..F.....", "FF..........") })
}

func walksInBalance(t *testing.T, tests ...string) {
	m := Matrix{Axes: []Axis{
		{"a", []string{"1", "2", "3"}, true}, {"b", []string{"x", "y"}, false}, {"c", []string{"p", "q"}, false},
	}}
	for i := range 12 {
		m.Cells = append(m.Cells, []int{i / 4, i / 2 % 2, i % 2})
	}
	p := canonical(m, testsOf(tests...))
	mod := newModel(p)
	s := newState(mod)
	pool := make([]int, len(mod.groups))
	for i := range pool {
		pool[i] = i
	}
	w := newSampler(s, pool)
	count, value := map[string]int{}, map[string]float64{}
	for range 15_000 {
		w.sweep()
		k := s.String()
		count[k]++
		value[k] = s.score()
	}
	keys := slices.SortedFunc(maps.Keys(count), func(a, b string) int { return count[b] - count[a] })
	least, most := math.Inf(1), math.Inf(-1)
	for _, k := range keys[:12] {
		d := math.Log(float64(count[k])) - value[k]
		least, most = min(least, d), max(most, d)
	}
	if most-least > 0.5 {
		for _, k := range keys[:12] {
			t.Logf("%6d times, log posterior %.2f: %s", count[k], value[k], k)
		}
		t.Errorf("counts are off by a factor of %.2f from the posterior", math.Exp(most-least))
	}
}

// testsOf writes tests as text: F failed, . passed, f flaky, blank absent.
func testsOf(rows ...string) []Test {
	var out []Test
	for i, row := range rows {
		t := Test{Name: fmt.Sprintf("t%d", i)}
		for _, r := range row {
			o := Absent
			switch r {
			case 'F':
				o = Failed
			case '.':
				o = Passed
			case 'f':
				o = Flaky
			}
			t.Outcomes = append(t.Outcomes, o)
		}
		out = append(out, t)
	}
	return out
}

// String names a state.
func (s *state) String() string {
	var parts []string
	for _, c := range s.causes {
		var units []int
		c.units.each(func(u int) { units = append(units, u) })
		parts = append(parts, fmt.Sprint(units, s.groups[c.group].members[0].list()))
	}
	sort.Strings(parts)
	return strings.Join(parts, "; ") + fmt.Sprint(s.flaky, s.upset)
}

// TestCountsStayTrue compares what the moves keep up to date with a fresh count.
func TestCountsStayTrue(t *testing.T) {
	w := setting{sizes: []int{5, 3, 2}, tests: 5, causes: 2, share: 1, flake: 0.03, heal: 0.05}.make(4)
	p := canonical(w.matrix, w.tests)
	s := newState(newModel(p))
	pool := make([]int, len(s.groups))
	for i := range pool {
		pool[i] = i
	}
	walk := newSampler(s, pool)
	for i := range 200 {
		walk.sweep()
		had := s.score()
		s.count()
		if now := s.score(); math.Abs(had-now) > 1e-6 {
			t.Fatalf("sweep %d: the score is %v, counted anew %v: %v", i, had, now, s)
		}
	}
}
