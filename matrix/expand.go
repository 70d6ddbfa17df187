package matrix

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// MaxProduct bounds the product of all axes, in cells. A matrix beyond it is
// a mistake in the configuration: at ten minutes a cell it would run for years.
const MaxProduct = 1_000_000

// ErrEmpty says that rules left no cell over.
var ErrEmpty = errors.New("the matrix is empty")

// Expand turns a Spec into a Plan without its chart, event and name. It fails
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
	x.thin(cover, seed)
	p := &Plan{
		Schema: PlanSchema, Seed: seed, Cover: cover.Name(), Axes: axes,
		Layers: s.Layers, Cells: x.cells, Omissions: x.omissions(), Expect: s.Expect,
	}
	if len(p.Cells) == 0 && x.selected == 0 && !x.removedBySelection() {
		var rules []string
		for _, o := range p.Omissions {
			rules = append(rules, fmt.Sprintf("%s takes %d", o.Rule, o.Count))
		}
		return nil, fmt.Errorf("%w: of %d cells none is left (%s)", ErrEmpty, x.total, strings.Join(rules, ", "))
	}
	p.Seal()
	return p, nil
}

func checkAxes(in []Axis) ([]Axis, error) {
	axes := make([]Axis, 0, len(in))
	seen := map[string]bool{}
	product := 1
	for _, a := range in {
		if seen[a.Name] {
			return nil, fmt.Errorf("two axes are named %q", a.Name)
		}
		seen[a.Name] = true
		if len(a.Values) == 0 {
			return nil, fmt.Errorf("%w: axis %q has no values", ErrEmpty, a.Name)
		}
		a.Values = slices.Clone(a.Values)
		if a.Ordered {
			sortVersions(a.Values)
		}
		for i, v := range a.Values {
			if slices.Contains(a.Values[:i], v) {
				return nil, fmt.Errorf("axis %q has the value %q twice", a.Name, v)
			}
		}
		if product *= len(a.Values); product > MaxProduct {
			return nil, fmt.Errorf("the product of all axes is over %d cells; leave out values or axes", MaxProduct)
		}
		axes = append(axes, a)
	}
	return axes, nil
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
}

func newExpansion(s Spec, axes []Axis) *expansion {
	return &expansion{spec: s, axes: axes, ids: map[string]Coordinate{}, byRule: map[string]*Omission{}}
}

// enumerate walks the product in order, then the included coordinates that it
// lacks.
func (x *expansion) enumerate() error {
	var included []Coordinate
	for _, inc := range x.spec.Include {
		included = append(included, x.spread(inc)...)
	}
	forced := map[string]bool{}
	for _, at := range included {
		forced[CellID(at)] = true
	}
	err := x.product(x.axes, func(at Coordinate) error {
		return x.consider(at, forced[CellID(at)])
	})
	if err != nil {
		return err
	}
	for _, at := range included {
		if _, known := x.ids[CellID(at)]; known {
			continue
		}
		if err := x.consider(at, true); err != nil {
			return err
		}
	}
	x.order()
	return nil
}

// product calls f with every coordinate, the first axis varying slowest.
func (x *expansion) product(axes []Axis, f func(Coordinate) error) error {
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

// spread gives the coordinates that an include names; axes that it leaves out
// take every value.
func (x *expansion) spread(inc Coordinates) []Coordinate {
	axes := slices.Clone(x.axes)
	for i, a := range axes {
		if values, ok := inc.At[a.Name]; ok {
			axes[i].Values = values
		}
	}
	var out []Coordinate
	_ = x.product(axes, func(at Coordinate) error { // the callback never fails
		out = append(out, at)
		return nil
	})
	return out
}

// consider files one coordinate as a cell or under the rule that omits it.
func (x *expansion) consider(at Coordinate, forced bool) error {
	id := CellID(at)
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
			x.omit(OutsideWindow, w.Provider+" does not offer "+w.Closed.String(), w.Because, id)
			return nil
		}
	}
	for _, s := range x.spec.Only {
		if !s.Where.Match(at) {
			x.omit(NotSelected, s.Rule, "it asks for "+s.Where.String(), id)
			return nil
		}
	}
	x.selected++
	x.cells = append(x.cells, Cell{ID: id, Slug: CellSlug(x.axes, at), At: at, Skip: x.layerSkips(at)})
	return nil
}

func (x *expansion) outsideWindow(at Coordinate) (Window, bool) {
	v, err := ParseVersion(at[Kubernetes])
	if err != nil {
		return Window{}, false
	}
	for _, w := range x.spec.Windows {
		if w.Provider == at[Provider] && w.Closed.Contains(v) {
			return w, true
		}
	}
	return Window{}, false
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

// order puts included cells among the others, by the position of their values
// on the axes; a value that no axis has comes last.
func (x *expansion) order() {
	if len(x.spec.Include) == 0 {
		return
	}
	rank := make([]map[string]int, len(x.axes))
	for i, a := range x.axes {
		rank[i] = make(map[string]int, len(a.Values))
		for j, v := range a.Values {
			rank[i][v] = j
		}
	}
	slices.SortStableFunc(x.cells, func(a, b Cell) int {
		for i, axis := range x.axes {
			va, vb := a.At[axis.Name], b.At[axis.Name]
			if va == vb {
				continue
			}
			ra, okA := rank[i][va]
			rb, okB := rank[i][vb]
			switch {
			case okA && okB:
				return ra - rb
			case okA:
				return -1
			case okB:
				return 1
			}
			return strings.Compare(va, vb)
		}
		return 0
	})
}

// thin lets the covering set decide which cells stay.
func (x *expansion) thin(cover Coverer, seed int64) {
	keep, reason := cover.Cover(x.axes, x.cells, seed)
	kept := x.cells[:0:0]
	for i, c := range x.cells {
		if keep[i] {
			kept = append(kept, c)
			continue
		}
		x.omit(Represented, "cover "+cover.Name(), reason, c.ID)
	}
	x.cells = kept
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
