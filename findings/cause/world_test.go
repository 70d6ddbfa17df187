package cause

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
)

// world is a matrix whose causes are known.
type world struct {
	matrix Matrix
	tests  []Test
	truth  []Cause
}

// setting says what a world is like.
type setting struct {
	sizes       []int // of the axes; the first is ordered
	tests       int
	causes      int
	share       float64 // of the product that runs
	flake, heal float64
	lost        float64 // share of the cells without any answer
}

// make draws a world. Every cause explains, for each of its tests, a cell that
// no other cause explains, so that it can be found.
func (s setting) make(seed uint64) world {
	r := rand.New(rand.NewPCG(seed, 99))
	var w world
	product := 1
	for a, n := range s.sizes {
		axis := Axis{Name: fmt.Sprintf("axis%d", a), Ordered: a == 0}
		for v := range n {
			axis.Values = append(axis.Values, fmt.Sprintf("v%02d", v))
		}
		w.matrix.Axes = append(w.matrix.Axes, axis)
		product *= n
	}
	for i := range product {
		if r.Float64() < s.share {
			w.matrix.Cells = append(w.matrix.Cells, coordinates(s.sizes, i))
		}
	}
	for try := 0; len(w.truth) < s.causes && try < 1000; try++ {
		c := Cause{Conditions: s.conditions(r), Tests: someOf(r, s.tests, 1+r.IntN(min(3, s.tests)))}
		if grown := append(slices.Clone(w.truth), c); separable(w.matrix, grown) {
			w.truth = grown
		}
	}
	lost := make([]bool, len(w.matrix.Cells))
	for i := range lost {
		lost[i] = r.Float64() < s.lost
	}
	for t := range s.tests {
		test := Test{Name: fmt.Sprintf("test%03d", t)}
		for i, c := range w.matrix.Cells {
			fails := false
			for _, k := range w.truth {
				fails = fails || slices.Contains(k.Tests, t) && holds(k.Conditions, c)
			}
			if fails {
				fails = r.Float64() >= s.heal
			} else {
				fails = r.Float64() < s.flake
			}
			o := Passed
			if lost[i] {
				o = Absent
			} else if fails {
				o = Failed
			}
			test.Outcomes = append(test.Outcomes, o)
		}
		w.tests = append(w.tests, test)
	}
	return w
}

func coordinates(sizes []int, i int) []int {
	c := make([]int, len(sizes))
	for a := len(sizes) - 1; a >= 0; a-- {
		c[a] = i % sizes[a]
		i /= sizes[a]
	}
	return c
}

func (s setting) conditions(r *rand.Rand) []Condition {
	n := []int{1, 1, 2, 2, 3}[r.IntN(5)]
	var out []Condition
	for _, a := range someOf(r, len(s.sizes), min(n, len(s.sizes))) {
		v := r.IntN(s.sizes[a])
		c := Condition{Axis: a, From: v, To: v}
		if last := s.sizes[a] - 1; a == 0 && v > 0 && v < last {
			switch r.IntN(3) {
			case 1:
				c.To = last
			case 2:
				c.From = 0
			}
		}
		out = append(out, c)
	}
	return out
}

func someOf(r *rand.Rand, n, k int) []int {
	out := r.Perm(n)[:k]
	slices.Sort(out)
	return out
}

func holds(conditions []Condition, cell []int) bool {
	for _, c := range conditions {
		if cell[c.Axis] < c.From || cell[c.Axis] > c.To {
			return false
		}
	}
	return true
}

// separable tells whether each cause has, for each of its tests, a cell of its
// own, and no two have the same cells.
func separable(m Matrix, causes []Cause) bool {
	seen := map[string]bool{}
	for i, c := range causes {
		var mask []byte
		for _, cell := range m.Cells {
			mask = append(mask, fmt.Sprint(holds(c.Conditions, cell))[0])
		}
		if seen[string(mask)] {
			return false
		}
		seen[string(mask)] = true
		for _, t := range c.Tests {
			if !slices.ContainsFunc(m.Cells, func(cell []int) bool {
				return holds(c.Conditions, cell) && !slices.ContainsFunc(causes, func(d Cause) bool {
					return &d != &causes[i] && !same(d, c) && slices.Contains(d.Tests, t) && holds(d.Conditions, cell)
				})
			}) {
				return false
			}
		}
	}
	return true
}

func same(a, b Cause) bool {
	return slices.Equal(a.Conditions, b.Conditions) && slices.Equal(a.Tests, b.Tests)
}

func key(c Cause) string { return fmt.Sprint(c.Conditions, c.Tests) }

// score compares what was found with the truth.
type score struct {
	right, told, true, inRivals int
	sure, sureRight             int
	squares                     float64
}

func (s *score) add(w world, e Explanation) {
	truth := map[string]bool{}
	for _, c := range w.truth {
		truth[key(c)] = true
	}
	s.told += len(e.Causes)
	s.true += len(w.truth)
	for _, c := range e.Causes {
		right := 0.0
		if truth[key(c)] {
			right = 1
			s.right++
			s.inRivals++
		}
		for _, r := range c.Rivals {
			if truth[key(Cause{Conditions: r.Conditions, Tests: c.Tests})] {
				s.inRivals++
			}
		}
		if c.Confidence >= 0.9 {
			s.sure++
			s.sureRight += int(right)
		}
		s.squares += (right - c.Confidence) * (right - c.Confidence)
	}
}

func ratio(a, b int) float64 {
	if b == 0 {
		return 1
	}
	return float64(a) / float64(b)
}

func (s score) f1() float64     { return 2 * ratio(s.right, s.told+s.true) }
func (s score) rivals() float64 { return ratio(s.inRivals, s.true) }
func (s score) surely() float64 { return ratio(s.sureRight, s.sure) }
func (s score) brier() float64  { return s.squares / float64(max(1, s.told)) }

// sorted puts causes in an order that does not depend on confidence.
func sorted(causes []Cause) []Cause {
	out := slices.Clone(causes)
	slices.SortFunc(out, func(a, b Cause) int { return cmp.Compare(key(a), key(b)) })
	return out
}
