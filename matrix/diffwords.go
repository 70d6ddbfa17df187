package matrix

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
)

// where says which cells a sentence is about, in parentheses: by the values that
// the other plan no longer has, else by those that all of them share. It is empty
// where neither says anything.
func where(cells []Cell, plan, other *Plan) string {
	all := valuesOf(plan, plan.Cells)
	if other != nil {
		if text := vanished(cells, plan, all, valuesOf(other, other.Cells)); text != "" {
			return " (" + text + ")"
		}
	}
	var parts []string
	have := valuesOf(plan, cells)
	for i, a := range plan.Axes {
		if n := len(have[i]); n < len(all[i]) && n <= maxShared {
			parts = append(parts, axisValues(a.Name, have[i]))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// The bounds of what is listed: values that cells share, names, and characters of one.
const (
	maxShared = 3
	maxListed = 5
	maxWord   = 60
	maxReason = 200
)

// vanished names the values that are gone from the other plan, if they account
// for all of the cells; those of one axis, if that is enough.
func vanished(cells []Cell, plan *Plan, all, others [][]string) string {
	var parts []string
	rest := cells
	for i, a := range plan.Axes {
		gone := without(all[i], others[i])
		if len(gone) == 0 {
			continue
		}
		left := slices.DeleteFunc(slices.Clone(rest), func(c Cell) bool { return slices.Contains(gone, c.At[a.Name]) })
		if len(left) == len(rest) {
			continue
		}
		text := axisValues(a.Name, gone)
		if rest = left; !slices.ContainsFunc(cells, func(c Cell) bool { return !slices.Contains(gone, c.At[a.Name]) }) {
			return text
		}
		parts = append(parts, text)
	}
	if len(rest) > 0 {
		return ""
	}
	return strings.Join(parts, " or ")
}

// valuesOf gives, for each axis of the plan, the values that occur among the
// cells, in the axis's order.
func valuesOf(plan *Plan, cells []Cell) [][]string {
	out := make([][]string, len(plan.Axes))
	for i, a := range plan.Axes {
		seen := map[string]bool{}
		var more []string // that only includes have
		for _, c := range cells {
			if v := c.At[a.Name]; !seen[v] {
				seen[v] = true
				more = append(more, v)
			}
		}
		for _, v := range a.With(more...).Values {
			if seen[v] {
				out[i] = append(out[i], v)
			}
		}
	}
	return out
}

func axisValues(axis string, values []string) string {
	if axis == Kubernetes {
		axis = "Kubernetes"
	}
	return clean(axis) + " " + list(values)
}

// list writes names as a sentence does, the first few of many.
func list(names []string) string {
	out := make([]string, 0, maxListed)
	for _, n := range names[:min(len(names), maxListed)] {
		out = append(out, clean(n))
	}
	if more := len(names) - len(out); more > 0 {
		out = append(out, fmt.Sprintf("%d more", more))
	}
	if len(out) == 1 {
		return out[0]
	}
	return strings.Join(out[:len(out)-1], ", ") + " and " + out[len(out)-1]
}

// issues names the issues of expectations, each once.
func issues(all []Expectation) string {
	var names []string
	for _, e := range all {
		if e.Issue != "" && !slices.Contains(names, e.Issue) {
			names = append(names, e.Issue)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " (" + list(names) + ")"
}

func because(reason string) string {
	if reason = shorten(reason, maxReason); reason == "" {
		return ""
	}
	return ": " + reason
}

// clean makes a short word of a name that anyone may have given.
func clean(name string) string { return shorten(name, maxWord) }

// shorten makes one line of a text, of at most limit characters.
func shorten(text string, limit int) string {
	text = text[:min(len(text), 16*limit)]
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.IsSpace(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	text = strings.Join(strings.Fields(text), " ")
	if runes := []rune(text); len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return text
}

// count writes a number of things: "one cell", "12 cells".
func count(n int, word string) string {
	if n == 1 {
		return "one " + word
	}
	return fmt.Sprintf("%d %ss", n, word)
}

func agree(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// without gives what the first list has and the second lacks.
func without(list, lacking []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(lacking, s) })
}

func sortedKeys(all ...map[string]string) []string {
	var out []string
	for _, m := range all {
		out = slices.AppendSeq(out, maps.Keys(m))
	}
	slices.Sort(out)
	return slices.Compact(out)
}
