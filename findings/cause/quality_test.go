package cause

import "testing"

// TestQuality holds the answers to floors, in worlds like those of the larger
// benchmark (docs/causes.md) and in some unlike them. Each floor is a little
// below what was measured when it was set.
func TestQuality(t *testing.T) {
	full := setting{sizes: []int{7, 3, 4}, tests: 7, causes: 2, share: 1}
	for _, c := range []struct {
		name                       string
		with                       func(s *setting)
		f1, rivals, surely, square float64
	}{
		{"everything runs", func(*setting) {}, 0.97, 0.97, 0.97, 0.03},
		{"flakes", func(s *setting) { s.flake = 0.02 }, 0.88, 0.82, 0.97, 0.03},
		{"flakes both ways, lost cells", func(s *setting) { s.flake, s.heal, s.lost = 0.02, 0.03, 0.05 }, 0.88, 0.82, 0.97, 0.03},
		{"a third runs", func(s *setting) { s.share = 0.33 }, 0.82, 0.95, 0.95, 0.12},
		{"a third runs, flakes both ways", func(s *setting) { s.share, s.flake, s.heal = 0.33, 0.01, 0.02 }, 0.68, 0.63, 0.95, 0.12},
		{"seven axes, a tenth runs", func(s *setting) { s.sizes, s.share = []int{5, 3, 3, 2, 2, 2, 2}, 0.1 }, 0.88, 0.93, 0.93, 0.06},
		{"four causes among twenty tests", func(s *setting) { s.causes, s.tests, s.flake = 4, 20, 0.01 }, 0.80, 0.73, 0.88, 0.11},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := full
			c.with(&s)
			var got score
			for seed := range uint64(8) {
				w := s.make(seed)
				e, err := Explain(w.matrix, w.tests, Options{MaxNext: -1})
				if err != nil {
					t.Fatal(err)
				}
				got.add(w, e)
			}
			t.Logf("%s: F1 %.3f, with rivals %.3f, sure and right %.3f, Brier %.4f", c.name, got.f1(), got.rivals(), got.surely(), got.brier())
			if got.f1() < c.f1 || got.rivals() < c.rivals || got.surely() < c.surely || got.brier() > c.square {
				t.Errorf("F1 %.3f (floor %.3f), with rivals %.3f (%.3f), sure and right %.3f (%.3f), Brier %.4f (ceiling %.4f)",
					got.f1(), c.f1, got.rivals(), c.rivals, got.surely(), c.surely, got.brier(), c.square)
			}
		})
	}
}

// TestNothingButFlakes asks for no causes where there are none.
func TestNothingButFlakes(t *testing.T) {
	for _, flake := range []float64{0, 0.01, 0.05} {
		s := setting{sizes: []int{6, 4, 3, 2}, tests: 8, share: 1, flake: flake}
		told := 0
		for seed := range uint64(10) {
			w := s.make(seed)
			e, err := Explain(w.matrix, w.tests, Options{})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range e.Causes {
				told++
				if c.Confidence > 0.9 {
					t.Errorf("flake %v, seed %d: a sure cause of nothing: %+v", flake, seed, c)
				}
			}
		}
		if told > 1 {
			t.Errorf("flake %v: %d causes in 10 matrices that have none", flake, told)
		}
	}
}
