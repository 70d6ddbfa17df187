package cause

import (
	"math"
	"slices"
)

// rebuildCauses bounds how many causes of others a unit is offered at once.
const rebuildCauses = 3

// rebuild draws a unit's whole explanation anew: to which of a few causes of
// others it belongs, and which cause of its own it has, if any. Each of these
// alone may be far worse than what it leads to.
func (m *sampler) rebuild(u int) {
	own := -1
	var shared []int
	for k, c := range m.causes {
		switch {
		case c.n > 1 || !c.units.has(u):
			shared = append(shared, k)
		case own >= 0:
			return // more than one of its own
		default:
			own = k
		}
	}
	if own < 0 && len(m.causes) >= maxCauses {
		return
	}
	ownGroup := -1
	if own >= 0 {
		ownGroup = m.causes[own].group
		if j := m.place[ownGroup]; j < 0 || !slices.Contains(m.support[j], u) {
			return
		}
	}
	m.random.Shuffle(len(shared), func(i, j int) { shared[i], shared[j] = shared[j], shared[i] })
	fixed := shared[min(rebuildCauses, len(shared)):]
	shared = shared[:len(shared)-len(fixed)]

	o := m.outlook(u, shared, fixed)
	options := m.options[:0]
	m.take(own, true)
	for subset := range 1 << len(shared) {
		options = o.add(options, subset)
	}
	m.take(own, false)
	values := m.values[:0]
	for i := range options {
		values = append(values, options[i].value)
	}
	m.options, m.values = options, values
	normalise(values)
	drawn := options[m.draw(values)]

	for i, k := range shared {
		m.member(k, u, drawn.subset&(1<<i) != 0)
	}
	switch {
	case drawn.group == ownGroup:
		m.refreshUnit(u)
	case drawn.group < 0:
		m.drop(own)
		m.refreshUnit(u)
	case own >= 0:
		m.causes[own].group = drawn.group
		m.refreshUnit(u)
	default:
		c := supposed{group: drawn.group, units: newSet(len(m.units)), n: 1, tests: len(m.units[u].tests)}
		c.units.add(u)
		m.add(c)
	}
}

// member makes a unit one of a cause's, or not; the state's counts are left.
func (m *sampler) member(k, u int, in bool) {
	c := &m.causes[k]
	if c.units.has(u) == in {
		return
	}
	c.units = c.units.clone()
	if in {
		c.units.add(u)
		c.n++
		c.tests += len(m.units[u].tests)
		return
	}
	c.units.remove(u)
	c.n--
	c.tests -= len(m.units[u].tests)
}

func (m *sampler) refreshUnit(u int) {
	m.account(u, -1)
	m.open(u, -1, m.openF[u], m.openP[u])
	m.account(u, 1)
}

// option is one explanation of a unit: the causes that it shares, as bits, and
// the group of its own cause, or -1.
type option struct {
	subset, group int
	value         float64
}

// outlook is what is needed to weigh a unit's options.
type outlook struct {
	*sampler
	unit           int
	shared         []int
	fixed          []set // masks of the causes that it keeps
	failed, passed set   // its results that count
	base           tally // of everything but the unit
	own            tally // of the unit, if it is flaky and nothing covers it
}

func (m *sampler) outlook(u int, shared, fixed []int) *outlook {
	o := &outlook{sampler: m, unit: u, shared: shared, failed: m.units[u].failed.clone(), passed: m.units[u].passed.clone()}
	o.failed.minus(m.upset)
	o.passed.minus(m.upset)
	for _, k := range fixed {
		if m.causes[k].units.has(u) {
			o.fixed = append(o.fixed, m.groups[m.causes[k].group].mask)
		}
	}
	w := m.units[u].weight
	openF, openP := w*float64(m.openF[u].count()), w*float64(m.openP[u].count())
	allF, allP := w*float64(o.failed.count()), w*float64(o.passed.count())
	o.base = m.common
	o.base.failed -= allF - openF
	o.base.healed -= allP - openP
	if m.flaky[u] {
		o.own = tally{flaked: allF, passed: allP}
	} else {
		o.base.flaked += allF - openF
		o.base.passed += allP - openP
	}
	return o
}

// add appends the options with one subset of the shared causes.
func (o *outlook) add(options []option, subset int) []option {
	masks := slices.Clone(o.fixed)
	price := 0.0
	for i, k := range o.shared {
		c := &o.causes[k]
		tests := c.tests
		if c.units.has(o.unit) {
			tests -= len(o.units[o.unit].tests)
		}
		if subset&(1<<i) != 0 {
			tests += len(o.units[o.unit].tests)
			masks = append(masks, o.groups[c.group].mask)
		}
		price += o.sizePrior[tests]
	}
	openF, openP := o.failed.clone(), o.passed.clone()
	for _, m := range masks {
		openF.minus(m)
		openP.minus(m)
	}
	// What each alone explains.
	alone := make([]set, len(masks))
	idle := 0
	for i := range masks {
		alone[i] = o.failed.clone()
		alone[i].and(masks[i])
		for j := range masks {
			if j != i {
				alone[i].minus(masks[j])
			}
		}
		if alone[i].empty() {
			idle++
		}
	}
	a0, b0 := o.failed.count()-openF.count(), o.passed.count()-openP.count()
	options = append(options, option{subset, -1, price + logPriorIdle*float64(idle) + o.with(a0, b0)})
	size := o.sizePrior[len(o.units[o.unit].tests)] + logPriorCauses
	for _, j := range o.explain[o.unit] {
		if o.taken[j] {
			continue
		}
		g := o.pool[j]
		mask := o.groups[g].mask
		a, b := both2(mask, openF, openP)
		n := 0
		if a == 0 {
			n++
		}
		for _, s := range alone {
			if within(s, mask) {
				n++
			}
		}
		options = append(options, option{subset, g, price + size + o.groups[g].logPrior + logPriorIdle*float64(n) + o.with(a0+a, b0+b)})
	}
	return options
}

// with is the evidence of the state with so many of the unit's results covered.
func (o *outlook) with(failed, passed int) float64 {
	w := o.units[o.unit].weight
	a, b := w*float64(failed), w*float64(passed)
	t, v := o.base, 0.0
	t.cover(a, b)
	if o.flaky[o.unit] {
		t.flaked += a
		t.passed += b
		v = o.flakyTest.evidence(o.own.flaked-a, o.own.passed-b)
	}
	v += o.evidence(&t)
	if math.IsNaN(v) {
		return math.Inf(-1)
	}
	return v
}
