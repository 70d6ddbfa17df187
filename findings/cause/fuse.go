package cause

import "math"

// fuse makes one cause of two with the same tests, which then may change its
// group to fit. Unlike merge, it comes back from a half that nobody would propose,
// since the whole explains so much more.
func (m *sampler) fuse() {
	twins := m.twins()
	if len(twins) == 0 {
		return
	}
	pair := twins[m.random.IntN(len(twins))]
	k, j := pair[0], pair[1]
	gone, old := m.causes[k], m.causes[j].group
	if m.place[gone.group] < 0 || m.place[old] < 0 || !m.conditional(j) {
		return
	}
	before := m.score() - math.Log(m.value[m.place[old]])
	m.drop(k)
	n := len(m.causes)
	at := j
	if j == n { // the last one has taken the place of k
		at = k
	}
	if m.conditional(at) {
		drawn := m.draw(m.value)
		p := m.value[drawn]
		if m.pool[drawn] != gone.group { // cleave would not lead back from there
			m.regroup(at, m.pool[drawn])
			after := m.score() - math.Log(p)
			if m.accept(after - before + math.Log(float64(len(twins))/float64(n*len(m.pool)))) {
				return
			}
			m.regroup(at, old)
		}
	}
	m.put(k, gone)
}

// cleave is the reverse of fuse: any group may become the second cause of the
// same tests.
func (m *sampler) cleave() {
	n := len(m.causes)
	if n == 0 || n >= maxCauses {
		return
	}
	j := m.random.IntN(n)
	old := m.causes[j].group
	second := m.pool[m.random.IntN(len(m.pool))]
	if m.place[old] < 0 || m.uses(second) || !m.conditional(j) {
		return
	}
	before := m.score() - math.Log(m.value[m.place[old]])
	c := m.causes[j]
	c.group, c.units = second, c.units.clone()
	m.add(c)
	if m.conditional(j) {
		drawn := m.draw(m.value)
		p := m.value[drawn]
		m.regroup(j, m.pool[drawn])
		after := m.score() - math.Log(p)
		if m.accept(after - before + math.Log(float64(n*len(m.pool))/float64(len(m.twins())))) {
			return
		}
		m.regroup(j, old)
	}
	m.drop(n)
}

// twins lists the ordered pairs of causes that have the same tests.
func (m *sampler) twins() [][2]int {
	var out [][2]int
	for k := range m.causes {
		for j := range m.causes {
			if j != k && m.causes[k].units.equal(m.causes[j].units) {
				out = append(out, [2]int{k, j})
			}
		}
	}
	return out
}
