package runner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Retry says which cells a job tries again. They are tried again behind all
// others, so that no cell goes without its first try for the sake of another's
// second one, and each in a fresh cluster: what the cells before it have left in
// the old one, or done to it, may be why it did not pass.
type Retry struct {
	Times           int // 0: not at all
	Failed, Errored bool
}

// again tells whether a cell with such a result is to be tried again.
func (j *jobRun) again(c *result.Cell) bool {
	r := j.Retry
	if r.Times == 0 || (c.Status != result.Failed || !r.Failed) && (c.Status != result.Errored || !r.Errored) {
		return false
	}
	return j.Accepted == nil || !j.Accepted(*c)
}

// retry tries cells again, by their numbers, until each has passed or had its tries.
func (j *jobRun) retry(ctx context.Context, cells []matrix.Cell, again []int) {
	for round := 1; round <= j.Retry.Times && len(again) > 0; round++ {
		if j.clusters != nil {
			j.clusters.forgive()
		}
		var next []int
		for n, i := range again {
			// The cluster is left clean only for a cell that has not been in one,
			// and that may share it.
			last := n == len(again)-1 || hadCluster(&j.results[again[n+1]]) || cells[again[n+1]].Leaves != cells[i].Leaves
			if j.tryAgain(ctx, cells[i], i, last) && round < j.Retry.Times {
				next = append(next, i)
				if j.Tried != nil {
					j.Tried(j.results[i])
				}
			} else if j.Done != nil {
				j.Done(j.results[i])
			}
		}
		again = next
	}
}

// tryAgain tries one cell once more. It tells whether yet another try could help.
func (j *jobRun) tryAgain(ctx context.Context, c matrix.Cell, i int, last bool) bool {
	before := &j.results[i]
	if why := j.noRetry(ctx, c, i); why != "" {
		before.NotRetried = why
		return false
	}
	if k := j.clusters; k != nil && (k.used || hadCluster(before)) {
		if err := k.renew(ctx); err != nil {
			before.NotRetried = "its cluster could not be removed, so there is no fresh one"
			j.stays(i, k.gone(err))
			return false
		}
	}
	tries := before.Again()
	if j.Again != nil {
		j.Again(c, len(tries)+1)
	}
	r, more := j.cell(ctx, c, tries, last)
	j.last = i
	if ctx.Err() != nil && r.Status != result.Passed {
		// What was cut off says less than the try before it.
		before.NotRetried = "the next try was cut off: " + oneLine(interruption(ctx).Error())
		j.stays(i, leaks(&r))
		return false
	}
	j.results[i] = r
	return more && j.again(&r)
}

// noRetry says why a cell cannot be tried again; "" where it can.
func (j *jobRun) noRetry(ctx context.Context, c matrix.Cell, i int) string {
	if ctx.Err() != nil {
		return oneLine(interruption(ctx).Error())
	}
	need := j.took[i]
	if k := j.clusters; k != nil && j.inCluster(c) {
		switch {
		case k.away != nil:
			first, _, _ := strings.Cut(k.away.Error(), "\n")
			return "there is no cluster for it: " + oneLine(first)
		case k.Lasting && k.dirty != "":
			return "the cluster is not as it was: " + k.dirty
		case !k.Lasting:
			need += k.boot
		}
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < need {
		return fmt.Sprintf("there was no time for it: it would take about %s, and the job had %s left",
			need.Round(time.Second), time.Until(end).Round(time.Second))
	}
	return ""
}

// interruption says why a context has ended.
func interruption(ctx context.Context) error {
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return errInterrupted
}

// hadCluster tells whether a cell was asked in a cluster.
func hadCluster(c *result.Cell) bool {
	return slices.ContainsFunc(c.Steps, func(s result.Step) bool {
		return s.Layer == ClusterName && len(s.Assertions) > 0 && s.Assertions[0].Name == assertUp
	})
}

// stays adds to a cell what a try that does not count has left behind.
func (j *jobRun) stays(i int, left []result.Assertion) {
	r := &j.results[i]
	add(r, left)
	finish(r)
}

// leaks gives the checks of a cell's cluster that tell of something left behind.
func leaks(c *result.Cell) []result.Assertion {
	var out []result.Assertion
	for _, s := range c.Steps {
		for _, a := range s.Assertions {
			if s.Layer == ClusterName && slices.ContainsFunc(a.Problems, func(p result.Problem) bool { return p.Code == codeLeak }) {
				out = append(out, a)
			}
		}
	}
	return out
}

// forgive lets clusters be made again after one could not be, where another try
// may have better luck.
func (r *clusterRun) forgive() {
	if !errors.Is(r.away, provider.ErrUnavailable) && !errors.Is(r.away, errStays) {
		r.away = nil
	}
}

// renew removes the present cluster, if it is ours, so that the next cell gets a
// fresh one.
func (r *clusterRun) renew(ctx context.Context) error {
	if r.Lasting || r.now == nil {
		return nil
	}
	return r.down(ctx)
}
