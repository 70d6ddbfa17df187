package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// Evidence gives what was kept of cells: logs, events, manifests. Explain asks
// for few cells, and for each at most once in a row.
type Evidence interface {
	// Sources gives the files of one try at a cell, sorted by name; none where
	// nothing was kept. Attempts at the run and the tries of one are counted from 1.
	Sources(cell string, attempt, try int) []diagnosis.Source
}

// tryNumber names one try at a cell. The zero value stands for the last one.
type tryNumber struct{ attempt, try int }

// tryAt gives the number of a cell's n-th try, over all attempts, from 0; behind
// those that were replaced stands the last one.
func tryAt(c *result.Cell, n int) tryNumber {
	attempt := c.Attempt
	if n < len(c.Retried) {
		attempt = c.Retried[n].Attempt
	}
	t := tryNumber{attempt: max(attempt, 1), try: 1}
	for _, before := range c.Retried[:n] {
		if before.Attempt == attempt {
			t.try++
		}
	}
	return t
}

// cellTry is where evidence lies: a try at a cell, by the cell's number.
type cellTry struct {
	cell int
	tryNumber
}

// seenIn gives the try in which a failure was seen in one of its cells.
func (g *failureGroup) seenIn(cell int) cellTry { return cellTry{cell, g.tries[cell]} }

// lastIn gives the last try at a cell.
func lastIn(cell int) cellTry { return cellTry{cell: cell} }

// triesOf counts all tries at a cell.
func triesOf(c *result.Cell) int { return len(c.Retried) + 1 }

// tryWords says which of several tries a line was seen in; "" for the last one,
// which stands for the cell.
func (w *writer) tryWords(p cellTry) string {
	if p.tryNumber == (tryNumber{}) {
		return ""
	}
	c := &w.cells[p.cell]
	for n := range c.Retried {
		if tryAt(c, n) == p.tryNumber {
			return fmt.Sprintf("try %d of %d", n+1, triesOf(c))
		}
	}
	return ""
}

// maxDiagnosed bounds the evidence that one report reads, in bytes.
const maxDiagnosed = 256 << 20

// maxKept is of how many tries the evidence is held in memory: many findings
// are in the same few.
const maxKept = 4

// sources reads the evidence of a try, while there is room.
func (w *writer) sources(p cellTry) []diagnosis.Source {
	if w.opts.Evidence == nil || p.cell < 0 || w.read > maxDiagnosed {
		return nil
	}
	c := &w.cells[p.cell]
	if p.tryNumber == (tryNumber{}) {
		p.tryNumber = tryAt(c, len(c.Retried))
	}
	if all, ok := w.kept[p]; ok {
		return all
	}
	all := w.opts.Evidence.Sources(c.ID, p.attempt, p.try)
	for _, s := range all {
		w.read += len(s.Text)
	}
	if len(w.kept) >= maxKept {
		clear(w.kept)
	}
	w.kept[p] = all
	return all
}

// logs leaves out what is no log: objects and manifests repeat what events say.
func logs(all []diagnosis.Source) []diagnosis.Source {
	return slices.DeleteFunc(slices.Clone(all), func(s diagnosis.Source) bool { return !strings.HasSuffix(s.Name, ".log") })
}

// evidenceOf gathers what is known of a failure in one of its cells, beside a
// cell that passed; -1 for none. What passed when it was tried again is its own
// neighbour, and the closest one.
func (w *writer) evidenceOf(g *failureGroup, failing, passing int) diagnosis.Input {
	in := diagnosis.Input{Layer: g.layer, Message: said(g)}
	seen := g.seenIn(failing)
	if in.Sources = logs(w.sources(seen)); len(in.Sources) == 0 {
		return in
	}
	if seen != lastIn(failing) && w.passes(g, failing) {
		in.Siblings = logs(w.sources(lastIn(failing)))
	}
	if passing >= 0 {
		in.Siblings = append(in.Siblings, logs(w.sources(lastIn(passing)))...)
	}
	return in
}
