package kube

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// unknown reports a field that an object does not have.
func (v *validator) unknown(name string, n *node, at *place) {
	message := "unknown field " + quote(name)
	expected := "a known field"
	if n.typ != nil {
		if when := fieldMinors(n.typ, name); when != "" {
			v.add(at.field(name), UnknownField, Warning, expected, quote(name),
				fmt.Sprintf("%s: it exists %s; other versions ignore it", message, when))
			return
		}
	}
	if near := nearest(name, n.fields); near != "" {
		expected = near
		message += fmt.Sprintf("; did you mean %s?", quote(near))
	} else {
		message += "; it has no effect"
	}
	v.add(at.field(name), UnknownField, Warning, expected, quote(name), message)
}

// nearest finds the known name that is most like a name; of equals the first
// in the alphabet. It returns "" if none is like it.
func nearest(name string, fields map[string]field) string {
	const longest = 64 // no built-in field is longer
	if len(name) > longest {
		return ""
	}
	known := make([]string, 0, len(fields))
	for candidate := range fields {
		known = append(known, candidate)
	}
	slices.Sort(known)
	best, bestDistance := "", max(1, len(name)/3)+1
	for _, candidate := range known {
		if strings.EqualFold(candidate, name) {
			return candidate
		}
		if len(candidate) > longest {
			continue
		}
		if d := levenshtein.ComputeDistance(name, candidate); d < bestDistance {
			best, bestDistance = candidate, d
		}
	}
	return best
}
