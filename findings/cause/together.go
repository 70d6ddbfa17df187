package cause

import "math"

// sharedTogether bounds how many causes of others several units are offered at once.
const sharedTogether = 2

// together does for all units with the same causes as u what rebuild does for one:
// to leave or join a cause one by one may lead through explanations that are
// far worse than both ends.
func (m *sampler) together(u int) {
	units := m.alike(u)
	n := units.count()
	if n < 2 || n > clearUnits {
		return
	}
	own := -1
	for k := range m.causes {
		if m.causes[k].units.equal(units) {
			if own >= 0 {
				return // more than one of their own
			}
			own = k
		}
	}
	c := supposed{units: units, n: n}
	units.each(func(v int) { c.tests += len(m.units[v].tests) })
	switch {
	case own >= 0:
		if m.place[m.causes[own].group] < 0 {
			return
		}
		c = m.drop(own)
	case len(m.causes) >= maxCauses:
		return
	default:
		if c.group = m.unused(); c.group < 0 {
			return
		}
	}
	shared := m.random.Perm(len(m.causes))
	shared = shared[:min(sharedTogether, len(shared))]

	// Each subset of the shared causes gives two options: with no cause of their
	// own, and with one, whichever its group.
	var values []float64
	for subset := range 1 << len(shared) {
		m.join(units, shared, subset)
		none := math.Inf(-1)
		if m.alike(u).equal(units) { // else the way back would start with other units
			none = m.score()
		}
		values = append(values, none, m.owned(c))
	}
	normalise(values)
	drawn := m.draw(values)
	m.join(units, shared, drawn/2)
	if drawn%2 == 1 {
		m.add(c)
		last := len(m.causes) - 1
		m.conditional(last)
		m.regroup(last, m.pool[m.draw(m.value)])
	}
}

// alike gives the units that have the same causes as u, and u itself.
func (m *sampler) alike(u int) set {
	out := newSet(len(m.units))
	for v := range m.units {
		same := true
		for k := range m.causes {
			same = same && m.causes[k].units.has(v) == m.causes[k].units.has(u)
		}
		if same {
			out.add(v)
		}
	}
	return out
}

// unused gives a group of the pool that no cause has, or -1.
func (m *sampler) unused() int {
	for _, g := range m.pool {
		if !m.uses(g) {
			return g
		}
	}
	return -1
}

// join makes the units members of those of the shared causes that the subset
// names, and of no others of them.
func (m *sampler) join(units set, shared []int, subset int) {
	for i, k := range shared {
		units.each(func(v int) { m.member(k, v, subset&(1<<i) != 0) })
	}
	units.each(m.refreshUnit)
}

// owned gives the log of the sum of the posteriors of all states that have the
// cause in addition, with any group.
func (m *sampler) owned(c supposed) float64 {
	m.add(c)
	last := len(m.causes) - 1
	out := math.Inf(-1)
	if m.conditional(last) {
		best := 0
		for j := range m.value {
			if m.value[j] > m.value[best] {
				best = j
			}
		}
		p := m.value[best]
		m.regroup(last, m.pool[best])
		out = m.score() - math.Log(p)
	}
	m.drop(last)
	return out
}
