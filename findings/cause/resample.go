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
