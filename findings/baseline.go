package findings

import (
	"fmt"

	"github.com/posthog/chart-matrix/result"
)

// baseline is what an earlier run says about failures.
type baseline struct {
	failing map[string]map[string]bool // by fingerprint, the IDs of the cells
	passing map[string]map[string]bool // by layer, the IDs of the cells
}

// readBaseline explains the earlier run as far as a comparison needs it; nil
// where there is none.
func readBaseline(run *result.Run) *baseline {
	if run == nil {
		return nil
	}
	b := &baseline{failing: map[string]map[string]bool{}, passing: map[string]map[string]bool{}}
	cells := settle(run.Cells)
	c := &collector{}
	for i := range cells {
		c.cell(i, cells[i])
		for _, s := range cells[i].Steps {
			if s.Status == result.Passed {
				note(b.passing, s.Layer, cells[i].ID)
			}
		}
	}
	for _, g := range merge(group(c.found), cells) {
		if g.status != result.Failed {
			continue
		}
		for _, i := range g.cells {
			note(b.failing, g.fingerprint(), cells[i].ID)
		}
	}
	return b
}

func note(sets map[string]map[string]bool, key, id string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	sets[key][id] = true
}

// compare marks a failure as known where the baseline fails in the same way.
// One that has spread to cells which passed there stays new: a change that
// takes a fault of one version to all of them must not pass as nothing new.
func (b *baseline) compare(f *Finding) {
	if b == nil || f.State != New {
		return
	}
	before := b.failing[f.Fingerprint]
	if before == nil {
		return
	}
	spread := 0
	for _, id := range f.Cells {
		if !before[id] && b.passing[f.Layer][id] {
			spread++
		}
	}
	if spread > 0 {
		f.Remark = fmt.Sprintf("the baseline fails in the same way, but not in %s where this fails now", plural(spread, "cell"))
		return
	}
	f.State, f.Remark = PreExisting, "the baseline fails in the same way"
}
