package store

import (
	"errors"
	"fmt"
	"path"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// planPart is a part with a plan that can be used.
type planPart struct {
	*index
	attempt int
	dir     string
}

// index finds what a plan says of a job.
type index struct {
	plan  *matrix.Plan
	cells map[string]bool
	jobs  map[string][]string // IDs of cells, sorted: a plan may be made to have very many
}

func newIndex(plan *matrix.Plan) *index {
	x := &index{plan: plan, cells: make(map[string]bool, len(plan.Cells)), jobs: make(map[string][]string, len(plan.Jobs))}
	for _, c := range plan.Cells {
		x.cells[c.ID] = true
	}
	for _, j := range plan.Jobs {
		x.jobs[j.ID] = slices.Sorted(slices.Values(j.Cells))
	}
	return x
}

// readPlans reads the plan of every attempt, and gives the newest.
func (c *collector) readPlans(found []place) (*planPart, error) {
	broken, why := 0, error(nil) // the newest attempt whose plan cannot be used
	var brokenDigest string
	alone := onlyUps(found)
	for _, p := range found {
		if p.Job != "" || p.FollowUp && !alone {
			continue
		}
		name := path.Join(p.dir, planName)
		plan, err := c.planOf(p, name)
		if err != nil {
			c.unused(name, err)
			broken, brokenDigest, why = p.Attempt, p.Plan, fmt.Errorf("%s: %w", name, err)
			continue
		}
		if !intact(plan) {
			c.note("%s was changed after it was made: its digest does not fit", name)
		}
		c.plans = append(c.plans, &planPart{index: c.indexOf(plan), attempt: p.Attempt, dir: p.dir})
	}
	if len(c.plans) == 0 {
		return nil, why
	}
	newest := c.plans[len(c.plans)-1]
	if broken > newest.attempt && brokenDigest != newest.plan.Digest {
		return nil, fmt.Errorf("the plan of the newest attempt cannot be used: %w", why)
	}
	if len(c.plans) > 1 {
		if twin := c.plans[len(c.plans)-2]; twin.attempt == newest.attempt && twin.plan.Digest != newest.plan.Digest {
			return nil, fmt.Errorf("%s and %s hold two different plans of attempt %d; remove the one that is wrong", twin.dir, newest.dir, newest.attempt)
		}
	}
	return newest, nil
}

func (c *collector) planOf(p place, name string) (*matrix.Plan, error) {
	if info, err := c.root.Lstat(name); err == nil && info.Size() <= maxPlanBytes {
		if c.planBytes += info.Size(); c.planBytes > maxPlansBytes {
			return nil, fmt.Errorf("%w: at most %d bytes of plans are read", ErrTooLarge, maxPlansBytes)
		}
	}
	plan, err := readPlan(c.root, name)
	if err != nil {
		return nil, err
	}
	if plan.Digest != p.Plan {
		return nil, fmt.Errorf("%s names another plan than the one beside it", partName)
	}
	if (plan.FollowUp != nil) != p.FollowUp {
		return nil, fmt.Errorf("%s and the plan beside it do not both speak of a follow-up", partName)
	}
	return plan, nil
}

// indexOf gives equal plans one index, so that many attempts take little memory.
func (c *collector) indexOf(plan *matrix.Plan) *index {
	for _, p := range c.plans {
		if p.plan.Digest == plan.Digest {
			return p.index
		}
	}
	return newIndex(plan)
}

// admit takes the parts that followed a plan that is known.
func (c *collector) admit(found []place) {
	for _, p := range found {
		index, err := c.followed(p)
		if err != nil {
			c.unused(p.dir, err)
			continue
		}
		if index == nil {
			continue // a plan that cannot be used, which was noted
		}
		p.plan = index
		if n := len(c.used); n > 0 && c.used[n-1].Job == p.Job && c.used[n-1].FollowUp == p.FollowUp && c.used[n-1].Attempt == p.Attempt {
			c.note("%s and %s are both the part of %s; where both have a result, the worse one counts", c.used[n-1].dir, p.dir, p.Part)
		}
		c.used = append(c.used, p)
	}
}

// followed gives the plan that a part followed: at its time the newest one.
func (c *collector) followed(p place) (*index, error) {
	if up, err := c.followedUp(p); up != nil || err != nil {
		return up, err
	}
	var at, same *planPart
	for _, plan := range c.plans {
		if plan.attempt <= p.Attempt {
			at = plan
		}
		if plan.plan.Digest == p.Plan {
			same = plan
		}
		if p.Job == "" && plan.dir == p.dir {
			return plan.index, nil
		}
	}
	switch {
	case p.Job == "":
		return nil, nil
	case same == nil:
		return nil, fmt.Errorf("it is a part of another plan (%s)", p.Plan)
	case at != nil && at.index != same.index:
		return nil, fmt.Errorf("it followed the plan of attempt %d, and attempt %d has made another", same.attempt, at.attempt)
	case !same.plans(p.Job):
		return nil, fmt.Errorf("job %s is not in its plan", p.Job)
	}
	return same.index, nil
}

// believed keeps the results that fit their parts and plans, one for each cell,
// attempt and job.
func (c *collector) believed(all []loaded, newest *planPart) []result.Cell {
	type key struct {
		cell, job string
		attempt   int
	}
	var out []result.Cell
	seen := make(map[key]int, len(all))
	parts := make([]int, 0, len(all)) // of the results in out
	gone := make(map[int]int)         // attempt to results of cells that are planned no more
	goneUp := 0                       // the same of follow-ups
	for _, l := range all {
		p := c.used[l.part]
		if err := fitsPart(&l.cell, p); err != nil {
			c.unused(l.name, err)
			continue
		}
		if p.plan != newest.index && !newest.has(l.cell.ID, p.Job) {
			if slices.ContainsFunc(c.ups, func(up *planPart) bool { return up.index == p.plan }) {
				goneUp++
			} else {
				gone[p.Attempt]++
			}
			continue
		}
		k := key{l.cell.ID, l.cell.Job, l.cell.Attempt}
		i, twice := seen[k]
		if !twice {
			seen[k] = len(out)
			out, parts = append(out, l.cell), append(parts, l.part)
			continue
		}
		if parts[i] == l.part {
			c.note("%s is a second result of one attempt; the worse one counts", l.name)
		}
		if result.Worst(out[i].Status, l.cell.Status) != out[i].Status {
			out[i] = l.cell
		}
	}
	if goneUp > 0 {
		c.note("%d results of a follow-up are left out: the cells that it followed have run again since, and nothing asks for them now", goneUp)
	}
	for _, p := range c.plans {
		if n := gone[p.attempt]; n > 0 {
			c.note("%d results of attempt %d are left out: attempt %d made another plan, which does not ask for them", n, p.attempt, newest.attempt)
			delete(gone, p.attempt)
		}
	}
	sortCells(out)
	return out
}

// has tells whether the plan asks for a cell in a job, or at all for the layers
// that run where the plan is made.
func (x *index) has(cell, job string) bool {
	if job == "" {
		return x.cells[cell]
	}
	_, found := slices.BinarySearch(x.jobs[job], cell)
	return found
}

func (x *index) plans(job string) bool {
	_, planned := x.jobs[job]
	return planned
}

// fitsPart tells whether a result belongs to the part that it lies in.
func fitsPart(c *result.Cell, p place) error {
	if err := belongs(c, p.Part); err != nil {
		return err
	}
	switch asked := p.plan.has(c.ID, p.Job); {
	case p.Job == "" && !asked:
		return errors.New("its cell is not in the plan")
	case p.Job == "":
		return nil
	case !asked:
		return fmt.Errorf("the plan does not give its cell to job %q", p.Job)
	}
	err := ofJobs(c.Steps, p.plan.plan)
	for i := 0; i < len(c.Retried) && err == nil; i++ {
		err = ofJobs(c.Retried[i].Steps, p.plan.plan)
	}
	return err
}

// ofJobs tells whether all steps are of layers that jobs run.
func ofJobs(steps []result.Step, plan *matrix.Plan) error {
	for _, s := range steps {
		if !slices.Contains(plan.JobLayers, s.Layer) {
			return fmt.Errorf("it has a step of the layer %q, which jobs do not run", s.Layer)
		}
	}
	return nil
}
