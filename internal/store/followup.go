package store

import (
	"fmt"
	"path"
	"slices"
)

// onlyUps tells that all plans among the parts are those of follow-ups: a job of
// one needs no other plan to begin.
func onlyUps(found []place) bool {
	return !slices.ContainsFunc(found, func(p place) bool { return p.Job == "" && !p.FollowUp })
}

// joinUp gives the newest plan together with the newest follow-up of it; without
// one, the plan as it is. What follows another plan, or does not fit, is not used.
// Where jobs of the first plan have run again since, and nothing was followed up
// then, the follow-up answers a question that nobody asks any more.
func (c *collector) joinUp(found []place, newest *planPart) *planPart {
	if newest.plan.FollowUp != nil {
		return newest // nothing but follow-ups is here
	}
	out, again := newest, 1
	for _, p := range found {
		if p.Job != "" && p.Plan == newest.plan.Digest {
			again = max(again, p.Attempt)
		}
	}
	for _, p := range found {
		if p.Job != "" || !p.FollowUp {
			continue
		}
		name := path.Join(p.dir, planName)
		up, err := c.planOf(p, name)
		if err != nil {
			c.unused(name, err)
			continue
		}
		if n := len(c.ups); n > 0 && c.ups[n-1].attempt == p.Attempt && c.ups[n-1].plan.Digest != up.Digest {
			c.unused(name, fmt.Errorf("%s is another follow-up of the same attempt", c.ups[n-1].dir))
			continue
		}
		both, err := newest.plan.Follow(up)
		if err != nil {
			c.unused(name, err)
			continue
		}
		if !intact(up) {
			c.note("%s was changed after it was made: its digest does not fit", name)
		}
		c.ups = append(c.ups, &planPart{index: newIndex(up), attempt: p.Attempt, dir: p.dir})
		if p.Attempt < again {
			continue
		}
		out = &planPart{index: newIndex(both), attempt: newest.attempt, dir: newest.dir}
	}
	return out
}

// followedUp gives the follow-up that a part followed; nil where it followed none.
func (c *collector) followedUp(p place) (*index, error) {
	for _, up := range slices.Backward(c.ups) {
		switch {
		case p.FollowUp && p.dir == up.dir:
			return up.index, nil
		case p.Job != "" && p.Plan == up.plan.Digest && !up.plans(p.Job):
			return nil, fmt.Errorf("job %s is not in its plan", p.Job)
		case p.Job != "" && p.Plan == up.plan.Digest:
			return up.index, nil
		}
	}
	return nil, nil
}
