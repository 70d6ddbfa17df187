package findings

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// failureGroup is the same failure in any number of cells and places.
type failureGroup struct {
	groupKey
	first occurrence // in the plan's order
	cells []int      // rising, each once
	// tries are the tries in which it was seen, by cell, where that was not the last.
	tries     map[int]tryNumber
	locations map[result.Location]int
	also      []string // later layers that say the same
	// ownVersion tells that each cell's message names the cell's own version.
	ownVersion bool
	// names are those of the first object; ownNames tells that others have others.
	names    ownNames
	ownNames bool
	// variants are the reasons that its occurrences give, see generic.
	variants []variant
	// seenAt is where its check was among those of the last step in which it passed.
	seenAt int
	// objects are those that it is about, while they are few; crowd tells that they
	// are not. apart tells that others failed beside them for another reason.
	objects      []*objectFailure
	crowd, apart bool
	// consequences are failures that only follow from this one.
	consequences []*failureGroup
}

// groupKey is what makes two failures the same: the layer, what kind of
// problem, the message without what differs from run to run, and roughly where.
type groupKey struct {
	layer, code, message, place string
	// object is set where the same is said of others for another reason.
	object string
	state  State
	status result.Status
	rule   int
}

// group puts equal failures together, in the order of their first occurrence.
// Occurrences come in the order of their cells.
func group(found []occurrence) []*failureGroup {
	byKey := make(map[groupKey]*failureGroup)
	var groups []*failureGroup
	n := newNormaliser()
	for _, o := range found {
		names := namesOf(&o)
		key := groupKey{
			layer: o.layer, code: o.code, message: n.normalise(names.outOf(withoutItself(o.message, o.location.Object)), o.version),
			place: place(o), state: o.state, status: o.status, rule: o.rule,
		}
		g := byKey[key]
		if g == nil {
			g = &failureGroup{groupKey: key, first: o, names: names, locations: map[result.Location]int{}}
			byKey[key] = g
			groups = append(groups, g)
		}
		g.vary(&o)
		g.perObject(&o)
		g.ownNames = g.ownNames || names.container != g.names.container || names.image != g.names.image
		g.ownVersion = g.ownVersion || o.version != g.first.version && namesVersion(o.message, o.version)
		if len(g.cells) == 0 || g.cells[len(g.cells)-1] != o.cell {
			g.cells = append(g.cells, o.cell)
			g.sees(o.cell, o.seen)
		}
		if o.location != (result.Location{}) {
			g.locations[o.location]++
		}
	}
	return groups
}

// place is the part of a location that tells one cause from another where the
// messages are equal: "expected a whole number" says nothing without the field.
// Objects are left out, since one template makes many; so are line numbers,
// since they move.
func place(o occurrence) string {
	if strings.HasPrefix(o.code, "api-") {
		// What is refused is a kind: those of one group and version end
		// together, but each is mended in its own way.
		kind, _, _ := strings.Cut(o.location.Object, "/")
		return kind
	}
	if o.location.Object != "" || o.location.Path != "" {
		return maskIndexes(o.location.Path)
	}
	return o.location.File
}

// maskIndexes takes the numbers of list items out of a JSON pointer.
func maskIndexes(pointer string) string {
	if pointer == "" {
		return ""
	}
	steps := strings.Split(pointer, "/")
	for i, s := range steps {
		if s != "" && strings.Trim(s, "0123456789") == "" {
			steps[i] = "*"
		}
	}
	return strings.Join(steps, "/")
}

// fingerprint identifies the failure from run to run. It is made of what does
// not depend on the cells.
func (k groupKey) fingerprint() string {
	parts := []string{k.layer, k.code, k.message, k.place}
	if k.object != "" {
		parts = append(parts, mask.Line(k.object))
	}
	sum := sha256.Sum256([]byte(strings.Join(parts, "\x00")))
	return hex.EncodeToString(sum[:8])
}

// merge joins groups whose messages differ only in that each names its own
// Kubernetes version: "1.30 is too old" in the cells of 1.30, "1.31 is too old"
// in those of 1.31. A version that a message names in other cells, too, is part
// of what it says ("removed in 1.26") and stays.
func merge(groups []*failureGroup, cells []result.Cell) []*failureGroup {
	byKey := map[groupKey][]*failureGroup{}
	for _, g := range groups {
		version, ok := onlyVersion(g, cells)
		if !ok {
			continue
		}
		key := g.groupKey
		if key.message, ok = maskVersion(g.message, version); ok {
			byKey[key] = append(byKey[key], g)
		}
	}
	gone := map[*failureGroup]bool{}
	for key, members := range byKey {
		if len(members) < 2 {
			continue
		}
		into := members[0]
		into.groupKey, into.ownVersion = key, true
		for _, g := range members[1:] {
			into.absorb(g)
			gone[g] = true
		}
	}
	return slices.DeleteFunc(groups, func(g *failureGroup) bool { return gone[g] })
}

// onlyVersion gives the one Kubernetes version of all cells of the group.
func onlyVersion(g *failureGroup, cells []result.Cell) (string, bool) {
	version := cells[g.cells[0]].At[matrix.Kubernetes]
	for _, i := range g.cells[1:] {
		if cells[i].At[matrix.Kubernetes] != version {
			return "", false
		}
	}
	return version, version != ""
}

// sees remembers in which try a cell failed, where it was not the last one.
func (g *failureGroup) sees(cell int, in tryNumber) {
	if in == (tryNumber{}) {
		return
	}
	if g.tries == nil {
		g.tries = map[int]tryNumber{}
	}
	g.tries[cell] = in
}

func (g *failureGroup) absorb(h *failureGroup) {
	g.absorbObjects(h)
	g.ownNames = g.ownNames || h.ownNames || h.names.container != g.names.container || h.names.image != g.names.image
	for _, cell := range h.cells {
		if _, has := slices.BinarySearch(g.cells, cell); !has {
			g.sees(cell, h.tries[cell])
		}
	}
	g.cells = append(g.cells, h.cells...)
	slices.Sort(g.cells)
	g.cells = slices.Compact(g.cells)
	for l, n := range h.locations {
		g.locations[l] += n
	}
}

// maxLocations bounds the places that one finding lists.
const maxLocations = 100

// places lists the distinct places, most frequent first, as far as a finding does.
func (g *failureGroup) places() []result.Location {
	all := g.allPlaces()
	return all[:min(len(all), maxLocations)]
}

func (g *failureGroup) allPlaces() []result.Location {
	out := make([]result.Location, 0, len(g.locations))
	for l := range g.locations {
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b result.Location) int {
		return cmp.Or(
			cmp.Compare(g.locations[b], g.locations[a]),
			strings.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			strings.Compare(a.Object, b.Object), strings.Compare(a.Path, b.Path),
		)
	})
	return out
}
