package findings

import (
	"cmp"
	"slices"

	"github.com/posthog/chart-matrix/findings/cause"
	"github.com/posthog/chart-matrix/matrix"
)

// located says where a failure occurs, and how sure that is.
type located struct {
	pattern
	asked      bitset
	strays     bitset // cells in which it occurs and that no condition accounts for
	confidence float64
	rivals     []Rival
	// rivalCauses are the same as package cause has them, until they trade places.
	rivalCauses []cause.Rival
	next        []NextCell
}

// explainNoisy finds where the failures of all layers that clusters and networks
// have a part in occur. These fail, and pass, by chance as well, so the answer
// is the likeliest one and not the one that fits each cell; failures are weighed
// together, since one cause often has many. The static layers know no chance,
// and space.explain has the exact answer for them.
func (w *writer) explainNoisy(groups []*failureGroup) map[*failureGroup]located {
	axes, m := w.matrix()
	var tests []cause.Test
	var of []*failureGroup
	asked := map[*failureGroup]bitset{}
	same := map[string]int{}        // by outcomes: how many tests have them
	like := map[*failureGroup]int{} // the first test with the same outcomes
	firstOf := map[string]int{}     // by outcomes
	for _, g := range groups {
		if slices.Contains(staticLayers, g.layer) || g.state == Advice {
			continue
		}
		t := cause.Test{Name: g.fingerprint(), Outcomes: w.outcomes(g)}
		set := newBitset(len(w.cells))
		for i, o := range t.Outcomes {
			if o != cause.Absent {
				set.set(i)
			}
		}
		asked[g] = set
		of = append(of, g)
		key := outcomesKey(t.Outcomes)
		if n, ok := firstOf[key]; ok {
			like[g] = n
		} else {
			firstOf[key], like[g] = len(tests), len(tests)
		}
		if same[key]++; same[key] <= maxSame {
			tests = append(tests, t)
		}
	}
	if len(tests) == 0 {
		return map[*failureGroup]located{}
	}
	byTest := make([][]cause.Cause, len(tests))
	explained, err := cause.Explain(m, tests, cause.Options{})
	if err != nil {
		panic(err) // the matrix was made above, of cells that all have the same axes
	}
	for _, c := range explained.Causes {
		for _, t := range c.Tests {
			byTest[t] = append(byTest[t], c)
		}
	}
	out := make(map[*failureGroup]located, len(of))
	for _, g := range of {
		out[g] = w.locate(g, asked[g], axes, byTest[like[g]])
	}
	return out
}

// maxSame is how many failures with the same outcomes are weighed: a few more
// make a cause as sure as it gets, and a thousand only take time.
const maxSame = 4

// outcomesKey writes outcomes so that they can be compared.
func outcomesKey(outcomes []cause.Outcome) string {
	b := make([]byte, len(outcomes))
	for i, o := range outcomes {
		b[i] = byte(o)
	}
	return string(b)
}

// guess is the confidence in a place that fits and that chance, or another,
// explains as well: less than that of any cause which is told as one.
const guess = 0.1

// neverByChance are problems that what was asked for has by itself: the same
// again gives the same again.
var neverByChance = []string{
	"upgrade-immutable", "admission-denied", "pod-refused", "api-missing", "object-invalid", "object-exists", "release-too-big",
	"container-config", "storage-class", "wrong-type", "api-unknown",
}

// matrix gives the cells in the terms of package cause. Only axes on which all
// cells have a value, and not all the same, can tell them apart; the first
// answer names them.
func (w *writer) matrix() ([]int, cause.Matrix) {
	var axes []int
	m := cause.Matrix{Cells: make([][]int, len(w.cells))}
	for a := range w.space.axes {
		axis := &w.space.axes[a]
		if len(axis.Values) < 2 || slices.Contains(axis.of, -1) {
			continue
		}
		axes = append(axes, a)
		m.Axes = append(m.Axes, cause.Axis{Name: axis.Name, Values: axis.Values, Ordered: axis.Ordered})
	}
	for i := range w.cells {
		m.Cells[i] = make([]int, len(axes))
		for n, a := range axes {
			m.Cells[i][n] = w.space.axes[a].of[i]
		}
	}
	reach := newReach(w.plan)
	m.Feasible = func(cell []int) bool { return reach.canRun(matrix.CellID(w.coordinate(axes, cell))) }
	m.Cost = w.weights(axes)
	return axes, m
}

// coordinate names the values of a cell; axes with one value have that.
func (w *writer) coordinate(axes, cell []int) matrix.Coordinate {
	at := matrix.Coordinate{}
	for a := range w.space.axes {
		if values := w.space.axes[a].Values; len(values) > 0 {
			at[w.space.axes[a].Name] = values[0]
		}
	}
	for n, a := range axes {
		at[w.space.axes[a].Name] = w.space.axes[a].Values[cell[n]]
	}
	return at
}

// locate puts the causes of one failure into words and data.
func (w *writer) locate(g *failureGroup, asked bitset, axes []int, causes []cause.Cause) located {
	failing := newBitset(len(w.cells))
	for _, i := range g.cells {
		failing.set(i)
	}
	sr := newSearcher(w.space, asked, failing)
	l := located{asked: asked, strays: failing}
	boxes := make([]box, 0, len(causes))
	left := failing
	var told []cause.Cause
	for _, c := range causes { // the surest first
		b := w.box(axes, c.Conditions)
		inside := w.space.inside(b, left)
		if inside.empty() {
			continue // others tell all of it
		}
		if len(told) > 0 && c.Confidence < Likely && inside.count() == 1 {
			continue // one cell more is chance at least as likely
		}
		left = left.minus(inside)
		boxes, told = append(boxes, b), append(told, c)
		if len(told) == 1 || c.Confidence < l.confidence {
			l.confidence = c.Confidence
		}
	}
	l.pattern = sr.pattern(union(boxes))
	if l.conditions == nil {
		// Chance is the likeliest, or too little is known. One simple condition
		// that fits is still the best guess there is, and is called one.
		if p := w.space.explain(asked, failing); len(p.conditions) == 1 && !lone(g, p) {
			certain := len(p.conditions[0]) == 0 || slices.Contains(neverByChance, g.code) // nothing to tell apart
			switch {
			case certain:
				l.pattern, l.confidence = p, 0
			case len(p.conditions[0]) <= len(g.cells): // else it is no more than the cells' names
				l.pattern, l.confidence = p, guess
			}
		}
		l.strays = newBitset(len(w.cells))
		return l
	}
	if p, ok := w.plainer(g, l.pattern, asked, failing); ok {
		l.pattern, l.confidence, told = p, min(l.confidence, plainerIsLikely), nil
	} else if loose(l.pattern, failing) {
		l.confidence = min(l.confidence, plainerIsLikely)
	}
	if l.conditions == nil {
		l.strays, l.confidence = newBitset(len(w.cells)), 0
		return l
	}
	l.strays = failing.minus(l.matching)
	if l.strays.count() >= l.matching.and(failing).count() || lone(g, l.pattern) {
		// What tells half of the failures at most explains none of them.
		l.pattern, l.strays, l.confidence = pattern{}, newBitset(len(w.cells)), 0
		return l
	}
	if len(told) == 1 && len(l.conditions[0]) > 0 {
		told[0].Rivals = w.tenable(axes, told[0].Rivals, l.matching.and(failing))
		var widest Rival
		l.rivals, l.rivalCauses, widest = w.rivals(sr, g, axes, &told[0])
		l.next = w.next(axes, &told[0], l)
		l.trade(widest)
	}
	return l
}

// box gives the cells that meet conditions.
func (w *writer) box(axes []int, conditions []cause.Condition) box {
	b := make(box, len(w.space.axes))
	for _, c := range conditions {
		a := axes[c.Axis]
		b[a] = make(valueSet, len(w.space.axes[a].Values))
		for v := c.From; v <= c.To && v < len(b[a]); v++ {
			b[a][v] = true
		}
	}
	return b
}

// union joins boxes that differ on one axis alone: what fails on EKS and what
// fails on GKE is one statement about both.
func union(boxes []box) []box {
	for i := 0; i < len(boxes); i++ {
		for j := i + 1; j < len(boxes); j++ {
			axis := differAt(boxes[i], boxes[j])
			if axis < 0 {
				continue
			}
			joined := slices.Clone(boxes[i])
			joined[axis] = slices.Clone(boxes[i][axis])
			for v, ok := range boxes[j][axis] {
				joined[axis][v] = joined[axis][v] || ok
			}
			boxes[i] = joined
			boxes = slices.Delete(boxes, j, j+1)
			i, j = -1, len(boxes) // once more from the start
		}
	}
	return boxes
}

// differAt gives the one axis on which two boxes bound different values, or -1.
func differAt(a, b box) int {
	axis := -1
	for n := range a {
		switch {
		case slices.Equal(a[n], b[n]):
		case axis >= 0 || a[n] == nil || b[n] == nil:
			return -1
		default:
			axis = n
		}
	}
	return axis
}

// round keeps two digits: more would claim what no estimate can.
func round(p float64) float64 { return cmp.Or(float64(int(p*100+0.5))/100, 0) }
