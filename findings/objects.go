package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/findings/mask"
	"github.com/posthog/chart-matrix/result"
)

// The bounds of what is remembered of a failure's objects. With more of them it
// is one failure, whatever they say.
const (
	maxObjects = 20
	maxSaid    = 5 // different excerpts of each
)

// objectFailure is a failure as one object has it.
type objectFailure struct {
	name  string
	first occurrence
	cells []int // rising
	tries map[int]tryNumber
	said  [][]string // different excerpts
	names ownNames
}

// perObject remembers what the lines of an occurrence say, by object.
func (g *failureGroup) perObject(o *occurrence) {
	if g.crowd || o.status != result.Failed || o.location.Object == "" || slices.Contains(staticLayers, o.layer) {
		return
	}
	i := slices.IndexFunc(g.objects, func(f *objectFailure) bool { return f.name == o.location.Object })
	if i < 0 {
		if len(g.objects) == maxObjects {
			g.crowd, g.objects = true, nil
			return
		}
		i = len(g.objects)
		g.objects = append(g.objects, &objectFailure{name: o.location.Object, first: *o, names: namesOf(o)})
	}
	f := g.objects[i]
	if len(f.cells) == 0 || f.cells[len(f.cells)-1] != o.cell {
		f.cells = append(f.cells, o.cell)
		if o.seen != (tryNumber{}) {
			if f.tries == nil {
				f.tries = map[int]tryNumber{}
			}
			f.tries[o.cell] = o.seen
		}
	}
	if lines := reasonLines(o); len(lines) > 0 && len(f.said) < maxSaid && !slices.ContainsFunc(f.said, func(s []string) bool { return sameLines(s, lines) }) {
		f.said = append(f.said, lines)
	}
}

// sameLines tells whether two excerpts differ in nothing but times and the like.
func sameLines(a, b []string) bool {
	return slices.Equal(a, b) || slices.EqualFunc(a, b, func(x, y string) bool { return mask.Line(x) == mask.Line(y) })
}

// absorbObjects adds what another group knows of its objects.
func (g *failureGroup) absorbObjects(h *failureGroup) {
	g.crowd = g.crowd || h.crowd
	for _, theirs := range h.objects {
		i := slices.IndexFunc(g.objects, func(f *objectFailure) bool { return f.name == theirs.name })
		switch {
		case i < 0:
			g.objects = append(g.objects, theirs)
		default:
			own := g.objects[i]
			own.cells = slices.Compact(slices.Sorted(slices.Values(slices.Concat(own.cells, theirs.cells))))
			own.said = slices.Concat(own.said, theirs.said)[:min(len(own.said)+len(theirs.said), maxSaid)]
			for cell, in := range theirs.tries {
				if own.tries == nil {
					own.tries = map[int]tryNumber{}
				}
				own.tries[cell] = in
			}
		}
	}
	if g.crowd || len(g.objects) > maxObjects {
		g.crowd, g.objects = true, nil
	}
}

// apart divides failures that say the same of several objects, in the same
// cells, for different reasons: "exceeded its progress deadline" says how web and
// worker ended and not why; the lines with it do. Two objects have one reason when
// the line that tells most of one is among those of the other, but for its own
// name, or when both wait for something else. What has no lines stays where it is.
func apart(groups []*failureGroup) []*failureGroup {
	out := groups[:0:0]
	for _, g := range groups {
		parts := g.reasons()
		if len(parts) < 2 {
			out = append(out, g)
			continue
		}
		for _, objects := range parts {
			out = append(out, g.part(objects))
		}
	}
	return out
}

// reasons divides the objects of a failure by their reasons.
func (g *failureGroup) reasons() [][]*objectFailure {
	if len(g.objects) < 2 {
		return nil
	}
	var parts [][]*objectFailure
	var silent []*objectFailure
	why := make(map[*objectFailure]objectReason, len(g.objects))
	for _, f := range g.objects {
		why[f] = f.why(g.layer)
		if len(f.said) == 0 {
			silent = append(silent, f)
			continue
		}
		// It may be what two others have in common.
		own := []*objectFailure{f}
		parts = slices.DeleteFunc(parts, func(p []*objectFailure) bool {
			same := slices.ContainsFunc(p, func(other *objectFailure) bool { return !meet(f, other) || why[f].is(why[other]) })
			if same {
				own = append(p, own...)
			}
			return same
		})
		parts = append(parts, own)
	}
	if len(silent) > 0 {
		// What says nothing may well be what those that wait are waiting for.
		if i := slices.IndexFunc(parts, func(p []*objectFailure) bool { return !why[p[0]].waits }); i >= 0 {
			parts[i] = append(parts[i], silent...)
		} else {
			parts = append(parts, silent)
		}
	}
	if len(parts) < 2 {
		return nil
	}
	return parts
}

// meet tells whether two objects failed in one cell: elsewhere one fault may say
// different things.
func meet(a, b *objectFailure) bool {
	return slices.ContainsFunc(a.cells, func(c int) bool { _, in := slices.BinarySearch(b.cells, c); return in })
}

// objectReason is why an object failed, in masked lines.
type objectReason struct {
	roots []string // the most telling line of each excerpt
	all   []string
	waits bool // all that it says is that something else is not there
}

func (r objectReason) is(other objectReason) bool {
	shares := func(a, b objectReason) bool {
		return slices.ContainsFunc(a.roots, func(root string) bool { return slices.Contains(b.all, root) })
	}
	return r.waits && other.waits || shares(r, other) || shares(other, r)
}

func (f *objectFailure) why(layer string) objectReason {
	r := objectReason{waits: true}
	for _, lines := range f.said {
		root := lines[0]
		if d := diagnosis.Diagnose(diagnosis.Input{Layer: layer, Message: strings.Join(lines, "\n")}); d.Rule != "" && len(d.Lines) > 0 {
			root = d.Lines[0].Text
		}
		r.roots = append(r.roots, f.forms(root)...)
		r.waits = r.waits && unreachable.MatchString(root)
		for _, l := range lines {
			r.all = append(r.all, f.forms(l)...)
		}
	}
	return r
}

// forms gives a line masked, and without the object's own names as well: another
// object may be told the same of itself, or of this one. How much each asks for
// is no reason of its own.
func (f *objectFailure) forms(line string) []string {
	masked := quantities.ReplaceAllLiteralString(mask.Line(line), "#")
	own := quantities.ReplaceAllLiteralString(f.names.outOf(mask.Line(withoutItself(line, f.name))), "#")
	return []string{masked, own}
}

// part makes a failure of its own of some objects.
func (g *failureGroup) part(objects []*objectFailure) *failureGroup {
	slices.SortFunc(objects, func(a, b *objectFailure) int { return strings.Compare(a.name, b.name) })
	p := &failureGroup{
		groupKey: g.groupKey, objects: objects, apart: true, ownVersion: g.ownVersion, locations: map[result.Location]int{},
	}
	p.object = objects[0].name
	p.first = objects[0].first
	for _, f := range objects {
		if f.first.cell < p.first.cell {
			p.first = f.first
		}
		for _, cell := range f.cells {
			if !slices.Contains(p.cells, cell) {
				p.sees(cell, f.tries[cell])
			}
		}
		p.cells = slices.Compact(slices.Sorted(slices.Values(slices.Concat(p.cells, f.cells))))
	}
	of := func(object string) bool {
		return slices.ContainsFunc(objects, func(f *objectFailure) bool { return f.name == object })
	}
	for l, n := range g.locations {
		if of(l.Object) {
			p.locations[l] = n
		}
	}
	for _, v := range g.variants {
		if of(v.first.location.Object) {
			p.variants = append(p.variants, v)
		}
	}
	return p
}
