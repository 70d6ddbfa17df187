package matrix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Follow gives the plan of a run that had a follow-up: this plan's cells and
// jobs, and those of the follow-up. It is sealed anew, and the parts that
// followed either plan fit it. Neither plan is changed.
//
// The follow-up may come from anywhere; what does not belong to this plan is an
// error.
func (p *Plan) Follow(up *Plan) (*Plan, error) {
	if err := p.followedBy(up); err != nil {
		return nil, err
	}
	out := *p
	out.Cells = append(append([]Cell{}, p.Cells...), up.Cells...) // never nil, which JSON tells apart
	sortCells(out.Axes, out.Cells)
	out.Jobs = slices.Concat(p.Jobs, up.Jobs)
	out.Notes = slices.Concat(p.Notes, up.Notes)
	out.Lasting = slices.Concat(p.Lasting, up.Lasting)
	slices.SortStableFunc(out.Lasting, func(a, b LastingSet) int { return strings.Compare(a.ID, b.ID) })
	out.Lasting = slices.CompactFunc(out.Lasting, func(a, b LastingSet) bool { return a.ID == b.ID })
	out.Omissions = nil
	followed := *up.FollowUp
	out.FollowUp = &followed
	for _, o := range p.Omissions {
		o.Cells = slices.Clone(o.Cells)
		for _, c := range followed.Cells {
			if c.Kind == o.Kind && c.Rule == o.Rule && o.Count > 0 {
				if i := slices.Index(o.Cells, c.ID); i >= 0 {
					o.Cells = slices.Delete(o.Cells, i, i+1)
				}
				o.Count--
			}
		}
		if o.Count > 0 {
			out.Omissions = append(out.Omissions, o)
		}
	}
	out.Omissions = append(out.Omissions, up.Omissions...)
	out.Seal()
	return &out, nil
}

// Before gives the plan as it was before its follow-up, as far as the plan of
// both says it: the reasons of rules that the follow-up has emptied are gone. A
// plan that had none is given as it is.
func (p *Plan) Before() *Plan {
	if p.FollowUp == nil {
		return p
	}
	added := map[string]bool{}
	for _, c := range p.FollowUp.Cells {
		added[c.ID] = true
	}
	out := *p
	out.FollowUp, out.Digest = nil, p.FollowUp.Of
	out.Cells = slices.DeleteFunc(slices.Clone(p.Cells), func(c Cell) bool { return added[c.ID] })
	out.Jobs = slices.DeleteFunc(slices.Clone(p.Jobs), func(j Job) bool {
		return slices.ContainsFunc(j.Cells, func(id string) bool { return added[id] })
	})
	out.Omissions = nil
	for _, o := range p.Omissions {
		kept := slices.DeleteFunc(slices.Clone(o.Cells), func(id string) bool { return added[id] })
		if o.Count -= len(o.Cells) - len(kept); o.Count > 0 {
			o.Cells = kept
			out.Omissions = append(out.Omissions, o)
		}
	}
	for _, c := range p.FollowUp.Cells {
		i := slices.IndexFunc(out.Omissions, func(o Omission) bool { return o.Kind == c.Kind && o.Rule == c.Rule })
		if i < 0 {
			i = len(out.Omissions)
			out.Omissions = append(out.Omissions, Omission{Kind: c.Kind, Rule: c.Rule})
		}
		o := &out.Omissions[i]
		if len(o.Cells) == o.Count {
			o.Cells = append(slices.Clone(o.Cells), c.ID)
		}
		o.Count++
	}
	return &out
}

// followedBy tells whether a plan is a follow-up of this one.
func (p *Plan) followedBy(up *Plan) error {
	switch {
	case up.FollowUp == nil:
		return errors.New("it is no follow-up")
	case up.FollowUp.Of != p.Digest:
		return fmt.Errorf("it follows the plan %s, and this one is %s", cut(up.FollowUp.Of, 100), p.Digest)
	case up.Name != p.Name || up.Chart.Digest != p.Chart.Digest:
		return errors.New("it is of another chart than the plan that it follows")
	case !slices.Equal(up.Layers, p.Layers) || !slices.Equal(up.JobLayers, p.JobLayers):
		return errors.New("it has other layers than the plan that it follows")
	}
	asked, taken, jobs := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, c := range p.Cells {
		taken[c.ID] = true
	}
	for _, c := range up.FollowUp.Cells {
		if taken[c.ID] || asked[c.ID] {
			return fmt.Errorf("it asks for the cell %s again", cut(c.ID, 100))
		}
		asked[c.ID] = true
	}
	for _, j := range p.Jobs {
		jobs[j.ID] = true
	}
	own := map[string]bool{}
	for _, c := range up.Cells {
		if taken[c.ID] || !asked[c.ID] || c.ID != CellID(c.At) {
			return fmt.Errorf("its cell %s is not one that it may add", cut(c.ID, 100))
		}
		taken[c.ID], own[c.ID] = true, true
	}
	for _, j := range up.Jobs {
		foreign := slices.ContainsFunc(j.Cells, func(id string) bool { return !own[id] })
		if jobs[j.ID] || foreign {
			return fmt.Errorf("its job %s is not one that it may add", cut(j.ID, 100))
		}
		jobs[j.ID] = true
	}
	return nil
}

// sortCells puts cells in the order of the product. A value that its axis lacks
// comes last, unless the axis is ordered.
func sortCells(axes []Axis, cells []Cell) {
	rank := make([]map[string]int, len(axes))
	for i, a := range axes {
		var beyond []string
		for _, c := range cells {
			if v := c.At[a.Name]; !slices.Contains(a.Values, v) && !slices.Contains(beyond, v) {
				beyond = append(beyond, v)
			}
		}
		slices.Sort(beyond)
		rank[i] = map[string]int{}
		for n, v := range a.With(beyond...).Values {
			rank[i][v] = n
		}
	}
	slices.SortStableFunc(cells, func(a, b Cell) int {
		for i, axis := range axes {
			if d := rank[i][a.At[axis.Name]] - rank[i][b.At[axis.Name]]; d != 0 {
				return d
			}
		}
		return 0
	})
}
