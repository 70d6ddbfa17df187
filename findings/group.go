package findings

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/result"
)

// groupKey is what equal failures have in common.
type groupKey struct {
	state   State
	status  result.Status
	layer   string
	code    string
	message string // normalised
	place   string // within the object, list positions masked
	rule    int    // the expect-failure that accepts it, or -1
}

// failureGroup is all occurrences of one failure.
type failureGroup struct {
	groupKey
	severity  result.Severity
	first     occurrence
	cells     []int // in the plan's order, each once
	locations map[result.Location]int
	located   []result.Location // in order of first occurrence
	also      []string          // later layers that stumble over the same
	// follows says that every occurrence names the version of its own cell;
	// followed is the message with that version masked.
	follows  bool
	followed string
	remark   string
}

// occurrence is one failure in one cell.
type occurrence struct {
	layer, code, message, hint string
	severity                   result.Severity
	location                   result.Location
	excerpt                    []string
}

func (g *failureGroup) add(cell int, o occurrence) {
	if n := len(g.cells); n == 0 || g.cells[n-1] != cell {
		g.cells = append(g.cells, cell) // collect visits the cells in order
	}
	g.locate(o.location, 1)
}

func (g *failureGroup) locate(l result.Location, times int) {
	if l == (result.Location{}) {
		return
	}
	if g.locations == nil {
		g.locations = map[result.Location]int{}
	}
	if g.locations[l] == 0 {
		g.located = append(g.located, l)
	}
	g.locations[l] += times
}

// absorb takes over the occurrences of another group.
func (g *failureGroup) absorb(other *failureGroup) {
	g.cells = append(g.cells, other.cells...)
	slices.Sort(g.cells)
	g.cells = slices.Compact(g.cells)
	for _, l := range other.located {
		g.locate(l, other.locations[l])
	}
}

// places lists the distinct places, most frequent first.
func (g *failureGroup) places() []result.Location {
	out := slices.Clone(g.located)
	slices.SortStableFunc(out, func(a, b result.Location) int { return g.locations[b] - g.locations[a] })
	return out
}

// fingerprint identifies the failure from run to run. Neither the cells nor
// the line are part of it: both move without the fault being another.
func (g *failureGroup) fingerprint() string {
	message := g.message
	if g.follows {
		message = g.followed
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{g.layer, g.code, message, g.place}, "\x00")))
	return hex.EncodeToString(sum[:8])
}

func (g *failureGroup) blame() Blame {
	switch g.status {
	case result.Errored:
		if g.state == NothingRan {
			return BlameRunner
		}
		return blameErrored(g.layer, g.first.message)
	case result.Lost:
		return BlameRunner
	default:
		if g.state == Leak {
			return BlameInfrastructure
		}
		return blameFailed(g.layer)
	}
}

// mergeFollowers makes one group of failures whose messages differ only in the
// version of the cell in which each stands: "X is off by default in Kubernetes
// 1.33" on 1.33, and so on. A version that is the same in every cell is what
// the message is about.
func mergeFollowers(groups []*failureGroup) []*failureGroup {
	first := map[groupKey]*failureGroup{}
	return slices.DeleteFunc(groups, func(g *failureGroup) bool {
		if !g.follows {
			return false
		}
		key := g.groupKey
		key.message = g.followed
		if f := first[key]; f != nil {
			f.absorb(g)
			return true
		}
		first[key] = g
		return false
	})
}

var listPosition = regexp.MustCompile(`/\d+(/|$)`)

// maskPositions makes the path of one list item that of all.
func maskPositions(path string) string {
	if !strings.ContainsAny(path, "0123456789") {
		return path
	}
	// Twice, since neighbouring positions share a slash.
	return listPosition.ReplaceAllString(listPosition.ReplaceAllString(path, "/*$1"), "/*$1")
}
