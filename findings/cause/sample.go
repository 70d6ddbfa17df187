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
	record  *record
	include float64
}

func newSampler(s *state, pool []int) *sampler {
	m := &sampler{
		state: s, pool: pool, random: rand.New(rand.NewPCG(1, 2)),
		f: newSet(s.cells), p: newSet(s.cells), value: make([]float64, len(pool)+1),
		memory: map[[2]int]float64{}, include: s.inclusion(),
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
	for u := range m.units {
		m.toggleFlaky(u)
	}
	if len(m.suspect) > 0 {
		for range min(len(m.suspect), 8) {
			m.toggleUpset(m.suspect[m.random.IntN(len(m.suspect))])
		}
		m.swapUpset()
	}
}

// resample draws a cause's group anew, given all else, and records how likely
// each was.
func (m *sampler) resample(k int) {
	c := m.causes[k]
	if c.units.empty() {
		return
	}
	base := m.common
	own := map[int]tally{}
	var units []int
	c.units.each(func(u int) { units = append(units, u) })
	// What is open without this cause.
	openF, openP := make([]set, len(units)), make([]set, len(units))
	mask := m.groups[c.group].mask
	for i, u := range units {
		m.open(u, k, m.f, m.p)
		openF[i], openP[i] = m.f.clone(), m.p.clone()
		a, b := both2(mask, m.f, m.p)
		w := m.units[u].weight
		fa, pb := -w*float64(a), -w*float64(b)
		base.cover(fa, pb)
		if m.flaky[u] {
			base.flaked += fa
			base.passed += pb
			own[u] = tally{flaked: m.own[u].flaked - fa, passed: m.own[u].passed - pb}
		}
	}
	clear(m.memory)
	for j, i := range m.pool {
		m.value[j] = math.Inf(-1)
		if i != c.group && m.uses(i) {
			continue
		}
		t, rest := base, 0.0
		na, nb := 0, 0
		for x, u := range units {
			a, b := both2(m.groups[i].mask, openF[x], openP[x])
			if a+b == 0 {
				continue
			}
			w := m.units[u].weight
			t.cover(w*float64(a), w*float64(b))
			if o, ok := own[u]; ok {
				t.flaked += w * float64(a)
				t.passed += w * float64(b)
				rest += priorFlakyTest.evidence(o.flaked-w*float64(a), o.passed-w*float64(b))
				na = -1 << 30
			}
			na, nb = na+a, nb+b
		}
		m.value[j] = m.groups[i].logPrior + rest + m.remembered(t, na, nb)
	}
	values := m.value[:len(m.pool)]
	total := normalise(values)
	if math.IsInf(total, -1) {
		return
	}
	if m.record != nil {
		m.record.conditional(c.units, m.pool, values)
	}
	if i := m.pool[m.draw(values)]; i != c.group {
		m.causes[k].group = i
		m.refresh(c.units)
	}
}

// remembered is t.evidence(); equal counts have equal tallies as long as all
// units weigh one and none is flaky.
func (m *sampler) remembered(t tally, failed, passed int) float64 {
	if !m.whole || failed < 0 {
		return t.evidence()
	}
	key := [2]int{failed, passed}
	v, ok := m.memory[key]
	if !ok {
		v = t.evidence()
		m.memory[key] = v
	}
	return v
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

// propose weighs every new cause that the state could get: value holds the
// probability of each group, and the result is the log of the sum of all
// weights. A cause's weight is its group's prior, times the odds of each unit
// that it explains.
func (m *sampler) propose() float64 {
	m.odds = m.odds[:0]
	in, out := math.Log(m.include), math.Log(1-m.include)
	for j, i := range m.pool {
		v, none := m.groups[i].logPrior, 0.0
		mask := m.groups[i].mask
		for _, u := range m.support[j] {
			a, b := both2(mask, m.openF[u], m.openP[u])
			x := -30.0
			if a > 0 {
				fail, pass := m.rates(u)
				x = m.units[u].weight * (float64(a)*fail + float64(b)*pass)
			}
			x = max(-30, in+x-out)
			m.odds = append(m.odds, x)
			v += out + softplus(x)
			none += out
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
			if m.random.Float64() < 1/(1+math.Exp(-odds[x])) {
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
