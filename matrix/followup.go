package matrix

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// FollowUp says of a plan that it is a second, small one, whose results are to
// tell apart what those of the first did not; or, of a plan that Follow has
// made, which of its cells came in this way.
type FollowUp struct {
	// Of is the digest of the first plan.
	Of string `json:"of"`
	// Cells are what is asked beyond the first plan, in the order in which they
	// were chosen.
	Cells []FollowUpCell `json:"cells,omitempty"`
}

// FollowUpCell is one cell that the first plan had left out.
type FollowUpCell struct {
	ID string `json:"id"`
	// Kind and Rule are those of the Omission that had left it out.
	Kind OmissionKind `json:"kind"`
	Rule string       `json:"rule"`
	// Because says what its result will tell.
	Because string `json:"because,omitempty"`
}

// Wanted is a cell whose result would tell explanations apart.
type Wanted struct {
	At      Coordinate
	Because string // cut after maxWantedReason bytes
}

// maxWantedReason bounds a reason, in bytes: it comes from a file.
const maxWantedReason = 500

// FollowUpLimits bound a follow-up.
type FollowUpLimits struct {
	// Cells is how many it has at most; 0 or less means none.
	Cells int
	// Providers are those that it may use besides those of the first plan's
	// cells. No other is: its credentials may not be here, and its clusters were
	// not asked for.
	Providers []string
	// Cost estimates a cell, in a unit of the caller's; nil: all cost the same.
	Cost func(Cell) float64
	// LeftOut gives the rule that had left a cell out of the first plan, where
	// that has left out too many to list them; nil: the first such rule.
	LeftOut func(Coordinate) (Omission, bool)
}

// errWanted begins what is wrong with a coordinate.
var errWanted = errors.New("it cannot be followed up")

// NewFollowUp plans the cells that are wanted, each once, as far as they may run
// and the limits allow: the cheapest first; of equal cost, each list's first
// before any list's second. whole is the first plan without selections and
// coverings: what it lacks is excluded, or not offered, and never runs.
//
// What is not planned is told in a note. A coordinate that is none of the matrix
// is an error, since such a list is of another matrix. The plan has neither jobs
// nor a digest yet; its layers are the first plan's.
func NewFollowUp(first, whole *Plan, wanted [][]Wanted, limits FollowUpLimits) (*Plan, error) {
	f := follower{first: first, whole: whole, limits: limits, may: map[string]Cell{}, listed: map[string]*Omission{}}
	if err := f.sameMatrix(); err != nil {
		return nil, err
	}
	f.index()
	p := *first
	p.Cells, p.Omissions, p.Jobs, p.Lasting, p.Changes, p.Notes, p.Digest = []Cell{}, nil, nil, nil, nil, nil, ""
	p.FollowUp = &FollowUp{Of: first.Digest}
	candidates, notes, err := f.candidates(wanted)
	if err != nil {
		return nil, err
	}
	limit := min(max(limits.Cells, 0), len(candidates))
	for _, c := range candidates[:limit] {
		p.Cells = append(p.Cells, c.cell)
		p.FollowUp.Cells = append(p.FollowUp.Cells, FollowUpCell{ID: c.cell.ID, Kind: c.left.Kind, Rule: c.left.Rule, Because: c.because})
	}
	if more := len(candidates) - limit; more > 0 && limit > 0 {
		notes = append(notes, fmt.Sprintf("cells that would tell more, and are more than the follow-up may have: %d", more))
	}
	sortCells(p.Axes, p.Cells)
	p.Notes = notes
	return &p, nil
}

// follower is the state of one NewFollowUp.
type follower struct {
	first, whole *Plan
	limits       FollowUpLimits
	may          map[string]Cell      // by ID: what could run
	listed       map[string]*Omission // by ID: what the first plan says of cells that it leaves out
}

// sameMatrix tells whether both plans are of the same axes.
func (f *follower) sameMatrix() error {
	same := slices.EqualFunc(f.first.Axes, f.whole.Axes, func(a, b Axis) bool {
		return a.Name == b.Name && a.Ordered == b.Ordered && slices.Equal(a.Values, b.Values)
	})
	if !same {
		return errors.New("the first plan has other axes than the configuration here; check out the commit that it was made of")
	}
	return nil
}

func (f *follower) index() {
	for _, c := range f.whole.Cells {
		f.may[c.ID] = c
	}
	for i := range f.first.Omissions {
		for _, id := range f.first.Omissions[i].Cells {
			f.listed[id] = &f.first.Omissions[i]
		}
	}
}

// candidate is a cell that may be planned.
type candidate struct {
	cell    Cell
	left    Omission
	because string
	cost    float64
	rank    int // its place in its list
}

// candidates gives what may run, in the order in which it is to be taken.
func (f *follower) candidates(wanted [][]Wanted) ([]candidate, []string, error) {
	planned := map[string]bool{}
	providers := map[string]bool{}
	for _, c := range f.first.Cells {
		planned[c.ID], providers[c.At[Provider]] = true, true
	}
	for _, name := range f.limits.Providers {
		providers[name] = true
	}
	seen := map[string]int{} // by ID: place in out, or -1
	var out []candidate
	var notes []string
	for _, list := range wanted {
		for rank, w := range list {
			if err := f.check(w.At); err != nil {
				return nil, nil, err
			}
			id := CellID(w.At)
			if i, twice := seen[id]; twice {
				if i >= 0 {
					out[i].rank = min(out[i].rank, rank)
				}
				continue
			}
			seen[id] = -1
			cell, left, why := f.judge(id, w.At, planned, providers)
			if why != "" {
				notes = append(notes, fmt.Sprintf("%s is not followed up: %s", CellSlug(f.first.Axes, w.At), why))
				continue
			}
			seen[id] = len(out)
			c := candidate{cell: cell, left: left, because: cut(w.Because, maxWantedReason), rank: rank}
			if f.limits.Cost != nil {
				c.cost = f.limits.Cost(cell)
			}
			out = append(out, c)
		}
	}
	slices.SortStableFunc(out, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.rank, b.rank))
	})
	slices.Sort(notes)
	return out, notes, nil
}

// check refuses a coordinate that is none of the matrix.
func (f *follower) check(at Coordinate) error {
	for _, name := range slices.Sorted(maps.Keys(at)) {
		if !slices.ContainsFunc(f.first.Axes, func(a Axis) bool { return a.Name == name }) {
			return fmt.Errorf("%w: there is no axis %q; have %s", errWanted, cut(name, 100), strings.Join(names(f.first.Axes), ", "))
		}
	}
	if _, known := f.may[CellID(at)]; known {
		return nil // an include may have values that its axis lacks
	}
	for _, a := range f.first.Axes {
		switch value, ok := at[a.Name]; {
		case !ok:
			return fmt.Errorf("%w: it has no value on the axis %q", errWanted, a.Name)
		case !slices.Contains(a.Values, value):
			return fmt.Errorf("%w: axis %s has no value %q; have %s", errWanted, a.Name, cut(value, 100), strings.Join(a.Values, ", "))
		}
	}
	return nil
}

// judge gives a cell that may run, or says why it may not.
func (f *follower) judge(id string, at Coordinate, planned, providers map[string]bool) (Cell, Omission, string) {
	cell, may := f.may[id]
	left, why := f.leftOut(id, at)
	switch {
	case planned[id]:
		return Cell{}, Omission{}, "the first plan has it"
	case !may:
		return Cell{}, Omission{}, f.never(id)
	case !providers[at[Provider]]:
		return Cell{}, Omission{}, fmt.Sprintf("nothing of the first plan ran on %s; name it under follow-up.providers, and it may", at[Provider])
	case why != "":
		return Cell{}, Omission{}, why
	}
	return cell, left, ""
}

// never gives the rule that takes a cell out of the whole matrix.
func (f *follower) never(id string) string {
	for _, o := range f.whole.Omissions {
		if slices.Contains(o.Cells, id) {
			return strings.TrimSuffix(o.Rule+": "+o.Because, ": ")
		}
	}
	return "a rule excludes it"
}

// leftOut gives the rule of the first plan that had left a cell out, or says why
// it is final.
func (f *follower) leftOut(id string, at Coordinate) (Omission, string) {
	left := f.listed[id]
	if left == nil && f.limits.LeftOut != nil {
		if o, ok := f.limits.LeftOut(at); ok {
			left = f.find(func(have Omission) bool { return have.Kind == o.Kind && have.Rule == o.Rule })
		}
	}
	if left == nil {
		left = f.find(func(have Omission) bool { return have.Count > len(have.Cells) && undone(have.Kind) })
	}
	switch {
	case left == nil:
		return Omission{}, "the first plan does not say that it was left out"
	case !undone(left.Kind):
		return Omission{}, strings.TrimSuffix(left.Rule+": "+left.Because, ": ")
	}
	return *left, ""
}

func (f *follower) find(is func(Omission) bool) *Omission {
	if i := slices.IndexFunc(f.first.Omissions, is); i >= 0 {
		return &f.first.Omissions[i]
	}
	return nil
}

// undone tells the rules that save effort, which a follow-up may spend after
// all, from those that say what makes no sense.
func undone(kind OmissionKind) bool { return kind == NotSelected || kind == Represented }

// cut bounds a text of others, in bytes, between two characters.
func cut(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit], "") + "…"
}
