package findings

import (
	"encoding/binary"
	"regexp"
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// minAlike is from how many on failures that differ in numbers alone are one: two
// may well be two ports of one Service, and two faults.
const minAlike = 3

// foldAlike joins the failures of a layer that are in the same cells and say the
// same but for numbers in it: service-1, service-2 and so on, each of which does
// not answer. stateOf is what the history makes of one, so that what is new is
// never hidden under what is known.
func foldAlike(groups []*failureGroup, stateOf func(*failureGroup) State) []*failureGroup {
	byKey := map[groupKey][]*failureGroup{}
	var order []groupKey
	for _, g := range groups {
		if g.status != result.Failed || slices.Contains(staticLayers, g.layer) { // there each line of a template is a fault of its own
			continue
		}
		key := g.groupKey
		key.message, key.place = digits.ReplaceAllLiteralString(key.message, "#")+"\x00"+cellsKey(g.cells), digits.ReplaceAllLiteralString(key.place, "#")
		if byKey[key] == nil {
			order = append(order, key)
		}
		byKey[key] = append(byKey[key], g)
	}
	gone := map[*failureGroup]bool{}
	for _, key := range order {
		if len(byKey[key]) < minAlike {
			continue
		}
		first := map[State]*failureGroup{}
		for _, g := range byKey[key] {
			state := stateOf(g)
			if into := first[state]; into != nil {
				into.absorb(g)
				gone[g] = true
				continue
			}
			first[state] = g
		}
	}
	return slices.DeleteFunc(groups, func(g *failureGroup) bool { return gone[g] })
}

var digits = regexp.MustCompile(`[0-9]+`)

// cellsKey writes the numbers of cells so that they can be compared.
func cellsKey(cells []int) string {
	b := make([]byte, 0, 4*len(cells))
	for _, i := range cells {
		b = binary.BigEndian.AppendUint32(b, uint32(i)) //nolint:gosec // the plan has fewer cells than that
	}
	return string(b)
}
