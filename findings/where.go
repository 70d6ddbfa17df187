package findings

import (
	"cmp"
	"math/bits"
	"slices"
)

// pattern is the answer to "where does it occur": conditions that hold in
// exactly the failing cells among those that were asked.
type pattern struct {
	// conditions is a disjunction of conjunctions; nil where there is no
	// simple pattern. One empty conjunction means everywhere.
	conditions [][]Condition
	matching   bitset // the asked cells that meet them
}

// maxBoxes is how many conjunctions people can hold in their heads.
const maxBoxes = 3

// explain finds the fewest and simplest conjunctions which among the asked
// cells hold exactly in the failing ones. What holds in cells that were not
// asked does not matter, except that no condition reaches beyond the failing
// values of an axis.
func (s *space) explain(asked, failing bitset) pattern {
	k := key(asked, failing)
	if c, ok := s.memo[k]; ok {
		return c
	}
	c := s.search(asked, failing)
	s.memo[k] = c
	return c
}

func (s *space) search(asked, failing bitset) pattern {
	sr := newSearcher(s, asked, failing)
	return sr.pattern(sr.cover())
}

func newSearcher(s *space, asked, failing bitset) *searcher {
	sr := &searcher{space: s, asked: asked, failing: failing, passing: asked.minus(failing)}
	sr.domain = make([]valueSet, len(s.axes))
	for a := range s.axes {
		sr.domain[a] = s.values(a, asked)
		if sr.domain[a].count() > 1 {
			sr.open = append(sr.open, a)
		}
	}
	return sr
}

// pattern writes boxes as data; none of them is no pattern.
func (s *searcher) pattern(boxes []box) pattern {
	if len(boxes) == 0 {
		return pattern{}
	}
	p := pattern{conditions: make([][]Condition, 0, len(boxes)), matching: newBitset(s.cells)}
	for _, b := range boxes {
		p.matching = p.matching.or(s.inside(b, s.asked))
		p.conditions = append(p.conditions, s.conditions(b))
	}
	return p
}

// searcher is the state of one search.
type searcher struct {
	*space
	asked, failing, passing bitset
	domain                  []valueSet // by axis: the values among the asked cells
	open                    []int      // axes with more than one of them
	grown                   map[int][]box
}

// cover gives the boxes, or nil where more than maxBoxes would be needed.
func (s *searcher) cover() []box {
	if s.passing.empty() {
		return []box{make(box, len(s.axes))}
	}
	if b := s.hull(s.failing); !s.inside(b, s.passing).meets(s.passing) {
		return []box{s.simplify(b, s.failing)}
	}
	if s.scattered() {
		return nil
	}
	s.grown = map[int][]box{}
	best := s.descend(s.failing, nil, nil)
	slices.SortStableFunc(best, func(a, b box) int { return cmp.Compare(s.rank(a), s.rank(b)) })
	return best
}

// rank orders boxes by the first axis that they bound.
func (s *searcher) rank(b box) int {
	return slices.IndexFunc(b, func(v valueSet) bool { return v != nil })
}

// hull gives the smallest box around the cells.
func (s *searcher) hull(cells bitset) box {
	b := make(box, len(s.axes))
	for _, a := range s.open {
		b[a] = s.values(a, cells)
	}
	return b
}

// scattered tells that more than maxBoxes boxes are needed, from failing cells
// of which no two fit into one box. It is quick, and spares the search for
// failures without a pattern.
func (s *searcher) scattered() bool {
	var apart []int
	found := false
	s.failing.each(func(i int) {
		if found {
			return
		}
		for _, j := range apart {
			pair := newBitset(s.cells)
			pair.set(i)
			pair.set(j)
			if !s.inside(s.hull(pair), s.passing).meets(s.passing) {
				return
			}
		}
		apart = append(apart, i)
		found = len(apart) > maxBoxes
	})
	return found
}

// descend covers what is left with at most maxBoxes boxes in all: the first
// uncovered cell has to be in one of the largest boxes around it.
func (s *searcher) descend(left bitset, chosen, best []box) []box {
	seed := left.first()
	if seed < 0 {
		if best == nil || s.better(chosen, best) {
			return slices.Clone(chosen)
		}
		return best
	}
	if len(chosen) == maxBoxes || best != nil && len(chosen)+1 > len(best) {
		return best
	}
	for _, b := range s.grow(seed) {
		best = s.descend(left.minus(s.inside(b, left)), append(chosen, b), best)
	}
	return best
}

func (s *searcher) better(a, b []box) bool {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(s.costs(a), s.costs(b))) < 0
}

// grow gives the largest boxes around a failing cell which hold no passing one.
// Along one axis, all values can be taken that hold no passing cell by
// themselves, so that the order of the axes decides; all orders are tried while
// there are few axes, rotations beyond.
func (s *searcher) grow(seed int) []box {
	if boxes, ok := s.grown[seed]; ok {
		return boxes
	}
	var boxes []box
	var reached []bitset
	for _, order := range orders(s.open) {
		for _, contiguous := range []bool{true, false} {
			b := s.growAlong(seed, order, contiguous)
			b = s.simplify(b, s.inside(b, s.failing))
			cells := s.inside(b, s.failing)
			same := slices.IndexFunc(reached, cells.equal)
			switch {
			case same < 0:
				boxes, reached = append(boxes, b), append(reached, cells)
			case s.cost(b) < s.cost(boxes[same]):
				boxes[same] = b
			}
		}
	}
	s.grown[seed] = boxes
	return boxes
}

func (s *searcher) growAlong(seed int, order []int, contiguous bool) box {
	b := make(box, len(s.axes))
	for _, a := range s.open {
		b[a] = make(valueSet, len(s.axes[a].Values))
		if v := s.axes[a].of[seed]; v >= 0 {
			b[a][v] = true
		}
	}
	for _, a := range order {
		at := s.axes[a].of[seed]
		if at < 0 {
			b[a] = nil
			continue
		}
		others := b[a]
		b[a] = nil
		bad, good := s.inside(b, s.passing), s.inside(b, s.failing)
		allowed := make(valueSet, len(others))
		for v := range allowed {
			allowed[v] = v == at || s.axes[a].with[v].meets(good) && !s.axes[a].with[v].meets(bad)
		}
		if contiguous && s.axes[a].Ordered {
			for v := range allowed {
				free := func(w int) bool { return allowed[w] || !s.axes[a].with[w].meets(bad) }
				for w := min(v, at); w <= max(v, at) && allowed[v]; w++ {
					allowed[v] = free(w)
				}
			}
		}
		b[a] = allowed
	}
	return b
}

// orders gives the permutations of up to four axes, and the rotations of more.
func orders(axes []int) [][]int {
	if len(axes) > 4 {
		var out [][]int
		for i := range axes {
			out = append(out, slices.Concat(axes[i:], axes[:i]))
		}
		return out
	}
	if len(axes) <= 1 {
		return [][]int{axes}
	}
	var out [][]int
	for i, first := range axes {
		rest := slices.Concat(axes[:i], axes[i+1:])
		for _, tail := range orders(rest) {
			out = append(out, append([]int{first}, tail...))
		}
	}
	return out
}

// simplify drops the conditions that the box can do without, and fills the gaps
// in ranges of versions that no passing cell stands in. The result holds at
// least the cells given and no passing one.
func (s *searcher) simplify(b box, cells bitset) box {
	hull := s.hull(cells)
	var bound []int
	for _, a := range s.open {
		if b[a] != nil && hull[a].count() < s.domain[a].count() {
			bound = append(bound, a)
		}
	}
	bound = bound[:min(len(bound), 16)] // 65,536 subsets; a matrix has five axes
	best, bestCost := hull, -1
	for size := 0; size <= len(bound) && bestCost < 0; size++ {
		for mask := range 1 << len(bound) {
			if bits.OnesCount(uint(mask)) != size {
				continue
			}
			try := make(box, len(s.axes))
			for i, a := range bound {
				if mask&(1<<i) != 0 {
					try[a] = hull[a]
				}
			}
			if s.inside(try, s.passing).meets(s.passing) {
				continue
			}
			s.fill(try)
			if c := s.cost(try); bestCost < 0 || c < bestCost {
				best, bestCost = try, c
			}
		}
	}
	return best
}

// fill makes ranges of the ordered axes where no passing cell stands between.
func (s *searcher) fill(b box) {
	for a := range b {
		if b[a] == nil || !s.axes[a].Ordered {
			continue
		}
		at := b[a].indexes()
		if len(at) == 0 {
			continue
		}
		filled := slices.Clone(b[a])
		for v := at[0]; v <= at[len(at)-1]; v++ {
			filled[v] = filled[v] || s.domain[a][v]
		}
		old := b[a]
		b[a] = filled
		if s.inside(b, s.passing).meets(s.passing) {
			b[a] = old
		}
	}
}

func (s *searcher) costs(boxes []box) int {
	total := 0
	for _, b := range boxes {
		total += s.cost(b)
	}
	return total
}

// cost measures how much there is to say: one for each condition, and one for
// each value that has to be listed.
func (s *searcher) cost(b box) int {
	total := 0
	for _, c := range s.conditions(b) {
		total += 2
		if c.Op == "in" {
			total += len(c.Values)
		}
	}
	return total
}
