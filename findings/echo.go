package findings

import (
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// foldEchoes hangs a failure that a layer repeats under the one that was told
// first: a template that lint cannot execute cannot be rendered either. Two
// failures are one when they name the same line of the same file, or say the
// same of the same file, and the cells of one hold all cells of the other.
func foldEchoes(groups []*failureGroup, layers []string) []*failureGroup {
	gone := map[*failureGroup]bool{}
	for i, a := range groups {
		for _, b := range groups[i+1:] {
			if gone[a] || gone[b] || a.layer == b.layer || a.state != b.state || a.rule != b.rule || a.status != result.Failed || !samePlace(a, b) {
				continue
			}
			keep, echo := a, b
			if slices.Index(layers, b.layer) < slices.Index(layers, a.layer) {
				keep, echo = b, a
			}
			if !holdsAll(keep.cells, echo.cells) {
				keep, echo = echo, keep
			}
			if !holdsAll(keep.cells, echo.cells) {
				continue
			}
			gone[echo] = true
			keep.also = append(keep.also, echo.layer)
			keep.also = append(keep.also, echo.also...)
		}
	}
	for _, g := range groups {
		slices.Sort(g.also)
		g.also = slices.Compact(g.also)
	}
	return slices.DeleteFunc(groups, func(g *failureGroup) bool { return gone[g] })
}

func samePlace(a, b *failureGroup) bool {
	if a.first.location.File == "" || a.first.location.File != b.first.location.File {
		return false
	}
	if a.message == b.message {
		return true
	}
	return a.first.location.Line > 0 && a.first.location.Line == b.first.location.Line &&
		a.first.location.Path == "" && b.first.location.Path == ""
}

// holdsAll tells whether the rising list all has every element of some.
func holdsAll(all, some []int) bool {
	i := 0
	for _, want := range some {
		for i < len(all) && all[i] < want {
			i++
		}
		if i == len(all) || all[i] != want {
			return false
		}
	}
	return true
}
