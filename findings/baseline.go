package findings

import (
	"fmt"
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// compare marks what the baseline knows. A failure is known where the baseline
// fails the same way in all those of its cells that it asked; if it passed in
// some of them, the failure has spread, and stays new.
func compare(groups []*failureGroup, cells []result.Cell, baseline *result.Run) []*failureGroup {
	before := settle(baseline.Cells)
	index := make(map[string]int, len(before))
	for i := range before {
		index[before[i].ID] = i
	}
	known := map[string]*failureGroup{}
	for _, g := range collect(before, nil, nil) {
		if g.status == result.Failed && g.state == New {
			known[g.fingerprint()] = g
		}
	}
	for _, g := range groups {
		old := known[g.fingerprint()]
		if old == nil || g.state != New || g.rule >= 0 {
			continue
		}
		spread := 0
		for _, i := range g.cells {
			b, ok := index[cells[i].ID]
			if !ok || slices.Contains(old.cells, b) {
				continue
			}
			if stepStatus(&before[b], g.layer) == result.Passed {
				spread++
			}
		}
		if spread > 0 {
			g.remark = fmt.Sprintf("known from the baseline, but %s that passed there %s", plural(spread, "cell"), agree(spread, "fails now", "fail now"))
			continue
		}
		g.state, g.remark = PreExisting, "the baseline fails the same way"
	}
	return groups
}
