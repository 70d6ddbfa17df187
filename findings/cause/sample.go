package cause

import (
	"math"
	"math/rand/v2"
	"slices"
)

// sampler walks through the states in proportion to their posterior (reversible
// jump Markov chain Monte Carlo; P. J. Green, Biometrika 82, 1995). Its random
// numbers are the same in every run.
type sampler struct {
	*state
	pool    []int
	support [][]int // by place in pool: units that the group could explain
	random  *rand.Rand
	suspect []int // cells with more than one failure

	f, p    set // scratch
	value   []float64
	odds    []float64 // of the last proposal: by place in pool and support
	memory  map[[2]int]float64
	rate    [][2]float64 // by unit
	record  *record
	include float64
}

func newSampler(s *state, pool []int) *sampler {
	m := &sampler{
		state: s, pool: pool, random: rand.New(rand.NewPCG(1, 2)),
		f: newSet(s.cells), p: newSet(s.cells), value: make([]float64, len(pool)+1),
		memory: map[[2]int]float64{}, rate: make([][2]float64, len(s.units)), include: s.inclusion(),
	}
	fail, pass := weights(0.002, 0.05)
	few := len(s.units) <= 32
	for _, i := range pool {
		var units []int
		for u := range s.units {
			a, b := both2(s.groups[i].mask, s.units[u].failed, s.units[u].passed)
			if a > 0 && (few || float64(a)*fail+float64(b)*pass > 0) {
				units = append(units, u)
			}
		}
		m.support = append(m.support, units)
	}
	for c := range s.cells {
		n := 0.0
		for u := range s.units {
			if s.units[u].failed.has(c) {
				n += s.units[u].weight
			}
		}
		if n > 1 {
			m.suspect = append(m.suspect, c)
		}
	}
	return m
}

// work estimates what one sweep costs, in words of sets.
func (m *sampler) work() int {
	n := 0
	for _, s := range m.support {
		n += len(s)
	}
	words := (m.cells + 63) / 64
	return 6*n*(words+4) + 4*len(m.suspect)*len(m.units)*max(1, words/8)
}

// sweep gives every part of the state a chance to change.
func (m *sampler) sweep() {
	for k := range m.causes {
		m.resample(k)
	}
	for k := range m.causes {
		m.flip(k)
	}
	for range 2 {
		if m.random.Float64() < 0.5 {
			m.birth()
		} else {
			m.death()
		}
	}
	if m.random.Float64() < 0.5 {
		m.split()
	} else {
		m.merge()
	}
	m.rebuild(m.random.IntN(len(m.units)))
	for u := range m.units {
		m.toggleFlaky(u)
	}
	if len(m.suspect) > 0 {
		for range min(len(m.suspect), 2) {
			m.toggleUpset(m.suspect[m.random.IntN(len(m.suspect))])
		}
		m.swapUpset()
	}
}

// clearUnits is the number of units from which on a cause's group is drawn anew
// in some sweeps only.
const clearUnits = 16

// resample draws a cause's group anew, given all else, and records how likely
// each was.
func (m *sampler) resample(k int) {
	// What very many tests fail for is clear soon, and dear to ask again.
	if c := m.causes[k]; c.n > clearUnits && m.random.IntN(c.n) >= clearUnits {
		if m.record != nil {
			m.record.conditional(c.units, []int{c.group}, []float64{1})
		}
		return
	}
	if !m.conditional(k) {
		return
	}
	values := m.value[:len(m.pool)]
	if m.record != nil {
		m.record.conditional(m.causes[k].units, m.pool, values)
	}
	m.regroup(k, m.pool[m.draw(values)])
}

func (m *sampler) regroup(k, group int) {
	if group != m.causes[k].group {
		m.causes[k].group = group
		m.refresh(m.causes[k].units)
	}
}

// part is what one unit of a cause leaves open without that cause.
type part struct {
	unit   int
	weight float64
	failed set
	passed set
	own    tally // if it is flaky
	flaky  bool
}

// conditional puts into value how likely each group of the pool is for a cause,
// given all else; false if none is possible.
func (m *sampler) conditional(k int) bool {
	c := m.causes[k]
	base := m.common
	var parts []part
	var units []int
	flaky := false
	mask := m.groups[c.group].mask
	c.units.each(func(u int) {
		p := part{unit: u, weight: m.units[u].weight, failed: newSet(m.cells), passed: newSet(m.cells), flaky: m.flaky[u]}
		m.open(u, k, p.failed, p.passed)
		a, b := both2(mask, p.failed, p.passed)
		fa, pb := -p.weight*float64(a), -p.weight*float64(b)
		base.cover(fa, pb)
		if p.flaky {
			flaky = true
			base.flaked += fa
			base.passed += pb
			p.own = tally{flaked: m.own[u].flaked - fa, passed: m.own[u].passed - pb}
		}
		parts, units = append(parts, p), append(units, u)
	})
	others := m.sole(k, units)
	clear(m.memory)
	for j, i := range m.pool {
		m.value[j] = math.Inf(-1)
		if i != c.group && m.uses(i) {
			continue
		}
		t, rest := base, 0.0
		na, nb := 0, 0
		mask := m.groups[i].mask
		for _, o := range others {
			if within(o, mask) {
				rest += logPriorIdle
			}
		}
		for x := range parts {
			p := &parts[x]
			a, b := both2(mask, p.failed, p.passed)
			if a == 0 {
				rest += logPriorIdle
			}
			fa, pb := p.weight*float64(a), p.weight*float64(b)
			t.cover(fa, pb)
			if p.flaky {
				t.flaked += fa
				t.passed += pb
				rest += priorFlakyTest.evidence(p.own.flaked-fa, p.own.passed-pb)
			}
			na, nb = na+a, nb+b
		}
		if m.whole && !flaky {
			// Equal counts have equal evidence.
			key := [2]int{na, nb}
			v, ok := m.memory[key]
			if !ok {
				v = t.evidence()
				m.memory[key] = v
			}
			rest += v
		} else {
			rest += t.evidence()
		}
		m.value[j] = m.groups[i].logPrior + rest
	}
	return !math.IsInf(normalise(m.value[:len(m.pool)]), -1)
}

// sole lists, for each of the units and each other cause of it, the failures that
// this cause alone explains while cause k does not.
func (m *sampler) sole(k int, units []int) []set {
	var out []set
	for _, u := range units {
		for j := range m.causes {
			if j == k || !m.causes[j].units.has(u) {
				continue
			}
			own := m.units[u].failed.clone()
			own.and(m.groups[m.causes[j].group].mask)
			for l := range m.causes {
				if l != j && l != k && m.causes[l].units.has(u) {
					own.minus(m.groups[m.causes[l].group].mask)
				}
			}
			out = append(out, own)
		}
	}
	return out
}

// normalise turns logs into probabilities and gives the log of their sum.
func normalise(values []float64) float64 {
	most := slices.Max(values)
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for i, v := range values {
		values[i] = math.Exp(v - most)
		sum += values[i]
	}
	for i := range values {
		values[i] /= sum
	}
	return most + math.Log(sum)
}

func (m *sampler) draw(probabilities []float64) int {
	x := m.random.Float64()
	last := 0
	for i, p := range probabilities {
		if p > 0 {
			last = i
			if x -= p; x < 0 {
				return i
			}
		}
	}
	return last
}

// flip lets each unit join or leave a cause.
func (m *sampler) flip(k int) {
	j := slices.Index(m.pool, m.causes[k].group)
	if j < 0 {
		return
	}
	mask := m.groups[m.causes[k].group].mask
	for _, u := range m.support[j] {
		c := &m.causes[k]
		in := c.units.has(u)
		n := len(m.units[u].tests)
		with, without := c.tests, c.tests-n
		if !in {
			with, without = c.tests+n, c.tests
		} else if c.n == 1 {
			continue
		}
		m.open(u, k, m.f, m.p)
		a, b := both2(mask, m.f, m.p)
		w := m.units[u].weight
		x := m.sizePrior[with] - m.sizePrior[without]
		x += logPriorIdle * float64(m.idle(u, k, mask)-m.idle(u, k, nil))
		t := m.common
		before := t.evidence()
		if in {
			x -= m.move(&t, u, -w*float64(a), -w*float64(b))
			x += before - t.evidence()
		} else {
			x += m.move(&t, u, w*float64(a), w*float64(b))
			x += t.evidence() - before
		}
		if join := m.random.Float64() < 1/(1+math.Exp(-x)); join != in {
			m.account(u, -1)
			if join {
				c.units.add(u)
				c.n++
			} else {
				c.units = c.units.clone()
				c.units.remove(u)
				c.n--
			}
			c.tests = without
			if join {
				c.tests = with
			}
			m.open(u, -1, m.openF[u], m.openP[u])
			m.account(u, 1)
		}
	}
}

// impossible are the log odds of what is never proposed.
const impossible = -20.0

// propose weighs every new cause that the state could get: value holds the
// probability of each group, and the result is the log of the sum of all
// weights. A cause's weight is its group's prior, times the odds of each unit
// that it explains.
func (m *sampler) propose() float64 {
	m.odds = m.odds[:0]
	in, out := math.Log(m.include), math.Log(1-m.include)
	for u := range m.units {
		fail, pass := m.rates(u)
		m.rate[u] = [2]float64{m.units[u].weight * fail, m.units[u].weight * pass}
	}
	for j, i := range m.pool {
		v, none := m.groups[i].logPrior, 0.0
		mask := m.groups[i].mask
		for _, u := range m.support[j] {
			none += out
			v += out
			a, b := both2(mask, m.openF[u], m.openP[u])
			x := impossible
			if a > 0 {
				x = max(x, in-out+float64(a)*m.rate[u][0]+float64(b)*m.rate[u][1])
			}
			m.odds = append(m.odds, x)
			if x > impossible {
				v += softplus(x)
			}
		}
		// Not the cause of no test at all.
		rest := v - m.groups[i].logPrior
		if d := none - rest; d < -1e-12 {
			v += math.Log1p(-math.Exp(d))
		} else {
			v = math.Inf(-1)
		}
		m.value[j] = v
	}
	return normalise(m.value[:len(m.pool)])
}

// oddsOf gives the part of odds that belongs to a place in the pool.
func (m *sampler) oddsOf(j int) []float64 {
	at := 0
	for _, s := range m.support[:j] {
		at += len(s)
	}
	return m.odds[at : at+len(m.support[j])]
}

// proposalOf is the log of the probability that propose leads to this cause.
func (m *sampler) proposalOf(j int, units set, total float64) float64 {
	out := math.Log(1 - m.include)
	v := m.groups[m.pool[j]].logPrior - total
	odds := m.oddsOf(j)
	n := 0
	for x, u := range m.support[j] {
		v += out
		if units.has(u) {
			if odds[x] == impossible {
				return math.Inf(-1)
			}
			v += odds[x]
			n++
		}
	}
	if n != units.count() {
		return math.Inf(-1)
	}
	return v
}

// drawCause draws from what propose has weighed.
func (m *sampler) drawCause() (c supposed, j int) {
	j = m.draw(m.value[:len(m.pool)])
	odds := m.oddsOf(j)
	for range 1000 {
		c = supposed{group: m.pool[j], units: newSet(len(m.units))}
		for x, u := range m.support[j] {
			if odds[x] > impossible && m.random.Float64() < 1/(1+math.Exp(-odds[x])) {
				c.units.add(u)
				c.n++
				c.tests += len(m.units[u].tests)
			}
		}
		if c.n > 0 {
			return c, j
		}
	}
	return c, -1
}

func (m *sampler) birth() {
	if len(m.causes) >= maxCauses {
		return
	}
	total := m.propose()
	if math.IsInf(total, -1) {
		return
	}
	c, j := m.drawCause()
	if j < 0 || m.uses(c.group) {
		return
	}
	x := m.price(c.group, c.tests) + m.gain(c.group, c.units)
	x -= m.proposalOf(j, c.units, total) + math.Log(float64(len(m.causes)+1))
	if m.accept(x) {
		m.add(c)
	}
}

func (m *sampler) death() {
	if len(m.causes) == 0 {
		return
	}
	k := m.random.IntN(len(m.causes))
	c := m.drop(k)
	if j := slices.Index(m.pool, c.group); j >= 0 {
		if total := m.propose(); !math.IsInf(total, -1) {
			x := m.proposalOf(j, c.units, total) + math.Log(float64(len(m.causes)+1))
			x -= m.price(c.group, c.tests) + m.gain(c.group, c.units)
			if m.accept(x) {
				return
			}
		}
	}
	m.put(k, c)
}

// merge removes one cause while another one changes its group to fit, which is
// how two halves become a whole.
func (m *sampler) merge() {
	n := len(m.causes)
	if n < 2 {
		return
	}
	k, j := m.random.IntN(n), m.random.IntN(n-1)
	if j >= k {
		j++
	}
	gone, old := m.causes[k], m.causes[j].group
	place, oldPlace := slices.Index(m.pool, gone.group), slices.Index(m.pool, old)
	if place < 0 || oldPlace < 0 || !m.conditional(j) {
		return
	}
	before := m.score() - math.Log(m.value[oldPlace])
	m.drop(k)
	if j == n-1 {
		j = k
	}
	if !m.conditional(j) {
		m.put(k, gone)
		return
	}
	drawn := m.draw(m.value[:len(m.pool)])
	p := m.value[drawn]
	m.regroup(j, m.pool[drawn]) // split would not lead back from gone.group
	after := m.score() - math.Log(p)
	stays := m.drop(j)
	x := math.Inf(-1)
	if total := m.propose(); !math.IsInf(total, -1) && stays.group != gone.group {
		x = after - before + m.proposalOf(place, gone.units, total) + math.Log(float64(n))
	}
	if m.accept(x) {
		m.add(stays)
		return
	}
	stays.group = old
	m.add(stays)
	m.add(gone)
}

// split is the reverse of merge.
func (m *sampler) split() {
	n := len(m.causes)
	if n == 0 || n >= maxCauses {
		return
	}
	j := m.random.IntN(n)
	place := slices.Index(m.pool, m.causes[j].group)
	if place < 0 || !m.conditional(j) {
		return
	}
	before := m.score() - math.Log(m.value[place])
	whole := m.drop(j)
	total := m.propose()
	if math.IsInf(total, -1) {
		m.put(j, whole)
		return
	}
	c, at := m.drawCause()
	if at < 0 || c.group == whole.group || m.uses(c.group) {
		m.put(j, whole)
		return
	}
	q := m.proposalOf(at, c.units, total)
	m.add(c)
	m.add(whole)
	if !m.conditional(n) {
		m.drop(n - 1)
		return
	}
	drawn := m.draw(m.value[:len(m.pool)])
	p := m.value[drawn]
	m.regroup(n, m.pool[drawn])
	after := m.score() - math.Log(p)
	if m.accept(after - before - q - math.Log(float64(n+1))) {
		return
	}
	m.regroup(n, whole.group)
	m.drop(n - 1)
}

// accept follows Metropolis and Hastings.
func (m *sampler) accept(log float64) bool { return log >= 0 || m.random.Float64() < math.Exp(log) }

func (m *sampler) toggleFlaky(u int) {
	if m.openF[u].empty() && !m.flaky[u] {
		return
	}
	before := m.common.evidence()
	if m.flaky[u] {
		before += logPriorFlaky + priorFlakyTest.evidence(m.own[u].flaked, m.own[u].passed)
	}
	m.setFlaky(u, !m.flaky[u])
	after := m.common.evidence()
	if m.flaky[u] {
		after += logPriorFlaky + priorFlakyTest.evidence(m.own[u].flaked, m.own[u].passed)
	}
	if m.random.Float64() >= 1/(1+math.Exp(before-after)) {
		m.setFlaky(u, !m.flaky[u])
	}
}

func (m *sampler) setFlaky(u int, flaky bool) {
	m.account(u, -1)
	m.flaky[u] = flaky
	m.own[u] = tally{}
	m.account(u, 1)
}

func (m *sampler) setUpset(c int, upset bool) {
	if upset {
		m.upset.add(c)
	} else {
		m.upset.remove(c)
	}
	m.count()
}

func (m *sampler) toggleUpset(c int) {
	before := m.score()
	m.setUpset(c, !m.upset.has(c))
	after := m.score()
	if m.random.Float64() >= 1/(1+math.Exp(before-after)) {
		m.setUpset(c, !m.upset.has(c))
	}
}

// swapUpset lets a cause that covers one cell's failures alone and that cell's
// being upset take each other's place: neither goes first by itself.
func (m *sampler) swapUpset() {
	n := m.upset.count()
	if m.random.Float64() < 0.5 {
		if len(m.causes) == 0 {
			return
		}
		k := m.random.IntN(len(m.causes))
		cell := m.onlyCell(m.causes[k])
		if cell < 0 || m.upset.has(cell) {
			return
		}
		before, count := m.score(), len(m.causes)
		c := m.drop(k)
		j := slices.Index(m.pool, c.group)
		total := m.propose()
		back := math.Inf(-1)
		if j >= 0 && !math.IsInf(total, -1) {
			back = m.proposalOf(j, c.units, total) - math.Log(float64(n+1))
		}
		m.setUpset(cell, true)
		if !m.accept(m.score() - before + back + math.Log(float64(count))) {
			m.setUpset(cell, false)
			m.put(k, c)
		}
		return
	}
	if n == 0 || len(m.causes) >= maxCauses {
		return
	}
	cells := make([]int, 0, n)
	m.upset.each(func(c int) { cells = append(cells, c) })
	cell := cells[m.random.IntN(n)]
	before := m.score()
	m.setUpset(cell, false)
	total := m.propose()
	if !math.IsInf(total, -1) {
		c, j := m.drawCause()
		if j >= 0 && !m.uses(c.group) && m.onlyCell(c) == cell {
			forth := m.proposalOf(j, c.units, total) - math.Log(float64(n))
			m.add(c)
			if m.accept(m.score() - before - forth - math.Log(float64(len(m.causes)))) {
				return
			}
			m.drop(len(m.causes) - 1)
		}
	}
	m.setUpset(cell, true)
}

// onlyCell gives the one cell in which the cause's units fail, or -1.
func (m *sampler) onlyCell(c supposed) int {
	found, many := -1, false
	c.units.each(func(u int) {
		m.f.clear()
		m.f.or(m.units[u].failed)
		m.f.and(m.groups[c.group].mask)
		m.f.each(func(i int) {
			many = many || found >= 0 && found != i
			found = i
		})
	})
	if many {
		return -1
	}
	return found
}
