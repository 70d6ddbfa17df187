package findings

import (
	"fmt"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// addedCells gives the cells that a follow-up has added to a run, by ID.
func addedCells(plan *matrix.Plan) map[string]bool {
	added := map[string]bool{}
	if plan.FollowUp == nil || plan.OfJob != "" {
		return added // a job answers for itself
	}
	for _, c := range plan.FollowUp.Cells {
		added[c.ID] = true
	}
	return added
}

// markAdded notes of findings that all of their cells are of the follow-up.
func markAdded(all []Finding, plan *matrix.Plan) {
	added := addedCells(plan)
	if len(added) == 0 {
		return
	}
	for i := range all {
		f := &all[i]
		f.FollowUp = len(f.Cells) > 0
		for _, id := range f.Cells {
			f.FollowUp = f.FollowUp && added[id]
		}
		if f.spared() && f.Remark == "" {
			f.Remark = "in cells of the follow-up alone, which the run did not ask for"
		}
	}
}

// spared tells that a finding is that cells of the follow-up gave no answer: they
// were asked to tell explanations apart, and what the run itself asked for has its answers.
func (f *Finding) spared() bool {
	return f.FollowUp && (f.State == Unanswered || f.State == NothingRan)
}

// levelOf gives what the gate does about a finding.
func (g Gate) levelOf(f *Finding) Level {
	l := g.Level(f.State)
	if l == Fail && f.spared() {
		return Warn
	}
	return l
}

// unfollowed notes that cells of the follow-up gave no answer.
func unfollowed(plan *matrix.Plan, cells []result.Cell) []string {
	added := addedCells(plan)
	all, none := 0, 0
	for i := range cells {
		if !added[cells[i].ID] {
			continue
		}
		if all++; cells[i].Status != result.Passed && cells[i].Status != result.Failed {
			none++
		}
	}
	if none == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of the %s of the follow-up gave no answer, so what %s to decide may be open still; that alone makes nothing red",
		none, plural(all, "cell"), agree(none, "it was", "they were"))}
}
