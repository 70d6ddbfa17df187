package present

import (
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
)

// Answer counts the findings that answer one question of the layered tests with no.
type Answer struct {
	Kind  findings.Kind
	Words string // what is the matter
	// Numbers are those of the findings, and Cells counts the cells that have one.
	Numbers []int
	Cells   int
}

// Told says which findings these are and how much they take: "findings 5 and 8,
// in 12 cells".
func (a Answer) Told() string {
	names := make([]string, 0, maxNumbers)
	for _, n := range a.Numbers[:min(len(a.Numbers), maxNumbers)] {
		names = append(names, strconv.Itoa(n))
	}
	var text string
	switch n := len(a.Numbers); {
	case n == 1:
		text = "finding " + names[0]
	case n > maxNumbers:
		text = Number(n) + " findings (" + strings.Join(names, ", ") + ", …)"
	default:
		text = "findings " + strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	}
	return text + ", in " + Plural(a.Cells, "cell")
}

// maxNumbers bounds the findings that one answer names.
const maxNumbers = 8

// kindWords says what each kind means, cheap before dear.
var kindWords = []struct {
	kind  findings.Kind
	words string
}{
	{findings.KindInvalid, "The template is invalid"},
	{findings.KindMismatch, "The template is valid, but renders not as expected"},
	{findings.KindKubernetes, "It renders as expected, but fails on specific Kubernetes versions"},
	{findings.KindProvider, "It works on all versions, but fails on specific providers"},
	{findings.KindCluster, "It fails in clusters, and no version or provider is known to matter"},
	{findings.KindMachinery, "It could not be checked"},
}

// Answers sums the findings up by the question that was answered with no, in the
// order in which the questions are asked; those with nothing to tell are left
// out. What is accepted, passed in the end or is advice does not count.
func Answers(groups []Group) []Answer {
	var out []Answer
	for _, k := range kindWords {
		a := Answer{Kind: k.kind, Words: k.words}
		cells := map[string]bool{}
		for _, g := range groups {
			for _, it := range g.Items {
				if it.Finding.Kind != k.kind || !slices.Contains([]Kind{Problems, Aside, Known, NoAnswer}, g.Kind) {
					continue
				}
				a.Numbers = append(a.Numbers, it.Number)
				for _, id := range it.Finding.Cells {
					cells[id] = true
				}
			}
		}
		if a.Cells = len(cells); len(a.Numbers) > 0 {
			slices.Sort(a.Numbers)
			out = append(out, a)
		}
	}
	return out
}
