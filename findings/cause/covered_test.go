package cause

import (
	"slices"
	"testing"
)

// TestKnownAnswersStayTrue compares what the walk remembers with what it would
// work out anew.
func TestKnownAnswersStayTrue(t *testing.T) {
	w := setting{sizes: []int{5, 3, 2}, tests: 6, causes: 2, share: 1, flake: 0.03, heal: 0.05}.make(11)
	s := newState(newModel(canonical(w.matrix, w.tests)))
	pool := make([]int, len(s.groups))
	for i := range pool {
		pool[i] = i
	}
	walk := newSampler(s, pool)
	forget := func() {
		walk.conditionals, walk.proposals = newAnswers(len(pool)+1, 0), newAnswers(len(pool)+walk.from[len(pool)]+1, 0)
		walk.coverages = newCoverages(len(walk.units), walk.cells, len(pool))
	}
	for i := range 100 {
		walk.sweep()
		total := walk.propose()
		odds, value := slices.Clone(walk.odds), slices.Clone(walk.value)
		var groups [][]float64
		for k := range walk.causes {
			walk.conditional(k)
			groups = append(groups, slices.Clone(walk.value))
		}
		forget()
		if walk.propose() != total || !slices.Equal(walk.odds, odds) || !slices.Equal(walk.value, value) {
			t.Fatalf("sweep %d: another proposal", i)
		}
		for k := range walk.causes {
			if walk.conditional(k); !slices.Equal(walk.value, groups[k]) {
				t.Fatalf("sweep %d: other groups for cause %d", i, k)
			}
		}
	}
}

func TestAnswersAreBounded(t *testing.T) {
	a := newAnswers(answerRoom/3-10, 10)
	for i := range 5 {
		numbers, known := a.get([]byte{byte(i)})
		if known {
			t.Errorf("%d is known before it was asked", i)
		}
		numbers[0] = float64(i)
	}
	for i, want := range []bool{false, false, true, true, true} {
		if numbers, ok := a.of[string([]byte{byte(i)})]; ok != want || ok && numbers[0] != float64(i) {
			t.Errorf("%d: %v", i, ok)
		}
	}
}

func TestGammas(t *testing.T) {
	g := gammas{shift: 0.4}
	for _, n := range []float64{0, 1, 11, 12, 511, 512, 1e5, gammaPage * gammaPages, 1e9, 2.5} {
		if got, want := g.at(n), logGamma(0.4+n); got != want {
			t.Errorf("%v: got %v, want %v", n, got, want)
		}
	}
}
