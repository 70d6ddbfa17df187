package cause

import (
	"fmt"
	"math"
	"testing"
)

// FuzzExplain builds a matrix of any shape from bytes. Whatever it is, the answer
// must come, and must keep to what its documentation says.
func FuzzExplain(f *testing.F) {
	f.Add([]byte{3, 4, 2, 3, 5, 40, 1, 2, 3, 4, 5, 6, 7, 8, 9})
	f.Add([]byte{0, 0, 0})
	f.Add([]byte{1, 1, 3, 9, 2, 2, 2, 2})
	f.Add([]byte{7, 2, 2, 2, 2, 2, 2, 2, 9, 60, 255, 254, 3, 1, 2, 0, 0, 9})
	f.Fuzz(func(t *testing.T, data []byte) {
		next := func() int {
			if len(data) == 0 {
				return 1
			}
			b := data[0]
			data = data[1:]
			return int(b)
		}
		var m Matrix
		for a := range next() % 8 {
			n := next()
			axis := Axis{Name: fmt.Sprint("a", a%5), Ordered: n&16 != 0}
			for v := range 1 + n%6 {
				axis.Values = append(axis.Values, fmt.Sprint(v%4))
			}
			m.Axes = append(m.Axes, axis)
		}
		tests := make([]Test, next()%12)
		for range next() % 64 {
			cell := make([]int, len(m.Axes))
			for a := range cell {
				cell[a] = next() % len(m.Axes[a].Values)
			}
			m.Cells = append(m.Cells, cell)
			for i := range tests {
				tests[i].Outcomes = append(tests[i].Outcomes, Outcome(next()%4))
			}
		}
		odd := next()%2 == 0
		m.Feasible = func(c []int) bool { return !odd || len(c) == 0 || c[0] != 1 }
		e, err := Explain(m, tests, Options{})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range e.Causes {
			if !(c.Confidence >= 0 && c.Confidence <= 1 && c.Exists >= 0 && c.Exists <= 1) || len(c.Tests) == 0 {
				t.Errorf("impossible cause %+v", c)
			}
			if c.Support.Failed > c.Support.Cells || c.Support.FailedElsewhere > c.Support.CellsElsewhere ||
				c.Support.ExplainedElsewhere > c.Support.FailedElsewhere {
				t.Errorf("impossible support %+v", c.Support)
			}
			for _, n := range c.Next {
				if !m.Feasible(n) {
					t.Errorf("next cell %v can never run", n)
				}
			}
		}
		for _, s := range e.Strays {
			if !(s.Chance >= 0 && s.Chance <= 1) || tests[s.Test].Outcomes[s.Cell] != Failed {
				t.Errorf("impossible stray %+v", s)
			}
		}
		if math.IsNaN(e.Noise.Flake) || math.IsNaN(e.Noise.Heal) {
			t.Errorf("noise %+v", e.Noise)
		}
	})
}
