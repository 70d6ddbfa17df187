package config

import (
	"fmt"
	"strings"

	"github.com/agnivade/levenshtein"
)

// These bound what an error costs and how long it gets; a hostile file may have
// a hundred thousand names.
const (
	maxCandidates = 200 // names compared
	maxListed     = 16  // names listed
	maxQuoted     = 60  // characters of a name that are repeated
)

// unknown says that a name is not known, with the nearest known one, or with
// all of them where none is near.
func unknown(what, name string, known []string) string {
	return fmt.Sprintf("unknown %s %s", what, quote(name)) + suggestion(name, known)
}

// suggestion ends an error about a name that is not among the known ones.
func suggestion(name string, known []string) string {
	if near, ok := nearest(name, known); ok {
		return "; did you mean " + near + "?"
	}
	if len(known) == 0 {
		return ""
	}
	return "; have " + listed(known)
}

// nearest finds the known name that differs by the fewest letters, the first of
// equals. A third of the letters may differ, and three at most.
func nearest(name string, known []string) (string, bool) {
	best, bestDistance := "", min(3, (len(name)+2)/3)+1
	lower := strings.ToLower(name)
	for _, k := range known[:min(len(known), maxCandidates)] {
		if difference := len(k) - len(name); difference > 3 || difference < -3 {
			continue
		}
		if d := levenshtein.ComputeDistance(lower, strings.ToLower(k)); d < bestDistance {
			best, bestDistance = k, d
		}
	}
	return best, best != ""
}

// listed joins names for an error.
func listed(names []string) string {
	if len(names) <= maxListed {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:maxListed], ", ") + fmt.Sprintf(" and %d more", len(names)-maxListed)
}

// quote gives a name as one line of bounded length.
func quote(name string) string {
	if r := []rune(name); len(r) > maxQuoted {
		name = string(r[:maxQuoted]) + "…"
	}
	return fmt.Sprintf("%q", name)
}
