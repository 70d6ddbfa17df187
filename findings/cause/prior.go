package cause

import "math"

// What is believed before a matrix is seen. Each number is a mild preference
// that a few results outweigh; docs/causes.md says why each is what it is.
const (
	// priorEverywhere is the share of causes without any condition.
	priorEverywhere = 0.10
	// priorRange is the share, among the restrictions of an ordered axis, of
	// ranges open at neither end.
	priorRange = 0.08
)

const (
	// logPriorCauses is the log of the expected number of causes: 1.3 a matrix.
	logPriorCauses = 0.262
	// logPriorFlaky is the log of the share of tests that fail by chance far more
	// often than the others: 1 in 100.
	logPriorFlaky = -4.605170185988091
	// logPriorIdle is for each test that a cause claims without explaining a
	// failure that the test's other causes leave open: nothing speaks for that.
	logPriorIdle = -5.0
)

// weights gives the log odds that one failure, and one pass, speak for being
// covered by a cause.
func weights(flake, heal float64) (failure, pass float64) {
	return math.Log((1 - heal) / flake), math.Log(heal / (1 - flake))
}

// priorTerms is the share of causes with so many terms.
var priorTerms = [maxTerms + 1]float64{0, 0.42, 0.38, 0.20}

// beta is a Beta distribution, the belief about a probability.
type beta struct{ yes, no float64 }

var (
	// priorFlake: a test fails by chance in about 1 of 100 cells, though often
	// never or several times more.
	priorFlake = beta{0.4, 40}
	// priorHeal: where a cause makes a test fail, it passes in about 1 of 100;
	// mostly never, for most causes are a certainty.
	priorHeal = beta{0.1, 10}
	// priorFlakyTest: a flaky test fails in about 1 of 5.
	priorFlakyTest = beta{1, 4}
	// priorUpset: 1 cell of 1,000 is upset as a whole.
	priorUpset = beta{0.3, 300}
	// priorUpsetTest: in an upset cell, about 2 of 3 tests fail.
	priorUpsetTest = beta{2, 1}
)

// evidence is the logarithm of the probability of so many yes and no, in one
// given order, under the belief.
func (b beta) evidence(yes, no float64) float64 {
	return logBeta(b.yes+yes, b.no+no) - logBeta(b.yes, b.no)
}

// mean is the expected probability after so many yes and no.
func (b beta) mean(yes, no float64) float64 { return (b.yes + yes) / (b.yes + yes + b.no + no) }

func logBeta(x, y float64) float64 { return logGamma(x) + logGamma(y) - logGamma(x+y) }

// logGamma is math.Lgamma for positive x, by Stirling's series where that is
// exact to 1e-9; it is called millions of times.
func logGamma(x float64) float64 {
	if x < 12 {
		v, _ := math.Lgamma(x)
		return v
	}
	i := 1 / x
	return (x-0.5)*math.Log(x) - x + 0.91893853320467274178 + i*(1.0/12-i*i*(1.0/360-i*i/1260))
}

// sizePrior gives the logarithm of the prior of one given set of s of n tests,
// for every s: each size weighs 1/s, each set of one size the same.
func sizePrior(n int) []float64 {
	sum := 0.0
	for s := 1; s <= n; s++ {
		sum += 1 / float64(s)
	}
	out := make([]float64, n+1)
	for s := 1; s <= n; s++ {
		out[s] = -math.Log(float64(s)*sum) - (logGamma(float64(n+1)) - logGamma(float64(s+1)) - logGamma(float64(n-s+1)))
	}
	return out
}
