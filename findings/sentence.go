package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// maxSentence bounds a sentence in characters: two lines of a comment.
const maxSentence = 400

// sentence says all of a finding as a maintainer would write it: "Fails on
// Kubernetes 1.33 and later when upgrading, on EKS and GKE alike: …".
func sentence(f *Finding, clause string) string {
	if f.State == Advice {
		return ""
	}
	verb := verbOf(f)
	if verb != "Fails" {
		clause = strings.TrimPrefix(clause, "only ")
	}
	if clause == "everywhere" && denies(f) && verb != "Fails" {
		clause = "anywhere"
	}
	if clause != "" {
		verb += hedge(f) + " " + clause
	}
	return cut(verb+": "+f.Title, maxSentence)
}

// denies tells whether a finding's verb says what did not happen: "no longer fails
// everywhere" would leave open that it still fails somewhere.
func denies(f *Finding) bool {
	return f.State == Fixed || f.State == Unanswered || f.State == NothingRan && f.Layer == ""
}

func verbOf(f *Finding) string {
	switch {
	case f.State == Fixed:
		return "No longer fails"
	case f.State == Flaky:
		return "Fails now and then"
	case f.State == Overdue && f.Status == result.Passed:
		return "Passes"
	case f.State == Expected:
		return "Fails as expected"
	case f.State == NothingRan && f.Layer != "":
		return "Checks next to nothing"
	case f.State == NothingRan:
		return "Checks nothing"
	case f.State == Leak:
		return "Leaves something behind"
	case f.Status == result.Lost:
		return "Gives no result"
	case f.Status == result.Errored:
		return "Could not be checked"
	}
	return "Fails"
}

// The probabilities from which a place is stated flatly, and as likely.
const (
	surely = 0.9
	likely = 0.5
)

// hedge says how sure the place is, where that is not certain.
func hedge(f *Finding) string {
	switch {
	case f.Confidence == 0 || f.Confidence >= surely || f.Conditions == nil:
		return ""
	case len(f.Conditions) == 1 && len(f.Conditions[0]) == 0:
		return "" // all failed, and that is no guess
	case f.Confidence >= likely:
		return ", most likely"
	}
	return ", perhaps"
}

// clause says where, in the words of a sentence.
func clause(s *space, p pattern, asked, failing, strays bitset, layer string, cells []result.Cell) string {
	words := ""
	switch {
	case p.conditions == nil:
		return noPattern(asked, failing, cells)
	case len(p.conditions) == 1 && len(p.conditions[0]) == 0:
		words = everywhere(asked, failing, layer, len(cells))
	case len(p.conditions) == 1:
		words = oneClause(s, p.conditions[0], asked, failing.minus(strays))
	default:
		words = whereWords(s, p, asked, failing, layer, cells)
	}
	return words + byChance(strays, cells)
}

// byChance names the cells that the conditions do not account for.
func byChance(strays bitset, cells []result.Cell) string {
	n := strays.count()
	switch n {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf(" (and once in %s, perhaps by chance)", plain(cells[strays.first()].Slug))
	}
	return fmt.Sprintf(" (and in %d other cells, perhaps by chance)", n)
}

// oneClause writes one conjunction: the version and the operation belong
// together, the rest stands behind commas.
func oneClause(s *space, conjunction []Condition, asked, failing bitset) string {
	var head, rest []Condition
	for _, c := range conjunction {
		if c.Axis == matrix.Kubernetes || c.Axis == matrix.Operation {
			head = append(head, c)
		} else {
			rest = append(rest, c)
		}
	}
	alone := len(conjunction) == 1
	var parts []string
	if len(head) > 0 {
		parts = append(parts, strings.ReplaceAll(phrase(s, head, asked, alone), ", ", " "))
	}
	if len(rest) > 0 {
		parts = append(parts, phrase(s, rest, asked, alone))
	}
	if words := onAll(s, conjunction, asked, failing); words != "" {
		parts = append(parts, words)
	} else if words := alike(s, conjunction, asked, failing); words != "" {
		parts = append(parts, strings.TrimPrefix(words, ", "))
	}
	return strings.Join(parts, ", ")
}

// maxAlike is how many providers are listed as alike; more are "every provider".
const maxAlike = 3

// onAll adds that all providers are alike, which people ask first of all.
func onAll(s *space, conjunction []Condition, asked, failing bitset) string {
	if slices.ContainsFunc(conjunction, func(c Condition) bool { return c.Axis == matrix.Provider }) {
		return ""
	}
	all := s.domainOf(matrix.Provider, asked)
	if len(all) < 2 || len(s.domainOf(matrix.Provider, failing)) < len(all) {
		return ""
	}
	if len(all) > maxAlike {
		return "on every provider"
	}
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = shown(matrix.Provider, v)
	}
	return "on " + and(names) + " alike"
}
