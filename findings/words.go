package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// providerNames are the providers' own spellings.
var providerNames = map[string]string{"eks": "EKS", "gke": "GKE", "aks": "AKS", "doks": "DOKS"}

// whereWords says in words where a finding occurs.
func whereWords(s *space, c pattern, asked, failing bitset, layer string, cells []result.Cell) string {
	switch {
	case c.conditions == nil:
		return noPattern(asked, failing, cells)
	case len(c.conditions) == 1 && len(c.conditions[0]) == 0:
		return everywhere(asked, failing, layer, len(cells))
	case len(c.conditions) == 1:
		return phrase(s, c.conditions[0], asked, true) + alike(s, c.conditions[0], asked, failing)
	}
	phrases := make([]string, 0, len(c.conditions))
	commas := false
	for _, conjunction := range c.conditions {
		p := phrase(s, conjunction, asked, false)
		commas = commas || strings.Contains(p, ",") || strings.Contains(p, " and ")
		phrases = append(phrases, p)
	}
	if !commas && len(phrases) == 2 {
		return phrases[0] + " and " + phrases[1]
	}
	last := len(phrases) - 1
	return strings.Join(phrases[:last], "; ") + "; and " + phrases[last]
}

func everywhere(asked, failing bitset, layer string, planned int) string {
	n, failed := asked.count(), asked.and(failing).count()
	switch {
	case failed < n && mostly*(n-failed) <= n:
		return fmt.Sprintf("nearly everywhere (%d of %d cells)", failed, n)
	case failed < n:
		return fmt.Sprintf("in %d of %d cells", failed, n)
	case planned == 1:
		return "in the only cell"
	case n == planned:
		return "everywhere"
	case layer == "":
		return fmt.Sprintf("in %d of %d cells", n, planned)
	}
	return fmt.Sprintf("wherever %s ran (%d of %d cells)", plain(layer), n, planned)
}

// mostly is of how many cells one at most may pass where nearly all fail.
const mostly = 5

// maxListed is how many cells are named where nothing simpler can be said.
const maxListed = 3

func noPattern(asked, failing bitset, cells []result.Cell) string {
	var names []string
	failing.each(func(i int) {
		if len(names) < maxListed {
			names = append(names, plain(cells[i].Slug))
		}
	})
	n := failing.count()
	if n == 1 && len(names) == 1 {
		return fmt.Sprintf("in one of %d cells: %s", asked.count(), names[0])
	}
	if more := n - len(names); more > 0 {
		names = append(names, fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("in %d of %d cells, no simple pattern: %s", n, asked.count(), and(names))
}

// phrase writes one conjunction: "on Kubernetes 1.26 and later, in scenario ha".
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
	for _, c := range ordered {
		words := condition(s, c, asked)
		if alone && len(ordered) == 1 && c.Op == opEqual && c.Axis == matrix.Kubernetes {
			words = "only " + words
		}
		parts = append(parts, words)
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
	switch c.Op {
	case opAtLeast:
		return v.one + values[0] + v.onwards
	case opAtMost:
		return v.upTo + values[0]
	case opRange:
		return v.one + values[0] + " to " + values[1]
	case opEqual:
		if c.Axis == matrix.Operation {
			return operation(c.Values[0])
		}
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
type vocabulary struct{ one, many, upTo, onwards, every string }

func vocabularyOf(axis string) vocabulary {
	switch axis {
	case matrix.Kubernetes:
		return vocabulary{"on Kubernetes ", "on Kubernetes ", "on Kubernetes up to ", " and later", "on every Kubernetes version"}
	case matrix.Provider:
		return vocabulary{"on ", "on ", "on ", " and above", "on every provider"}
	case matrix.Scenario:
		return vocabulary{"in scenario ", "in scenarios ", "in scenarios up to ", " and above", "in every scenario"}
	case matrix.Operation:
		return vocabulary{"with operation ", "with operations ", "with operations up to ", " and above", "with every operation"}
	}
	name := plain(axis)
	return vocabulary{"with " + name + " ", "with " + name + " ", "with " + name + " up to ", " and above", "with every " + name}
}

func operation(value string) string {
	switch value {
	case "install":
		return "when installing"
	case "upgrade":
		return "when upgrading"
	}
	return "with operation " + shown(matrix.Operation, value)
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
