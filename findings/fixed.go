package findings

import (
	"fmt"
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// printsOf gives every name under which a failure of this run may be known.
func printsOf(groups []*failureGroup, cells []result.Cell) map[string]bool {
	prints := map[string]bool{}
	for _, g := range groups {
		if g.state == Advice {
			continue
		}
		names := g.printsAs("", cells)
		if g.crowd {
			names = append(names, g.printsAs(anyObject, cells)...)
		}
		for _, f := range g.objects {
			names = append(names, g.printsAs(f.name, cells)...)
		}
		for _, print := range names {
			prints[print] = true
		}
	}
	return prints
}

// fixed gives a finding for each failure of the baseline that is gone: where it
// failed, the same question was asked again and the layer passed. Nothing is said
// where one of those cells gave no answer, or failed otherwise, since that may
// hide it; nor of what comes and goes, since it is not gone for good; nor in the
// part of one job, which sees too little.
func (w *writer) fixed(h history, failing map[string]bool) []Finding {
	if len(h) == 0 || w.plan.OfJob != "" {
		return nil
	}
	var out []Finding
	for n := range h[0].groups {
		before := &h[0].groups[n]
		if slices.ContainsFunc(before.prints, func(print string) bool { return failing[print] }) {
			continue
		}
		passed := h[0].mended(w.cells, before)
		if len(passed) == 0 || h.record(before.finding.Layer, passed, before.prints, false).flaky() {
			continue
		}
		f := before.finding
		f.Status, f.State = result.Passed, Fixed
		f.Remark = "the baseline fails, and this passes"
		if found := len(before.cells); found > len(passed) {
			f.Remark += fmt.Sprintf("; the baseline fails in %s, of which %d ran", plural(found, "cell"), len(passed))
		}
		w.emit(&f, passed)
		out = append(out, f)
	}
	return out
}

// emit places a finding in cells that did not fail.
func (w *writer) emit(f *Finding, cells []int) {
	set := newBitset(len(w.cells))
	for _, i := range cells {
		f.Cells = append(f.Cells, w.cells[i].ID)
		set.set(i)
	}
	g := &failureGroup{cells: cells, groupKey: groupKey{layer: f.Layer, code: f.Code, status: f.Status, rule: -1}}
	w.place(f, w.exactly(g, set), set)
	f.Kind = kind(f)
}

// mended gives the cells that stand for those in which the baseline failed, if
// all of them that were asked have passed.
func (v *view) mended(cells []result.Cell, before *pastGroup) []int {
	var passed []int
	for i := range cells {
		if !slices.ContainsFunc(v.of[i], func(c int) bool { return slices.Contains(before.cells, c) }) {
			continue
		}
		status := cells[i].Status
		if layer := before.finding.Layer; layer != "" {
			s := stepOf(&cells[i], layer)
			if s == nil {
				continue // it is not planned any more
			}
			status = s.Status
		}
		switch status {
		case result.Passed:
			passed = append(passed, i)
		case result.Skipped:
		default:
			return nil
		}
	}
	return passed
}
