package findings

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// large gives 256 cells of n assertions each, a dozen causes with patterns,
// and failures at random besides.
func large(b *testing.B, n int) *result.Run {
	axes := axesOf(strings.Fields("1.22 1.23 1.24 1.25 1.26 1.27 1.28 1.29 1.30 1.31 1.32 1.33 1.34 1.35 1.36 1.37"), "kind eks", "a b c d", "install upgrade")
	p := planOf(b, axes)
	r := rand.New(rand.NewPCG(1, 1))
	return runOf(p, func(at at, c *result.Cell) {
		for i := range n {
			c.Steps[2].Assertions = append(c.Steps[2].Assertions, result.Assertion{Name: fmt.Sprintf("Deployment/service-%d", i), Status: result.Passed})
		}
		for i := range 12 {
			if minorOf(at) >= 24+i && at["scenario"] == axes[2].Values[i%4] {
				problem := removedHPA()
				problem.Message = fmt.Sprintf("API %d is gone from web-7d4b9c6f5d-x2x4z at 10.0.%d.7:8080", i, r.IntN(256))
				fail(c, "schema", problem)
			}
		}
		if r.IntN(3) == 0 {
			problem := wrongPort()
			problem.Location.Path = fmt.Sprintf("/spec/field%d", r.IntN(40))
			fail(c, "schema", problem)
		}
	})
}

func BenchmarkExplain(b *testing.B) {
	for _, n := range []int{10, 500} {
		b.Run(fmt.Sprintf("256x%d", n), func(b *testing.B) {
			run := large(b, n)
			b.ReportAllocs()
			var found int
			for b.Loop() {
				found = len(Explain(run, Options{Now: day, Command: "chart-matrix check ."}).Findings)
			}
			b.ReportMetric(float64(found), "findings")
			b.ReportMetric(float64(b.Elapsed().Milliseconds())/float64(b.N), "ms/run")
		})
	}
}

// BenchmarkScattered is the worst case of the search: hundreds of failures, each
// in other cells, none with a pattern.
func BenchmarkScattered(b *testing.B) {
	p := planOf(b, axesOf(fourteen, "kind eks gke", "a b c d e f", "install"))
	r := rand.New(rand.NewPCG(1, 1))
	run := runOf(p, func(_ at, c *result.Cell) {
		for i := range 300 {
			if r.IntN(10) == 0 {
				problem := wrongPort()
				problem.Message = "failure " + string(rune('A'+i/26)) + string(rune('a'+i%26))
				fail(c, "schema", problem)
			}
		}
	})
	for b.Loop() {
		Explain(run, Options{Now: day})
	}
}
