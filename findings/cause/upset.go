package cause

import "math"

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
		j := m.place[c.group]
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
