package cause

import (
	"cmp"
	"math"
	"slices"
)

// pair counts the failures and passes of a unit that a group would cover.
type pair struct{ failed, passed uint16 }

// search finds a good state, one cause at a time, and collects the groups that
// could play a part in any good state.
type search struct {
	*state
	table [][]pair // by unit, then group
	value []float64
	pool  map[int]bool
}

// perStage is how many groups enter the pool each time that all are compared.
const perStage = 150

// maxCauses bounds the causes of a state.
const maxCauses = 64

func newSearch(s *state) *search {
	g := &search{state: s, value: make([]float64, len(s.groups)), pool: map[int]bool{}}
	g.table = make([][]pair, len(s.units))
	all := make([]int, len(s.units))
	for u := range g.table {
		g.table[u] = make([]pair, len(s.groups))
		all[u] = u
	}
	g.fill(all)
	return g
}

// fill counts what the groups cover of what is open of these units.
func (g *search) fill(units []int) {
	share(len(units), len(units)*len(g.groups)*(g.cells+63)/64, func(from, to int) {
		for _, u := range units[from:to] {
			row := g.table[u]
			f, p := g.openF[u], g.openP[u]
			for i := range g.groups {
				a, b := both2(g.groups[i].mask, f, p)
				row[i] = pair{uint16(min(a, math.MaxUint16)), uint16(min(b, math.MaxUint16))}
			}
		}
	})
}

// inclusion is the probability that a given test belongs to a cause, for proposals.
func (m *model) inclusion() float64 { return min(0.35, 1.5/float64(m.tests)) }

// compare gives every group the log of what a cause with it would be worth,
// whichever tests it has.
func (g *search) compare(rate func(u int) (failure, pass float64)) {
	in := math.Log(g.inclusion())
	share(len(g.groups), len(g.groups)*len(g.units), func(from, to int) {
		value := g.value[from:to]
		for i := range value {
			value[i] = g.groups[from+i].logPrior
		}
		for u := range g.units {
			fail, pass := rate(u)
			w := g.units[u].weight
			for i, c := range g.table[u][from:to] {
				if c.failed == 0 {
					continue
				}
				if x := in + w*(float64(c.failed)*fail+float64(c.passed)*pass); x > -4 {
					value[i] += softplus(x)
				}
			}
		}
	})
}

// softplus is log(1+exp(x)).
func softplus(x float64) float64 {
	if x > 30 {
		return x
	}
	return math.Log1p(math.Exp(x))
}

// best gives the n most valuable groups.
func (g *search) best(n int) []int {
	order := make([]int, len(g.groups))
	for i := range order {
		order[i] = i
	}
	if n < len(order) {
		nth := nthLargest(g.value, n)
		order = slices.DeleteFunc(order, func(i int) bool { return g.value[i] < nth })
	}
	slices.SortStableFunc(order, func(i, j int) int { return cmp.Compare(g.value[j], g.value[i]) })
	return order[:min(n, len(order))]
}

func nthLargest(values []float64, n int) float64 {
	v := slices.Clone(values)
	slices.Sort(v)
	return v[len(v)-n]
}

// collect puts the best groups into the pool at the state's own rates, and at a
// low and a high rate of flakes: what is best depends on it.
func (g *search) collect() []int {
	for _, flake := range []float64{0.001, 0.05} {
		g.compare(func(int) (float64, float64) { return weights(flake, 0.02) })
		for _, i := range g.best(perStage / 2) {
			g.pool[i] = true
		}
	}
	g.compare(g.rates)
	out := g.best(perStage)
	for _, i := range out {
		g.pool[i] = true
	}
	return out
}

// run adds causes while that makes the state better, then collects what could
// take the place of each.
func (g *search) run() {
	for len(g.causes) < maxCauses {
		candidates := g.collect()
		var best supposed
		most := 0.0
		for _, i := range candidates[:min(40, len(candidates))] {
			if g.uses(i) {
				continue
			}
			if c, gain := g.grow(i); gain > most {
				best, most = c, gain
			}
		}
		if most <= 0 {
			break
		}
		g.add(best)
		g.fill(best.units.list())
	}
	for k := range g.causes {
		g.replace(k)
	}
}

// grow chooses the units for a new cause: those that gain most by it, as many
// as pay.
func (g *search) grow(group int) (supposed, float64) {
	type option struct {
		unit int
		gain float64
	}
	var options []option
	for u := range g.units {
		c := g.table[u][group]
		if c.failed == 0 {
			continue
		}
		fail, pass := g.rates(u)
		if x := float64(c.failed)*fail + float64(c.passed)*pass; x > 0 {
			options = append(options, option{u, x * g.units[u].weight})
		}
	}
	slices.SortStableFunc(options, func(a, b option) int { return cmp.Compare(b.gain, a.gain) })
	c := supposed{group: group, units: newSet(len(g.units))}
	best, most := c, math.Inf(-1)
	t, rest, base := g.common, 0.0, g.evidence(&g.common)
	for _, o := range options {
		n := g.table[o.unit][group]
		w := g.units[o.unit].weight
		rest += g.move(&t, o.unit, w*float64(n.failed), w*float64(n.passed))
		rest += logPriorIdle * float64(g.idle(o.unit, -1, g.groups[group].mask)-g.idle(o.unit, -1, nil))
		c.units.add(o.unit)
		c.n++
		c.tests += len(g.units[o.unit].tests)
		if gain := g.price(group, c.tests) + g.evidence(&t) - base + rest; gain > most {
			best, most = c, gain
			best.units = c.units.clone()
		}
	}
	return best, most
}

// replace collects the groups that do best without the cause.
func (g *search) replace(k int) {
	const enough = 16 // units to look at
	c := g.causes[k]
	looked := c.units.list()
	looked = looked[:min(len(looked), enough)]
	for _, u := range looked {
		g.open(u, k, g.openF[u], g.openP[u])
	}
	g.fill(looked)
	g.collect()
	for _, u := range looked {
		g.open(u, -1, g.openF[u], g.openP[u])
	}
	g.fill(looked)
}
