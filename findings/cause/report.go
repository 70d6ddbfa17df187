package cause

import (
	"cmp"
	"slices"
)

// report turns what was seen into what is told.
type report struct {
	*model
	p       *problem
	matrix  Matrix
	record  *record
	options Options
	product [][]int // feasible cells, nil where there are too many
	classes map[int][]hypothesis
}

// hypothesis is a conjunction that stands for all that select the same cells of
// the feasible product.
type hypothesis struct {
	conjunction
	group       int
	probability float64
}

func newReport(p *problem, m Matrix, mod *model, r *record, o Options) *report {
	out := &report{model: mod, p: p, matrix: m, record: r, options: o, classes: map[int][]hypothesis{}}
	out.product = p.feasible(m)
	return out
}

// maxProduct bounds the feasible cells that are looked at one by one.
const maxProduct = 1 << 16

// feasible lists the cells of the product that could run, or nil if the product
// has more than maxProduct cells.
func (p *problem) feasible(m Matrix) [][]int {
	n := 1
	for _, a := range p.axes {
		if n *= len(a.Values); n > maxProduct || n == 0 {
			return nil
		}
	}
	cell := make([]int, len(p.axes))
	out := make([][]int, 0, n)
	for range n {
		if m.Feasible == nil || m.Feasible(p.cell(cell)) {
			out = append(out, slices.Clone(cell))
		}
		for a := len(cell) - 1; a >= 0; a-- {
			if cell[a]++; cell[a] < len(p.axes[a].Values) {
				break
			}
			cell[a] = 0
		}
	}
	return out
}

// classesOf divides a group's conjunctions into those that select the same
// feasible cells; probabilities are shares of the group, largest first.
func (r *report) classesOf(g int) []hypothesis {
	if c, ok := r.classes[g]; ok {
		return c
	}
	members := r.groups[g].members
	total := 0.0
	for _, m := range members {
		total += m.prior
	}
	var out []hypothesis
	byHash := map[uint64][]int{}
	var masks []set
	for _, m := range members {
		share := m.prior / total
		if r.matrix.Feasible == nil || r.product == nil {
			out = append(out, hypothesis{m.conjunction, g, share})
			continue
		}
		mask := newSet(len(r.product))
		for i, c := range r.product {
			if m.holds(c) {
				mask.add(i)
			}
		}
		h := mask.hash()
		found := slices.IndexFunc(byHash[h], func(i int) bool { return masks[i].equal(mask) })
		if found >= 0 {
			out[byHash[h][found]].probability += share
			continue
		}
		byHash[h] = append(byHash[h], len(out))
		out = append(out, hypothesis{m.conjunction, g, share})
		masks = append(masks, mask)
	}
	slices.SortStableFunc(out, func(a, b hypothesis) int { return cmp.Compare(b.probability, a.probability) })
	r.classes[g] = out
	return out
}

// confidence is the probability of the likeliest class of a group, as the cause
// of exactly one set of units.
func (r *report) confidence(set, group int) float64 {
	mass := r.record.sets[set].mass[group]
	if mass == 0 {
		return 0
	}
	return min(1, mass/float64(r.record.sweeps)) * r.classesOf(group)[0].probability
}

// decide picks the causes to tell: those of the state that promises most, where
// a cause is worth its confidence, and being there at all.
func (r *report) decide() snapshot {
	var best snapshot
	most := -1.0
	for _, s := range r.record.states {
		worth := 0.0
		for i, c := range s {
			if r.worthTelling(s, i) {
				worth += r.confidence(c[0], c[1]) + r.existence(s, i)/4
			}
		}
		if worth > most {
			best, most = s, worth
		}
	}
	out := slices.Clone(best)
	for i := range out {
		out[i][1] = r.likeliest(out, i)
	}
	var told snapshot
	for i, c := range out {
		if r.worthTelling(out, i) {
			told = append(told, c)
		}
	}
	return told
}

// worthTelling tells whether the i-th cause of a snapshot is likely enough.
func (r *report) worthTelling(s snapshot, i int) bool {
	there := r.existence(s, i)
	return there >= r.options.MinExists && (there >= certain || r.confidence(s[i][0], s[i][1]) >= faint)
}

// existence is the probability that the units of the i-th cause of a snapshot
// have such a cause, whatever its conditions are.
func (r *report) existence(s snapshot, i int) float64 {
	same := 0
	for _, c := range s {
		if c[0] == s[i][0] {
			same++
		}
	}
	return r.record.sets[s[i][0]].total / float64(r.record.sweeps) / float64(same)
}

// likeliest gives the group with the highest confidence for a cause of a
// snapshot, among those that another cause with the same units does not claim.
func (r *report) likeliest(s snapshot, i int) int {
	best := s[i][1]
	for _, h := range r.hypotheses(s, i) {
		if c, b := r.confidence(s[i][0], h.group), r.confidence(s[i][0], best); c > b || c == b && h.group < best {
			best = h.group
		}
	}
	return best
}

// hypotheses lists what could be a cause instead of the i-th of a snapshot, and
// itself, likeliest first.
func (r *report) hypotheses(s snapshot, i int) []hypothesis {
	mine := r.groups[s[i][1]].mask
	var out []hypothesis
	for g, mass := range r.record.sets[s[i][0]].mass {
		if mass/float64(r.record.sweeps) < 1e-3 || r.nearer(s, i, g, mine) {
			continue
		}
		for _, h := range r.classesOf(g) {
			h.probability *= min(1, mass/float64(r.record.sweeps))
			if h.probability < 1e-3 {
				break
			}
			out = append(out, h)
		}
	}
	slices.SortFunc(out, func(a, b hypothesis) int {
		return cmp.Or(cmp.Compare(b.probability, a.probability), a.compare(b.conjunction))
	})
	return out
}

// nearer tells whether another cause of the same units is more like the group.
func (r *report) nearer(s snapshot, i, group int, mine set) bool {
	g := r.groups[group].mask
	like := func(m set) float64 {
		n := both(m, g)
		return float64(n) / float64(m.count()+g.count()-n)
	}
	for j := range s {
		if j != i && s[j][0] == s[i][0] && (s[j][1] == group || like(r.groups[s[j][1]].mask) > like(mine)) {
			return true
		}
	}
	return false
}

func (r *report) explain() Explanation {
	told := r.decide()
	var e Explanation
	for i, c := range told {
		e.Causes = append(e.Causes, r.cause(told, i, c))
	}
	slices.SortFunc(e.Causes, compareCauses)
	e.Strays = r.strays(told)
	n := float64(r.record.sweeps)
	e.Noise = Noise{Flake: r.record.flake / n, Heal: r.record.heal / n}
	for c, times := range r.record.upset {
		if float64(times) > n/2 {
			e.Noise.Upsets = append(e.Noise.Upsets, r.p.cellOf[c])
		}
	}
	slices.Sort(e.Noise.Upsets)
	return e
}

func (r *report) cause(told snapshot, i int, c [2]int) Cause {
	all := r.hypotheses(told, i)
	at := slices.IndexFunc(all, func(h hypothesis) bool { return h.group == c[1] })
	if at < 0 {
		h := r.classesOf(c[1])[0]
		h.probability = r.confidence(c[0], c[1])
		all, at = []hypothesis{h}, 0
	}
	out := Cause{
		Conditions: r.p.conditions(all[at].conjunction), Confidence: all[at].probability,
		Exists: min(1, r.existence(told, i)), Support: r.support(told, i),
	}
	r.record.sets[c[0]].units.each(func(u int) {
		for _, t := range r.units[u].tests {
			out.Tests = append(out.Tests, r.p.testOf[t])
		}
	})
	slices.Sort(out.Tests)
	for j, h := range all {
		if j != at && len(out.Rivals) < r.options.MaxRivals {
			out.Rivals = append(out.Rivals, Rival{Conditions: r.p.conditions(h.conjunction), Confidence: h.probability})
		}
	}
	out.Next = r.next(told, i, all)
	return out
}

// support counts the cells for and against the i-th cause.
func (r *report) support(told snapshot, i int) Support {
	var s Support
	mask := r.groups[told[i][1]].mask
	units := r.record.sets[told[i][0]].units
	for c := range r.cells {
		failed, answered, explained := false, false, true
		units.each(func(u int) {
			f := r.units[u].failed.has(c)
			failed = failed || f
			answered = answered || f || r.units[u].passed.has(c)
			if f && !r.explained(told, i, u, c) {
				explained = false
			}
		})
		switch {
		case !answered:
		case mask.has(c):
			s.Cells++
			if failed {
				s.Failed++
			}
		default:
			s.CellsElsewhere++
			if failed {
				s.FailedElsewhere++
				if explained {
					s.ExplainedElsewhere++
				}
			}
		}
	}
	return s
}

// explained tells whether a cause other than the i-th covers a unit's failure.
func (r *report) explained(told snapshot, i, u, c int) bool {
	for j, d := range told {
		if j != i && r.record.sets[d[0]].units.has(u) && r.groups[d[1]].mask.has(c) {
			return true
		}
	}
	return false
}

func (r *report) strays(told snapshot) []Stray {
	var out []Stray
	n := float64(r.record.sweeps)
	for u := range r.units {
		r.units[u].failed.each(func(c int) {
			if r.explained(told, -1, u, c) {
				return
			}
			chance := (float64(r.record.open[u][c]) + float64(r.record.upset[c])) / n
			for _, t := range r.units[u].tests {
				out = append(out, Stray{Test: r.p.testOf[t], Cell: r.p.cellOf[c], Chance: chance})
			}
		})
	}
	slices.SortFunc(out, func(a, b Stray) int { return cmp.Or(cmp.Compare(a.Test, b.Test), cmp.Compare(a.Cell, b.Cell)) })
	return out
}
