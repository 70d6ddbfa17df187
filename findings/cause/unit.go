package cause

import (
	"math"
	"slices"
)

// unit is a test that failed, or several that always did the same.
type unit struct {
	tests            []int // rising
	failed, passed   set   // of cells
	nFailed, nPassed int
	// weight is how much its results count. A hundred tests that never differ
	// are far from a hundred times the evidence of one: they fail together.
	weight float64
}

// alike is the number of tests that do the same and still count one each.
const alike = 4

func weigh(tests int) float64 {
	if tests <= alike {
		return float64(tests)
	}
	return alike + math.Log2(float64(tests)/alike)
}

// background is what is known of the tests without failures and of retries.
type background struct {
	passed []float64 // by cell: tests without any failure that passed
	flaky  []float64 // by cell: tests that did both
}

// units divides the tests into those that failed somewhere and the others.
func (p *problem) units() ([]unit, background) {
	b := background{passed: make([]float64, len(p.cells)), flaky: make([]float64, len(p.cells))}
	var out []unit
	byHash := map[uint64][]int{}
	for i, t := range p.tests {
		u := unit{tests: []int{i}, failed: newSet(len(p.cells)), passed: newSet(len(p.cells)), weight: 1}
		for c, o := range t.Outcomes {
			switch o {
			case Failed:
				u.failed.add(c)
			case Passed:
				u.passed.add(c)
			case Flaky:
				b.flaky[c]++
			}
		}
		u.nFailed, u.nPassed = u.failed.count(), u.passed.count()
		if u.nFailed == 0 {
			u.passed.each(func(c int) { b.passed[c]++ })
			continue
		}
		h := u.failed.hash() ^ u.passed.hash()*31
		byHash[h] = append(byHash[h], len(out))
		out = append(out, u)
	}
	var merged []unit
	done := make([]bool, len(out))
	for i := range out {
		if done[i] {
			continue
		}
		u := out[i]
		var same []int
		for _, j := range byHash[u.failed.hash()^u.passed.hash()*31] {
			if !done[j] && out[j].failed.equal(u.failed) && out[j].passed.equal(u.passed) {
				same = append(same, j)
			}
		}
		for _, j := range same {
			done[j] = true
			if len(same) <= alike {
				merged = append(merged, out[j])
			} else if j != i {
				u.tests = append(u.tests, out[j].tests...)
			}
		}
		if len(same) > alike {
			slices.Sort(u.tests)
			u.weight = weigh(len(u.tests))
			merged = append(merged, u)
		}
	}
	slices.SortFunc(merged, func(a, b unit) int { return a.tests[0] - b.tests[0] })
	return merged, b
}
