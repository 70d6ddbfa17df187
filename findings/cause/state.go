package cause

// model is what does not change while states are compared.
type model struct {
	*space
	units      []unit
	background background
	cells      int
	tests      int
	sizePrior  []float64 // by number of tests of a cause
	upsetCost  []float64 // by cell: log evidence of all its results if it is upset
	whole      bool      // all units weigh a whole number

	flake, heal, flakyTest *tabled
}

func newModel(p *problem) *model {
	units, b := p.units()
	m := &model{
		units: units, background: b, cells: len(p.cells), tests: len(p.tests), whole: true,
		flake: newTabled(priorFlake), heal: newTabled(priorHeal), flakyTest: newTabled(priorFlakyTest),
	}
	if len(units) == 0 {
		return m
	}
	s := p.enumerate(units)
	m.space = &s
	m.sizePrior = sizePrior(m.tests)
	m.upsetCost = make([]float64, m.cells)
	for c := range m.upsetCost {
		failed, passed := 0.0, b.passed[c]
		for i := range units {
			if units[i].failed.has(c) {
				failed += units[i].weight
			} else if units[i].passed.has(c) {
				passed += units[i].weight
			}
		}
		m.upsetCost[c] = priorUpsetTest.evidence(failed, passed)
	}
	for i := range units {
		m.whole = m.whole && units[i].weight == float64(int(units[i].weight))
	}
	return m
}

// tally counts results by what happened and what was to be expected.
type tally struct {
	failed, healed float64 // where a cause makes the test fail: failed, passed all the same
	flaked, passed float64 // elsewhere: failed all the same, passed
}

func (m *model) evidence(t *tally) float64 {
	return m.flake.evidence(t.flaked, t.passed) + m.heal.evidence(t.healed, t.failed)
}

// cover moves failures and passes of a unit under a cause.
func (t *tally) cover(failed, passed float64) {
	t.failed += failed
	t.flaked -= failed
	t.healed += passed
	t.passed -= passed
}

// supposed is one cause of a state.
type supposed struct {
	group int
	units set
	n     int // of units
	tests int
}

// state is one possible explanation of the whole matrix.
type state struct {
	*model
	causes []supposed
	flaky  []bool // by unit
	upset  set    // of cells

	// What follows from the above.
	openF, openP []set   // by unit: failures, passes that no cause covers
	own          []tally // by unit: those of a flaky one that no cause covers
	common       tally
	upsets       int

	scratch, rest set
}

func newState(m *model) *state {
	s := &state{model: m, flaky: make([]bool, len(m.units)), upset: newSet(m.cells), own: make([]tally, len(m.units)), scratch: newSet(m.cells), rest: newSet(m.cells)}
	s.openF, s.openP = make([]set, len(m.units)), make([]set, len(m.units))
	for i := range m.units {
		s.openF[i], s.openP[i] = newSet(m.cells), newSet(m.cells)
	}
	s.count()
	return s
}

// count derives everything anew.
func (s *state) count() {
	s.upsets = s.upset.count()
	s.common = tally{}
	for c := range s.cells {
		if !s.upset.has(c) {
			s.common.passed += s.background.passed[c]
			s.common.flaked += s.background.flaky[c]
		}
	}
	for i := range s.units {
		s.own[i] = tally{}
		s.open(i, -1, s.openF[i], s.openP[i])
		s.account(i, 1)
	}
}

// open computes what no cause but `except` covers of a unit's results.
func (s *state) open(u, except int, failed, passed set) {
	copy(failed, s.units[u].failed)
	copy(passed, s.units[u].passed)
	if s.upsets > 0 {
		failed.minus(s.upset)
		passed.minus(s.upset)
	}
	for k := range s.causes {
		if k != except && s.causes[k].units.has(u) {
			failed.minus(s.groups[s.causes[k].group].mask)
			passed.minus(s.groups[s.causes[k].group].mask)
		}
	}
}

// account adds a unit's results to the tallies, or takes them away (sign -1).
func (s *state) account(u int, sign float64) {
	un := &s.units[u]
	openF, openP := s.openF[u].count(), s.openP[u].count()
	allF, allP := un.nFailed, un.nPassed
	if s.upsets > 0 {
		allF -= both(un.failed, s.upset)
		allP -= both(un.passed, s.upset)
	}
	w := sign * un.weight
	s.common.failed += w * float64(allF-openF)
	s.common.healed += w * float64(allP-openP)
	if s.flaky[u] {
		s.own[u].flaked += w * float64(openF)
		s.own[u].passed += w * float64(openP)
	} else {
		s.common.flaked += w * float64(openF)
		s.common.passed += w * float64(openP)
	}
}

// refresh derives the parts that belong to the units anew.
func (s *state) refresh(units set) {
	units.each(func(u int) {
		s.account(u, -1)
		s.open(u, -1, s.openF[u], s.openP[u])
		s.account(u, 1)
	})
}

func (s *state) add(c supposed) {
	s.causes = append(s.causes, c)
	s.refresh(c.units)
}

// drop removes a cause; the last one takes its place.
func (s *state) drop(k int) supposed {
	c := s.causes[k]
	last := len(s.causes) - 1
	s.causes[k] = s.causes[last]
	s.causes = s.causes[:last]
	s.refresh(c.units)
	return c
}

// put inserts a cause where drop(k) took it from.
func (s *state) put(k int, c supposed) {
	s.add(c)
	last := len(s.causes) - 1
	s.causes[k], s.causes[last] = s.causes[last], s.causes[k]
}

func (s *state) uses(group int) bool {
	for k := range s.causes {
		if s.causes[k].group == group {
			return true
		}
	}
	return false
}

// price is the log prior of a cause of so many tests.
func (s *state) price(group, tests int) float64 {
	return logPriorCauses + s.groups[group].logPrior + s.sizePrior[tests]
}

// score is the log of the state's posterior, but for a constant.
func (s *state) score() float64 {
	out := s.evidence(&s.common) + priorUpset.evidence(float64(s.upsets), float64(s.cells-s.upsets))
	for _, c := range s.causes {
		out += s.price(c.group, c.tests)
	}
	for u, f := range s.flaky {
		if f {
			out += logPriorFlaky + s.flakyTest.evidence(s.own[u].flaked, s.own[u].passed)
		}
	}
	s.upset.each(func(c int) { out += s.upsetCost[c] })
	for u := range s.units {
		out += logPriorIdle * float64(s.idle(u, -1, nil))
	}
	return out
}

// idle counts the causes that claim the unit without explaining a failure of
// their own. One of the state's causes may be left out (-1: none), and one mask
// more be considered (nil: none).
func (s *state) idle(u, except int, more set) int {
	n, out := 0, 0
	for k := range s.causes {
		if k != except && s.causes[k].units.has(u) {
			n++
		}
	}
	if n == 0 {
		return 0
	}
	for k := -1; k < len(s.causes); k++ {
		mask := more
		if k >= 0 {
			if k == except || !s.causes[k].units.has(u) {
				continue
			}
			mask = s.groups[s.causes[k].group].mask
		}
		if mask == nil {
			continue
		}
		copy(s.rest, s.units[u].failed)
		s.rest.and(mask)
		for j := range s.causes {
			if j != k && j != except && s.causes[j].units.has(u) {
				s.rest.minus(s.groups[s.causes[j].group].mask)
			}
		}
		if more != nil && k >= 0 {
			s.rest.minus(more)
		}
		if s.rest.empty() {
			out++
		}
	}
	return out
}

// gain is by how much the evidence rises when a cause covers so many more
// failures and passes of the given units (nil: units that are not flaky).
func (s *state) gain(group int, units set) float64 {
	t, out := s.common, -s.evidence(&s.common)
	mask := s.groups[group].mask
	units.each(func(u int) {
		a, b := both2(mask, s.openF[u], s.openP[u])
		w := s.units[u].weight
		out += s.move(&t, u, w*float64(a), w*float64(b))
		out += logPriorIdle * float64(s.idle(u, -1, mask)-s.idle(u, -1, nil))
	})
	return out + s.evidence(&t)
}

// move covers results of one unit in t and gives what that changes outside t.
func (s *state) move(t *tally, u int, failed, passed float64) float64 {
	t.cover(failed, passed)
	if !s.flaky[u] {
		return 0
	}
	t.flaked += failed
	t.passed += passed
	o := s.own[u]
	return s.flakyTest.evidence(o.flaked-failed, o.passed-passed) - s.flakyTest.evidence(o.flaked, o.passed)
}

// rates gives the weight of one covered failure and of one covered pass of a
// unit, at the rates that the state suggests.
func (s *state) rates(u int) (failure, pass float64) {
	heal := priorHeal.mean(s.common.healed, s.common.failed)
	flake := priorFlake.mean(s.common.flaked, s.common.passed)
	if s.flaky[u] {
		flake = priorFlakyTest.mean(s.own[u].flaked, s.own[u].passed)
	}
	return weights(flake, heal)
}
