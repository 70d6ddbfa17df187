package findings

import (
	"fmt"

	"github.com/posthog/chart-matrix/result"
)

// The margin below which too little ran. Charts lose objects and suites lose
// tests, half of them at a time: taking out a database, say. Four fifths of a
// cell's checks do not go by themselves, while a wrong path to the tests, a
// filter, or a chart that a condition switches off altogether leave next to
// nothing. Where few checks are lost in all, a margin says nothing, unless the
// layer has none left in any cell.
const (
	thinShare = 5  // fewer than one in so many
	thinLoss  = 10 // and at least so many fewer, in all cells together
)

// thin is a layer that passed with next to no checks, against the baseline.
type thin struct {
	layer       string
	cells       []int
	now, before int  // checks
	uneven      bool // not all of the cells made as many, or were to
	lives       bool // it checks something somewhere, or did not get that far
}

// title gives the numbers of each cell where all are alike.
func (t *thin) title() string {
	n, cells := len(t.cells), ""
	if t.uneven {
		n, cells = 1, fmt.Sprintf(" in %d cells", n)
	}
	return fmt.Sprintf("%s made %s%s, and %d in the baseline", plain(t.layer), noneOr(t.now/n, "check"), cells, t.before/n)
}

// thinned gives a finding for each layer that checked next to nothing where the
// baseline checked much: finding nothing wrong is worth little then.
func (w *writer) thinned(h history) []Finding {
	if len(h) == 0 || w.plan.OfJob != "" {
		return nil
	}
	skipped := w.plannedSkips()
	var out []Finding
	for _, layer := range w.plan.Layers {
		t := thin{layer: layer}
		for i := range w.cells {
			if !skipped[askedIn{w.cells[i].ID, layer}] {
				t.look(&w.cells[i], i, h[0])
			}
		}
		if t.before == 0 || t.before-t.now < thinLoss && t.lives {
			continue
		}
		f := Finding{
			Layer: layer, Code: codeNothingRan, Severity: result.Error, Status: result.Errored, State: NothingRan, Blame: BlameChartOrEnv,
			Title:       cut(t.title(), maxTitle),
			Remark:      "passing says little where next to nothing is checked",
			Hint:        "look for a filter, a path or a condition that leaves the checks out; if they are meant to be gone, the next baseline knows, and gate: {nothing-ran: warn} lets this one pass",
			Fingerprint: groupKey{layer: layer, code: codeNothingRan, message: "fewer checks than in the baseline"}.fingerprint(),
		}
		w.emit(&f, t.cells)
		out = append(out, f)
	}
	return out
}

func noneOr(n int, word string) string {
	if n == 0 {
		return "no " + word
	}
	return plural(n, word)
}

// look counts one cell, if its layer passed or was skipped and lost nearly all
// that it had. What is skipped in a cell that did not pass may be so because of
// that; and cells in which nothing ran at all have a finding of their own.
func (t *thin) look(c *result.Cell, i int, v *view) {
	s := stepOf(c, t.layer)
	if s == nil {
		return
	}
	now := answered(s)
	if s.Status != result.Passed && (s.Status != result.Skipped || c.Status != result.Passed) {
		t.lives = true
		return
	}
	t.lives = t.lives || now > 0
	if before := v.least(i, t.layer); now*thinShare < before {
		n := len(t.cells)
		t.uneven = t.uneven || n > 0 && (now*n != t.now || before*n != t.before)
		t.cells = append(t.cells, i)
		t.now += now
		t.before += before
	}
}

// least is how many checks a layer made in the cells that stand for one; the
// least, where there are several.
func (v *view) least(i int, layer string) int {
	least := 0
	for n, c := range v.of[i] {
		checks := 0
		if s := v.answers[v.cells[c].answers[0]].steps[layer]; s.status == result.Passed || s.status == result.Failed {
			checks = s.checks
		}
		if n == 0 || checks < least {
			least = checks
		}
	}
	return least
}

type askedIn struct{ cell, layer string }

// plannedSkips are the layers that the plan itself takes out of cells.
func (w *writer) plannedSkips() map[askedIn]bool {
	out := map[askedIn]bool{}
	for _, c := range w.plan.Cells {
		for layer := range c.Skip {
			out[askedIn{c.ID, layer}] = true
		}
	}
	return out
}
