package cause

import "math"

// impossible are the log odds of what is never proposed.
const impossible = -20.0

// propose weighs every new cause that the state could get: value holds the
// probability of each group, and the result is the log of the sum of all
// weights. A cause's weight is its group's prior, times the odds of each unit
// that it explains.
func (m *sampler) propose() float64 {
	answer, known := m.proposals.get(m.key(-1))
	last := len(answer) - 1
	m.value, m.odds = answer[:len(m.pool)], answer[len(m.pool):last]
	if known {
		return answer[last]
	}
	in, out := math.Log(m.include), math.Log(1-m.include)
	for u := range m.units {
		fail, pass := m.rates(u)
		m.rate[u] = [2]float64{m.units[u].weight * fail, m.units[u].weight * pass}
		m.opens[u] = m.covers(u, m.openF[u], m.openP[u])
	}
	for j, i := range m.pool {
		v, none := m.groups[i].logPrior, 0.0
		odds := m.oddsOf(j)
		for n, u := range m.support[j] {
			none += out
			v += out
			a, b := m.by(m.opens[u], j)
			x := impossible
			if a > 0 {
				x = max(x, in-out+float64(a)*m.rate[u][0]+float64(b)*m.rate[u][1])
			}
			odds[n] = x
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
	answer[last] = normalise(m.value)
	return answer[last]
}

// oddsOf gives the part of odds that belongs to a place in the pool.
func (m *sampler) oddsOf(j int) []float64 { return m.odds[m.from[j]:m.from[j+1]] }

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
	j = m.draw(m.value)
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
	if j := m.place[c.group]; j >= 0 {
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
