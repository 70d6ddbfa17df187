package findings

import (
	"github.com/posthog/chart-matrix/findings/cause"
	"github.com/posthog/chart-matrix/result"
)

// outcomes tells what a failure's question got for an answer in each cell. Where
// the same check failed for another reason, nobody knows whether it would have
// failed for this one, too; unless nothing passed at all: then those cells are
// all that the failure can be held against, and "everywhere" would be untrue.
func (w *writer) outcomes(g *failureGroup) []cause.Outcome {
	out := make([]cause.Outcome, len(w.cells))
	of := map[string]bool{}
	for l := range g.locations {
		if l.Object != "" {
			of[l.Object] = true
		}
	}
	var otherwise []int
	passed := false
	gave := g.status == result.Errored || g.status == result.Lost
	for i := range w.cells {
		switch s := stepOf(&w.cells[i], g.layer); {
		case w.passes(g, i), s != nil && aboutOthers(s, g.first.check, of):
			out[i], passed = cause.Passed, true
		case s != nil && (s.Status == result.Failed || gave && s.Status == result.Errored):
			otherwise = append(otherwise, i)
		}
	}
	if !passed {
		for _, i := range otherwise {
			out[i] = cause.Passed
		}
	}
	for _, i := range g.cells {
		out[i] = cause.Failed
	}
	return out
}

// passes tells whether a failure's question was answered with yes in a cell.
func (w *writer) passes(g *failureGroup, i int) bool {
	c := &w.cells[i]
	gave := g.status == result.Errored || g.status == result.Lost
	switch s := stepOf(c, g.layer); {
	case g.layer == "" && g.code == codeJob && c.Job == "":
		return false
	case g.layer == "":
		return c.Status != result.Lost && c.Status != result.Errored
	case s == nil:
		return false
	default:
		return s.Status == result.Passed || gave && s.Status == result.Failed || g.checkPassed(s)
	}
}

// checkPassed tells whether the group's check passed, whatever the others of the
// step did. Most cells have it in the same place.
func (g *failureGroup) checkPassed(s *result.Step) bool {
	name := g.first.check
	if name == "" {
		return false
	}
	passed := func(n int) bool { return s.Assertions[n].Status == result.Passed && s.Assertions[n].Name == name }
	if g.seenAt < len(s.Assertions) && passed(g.seenAt) {
		return true
	}
	for n := range s.Assertions {
		if passed(n) {
			g.seenAt = n
			return true
		}
	}
	return false
}

// aboutOthers tells whether a check failed for other objects alone. What becomes
// ready is asked of all objects at once, and each that does not is told: of the
// ones that are not, it is known that they did.
func aboutOthers(s *result.Step, name string, objects map[string]bool) bool {
	if name == "" || len(objects) == 0 {
		return false
	}
	failed := false
	for _, a := range s.Assertions {
		if a.Name != name || a.Status != result.Failed {
			continue
		}
		if len(a.Problems) == 0 {
			return false
		}
		for _, p := range a.Problems {
			if p.Location.Object == "" || objects[p.Location.Object] {
				return false
			}
		}
		failed = true
	}
	return failed
}
