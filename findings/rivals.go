package findings

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/posthog/chart-matrix/findings/cause"
	"github.com/posthog/chart-matrix/matrix"
)

// minRival is the probability from which a rival is worth telling.
const minRival = 0.02

// tenable gives the rivals that could stand in the place of a cause: they hold
// the failures that it holds, but for one that may be chance. Any other is a part
// of an explanation by several causes, and says nothing alone.
func (w *writer) tenable(axes []int, rivals []cause.Rival, failing bitset) []cause.Rival {
	var out []cause.Rival
	n := failing.count()
	for _, r := range rivals {
		held := w.space.inside(w.box(axes, r.Conditions), failing).count()
		if r.Confidence >= minRival && (held == n || n > 2 && held == n-1) {
			out = append(out, r)
		}
	}
	return out
}

// rivals tells the other explanations, each once, in terms of all values of the
// axes: those that differ in cells which did not run are the ones that matter.
// That nobody knows how it is on another provider, where all cells ran on one,
// is true of every failure, and no rival. own is the cause itself in such terms.
func (w *writer) rivals(sr *searcher, g *failureGroup, axes []int, c *cause.Cause) (told []Rival, of []cause.Rival, own Rival) {
	wide := *sr
	wide.domain = make([]valueSet, len(w.space.axes))
	for a := range w.space.axes {
		wide.domain[a] = make(valueSet, len(w.space.axes[a].Values))
		for v := range wide.domain[a] {
			wide.domain[a][v] = true
		}
	}
	where := func(conditions []cause.Condition) (pattern, string) {
		p := wide.pattern([]box{w.box(axes, conditions)})
		if at := (spot{pattern: p, space: w.space, cells: w.cells, asked: sr.asked, failing: sr.failing, layer: g.layer}); at.all() {
			return p, at.everywhere()
		}
		return p, phrase(w.space, p.conditions[0], sr.asked, true)
	}
	onAsked := func(conditions []cause.Condition) []cause.Condition {
		return slices.DeleteFunc(slices.Clone(conditions), func(k cause.Condition) bool { return sr.domain[axes[k.Axis]].count() < 2 })
	}
	p, mine := where(c.Conditions)
	own = Rival{Where: mine, Conditions: p.conditions, Confidence: round(c.Confidence)}
	known := []string{mine}
	for _, r := range c.Rivals {
		p, words := where(r.Conditions)
		if slices.Contains(known, words) || slices.Equal(onAsked(r.Conditions), onAsked(c.Conditions)) {
			continue
		}
		known = append(known, words)
		told, of = append(told, Rival{Where: words, Conditions: p.conditions, Confidence: round(r.Confidence)}), append(of, r)
	}
	return told, of, own
}

// trade gives a cause and its rival each other's place where the cells that were
// asked tell them apart in words alone: "on 1.32 and later" is "only on 1.34" where
// nobody asked between. What the sentence says is no rival of itself.
func (l *located) trade(own Rival) {
	i := slices.IndexFunc(l.rivals, func(r Rival) bool { return reflect.DeepEqual(r.Conditions, l.conditions) })
	if i < 0 {
		return
	}
	l.confidence = min(l.confidence, l.rivals[i].Confidence)
	l.rivals = slices.Concat([]Rival{own}, l.rivals[:i], l.rivals[i+1:])
}

// next names the cells that would decide between a cause and its rivals.
func (w *writer) next(axes []int, c *cause.Cause, l located) []NextCell {
	planned := newReach(w.plan).planned
	var out []NextCell
	for _, cell := range c.Next {
		at := w.coordinate(axes, cell)
		if planned[matrix.CellID(at)] {
			continue // it would have to be repeated
		}
		cost := w.prices.of(at[matrix.Provider], at[matrix.Operation])
		out = append(out, NextCell{
			At: at, Slug: matrix.CellSlug(w.plan.Axes, at), Because: because(c, cell, l),
			Minutes: tenth(cost.Minutes), Dollars: cents(cost.Dollars),
		})
	}
	return out
}

// because says what a cell's result would mean.
func because(c *cause.Cause, cell []int, l located) string {
	in := func(conditions []cause.Condition) bool {
		return !slices.ContainsFunc(conditions, func(k cause.Condition) bool { return cell[k.Axis] < k.From || cell[k.Axis] > k.To })
	}
	mine := in(c.Conditions)
	if n := slices.IndexFunc(l.rivalCauses, func(r cause.Rival) bool { return in(r.Conditions) != mine }); n >= 0 {
		return fmt.Sprintf("a %s would mean that it fails %s", answer(!mine), l.rivals[n].Where)
	}
	if mine {
		return "a pass would mean that it was chance"
	}
	return "a failure would mean that it reaches further"
}

func answer(fails bool) string {
	if fails {
		return "failure"
	}
	return "pass"
}
