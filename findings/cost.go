package findings

import (
	"cmp"
	"math"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// rate is what a provider's clusters take where no result tells.
type rate struct {
	minutes float64 // until one is there, and until it is gone again
	hourly  float64 // US dollars, of the control plane and two nodes
}

// rates are rough, and stand in docs/results.md with where they come from. Their
// ratio is what makes them useful: a cloud takes some ten times as much.
var rates = map[string]rate{
	"kind":           {minutes: 1},
	"k3s":            {minutes: 1},
	existingProvider: {},
	"eks":            {minutes: 20, hourly: 0.29},
	"gke":            {minutes: 10, hourly: 0.23},
	"aks":            {minutes: 10, hourly: 0.19},
	"doks":           {minutes: 8, hourly: 0.07},
}

const (
	// workMinutes is how long the layers of a cell take where none has run.
	workMinutes = 3
	// runnerDollars is the price of a minute of GitHub's own runner with two
	// cores, by which a wait and a bill are weighed against each other
	// (https://docs.github.com/billing/reference/actions-runner-pricing).
	runnerDollars = 0.006
)

func rateOf(provider string) rate {
	if r, ok := rates[provider]; ok {
		return r
	}
	return rate{minutes: 10}
}

// Cost is about what it takes to run one cell more.
type Cost struct {
	Minutes float64 // of a runner
	Dollars float64 // for the cluster in that time, without the runner
}

// Weight makes one number of a cost, in minutes of a runner.
func (c Cost) Weight() float64 { return c.Minutes + c.Dollars/runnerDollars }

// CostOf gives what a cell of a provider costs where nothing was measured.
func CostOf(provider string) Cost { return costFor(provider, rateOf(provider).minutes+workMinutes) }

// costFor bounds what results claim: a job of GitHub has five days at most.
func costFor(provider string, minutes float64) Cost {
	minutes = min(max(minutes, 0), 5*24*60)
	return Cost{Minutes: minutes, Dollars: minutes / 60 * rateOf(provider).hourly}
}

// prices estimates what cells cost from how long those of a run took.
type prices struct {
	measured
	before *prices // of the baseline, for what this run does not tell; or nil
	known  map[workedIn]Cost
}

// measured is what was measured, in minutes.
type measured struct {
	boots map[workedIn][]float64 // until a cluster was there
	works map[workedIn][]float64 // of the layers
	whole map[workedIn][]float64 // of jobs of one cell, from start to end
}

// workedIn is what the time of a cell depends on most: any provider, or any
// operation, is "".
type workedIn struct{ provider, operation string }

// newPrices looks at the cells that passed: one that fails takes as long as
// somebody has the patience to wait.
func newPrices(run *result.Run, cells []result.Cell) *prices {
	p := &prices{measured: measured{boots: map[workedIn][]float64{}, works: map[workedIn][]float64{}, whole: map[workedIn][]float64{}}, known: map[workedIn]Cost{}}
	if run == nil || run.Plan == nil {
		return p
	}
	alone := map[string]string{} // by cell: the job that has no other
	for _, job := range run.Plan.Jobs {
		if len(job.Cells) == 1 {
			alone[job.Cells[0]] = job.ID
		}
	}
	jobs := run.LastJobs()
	for i := range cells {
		c := &cells[i]
		if c.Status != result.Passed || len(c.Retried) > 0 {
			continue
		}
		at := workedIn{c.At[matrix.Provider], c.At[matrix.Operation]}
		if job := jobs[alone[c.ID]]; job.Seconds > 0 {
			p.whole[at] = append(p.whole[at], job.Seconds/60)
		}
		p.measure(c, at, run.Plan.JobLayers)
	}
	return p
}

// measure adds the times of one cell.
func (p *prices) measure(c *result.Cell, at workedIn, layers []string) {
	work := 0.0
	for i := range c.Steps {
		s := &c.Steps[i]
		if !slices.Contains(layers, s.Layer) || s.Status != result.Passed {
			continue
		}
		work += s.Seconds / 60
		if s.Layer != clusterLayer {
			continue
		}
		for n := range s.Assertions {
			if a := &s.Assertions[n]; a.Name == clusterUp && a.Seconds > 0 {
				p.boots[workedIn{at.provider, ""}] = append(p.boots[workedIn{at.provider, ""}], a.Seconds/60)
				work -= a.Seconds / 60
			}
		}
	}
	if !(work > 0) || math.IsInf(work, 0) { // anybody may have written it
		return
	}
	for _, like := range []workedIn{at, {at.provider, ""}, {"", at.operation}, {}} {
		p.works[like] = append(p.works[like], work)
	}
}

// clusterUp is the check of the cluster's step which says how long it took.
const clusterUp = "up"

// of estimates a cell: from those of its provider and operation, or from what is
// likest to it.
func (p *prices) of(provider, operation string) Cost {
	at := workedIn{provider, operation}
	if c, ok := p.known[at]; ok {
		return c
	}
	minutes, ok := p.typical(func(t *measured) map[workedIn][]float64 { return t.whole }, at)
	if !ok {
		boot, booted := p.typical(func(t *measured) map[workedIn][]float64 { return t.boots }, workedIn{provider, ""})
		if !booted {
			boot = rateOf(provider).minutes
		}
		work, worked := p.typical(func(t *measured) map[workedIn][]float64 { return t.works }, at, workedIn{provider, ""}, workedIn{"", operation}, workedIn{})
		if !worked {
			work = workMinutes
		}
		minutes = boot + work
	}
	c := costFor(provider, minutes)
	p.known[at] = c
	return c
}

// typical gives the median of what was measured in this run, or in the one
// before, of the first of several likenesses that either knows.
func (p *prices) typical(kind func(*measured) map[workedIn][]float64, like ...workedIn) (minutes float64, ok bool) {
	for _, at := range like {
		for from := p; from != nil; from = from.before {
			if minutes, ok = median(kind(&from.measured)[at]); ok {
				return minutes, true
			}
		}
	}
	return 0, false
}

// median gives the middle of some numbers, the upper one of two.
func median(all []float64) (float64, bool) {
	if len(all) == 0 {
		return 0, false
	}
	sorted := slices.SortedFunc(slices.Values(all), cmp.Compare[float64])
	return sorted[len(sorted)/2], true
}

// tenth and cents round what is an estimate at best.
func tenth(minutes float64) float64 { return float64(int(minutes*10+0.5)) / 10 }
func cents(dollars float64) float64 { return float64(int(dollars*100+0.5)) / 100 }
