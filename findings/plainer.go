package findings

import "github.com/posthog/chart-matrix/result"

// plainerIsLikely is the confidence in a place that is told for being the plainer one.
const plainerIsLikely = 0.8

// plainer gives one conjunction that fits every cell, where the likeliest causes
// are several, or hold in many cells that pass. Package cause weighs all failures
// together, and takes the values of an axis without order one by one: on "every
// provider but EKS" it would rather have EKS pass by chance. What does not fail in
// more than half of the cells that a cause holds in has another one, or none: no pattern.
func (w *writer) plainer(g *failureGroup, p pattern, asked, failing bitset) (pattern, bool) {
	if p.conditions == nil || g.state == Flaky {
		return p, false
	}
	whole := len(p.conditions) == 1 && len(p.conditions[0]) == 0 && p.matching.minus(failing).count() > 1
	loose := !whole && loose(p, failing)
	if !whole && !loose && len(p.conditions) < 2 {
		return p, false
	}
	exact := w.space.explain(asked, failing)
	fits := len(exact.conditions) == 1 && !lone(g, exact)
	switch {
	case fits && (len(exact.conditions[0]) == 1 || loose && len(exact.conditions[0]) < len(g.cells)):
		return exact, true
	case loose && 2*p.matching.and(failing).count() <= p.matching.count():
		return pattern{}, true
	}
	return p, false
}

// loose tells that many of the cells in which a pattern holds pass.
func loose(p pattern, failing bitset) bool {
	n := p.matching.minus(failing).count()
	return n > 1 && mostly*n > p.matching.count() || n == 1 && p.matching.count() < mostly
}

// lone tells a failure in one cell that may well be chance, and of which the
// conditions are no more than that cell's name.
func lone(g *failureGroup, p pattern) bool {
	return len(g.cells) == 1 && (g.status != result.Failed || g.state == Flaky) && len(p.conditions) == 1 && len(p.conditions[0]) > 1
}
