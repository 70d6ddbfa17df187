package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// codeBoot is the code under which jobs tell that a cluster came up only when it
// was tried again.
const codeBoot = "boot-retried"

// withEarlier gives each cell the attempts that a later one replaced as tries
// before its own: whoever repeats a cell, its job or people who run the job again,
// the answers were given to one question.
func withEarlier(run *result.Run) []result.Cell {
	before := map[string][]result.Try{}
	for i := range run.Earlier {
		before[run.Earlier[i].ID] = append(before[run.Earlier[i].ID], run.Earlier[i].Again()...)
	}
	cells := slices.Clone(run.Cells)
	for i := range cells {
		if tries := before[cells[i].ID]; len(tries) > 0 {
			cells[i].Retried = append(tries, cells[i].Retried...)
		}
	}
	return cells
}

// earlier notes what tries told that a later one of the same cell replaced: as
// flaky what passed then.
func (c *collector) earlier(cells []result.Cell) {
	for i := range cells {
		c.later = &cells[i]
		for n, t := range settle(cells[i].Tries()) {
			c.seen = tryAt(&cells[i], n)
			c.cell(i, t)
		}
		c.seen = tryNumber{}
		// The attempt that failed may be gone; that there was one is known.
		if c.later.Attempt > 1 && c.later.Status == result.Passed && len(c.later.Retried) == 0 {
			c.add(i, c.later, occurrence{
				code: "retried", status: result.Failed, state: New, blame: BlameChartOrEnv,
				message: "it passed only when it was tried again; the earlier result is gone",
			})
		}
	}
	c.later = nil
	sortOccurrences(c.found)
}

// became gives the state of what a replaced try of the cell tells; false where it
// is not told.
func (c *collector) became(try *result.Cell, o *occurrence) (State, bool) {
	told := o.state == New || o.state == Unanswered && o.status != result.Lost // a job that was cancelled is no answer
	switch then := answerOf(c.later, o.layer, o.check); {
	case o.state == Leak, o.state == Flaky: // what was left behind stays, whatever came after
		return o.state, true
	case !told:
		return "", false
	case then == result.Passed && o.rule >= 0:
		return New, true // it was to be expected
	case then == result.Passed:
		return Flaky, true
	case then == result.Failed && try.Attempt == c.later.Attempt && silentOf(c.later, o):
		// It ended before it came to this object: nobody knows that it is well.
		return o.state, o.state == New
	case then == result.Failed || try.Attempt != c.later.Attempt:
		return "", false // it is told with the later try; and an earlier attempt never stands in for a later one
	}
	// The last try of the job did not come that far: the chart's no stands.
	return o.state, o.state == New
}

// silentOf tells whether a check that failed says nothing of the object that it
// failed for before: the first of several that cannot become ready ends the wait.
func silentOf(later *result.Cell, o *occurrence) bool {
	s := stepOf(later, o.layer)
	if s == nil || o.location.Object == "" || o.check == "" || slices.Contains(staticLayers, o.layer) {
		return false
	}
	others := false
	for n := range s.Assertions {
		for _, p := range s.Assertions[n].Problems {
			if s.Assertions[n].Name != o.check || p.Severity != result.Error {
				continue
			}
			if p.Location.Object == o.location.Object || p.Location.Object == "" {
				return false
			}
			others = true
		}
	}
	return others
}

// answerOf says what became of a check: that of its layer where there is no such
// check, and of the cell where it is no layer's.
func answerOf(c *result.Cell, layer, check string) result.Status {
	if layer == "" {
		return c.Status
	}
	answer := result.Skipped
	for _, s := range c.Steps {
		if s.Layer != layer {
			continue
		}
		answer = s.Status
		var of []result.Status
		for n := range s.Assertions {
			if check != "" && s.Assertions[n].Name == check {
				of = append(of, s.Assertions[n].Status)
			}
		}
		if len(of) > 0 {
			answer = result.Worst(of...)
		} else if check != "" && answer == result.Failed {
			answer = result.Skipped // something else failed, and nobody asked
		}
	}
	return answer
}

// flakyCells counts the cells that passed, but only when they were tried again.
func flakyCells(found []Finding, cells []result.Cell) int {
	passed := make(map[string]bool, len(cells))
	for i := range cells {
		passed[cells[i].ID] = cells[i].Status == result.Passed
	}
	n := 0
	for _, f := range found {
		if f.State != Flaky || f.Code == codeBoot {
			continue
		}
		for _, id := range f.Cells {
			if passed[id] {
				n++
				passed[id] = false // counted
			}
		}
	}
	return n
}

// notTried notes which cells were to be tried again and were not, and why.
func notTried(cells []result.Cell) []string {
	var reasons []string
	slugs := map[string][]string{}
	for i := range cells {
		reason := oneLine(cells[i].NotRetried)
		if reason == "" {
			continue
		}
		if slugs[reason] == nil {
			reasons = append(reasons, reason)
		}
		slugs[reason] = append(slugs[reason], plain(cmp.Or(cells[i].Slug, cells[i].ID)))
	}
	slices.Sort(reasons)
	out := make([]string, 0, len(reasons))
	for _, reason := range reasons {
		of := slugs[reason]
		named := strings.Join(of[:min(len(of), maxNamed)], ", ")
		if more := len(of) - maxNamed; more > 0 {
			named += fmt.Sprintf(" and %d more", more)
		}
		out = append(out, fmt.Sprintf("not tried again: %s: %s", named, reason))
	}
	return out
}

// maxNamed bounds the cells that one note names.
const maxNamed = 3
