package cause

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// problem is the input in an order of its own, so that the order in which a
// caller lists things cannot change the answer.
type problem struct {
	axes  []Axis
	cells [][]int // sorted, each once by index into the caller's
	tests []Test

	// From places here to places in the caller's input.
	axisOf, cellOf, testOf []int
	valueOf                [][]int
}

// check finds what Explain cannot work with.
func check(m Matrix, tests []Test) error {
	for i, c := range m.Cells {
		if len(c) != len(m.Axes) {
			return fmt.Errorf("cell %d has %d values; expected one for each of the %d axes", i, len(c), len(m.Axes))
		}
		for a, v := range c {
			if v < 0 || v >= len(m.Axes[a].Values) {
				return fmt.Errorf("cell %d has value %d on axis %q; expected 0 to %d", i, v, m.Axes[a].Name, len(m.Axes[a].Values)-1)
			}
		}
	}
	for _, t := range tests {
		if len(t.Outcomes) != len(m.Cells) {
			return fmt.Errorf("test %q has %d outcomes; expected one for each of the %d cells", t.Name, len(t.Outcomes), len(m.Cells))
		}
	}
	return nil
}

// canonical sorts axes, values of axes without order, cells and tests.
func canonical(m Matrix, tests []Test) *problem {
	p := &problem{}
	p.axisOf = sortedIndexes(len(m.Axes), func(i, j int) int { return strings.Compare(m.Axes[i].Name, m.Axes[j].Name) })
	place := make([][]int, len(m.Axes)) // caller's axis and value to ours
	for _, a := range p.axisOf {
		axis := m.Axes[a]
		order := sortedIndexes(len(axis.Values), func(i, j int) int {
			if axis.Ordered {
				return 0
			}
			return strings.Compare(axis.Values[i], axis.Values[j])
		})
		values := make([]string, len(order))
		place[a] = make([]int, len(order))
		for to, from := range order {
			values[to], place[a][from] = axis.Values[from], to
		}
		p.axes = append(p.axes, Axis{Name: axis.Name, Values: values, Ordered: axis.Ordered})
		p.valueOf = append(p.valueOf, order)
	}
	cells := make([][]int, len(m.Cells))
	for i, c := range m.Cells {
		cells[i] = make([]int, len(c))
		for to, from := range p.axisOf {
			cells[i][to] = place[from][c[from]]
		}
	}
	p.testOf = sortedIndexes(len(tests), func(i, j int) int {
		return cmp.Or(strings.Compare(tests[i].Name, tests[j].Name), slices.Compare(tests[i].Outcomes, tests[j].Outcomes))
	})
	p.cellOf = sortedIndexes(len(cells), func(i, j int) int {
		if c := slices.Compare(cells[i], cells[j]); c != 0 {
			return c
		}
		for _, t := range p.testOf { // a cell that ran twice
			if c := cmp.Compare(tests[t].Outcomes[i], tests[t].Outcomes[j]); c != 0 {
				return c
			}
		}
		return 0
	})
	for _, c := range p.cellOf {
		p.cells = append(p.cells, cells[c])
	}
	for _, t := range p.testOf {
		out := make([]Outcome, len(cells))
		for to, from := range p.cellOf {
			out[to] = tests[t].Outcomes[from]
		}
		p.tests = append(p.tests, Test{Name: tests[t].Name, Outcomes: out})
	}
	return p
}

func sortedIndexes(n int, compare func(i, j int) int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, compare)
	return out
}

// conditions gives a conjunction in the caller's terms.
func (p *problem) conditions(c conjunction) []Condition {
	out := make([]Condition, 0, c.n)
	for _, t := range c.terms[:c.n] {
		axis := int(t.axis)
		from, to := int(t.from), int(t.to)
		if from == to {
			from = p.valueOf[axis][from]
			to = from
		}
		out = append(out, Condition{Axis: p.axisOf[axis], From: from, To: to})
	}
	slices.SortFunc(out, func(a, b Condition) int { return cmp.Compare(a.Axis, b.Axis) })
	return out
}

// cell gives a cell in the caller's terms.
func (p *problem) cell(c []int) []int {
	out := make([]int, len(c))
	for a, v := range c {
		out[p.axisOf[a]] = p.valueOf[a][v]
	}
	return out
}
