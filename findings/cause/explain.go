package cause

import (
	"cmp"
	"maps"
	"slices"
)

const (
	// minExists, maxRivals and maxNext are the defaults of Options.
	minExists = 0.5
	maxRivals = 5
	maxNext   = 3

	// certain is the probability at which a cause is told wherever it is, and
	// faint the confidence that its conditions must have below that.
	certain, faint = 0.9, 0.1

	// sweeps are recorded after warmUp others; fewer where each is dear.
	sweeps, leastSweeps = 400, 24
	warmUp              = 8 // one eighth of the recorded ones
	// sampleWork bounds the walk, in words of sets: about a third of a second.
	sampleWork = 400 << 20
)

// Explain finds the causes of the failures. An error says that the input
// contradicts itself; there is none for odd results.
func Explain(m Matrix, tests []Test, o Options) (Explanation, error) {
	if err := check(m, tests); err != nil {
		return Explanation{}, err
	}
	p := canonical(m, tests)
	mod := newModel(p)
	if len(mod.units) == 0 {
		return Explanation{Noise: noiseWithoutFailures(mod)}, nil
	}
	s := newState(mod)
	g := newSearch(s)
	g.run()
	w := newSampler(s, slices.Sorted(maps.Keys(g.pool)))
	r := w.walk()
	e := newReport(p, m, mod, r, o.defaults()).explain()
	e.Bounded = mod.bounded
	return e, nil
}

func (o Options) defaults() Options {
	or := func(v *int, preset int) {
		if *v == 0 {
			*v = preset
		}
		*v = max(*v, 0)
	}
	if o.MinExists == 0 {
		o.MinExists = minExists
	}
	or(&o.MaxRivals, maxRivals)
	or(&o.MaxNext, maxNext)
	return o
}

func noiseWithoutFailures(m *model) Noise {
	t := tally{}
	for c := range m.cells {
		t.passed += m.background.passed[c]
		t.flaked += m.background.flaky[c]
	}
	return Noise{Flake: priorFlake.mean(t.flaked, t.passed), Heal: priorHeal.mean(0, 0)}
}

// walk takes as many sweeps as are worth their time, and records them.
func (m *sampler) walk() *record {
	n := min(sweeps, max(leastSweeps, sampleWork/max(1, m.work())))
	for range n / warmUp {
		m.sweep()
	}
	m.record = newRecord(m.model)
	for range n {
		m.sweep()
		m.record.sweep(m.state)
	}
	return m.record
}

// compareCauses puts the surest first.
func compareCauses(a, b Cause) int {
	return cmp.Or(
		cmp.Compare(b.Confidence, a.Confidence), slices.Compare(a.Tests, b.Tests),
		slices.CompareFunc(a.Conditions, b.Conditions, compareConditions),
	)
}

func compareConditions(a, b Condition) int {
	return cmp.Or(cmp.Compare(a.Axis, b.Axis), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}
