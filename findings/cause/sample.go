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
	place   []int   // in the pool, by group; -1 for none
	support [][]int // by place in pool: units that the group could explain
	explain [][]int // by unit: places in pool of the groups that could explain it
	from    []int   // by place in pool: where the odds of its support begin
	random  *rand.Rand
	suspect []int // cells with more than one failure
	record  *record
	include float64

	value []float64 // by place in pool: what conditional or propose has found
	odds  []float64 // of the last proposal: by place in pool and support

	coverages               *coverages
	conditionals, proposals *answers

	f, p, wasFlaky set // scratch
	keyed          []byte
	order          []int
	taken          []bool       // by place in pool
	rate           [][2]float64 // by unit
	opens          []*coverage  // by unit
	options        []option
	values         []float64 // of the options
}

func newSampler(s *state, pool []int) *sampler {
	m := &sampler{
		state: s, pool: pool, random: rand.New(rand.NewPCG(1, 2)), include: s.inclusion(),
		place: make([]int, len(s.groups)), explain: make([][]int, len(s.units)), from: make([]int, len(pool)+1),
		coverages: newCoverages(len(s.units), s.cells, len(pool)),
		f:         newSet(s.cells), p: newSet(s.cells), wasFlaky: newSet(len(s.units)),
		taken: make([]bool, len(pool)), rate: make([][2]float64, len(s.units)), opens: make([]*coverage, len(s.units)),
	}
	for i := range m.place {
		m.place[i] = -1
	}
	fail, pass := weights(0.002, 0.05)
	few := len(s.units) <= 32
	for j, i := range pool {
		m.place[i] = j
		var units []int
		for u := range s.units {
			a, b := both2(s.groups[i].mask, s.units[u].failed, s.units[u].passed)
			if a > 0 && (few || float64(a)*fail+float64(b)*pass > 0) {
				units = append(units, u)
				m.explain[u] = append(m.explain[u], j)
			}
		}
		m.support = append(m.support, units)
		m.from[j+1] = m.from[j] + len(units)
	}
	m.conditionals = newAnswers(len(pool)+1, m.keyLength())
	m.proposals = newAnswers(len(pool)+m.from[len(pool)]+1, m.keyLength())
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
	n := m.from[len(m.pool)]
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
	if m.random.Float64() < 0.5 {
		m.split()
	} else {
		m.merge()
	}
	if m.random.Float64() < 0.5 {
		m.fuse()
	} else {
		m.cleave()
	}
	m.rebuild(m.random.IntN(len(m.units)))
	m.together(m.random.IntN(len(m.units)))
	for u := range m.units {
		m.toggleFlaky(u)
	}
	if len(m.suspect) > 0 {
		for range min(len(m.suspect), 2) {
			m.toggleUpset(m.suspect[m.random.IntN(len(m.suspect))])
		}
		m.swapUpset()
	}
}

// normalise turns logs into probabilities and gives the log of their sum.
func normalise(values []float64) float64 {
	most := slices.Max(values)
	if math.IsInf(most, -1) {
		return most
	}
	sum := 0.0
	for i, v := range values {
		if v -= most; v < -746 { // where math.Exp gives zero
			values[i] = 0
			continue
		}
		values[i] = math.Exp(v)
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
	j := m.place[m.causes[k].group]
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
		x += logPriorIdle * float64(m.idle(u, k, mask)-m.idle(u, k, nil))
		t := m.common
		before := m.evidence(&t)
		if in {
			x -= m.move(&t, u, -w*float64(a), -w*float64(b))
			x += before - m.evidence(&t)
		} else {
			x += m.move(&t, u, w*float64(a), w*float64(b))
			x += m.evidence(&t) - before
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

// accept follows Metropolis and Hastings.
func (m *sampler) accept(log float64) bool { return log >= 0 || m.random.Float64() < math.Exp(log) }

func (m *sampler) toggleFlaky(u int) {
	if m.openF[u].empty() && !m.flaky[u] {
		return
	}
	before := m.evidence(&m.common)
	if m.flaky[u] {
		before += logPriorFlaky + m.flakyTest.evidence(m.own[u].flaked, m.own[u].passed)
	}
	m.setFlaky(u, !m.flaky[u])
	after := m.evidence(&m.common)
	if m.flaky[u] {
		after += logPriorFlaky + m.flakyTest.evidence(m.own[u].flaked, m.own[u].passed)
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
