package matrix

import (
	"fmt"
	"slices"
	"strings"
)

// Lasting is an object that is still in a cluster when a cell's release was
// uninstalled and its namespace deleted.
type Lasting struct {
	Object  string `json:"object"`  // "CustomResourceDefinition/widgets.example.com"
	Digest  string `json:"digest"`  // of what it holds
	Because string `json:"because"` // why it outlives the release, for people
}

// LastingSet is what the cells with one value of Cell.Leaves leave behind.
// Cells whose sets differ cannot share a cluster: the later one would find what
// it does not bring itself, or another version of what it brings.
type LastingSet struct {
	ID      string    `json:"id"`
	Objects []Lasting `json:"objects"` // sorted by object
}

// Fresh says that a cell of a job gets a cluster of its own, although the job's
// cells before it had one.
type Fresh struct {
	Cell    string `json:"cell"` // ID
	Because string `json:"because"`
}

// NewLastingSet makes a set of objects; its ID is a short hash of them. No
// objects are the set "".
func NewLastingSet(objects []Lasting) LastingSet {
	if len(objects) == 0 {
		return LastingSet{}
	}
	sorted := slices.Clone(objects)
	slices.SortFunc(sorted, func(a, b Lasting) int {
		if c := strings.Compare(a.Object, b.Object); c != 0 {
			return c
		}
		return strings.Compare(a.Digest, b.Digest)
	})
	sorted = slices.Compact(sorted)
	parts := make([]string, 0, 2*len(sorted))
	for _, o := range sorted {
		parts = append(parts, o.Object, o.Digest)
	}
	return LastingSet{ID: shortHash(parts), Objects: sorted}
}

// keptApart says in one line why a cell that leaves b cannot follow one that
// leaves a.
func keptApart(a, b LastingSet) string {
	digests := func(s LastingSet) map[string]string {
		m := map[string]string{}
		for _, o := range s.Objects {
			m[o.Object] += o.Digest
		}
		return m
	}
	before, now := digests(a), digests(b)
	var reasons []string
	for _, o := range a.Objects {
		switch digest, ok := now[o.Object]; {
		case !ok:
			reasons = append(reasons, fmt.Sprintf("%s outlives the cell before it (%s), and this cell does not bring it", o.Object, o.Because))
		case digest != before[o.Object]:
			reasons = append(reasons, fmt.Sprintf("%s outlives the cell before it (%s), and is another one here", o.Object, o.Because))
		}
	}
	for _, o := range b.Objects {
		if _, ok := before[o.Object]; !ok {
			reasons = append(reasons, fmt.Sprintf("%s comes with this cell and not with the one before it, and outlives it (%s)", o.Object, o.Because))
		}
	}
	switch len(reasons) {
	case 0:
		return "what the cell before it leaves is another" // the sets were not named
	case 1:
		return reasons[0]
	}
	return fmt.Sprintf("%s; and %d more like it", reasons[0], len(reasons)-1)
}

// arrange puts cells with equal leaves next to each other, in the order in
// which they first come, and says where a fresh cluster begins.
func (p Packing) arrange(cells []Cell) ([]Cell, []Fresh) {
	place := map[string]int{}
	for _, c := range cells {
		if _, ok := place[c.Leaves]; !ok {
			place[c.Leaves] = len(place)
		}
	}
	if len(place) < 2 {
		return cells, nil
	}
	sorted := slices.Clone(cells)
	slices.SortStableFunc(sorted, func(a, b Cell) int { return place[a.Leaves] - place[b.Leaves] })
	sets := map[string]LastingSet{}
	for _, s := range p.Lasting {
		sets[s.ID] = s
	}
	var fresh []Fresh
	for i := 1; i < len(sorted); i++ {
		if before, now := sorted[i-1].Leaves, sorted[i].Leaves; before != now {
			fresh = append(fresh, Fresh{Cell: sorted[i].ID, Because: keptApart(sets[before], sets[now])})
		}
	}
	return sorted, fresh
}
