package cli

import (
	"errors"

	"github.com/posthog/chart-matrix/matrix"
)

// followAgain joins to a plan that was made here the follow-up of a run that
// nobody vouches for: of the cells that it asked for, those that the plan and the
// configuration here allow. A follow-up can only add results, so what it leaves
// out hides nothing.
func (p *project) followAgain(plan *matrix.Plan, f planFlags, got gathered) (*matrix.Plan, error) {
	if p.config.FollowUp.Cells == 0 {
		return nil, errors.New("the configuration here has none; follow-up.cells allows it")
	}
	at := map[string]matrix.Coordinate{}
	for _, c := range got.FollowUp.Cells {
		at[c.ID] = c.At
	}
	var list []matrix.Wanted
	for _, c := range got.FollowUp.FollowUp.Cells {
		if coordinate, ok := at[c.ID]; ok && len(list) < maxWanted {
			list = append(list, matrix.Wanted{At: coordinate, Because: c.Because})
		}
	}
	up, err := p.chooseFollowUp(plan, f, [][]matrix.Wanted{list}, p.config.FollowUp.Cells)
	if err != nil {
		return nil, err
	}
	omitAsIn(up, got.FollowUp)
	if err := p.pack(up, homeResults(up, got.Cells)); err != nil {
		return nil, err
	}
	up.Seal()
	return plan.Follow(up)
}
