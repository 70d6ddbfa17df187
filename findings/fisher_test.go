package findings

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func TestFisher(t *testing.T) {
	for _, c := range []struct {
		name                                           string
		failedNow, askedNow, failedBefore, askedBefore int
		want                                           float64
	}{
		{"tea tasted, all right", 4, 4, 0, 4, 1.0 / 70},
		{"tea tasted, one slip", 3, 4, 1, 4, 17.0 / 70},
		{"Fisher's twins of convicts", 10, 12, 3, 18, 0.000465180943362905},
		{"one failure, three of twenty before", 1, 1, 3, 20, 4.0 / 21},
		{"one failure, none of nineteen before", 1, 1, 0, 19, 0.05},
		{"nothing failed", 0, 5, 0, 20, 1},
		{"all failed always", 5, 5, 20, 20, 1},
		{"nothing was asked before", 3, 3, 0, 0, 1},
		{"nothing was asked", 0, 0, 0, 0, 1},
		{"no table that can be", 4, 3, 0, 1, 1},
		{"thousands", 1000, 1000, 0, 1000, 0},
	} {
		got := fisher(c.failedNow, c.askedNow, c.failedBefore, c.askedBefore)
		if math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%s: %.12g, want %.12g", c.name, got, c.want)
		}
	}
}

// exactly sums the same with whole numbers.
func exactFisher(failedNow, askedNow, failedBefore, askedBefore int) float64 {
	failed, asked := int64(failedNow+failedBefore), int64(askedNow+askedBefore)
	sum := new(big.Int)
	for k := int64(failedNow); k <= min(failed, int64(askedNow)); k++ {
		if rest := int64(askedNow) - k; rest <= asked-failed {
			term := new(big.Int).Binomial(failed, k)
			sum.Add(sum, term.Mul(term, new(big.Int).Binomial(asked-failed, rest)))
		}
	}
	p, _ := new(big.Rat).SetFrac(sum, new(big.Int).Binomial(asked, int64(askedNow))).Float64()
	return p
}

func TestFisherIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 1))
	for range 2000 {
		askedNow, askedBefore := 1+r.IntN(60), r.IntN(400)
		failedNow, failedBefore := r.IntN(askedNow+1), r.IntN(askedBefore+1)
		got, want := fisher(failedNow, askedNow, failedBefore, askedBefore), exactFisher(failedNow, askedNow, failedBefore, askedBefore)
		if math.Abs(got-want) > 1e-9*math.Max(want, 1e-6) {
			t.Fatalf("%d of %d against %d of %d: %g, want %g", failedNow, askedNow, failedBefore, askedBefore, got, want)
		}
		if failedNow < askedNow && fisher(failedNow+1, askedNow, failedBefore, askedBefore) > got+1e-9 {
			t.Fatalf("one failure more than %d of %d against %d of %d is likelier", failedNow, askedNow, failedBefore, askedBefore)
		}
	}
}

func TestSignificantDigits(t *testing.T) {
	for _, c := range []struct{ in, want float64 }{{0.190476, 0.19}, {0.0142857, 0.014}, {1, 1}, {0.999, 1}, {1.23456e-7, 1.2e-7}} {
		if got := significant(c.in); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%g: %g, want %g", c.in, got, c.want)
		}
	}
	if p := significant(0); p <= 0 || p > 1e-300 {
		t.Errorf("0: %g, want hardly more: 0 says that no test was made", p)
	}
}
