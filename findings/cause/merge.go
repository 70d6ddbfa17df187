package cause

import "math"

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
	place, oldPlace := m.place[gone.group], m.place[old]
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
	drawn := m.draw(m.value)
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
	place := m.place[m.causes[j].group]
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
	drawn := m.draw(m.value)
	p := m.value[drawn]
	m.regroup(n, m.pool[drawn])
	after := m.score() - math.Log(p)
	if m.accept(after - before - q - math.Log(float64(n+1))) {
		return
	}
	m.regroup(n, whole.group)
	m.drop(n - 1)
}
