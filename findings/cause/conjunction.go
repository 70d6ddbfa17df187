package cause

import (
	"cmp"
	"math"
	"slices"
)

// maxTerms is the most axes that a conjunction names, and maxConditions the most
// comparisons; a range that is open at neither end takes two.
const maxTerms, maxConditions = 3, 3

// term restricts one axis.
type term struct{ axis, from, to uint16 }

// conjunction is up to maxTerms terms in the order of their axes.
type conjunction struct {
	terms [maxTerms]term
	n     int
}

func (c conjunction) list() []term { return c.terms[:c.n] }

// holds tells whether the cell satisfies every term.
func (c conjunction) holds(cell []int) bool {
	for _, t := range c.list() {
		if v := cell[t.axis]; v < int(t.from) || v > int(t.to) {
			return false
		}
	}
	return true
}

// with adds a term, keeping the order of axes.
func (c conjunction) with(t term) conjunction {
	i := c.n
	for ; i > 0 && c.terms[i-1].axis > t.axis; i-- {
		c.terms[i] = c.terms[i-1]
	}
	c.terms[i] = t
	c.n++
	return c
}

func (c conjunction) names(axis uint16) bool {
	for _, t := range c.list() {
		if t.axis == axis {
			return true
		}
	}
	return false
}

// compare orders conjunctions: fewer terms first, then as they read.
func (c conjunction) compare(d conjunction) int {
	if o := cmp.Compare(c.n, d.n); o != 0 {
		return o
	}
	for i := range c.n {
		s, t := c.terms[i], d.terms[i]
		if o := cmp.Or(cmp.Compare(s.axis, t.axis), cmp.Compare(s.from, t.from), cmp.Compare(s.to, t.to)); o != 0 {
			return o
		}
	}
	return 0
}

// choice is one way to restrict one axis.
type choice struct {
	term
	conditions int
	prior      float64 // among the choices of the axis
	mask       set     // of cells
}

// longAxis is the number of ordered values beyond which only values and ranges
// that are open at one end are tried.
const longAxis = 32

// choices lists every way to restrict the axis that is a true restriction.
func (p *problem) choices(axis int) (out []choice, bounded bool) {
	n := len(p.axes[axis].Values)
	if n < 2 {
		return nil, false
	}
	simple, ranges := n, 0
	if p.axes[axis].Ordered && n > 2 {
		simple += 2 * (n - 2)
		ranges = (n - 2) * (n - 3) / 2
		if n > longAxis {
			ranges, bounded = 0, true
		}
	}
	share := 0.0
	if ranges > 0 {
		share = priorRange
	}
	add := func(from, to, conditions int, prior float64) {
		out = append(out, choice{term: term{axis: uint16(axis), from: uint16(from), to: uint16(to)}, conditions: conditions, prior: prior})
	}
	for v := range n {
		add(v, v, 1, (1-share)/float64(simple))
	}
	if simple > n {
		for v := 1; v < n-1; v++ {
			add(v, n-1, 1, (1-share)/float64(simple))
			add(0, v, 1, (1-share)/float64(simple))
		}
	}
	if ranges > 0 {
		for i := 1; i < n-1; i++ {
			for j := i + 1; j < n-1; j++ {
				add(i, j, 2, share/float64(ranges))
			}
		}
	}
	for i := range out {
		out[i].mask = newSet(len(p.cells))
	}
	for c, cell := range p.cells {
		for i := range out {
			if v := cell[axis]; v >= int(out[i].from) && v <= int(out[i].to) {
				out[i].mask.add(c)
			}
		}
	}
	return out, bounded
}

// group holds the conjunctions that select the same of the cells with answers:
// the data cannot tell them apart.
type group struct {
	mask     set
	logPrior float64
	members  []member // by prior, then as they read
}

type member struct {
	conjunction
	prior float64
}

// space is every conjunction worth trying.
type space struct {
	groups  []group
	bounded bool
}

// draft is a conjunction on the way to a longer one.
type draft struct {
	conjunction
	conditions int
	prior      float64 // of its choices, without that of its length
	mask       set
	promise    float64
}

// maxWork bounds groups times words, and groups times units: 8 bytes and 4 bytes each.
const maxWork = 6 << 20

// enumerate lists the conjunctions that select a cell with an answer, grouped by
// the cells that they select. Where there are too many, only the most promising
// ones of one length are made longer.
func (p *problem) enumerate(units []unit) space {
	observed, failing := newSet(len(p.cells)), newSet(len(p.cells))
	for _, u := range units {
		observed.or(u.failed)
		observed.or(u.passed)
		failing.or(u.failed)
	}
	var s space
	perAxis := make([][]choice, len(p.axes))
	axes, total := 0, 0
	for a := range p.axes {
		var cut bool
		perAxis[a], cut = p.choices(a)
		s.bounded = s.bounded || cut
		if len(perAxis[a]) > 0 {
			axes++
			total += len(perAxis[a])
		}
	}
	room := max(1000, maxWork/max(len(observed), len(units)/2+1))
	g := grouper{space: &s, byHash: map[uint64][]int{}, failing: failing}

	all := newSet(len(p.cells))
	all.or(observed)
	level := []draft{{mask: all, prior: 1}}
	g.add(level[0], priorEverywhere)
	sum := priorEverywhere
	for n := 1; n <= min(maxTerms, axes); n++ {
		parents, cut := level, false
		if n > 1 && longer(level, perAxis) > room {
			cut, s.bounded = true, true
			parents = mostPromising(level, units, max(1, room/total))
		}
		prior := priorTerms[n] / choose(axes, n)
		seen := map[conjunction]bool{}
		var next []draft
		for _, d := range parents {
			for a := range perAxis {
				if d.names(uint16(a)) || !cut && d.n > 0 && int(d.terms[d.n-1].axis) > a {
					continue
				}
				for _, c := range perAxis[a] {
					if d.conditions+c.conditions > maxConditions {
						continue
					}
					e := draft{conjunction: d.with(c.term), conditions: d.conditions + c.conditions, prior: d.prior * c.prior}
					if cut {
						if seen[e.conjunction] {
							continue
						}
						seen[e.conjunction] = true
					}
					e.mask = d.mask.clone()
					e.mask.and(c.mask)
					if e.mask.empty() {
						continue
					}
					sum += e.prior * prior
					if both(e.mask, failing) == 0 {
						continue
					}
					g.add(e, e.prior*prior)
					next = append(next, e)
				}
			}
		}
		level = next
	}
	for i := range s.groups {
		s.groups[i].finish(sum)
	}
	slices.SortFunc(s.groups, func(a, b group) int { return a.members[0].compare(b.members[0].conjunction) })
	return s
}

// longer counts the conjunctions that are one term longer than the drafts.
func longer(drafts []draft, perAxis [][]choice) int {
	n := 0
	for _, d := range drafts {
		for a := int(d.terms[d.n-1].axis) + 1; a < len(perAxis); a++ {
			for _, c := range perAxis[a] {
				if d.conditions+c.conditions <= maxConditions {
					n++
				}
			}
		}
	}
	return n
}

type grouper struct {
	*space
	byHash  map[uint64][]int
	failing set
}

func (g *grouper) add(d draft, prior float64) {
	h := d.mask.hash()
	for _, i := range g.byHash[h] {
		if g.groups[i].mask.equal(d.mask) {
			g.groups[i].members = append(g.groups[i].members, member{d.conjunction, prior})
			return
		}
	}
	g.byHash[h] = append(g.byHash[h], len(g.groups))
	g.groups = append(g.groups, group{mask: d.mask, members: []member{{d.conjunction, prior}}})
}

func (g *group) finish(sum float64) {
	slices.SortFunc(g.members, func(a, b member) int {
		return cmp.Or(cmp.Compare(b.prior, a.prior), a.compare(b.conjunction))
	})
	total := 0.0
	for i := range g.members {
		g.members[i].prior /= sum
		total += g.members[i].prior
	}
	g.logPrior = math.Log(total)
}

// mostPromising keeps n drafts: those in which some tests fail most beyond
// what they do elsewhere.
func mostPromising(drafts []draft, units []unit, n int) []draft {
	for i := range drafts {
		d := &drafts[i]
		for _, u := range units {
			a, b := both2(d.mask, u.failed, u.passed)
			if a == 0 {
				continue
			}
			inside := float64(a) / float64(a+b)
			outside := (float64(u.nFailed-a) + 0.5) / (float64(u.nFailed+u.nPassed-a-b) + 1)
			if inside > outside {
				d.promise += u.weight * float64(a) * math.Log(inside/outside)
			}
		}
	}
	out := slices.Clone(drafts)
	slices.SortStableFunc(out, func(a, b draft) int {
		return cmp.Or(cmp.Compare(b.promise, a.promise), a.compare(b.conjunction))
	})
	return out[:min(n, len(out))]
}

// choose gives the number of ways to take k of n.
func choose(n, k int) float64 {
	out := 1.0
	for i := range k {
		out = out * float64(n-i) / float64(i+1)
	}
	return out
}
