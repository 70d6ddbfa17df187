package findings

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// expectRule is an expect-failure, ready to judge.
type expectRule struct {
	*matrix.Expectation
	pattern *regexp.Regexp // nil where it does not compile: it accepts nothing
	over    bool
}

// readExpectations prepares the rules. A pattern that does not compile is
// noted; the configuration refuses it, but a plan on disk may hold anything.
func readExpectations(all []matrix.Expectation, now time.Time) (rules []expectRule, notes []string) {
	for i := range all {
		e := &all[i]
		r := expectRule{Expectation: e, over: !e.Until.IsZero() && !now.Before(endOfDay(e.Until))}
		var err error
		if r.pattern, err = regexp.Compile(e.Matching); err != nil || e.Matching == "" {
			r.pattern = nil
			notes = append(notes, fmt.Sprintf("%s accepts nothing: %q is not a regular expression that says what to accept", plain(e.Rule), e.Matching))
		}
		rules = append(rules, r)
	}
	return rules, notes
}

// endOfDay is the moment at which a day, in UTC, is over.
func endOfDay(day time.Time) time.Time {
	y, m, d := day.UTC().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

func (r *expectRule) accepts(cell *result.Cell, o occurrence) bool {
	return r.pattern != nil && r.concerns(o.layer) && r.Where.Match(cell.At) && r.pattern.MatchString(o.message)
}

func (r *expectRule) concerns(layer string) bool {
	return len(r.Layers) == 0 || slices.Contains(r.Layers, layer)
}

// judge states a finding that the rule accepts, or accepted once.
func (r *expectRule) judge(f *Finding) {
	f.Expected, f.State = r.Expectation, Expected
	day := r.Until.UTC().Format(time.DateOnly)
	switch {
	case r.over:
		f.State = Overdue
		f.Remark = "accepted until " + day + ", which is over; mend it, or give " + plain(r.Rule) + " a later day"
	case r.Until.IsZero():
		f.Remark = "accepted"
	default:
		f.Remark = "accepted until " + day
	}
}

// overdue gives a finding for each rule that accepted nothing, although all
// that it speaks of ran and passed. Where one of its cells failed otherwise,
// was not asked or was left out of the plan, nobody knows, and nothing is said;
// nor in the part of one job, since the failure may show in other layers.
func (w *writer) overdue(rules []expectRule, matched map[int]bool) []Finding {
	if w.plan.OfJob != "" {
		return nil
	}
	var out []Finding
	for n := range rules {
		r := &rules[n]
		if matched[n] || r.pattern == nil {
			continue
		}
		passed := r.passing(w.cells)
		if len(passed) == 0 || leftOut(w.plan, r.Where) {
			continue
		}
		g := &failureGroup{cells: passed, groupKey: groupKey{
			code: "expectation", message: r.Matching, place: r.Cells, state: Overdue, status: result.Passed, rule: n,
		}}
		if len(r.Layers) == 1 {
			g.layer = r.Layers[0]
		}
		failing := newBitset(len(w.cells))
		f := Finding{
			Fingerprint: g.fingerprint(), Layer: g.layer, Code: g.code, Severity: result.Error, Status: result.Passed,
			Blame: BlameChart, State: Overdue, Expected: r.Expectation,
			Title:  cut(fmt.Sprintf("%s still expects %q", plain(r.Rule), oneLine(r.Matching)), maxTitle),
			Remark: "it is fixed: it passes now",
			Hint:   "remove the rule from expect-failure",
		}
		for _, i := range passed {
			f.Cells = append(f.Cells, w.cells[i].ID)
			failing.set(i)
		}
		w.place(&f, w.exactly(g, failing), failing)
		out = append(out, f)
	}
	return out
}

// passing gives the cells in which the failure would have shown, or none
// where one of the rule's cells has no clear answer.
func (r *expectRule) passing(cells []result.Cell) []int {
	var out []int
	for i := range cells {
		if !r.Where.Match(cells[i].At) {
			continue
		}
		ran := false
		for _, s := range cells[i].Steps {
			if !r.concerns(s.Layer) {
				continue
			}
			switch s.Status {
			case result.Passed:
				ran = true
			case result.Skipped:
			default:
				return nil
			}
		}
		if cells[i].Status == result.Lost {
			return nil
		}
		if ran {
			out = append(out, i)
		}
	}
	return out
}
