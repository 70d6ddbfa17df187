package findings

import "math"

// fisher is Fisher's exact test, one-sided: the probability that at least as
// many of the failures would fall among the answers of now as did, if failures
// fell on all answers alike. It is the upper tail of the hypergeometric
// distribution, summed from terms whose logarithms come from the gamma function,
// so that large counts neither overflow nor lose their digits.
//
// R. A. Fisher, Statistical Methods for Research Workers (1925), section 21.02.
func fisher(failedNow, askedNow, failedBefore, askedBefore int) float64 {
	failed, asked := failedNow+failedBefore, askedNow+askedBefore
	if failedNow < 0 || failedBefore < 0 || failedNow > askedNow || failedBefore > askedBefore {
		return 1 // no table that can be
	}
	all := logChoose(asked, askedNow)
	p := 0.0
	for k := failedNow; k <= min(failed, askedNow); k++ {
		if askedNow-k <= asked-failed {
			p += math.Exp(logChoose(failed, k) + logChoose(asked-failed, askedNow-k) - all)
		}
	}
	return min(p, 1)
}

// logChoose is the logarithm of the number of ways to choose k of n.
func logChoose(n, k int) float64 { return logFactorial(n) - logFactorial(k) - logFactorial(n-k) }

func logFactorial(n int) float64 {
	l, _ := math.Lgamma(float64(n) + 1) // positive, so the sign is known
	return l
}
