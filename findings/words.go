package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// providerNames are the providers' own spellings.
var providerNames = map[string]string{"eks": "EKS", "gke": "GKE", "aks": "AKS", "doks": "DOKS"}

// phrase writes one conjunction. Versions come first, and the operation behind
// them or behind what stands first: "on Kubernetes 1.33 and later when upgrading,
// on EKS". Alone on the axis, a version is the only one.
func phrase(s *space, conjunction []Condition, asked bitset, alone bool) string {
	ordered := slices.Clone(conjunction)
	rank := func(name string) int {
		if i := slices.Index(matrix.BuiltinAxes(), name); i >= 0 {
			return i
		}
		return len(matrix.BuiltinAxes())
	}
	slices.SortStableFunc(ordered, func(a, b Condition) int { return rank(a.Axis) - rank(b.Axis) })
	parts := make([]string, 0, len(ordered))
	when := ""
	for _, c := range ordered {
		words := condition(s, c, asked)
		switch {
		case strings.HasPrefix(words, "when "):
			when = words
			continue
		case alone && len(ordered) == 1 && c.Op == opEqual && c.Axis == matrix.Kubernetes:
			words = "only " + words
		}
		parts = append(parts, words)
	}
	switch {
	case when != "" && len(parts) > 0:
		parts[0] += " " + when
	case when != "":
		parts = []string{when}
	}
	return strings.Join(parts, ", ")
}

// condition writes one term.
func condition(s *space, c Condition, asked bitset) string {
	domain := s.domainOf(c.Axis, asked)
	values := make([]string, len(c.Values))
	for i, v := range c.Values {
		values[i] = shown(c.Axis, v)
	}
	v := vocabularyOf(c.Axis)
	if words := whenDoing(c, domain); words != "" {
		return words
	}
	switch c.Op {
	case opAtLeast:
		return v.one + values[0] + v.onwards
	case opAtMost:
		return v.one + values[0] + v.before
	case opRange:
		return v.one + values[0] + " to " + values[1]
	case opEqual:
		return v.one + values[0]
	}
	if 2*len(values) > len(domain) {
		var others []string
		for _, d := range domain {
			if !slices.Contains(c.Values, d) {
				others = append(others, shown(c.Axis, d))
			}
		}
		if len(others) < len(values) {
			return v.every + " but " + and(others)
		}
	}
	return v.many + and(values)
}

// vocabulary is how one axis is spoken of.
type vocabulary struct{ one, many, before, onwards, every string }

func vocabularyOf(axis string) vocabulary {
	switch axis {
	case matrix.Kubernetes:
		return vocabulary{"on Kubernetes ", "on Kubernetes ", " and earlier", " and later", "on every Kubernetes version"}
	case matrix.Provider:
		return vocabulary{"on ", "on ", " and below", " and above", "on every provider"}
	case matrix.Scenario:
		return vocabulary{"in scenario ", "in scenarios ", " and below", " and above", "in every scenario"}
	case matrix.Operation:
		return vocabulary{"in operation ", "in operations ", " and below", " and above", "in every operation"}
	}
	name := plain(axis)
	return vocabulary{"with " + name + " ", "with " + name + " ", " and below", " and above", "with every " + name}
}

// The operations that have a verb of their own: whatever is no install is an
// upgrade, from one older chart or another.
const (
	installing = "install"
	upgrading  = "upgrade"
)

// whenDoing says what is done where that has a verb; "" for one upgrade of several.
func whenDoing(c Condition, domain []string) string {
	if c.Axis != matrix.Operation {
		return ""
	}
	upgrades := slices.DeleteFunc(slices.Clone(domain), func(v string) bool { return v == installing })
	switch {
	case slices.Equal(c.Values, []string{installing}):
		return "when installing"
	case slices.Contains(upgrades, upgrading) && slices.Equal(c.Values, upgrades) && c.Op != opAtLeast && c.Op != opAtMost && c.Op != opRange:
		return "when upgrading"
	}
	return ""
}

// alike adds that the other axis people ask for makes no difference, where one
// condition is all there is to say.
func alike(s *space, conjunction []Condition, asked, failing bitset) string {
	if len(conjunction) != 1 {
		return ""
	}
	other := matrix.Scenario
	if conjunction[0].Axis == matrix.Scenario {
		other = matrix.Kubernetes
	} else if conjunction[0].Axis != matrix.Kubernetes {
		return ""
	}
	all := s.domainOf(other, asked)
	if len(all) < 2 || len(s.domainOf(other, failing)) < len(all) {
		return ""
	}
	return ", " + vocabularyOf(other).every
}

// domainOf gives the values of an axis that occur among the cells.
func (s *space) domainOf(axis string, cells bitset) []string {
	for a := range s.axes {
		if s.axes[a].Name == axis {
			var out []string
			for _, v := range s.values(a, cells).indexes() {
				out = append(out, s.axes[a].Values[v])
			}
			return out
		}
	}
	return nil
}

func shown(axis, value string) string {
	if name, ok := providerNames[value]; ok && axis == matrix.Provider {
		return name
	}
	value = plain(value)
	if value == "" || strings.ContainsAny(value, " ,;") {
		return `"` + value + `"`
	}
	return value
}

// and joins words as a sentence does: "a, b and c".
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
