package matrix

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MaxProduct bounds the product of all axes, and what all includes together
// name, in cells. A matrix beyond it is a mistake in the configuration: at ten
// minutes a cell it would run for two years. It also keeps IDs apart.
const MaxProduct = 100_000

// ErrEmpty says that rules left no cell over.
var ErrEmpty = errors.New("the matrix is empty")

// Expand turns a Spec into a Plan without its chart, event and name, not yet
// sealed. It fails
// with ErrEmpty, wrapped with the rules that took the cells, when an axis has
// no value or exclusions leave nothing; a selection by event or flag that
// leaves nothing is a valid, empty plan.
func Expand(s Spec, seed int64) (*Plan, error) {
	axes, err := checkAxes(s.Axes)
	if err != nil {
		return nil, err
	}
	x := newExpansion(s, axes)
	if err := x.enumerate(); err != nil {
		return nil, err
	}
	cover := s.Cover
	if cover == nil {
		cover = CoverAll{}
	}
	if err := x.thin(cover, seed); err != nil {
		return nil, err
	}
	p := &Plan{
		Schema: PlanSchema, Seed: seed, Cover: cover.Name(), Axes: axes,
		Layers: append([]string{}, s.Layers...), Cells: x.cells, Omissions: x.omissions(), Expect: s.Expect,
	}
	if len(p.Cells) == 0 && x.selected == 0 && !x.removedBySelection() {
		var rules []string
		for _, o := range p.Omissions {
			rules = append(rules, fmt.Sprintf("%s takes %d", o.Rule, o.Count))
		}
		return nil, fmt.Errorf("%w: of %d cells none is left (%s)", ErrEmpty, x.total, strings.Join(rules, ", "))
	}
	return p, nil
}

// LeftOut gives the first rule that takes a coordinate out of the matrix, for
// omissions that are too large to list their cells. Coverings, which judge all
// cells together, are not asked.
func LeftOut(s Spec, at Coordinate) (Omission, bool) {
	x := newExpansion(s, s.Axes)
	// One coordinate alone cannot share its ID.
	if err := x.consider(at, CellID(at), false); err != nil || len(x.tally) == 0 {
		return Omission{}, false
	}
	return *x.tally[0], true
}

// expansion is the state of one Expand.
type expansion struct {
	spec     Spec
	axes     []Axis
	cells    []Cell
	ids      map[string]Coordinate
	total    int // cells of the product and of the includes
	selected int // cells that excludes and windows left
	tally    []*Omission
	byRule   map[string]*Omission
	windows  map[[2]string]int // by provider and version: the window that closes it, or -1
}

func newExpansion(s Spec, axes []Axis) *expansion {
	return &expansion{spec: s, axes: axes, cells: []Cell{}, ids: map[string]Coordinate{}, byRule: map[string]*Omission{}, windows: map[[2]string]int{}}
}

// enumerate walks the product in order, then the included coordinates that it
// lacks.
func (x *expansion) enumerate() error {
	var included []Coordinate
	for _, inc := range x.spec.Include {
		named, err := x.spread(inc, MaxProduct-len(included))
		if err != nil {
			return fmt.Errorf("%s: %w", inc.Rule, err)
		}
		included = append(included, named...)
	}
	forced := map[string]bool{}
	for _, at := range included {
		forced[CellID(at)] = true
	}
	err := product(x.axes, func(at Coordinate) error {
		id := CellID(at)
		return x.consider(at, id, forced[id])
	})
	if err != nil {
		return err
	}
	for _, at := range included {
		if err := x.consider(at, CellID(at), true); err != nil {
			return err
		}
	}
	x.order()
	return nil
}

// product calls f with every coordinate, the first axis varying slowest.
func product(axes []Axis, f func(Coordinate) error) error {
	index := make([]int, len(axes))
	for {
		at := make(Coordinate, len(axes))
		for i, a := range axes {
			at[a.Name] = a.Values[index[i]]
		}
		if err := f(at); err != nil {
			return err
		}
		i := len(axes) - 1
		for ; i >= 0; i-- {
			if index[i]++; index[i] < len(axes[i].Values) {
				break
			}
			index[i] = 0
		}
		if i < 0 {
			return nil
		}
	}
}

// consider files one coordinate as a cell or under the rule that omits it. A
// coordinate that was considered before is passed over.
func (x *expansion) consider(at Coordinate, id string, forced bool) error {
	if other, ok := x.ids[id]; ok {
		if maps.Equal(other, at) {
			return nil
		}
		return fmt.Errorf("cells %v and %v share the ID %s; rename a value of one", other, at, id)
	}
	x.ids[id] = at
	x.total++
	if !forced {
		for _, e := range x.spec.Exclude {
			if len(e.Layers) == 0 && e.Where.Match(at) {
				x.omit(Excluded, e.Rule, e.Because, id)
				return nil
			}
		}
		if w, ok := x.outsideWindow(at); ok {
			x.omit(OutsideWindow, "the versions of "+w.Provider, w.Because, id)
			return nil
		}
	}
	for _, s := range x.spec.Only {
		if !s.Where.Match(at) {
			x.omit(NotSelected, s.Rule, s.reason(), id)
			return nil
		}
	}
	x.selected++
	x.cells = append(x.cells, Cell{ID: id, Slug: CellSlug(x.axes, at), At: at, Skip: x.layerSkips(at)})
	return nil
}

func (x *expansion) outsideWindow(at Coordinate) (Window, bool) {
	// A plan has few pairs of provider and version, and many cells of each.
	key := [2]string{at[Provider], at[Kubernetes]}
	i, ok := x.windows[key]
	if !ok {
		i = -1
		if v, err := ParseVersion(at[Kubernetes]); err == nil {
			i = slices.IndexFunc(x.spec.Windows, func(w Window) bool { return w.Provider == at[Provider] && w.Closed.Contains(v) })
		}
		x.windows[key] = i
	}
	if i < 0 {
		return Window{}, false
	}
	return x.spec.Windows[i], true
}

func (x *expansion) layerSkips(at Coordinate) map[string]LayerSkip {
	var skip map[string]LayerSkip
	for _, e := range x.spec.Exclude {
		if len(e.Layers) == 0 || !e.Where.Match(at) {
			continue
		}
		for _, layer := range e.Layers {
			if _, ok := skip[layer]; ok {
				continue
			}
			if skip == nil {
				skip = map[string]LayerSkip{}
			}
			skip[layer] = LayerSkip{Rule: e.Rule, Because: e.Because}
		}
	}
	return skip
}

// thin lets the covering set decide which cells stay.
func (x *expansion) thin(cover Coverer, seed int64) error {
	keep, reason := cover.Cover(x.axes, x.cells, seed)
	if len(keep) != len(x.cells) {
		return fmt.Errorf("cover %s judged %d of %d cells", cover.Name(), len(keep), len(x.cells))
	}
	kept := make([]Cell, 0, len(x.cells))
	for i, c := range x.cells {
		if keep[i] {
			kept = append(kept, c)
			continue
		}
		x.omit(Represented, "cover "+cover.Name(), reason, c.ID)
	}
	x.cells = kept
	return nil
}

func (x *expansion) omit(kind OmissionKind, rule, because, id string) {
	key := string(kind) + "\x00" + rule + "\x00" + because
	o := x.byRule[key]
	if o == nil {
		o = &Omission{Kind: kind, Rule: rule, Because: because}
		x.byRule[key] = o
		x.tally = append(x.tally, o)
	}
	o.Count++
	o.Cells = append(o.Cells, id)
}

func (x *expansion) removedBySelection() bool {
	return slices.ContainsFunc(x.tally, func(o *Omission) bool { return o.Kind == NotSelected })
}

// omissions gives the tally in the order in which rules first applied, which
// follows the order of the cells and so is deterministic.
func (x *expansion) omissions() []Omission {
	out := make([]Omission, 0, len(x.tally))
	for _, o := range x.tally {
		c := *o
		if c.Count > MaxEnumerated {
			c.Cells = nil
		}
		out = append(out, c)
	}
	return out
}
