package findings

import (
	"cmp"
	"fmt"
	"slices"
)

// maxGroups bounds how many failures are told apart: nobody reads more, and what
// looks at each pair of them would take hours with a hundred thousand.
const maxGroups = 1_000

// foldSurplus joins the failures beyond maxGroups, those in the fewest cells,
// into one for each layer, code and state: what is new is not hidden under what
// an earlier run had as well.
func foldSurplus(groups []*failureGroup, stateOf func(*failureGroup) State) []*failureGroup {
	if len(groups) <= maxGroups {
		return groups
	}
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := groups[a], groups[b]
		return cmp.Or(count1(x.state == Advice)-count1(y.state == Advice), len(y.cells)-len(x.cells))
	})
	surplus := make([]bool, len(groups))
	for _, i := range order[maxGroups:] {
		surplus[i] = true
	}
	type rest struct {
		into *failureGroup
		n    int
	}
	byKey := map[groupKey]*rest{}
	var rests []*rest
	kept := groups[:0:0]
	for i, g := range groups {
		if !surplus[i] {
			kept = append(kept, g)
			continue
		}
		key := g.groupKey
		key.message, key.place, key.state = string(g.state), "", stateOf(g)
		r := byKey[key]
		if r == nil {
			r = &rest{into: g}
			byKey[key] = r
			rests = append(rests, r)
			kept = append(kept, g)
		} else {
			r.into.cells = append(r.into.cells, g.cells...)
			for l, n := range g.locations {
				r.into.locations[l] += n
			}
		}
		r.n++
	}
	for _, r := range rests {
		if r.n == 1 {
			continue
		}
		slices.Sort(r.into.cells)
		r.into.cells = slices.Compact(r.into.cells)
		r.into.first.message = cut(fmt.Sprintf("%d different messages, such as: %s", r.n, oneLine(r.into.first.message)), maxTitle)
	}
	return kept
}
