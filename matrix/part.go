package matrix

import (
	"fmt"
	"slices"
)

// ForJob gives the part of the plan that one of its jobs runs and may judge: the
// job's cells and the jobs' layers. The other cells are neither lost nor
// missed there: they are omitted, under the job's name. An expect-failure that
// accepts nothing in a part says nothing of the whole, which OfJob tells to
// whoever judges. The digest stays that of the whole plan.
//
// It reports false where the plan has no such job.
func (p *Plan) ForJob(id string) (*Plan, bool) {
	i := slices.IndexFunc(p.Jobs, func(j Job) bool { return j.ID == id })
	if i < 0 {
		return nil, false
	}
	part := *p
	mine := make(map[string]bool, len(p.Jobs[i].Cells))
	for _, c := range p.Jobs[i].Cells {
		mine[c] = true
	}
	part.OfJob = id
	part.Cells = slices.DeleteFunc(slices.Clone(p.Cells), func(c Cell) bool { return !mine[c.ID] })
	part.Layers, part.JobLayers, part.Jobs = slices.Clone(p.JobLayers), nil, nil
	part.Omissions, part.Changes = nil, nil
	if others := len(p.Cells) - len(part.Cells); others > 0 {
		part.Omissions = []Omission{{
			Kind: NotSelected, Rule: "job " + id, Count: others,
			Because: fmt.Sprintf("this job has %d of the plan's %d cells", len(part.Cells), len(p.Cells)),
		}}
	}
	return &part, true
}
