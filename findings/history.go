package findings

import (
	"slices"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Past is what a comparison needs of an earlier run: what failed, what passed,
// and how much was checked. It takes a small part of the memory that the run's
// results take, so that many nights can be compared with.
type Past struct {
	axes  []matrix.Axis
	cells []pastCell
	// answers holds every try at every cell, those of a cell together and the
	// newest of them first.
	answers []pastAnswer
	// failing gives the answers in which a failure occurs, by its fingerprints.
	failing map[string]map[int]bool
	// groups are the failures of the last tries; what one layer says after
	// another is among them once.
	groups []pastGroup
	// prices tell how long its cells took; nil for a run of which no more is kept
	// than what failed.
	prices *prices
}

type pastCell struct {
	at      matrix.Coordinate
	answers []int
}

// pastAnswer is one try at one cell.
type pastAnswer struct {
	status result.Status
	steps  map[string]pastStep // by layer
	last   bool                // no later try replaced it
}

type pastStep struct {
	status result.Status
	checks int // that were answered
}

// pastGroup is a failure and the cells in which the last try had it.
type pastGroup struct {
	prints  []string
	finding Finding
	cells   []int
}

// Remember reads what a run says about failures. A run without a plan says nothing.
func Remember(run *result.Run) *Past {
	p := &Past{failing: map[string]map[int]bool{}}
	if run == nil || run.Plan == nil {
		return p
	}
	p.axes, p.prices = run.Plan.Axes, newPrices(run, run.Cells)
	tries, of := p.read(run)
	c := &collector{}
	for n := range tries {
		c.cell(n, tries[n])
	}
	groups := apart(merge(group(c.found), tries))
	for _, g := range groups {
		if g.status == result.Failed {
			p.noteFailing(g, tries)
		}
	}
	for _, g := range foldEchoes(groups, run.Plan.Layers) {
		if g.status == result.Failed && g.state == New {
			p.noteGroup(g, tries, of)
		}
	}
	return p
}

// read notes every try as an answer, and gives them as results, together with
// the cell of each.
func (p *Past) read(run *result.Run) (tries []result.Cell, of []int) {
	earlier := map[string][]result.Cell{}
	for _, c := range run.Earlier {
		earlier[c.ID] = append(earlier[c.ID], c)
	}
	for _, cell := range run.Cells {
		all := []result.Cell{cell}
		for _, c := range slices.Backward(append(earlier[cell.ID], cell)) {
			if c.Attempt != cell.Attempt {
				all = append(all, c)
			}
			tries := c.Tries()
			slices.Reverse(tries)
			all = append(all, tries...)
		}
		kept := pastCell{at: cell.At}
		for _, c := range settle(all) {
			kept.answers = append(kept.answers, len(p.answers))
			answer := pastAnswerOf(&c)
			answer.last = len(kept.answers) == 1
			p.answers = append(p.answers, answer)
			tries, of = append(tries, c), append(of, len(p.cells))
		}
		p.cells = append(p.cells, kept)
	}
	return tries, of
}

func pastAnswerOf(c *result.Cell) pastAnswer {
	a := pastAnswer{status: c.Status, steps: make(map[string]pastStep, len(c.Steps))}
	for i := range c.Steps {
		s := &c.Steps[i]
		a.steps[s.Layer] = pastStep{s.Status, answered(s)}
	}
	return a
}

// answered counts the checks of a step that were made.
func answered(s *result.Step) int {
	n := 0
	for i := range s.Assertions {
		if status := s.Assertions[i].Status; status == result.Passed || status == result.Failed {
			n++
		}
	}
	return n
}

func (p *Past) noteFailing(g *failureGroup, tries []result.Cell) {
	note := func(prints []string, cells []int) {
		for _, print := range prints {
			if p.failing[print] == nil {
				p.failing[print] = map[int]bool{}
			}
			for _, n := range cells {
				p.failing[print][n] = true
			}
		}
	}
	note(g.printsAs("", tries), g.cells)
	for _, f := range g.objects {
		note(g.printsAs(f.name, tries), f.cells)
	}
	if g.crowd {
		note(g.printsAs(anyObject, tries), g.cells)
	}
}

func (p *Past) noteGroup(g *failureGroup, tries []result.Cell, of []int) {
	kept := pastGroup{prints: g.fingerprints(tries), finding: Finding{
		Fingerprint: g.fingerprint(), Layer: g.layer, Code: g.code, Severity: g.first.severity, Blame: g.first.blame, Title: title(g),
	}}
	for _, n := range g.cells {
		if p.answers[n].last {
			kept.cells = append(kept.cells, of[n])
		}
	}
	if len(kept.cells) > 0 {
		p.groups = append(p.groups, kept)
	}
}

// outcome tells whether an answer is about a failure: it failed in this way, or
// the layer passed. What failed in another way says nothing.
func (p *Past) outcome(answer int, layer string, prints []string) (failed, asked bool) {
	for _, print := range prints {
		if p.failing[print][answer] {
			return true, true
		}
	}
	return false, p.status(answer, layer) == result.Passed
}

// status gives that of a layer, or for "" of the whole cell; "" for none.
func (p *Past) status(answer int, layer string) result.Status {
	if layer == "" {
		return p.answers[answer].status
	}
	return p.answers[answer].steps[layer].status
}

// anyObject stands for those of a failure that has too many of them.
const anyObject = "*"

// fingerprints are the names under which a failure may be known in another run.
// Of one with objects, that which all objects share says nothing: that web did not
// start before does not make it known that worker does not.
func (g *failureGroup) fingerprints(cells []result.Cell) []string {
	if len(g.objects) == 0 {
		return g.printsAs("", cells)
	}
	prints := g.printsAs(anyObject, cells)
	for _, f := range g.objects {
		prints = append(prints, g.printsAs(f.name, cells)...)
	}
	return prints
}

// printsAs are the names of a failure as one object has it, "" for all: its own
// and, where it occurs on one Kubernetes version alone and names it, that which it
// has where other versions name theirs.
func (g *failureGroup) printsAs(object string, cells []result.Cell) []string {
	key := g.groupKey
	key.object = object
	prints := []string{key.fingerprint()}
	if version, ok := onlyVersion(g, cells); ok {
		if key.message, ok = maskVersion(g.message, version); ok {
			prints = append(prints, key.fingerprint())
		}
	}
	return prints
}
