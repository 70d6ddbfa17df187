package cause

import "math"

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
	if m.record != nil {
		m.record.conditional(m.causes[k].units, m.pool, m.value)
	}
	m.regroup(k, m.pool[m.draw(m.value)])
}

func (m *sampler) regroup(k, group int) {
	if group != m.causes[k].group {
		m.causes[k].group = group
		m.refresh(m.causes[k].units)
	}
}

// part is what one unit of a cause leaves open without that cause.
type part struct {
	weight float64
	open   *coverage
	own    tally // if it is flaky
	flaky  bool
}

// conditional puts into value how likely each group of the pool is for a cause,
// given all else; false if none is possible.
func (m *sampler) conditional(k int) bool {
	answer, known := m.conditionals.get(m.key(k))
	last := len(answer) - 1
	m.value = answer[:last]
	if !known {
		m.weigh(k)
		answer[last] = normalise(m.value)
	}
	return !math.IsInf(answer[last], -1)
}

// weigh puts into value the logs of what conditional is to find.
func (m *sampler) weigh(k int) {
	c := m.causes[k]
	base := m.common
	var parts []part
	var units []int
	mask := m.groups[c.group].mask
	c.units.each(func(u int) {
		m.open(u, k, m.f, m.p)
		a, b := both2(mask, m.f, m.p)
		p := part{weight: m.units[u].weight, open: m.covers(u, m.f, m.p), flaky: m.flaky[u]}
		fa, pb := -p.weight*float64(a), -p.weight*float64(b)
		base.cover(fa, pb)
		if p.flaky {
			base.flaked += fa
			base.passed += pb
			p.own = tally{flaked: m.own[u].flaked - fa, passed: m.own[u].passed - pb}
		}
		parts, units = append(parts, p), append(units, u)
	})
	others := m.sole(k, units)
	m.take(k, true)
	for j, i := range m.pool {
		if m.taken[j] {
			m.value[j] = math.Inf(-1)
			continue
		}
		t, rest := base, 0.0
		for _, o := range others {
			if within(o, m.groups[i].mask) {
				rest += logPriorIdle
			}
		}
		for x := range parts {
			p := &parts[x]
			a, b := m.by(p.open, j)
			if a == 0 {
				rest += logPriorIdle
			}
			fa, pb := p.weight*float64(a), p.weight*float64(b)
			t.cover(fa, pb)
			if p.flaky {
				t.flaked += fa
				t.passed += pb
				rest += m.flakyTest.evidence(p.own.flaked-fa, p.own.passed-pb)
			}
		}
		m.value[j] = m.groups[i].logPrior + (rest + m.evidence(&t))
	}
	m.take(k, false)
}

// take marks the groups of all causes but one.
func (m *sampler) take(except int, taken bool) {
	for k := range m.causes {
		if j := m.place[m.causes[k].group]; j >= 0 && k != except {
			m.taken[j] = taken
		}
	}
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
