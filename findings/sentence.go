package findings

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// maxSentence bounds a sentence in characters: two lines of a comment.
const maxSentence = 400

// sentence says all of a finding as a maintainer would write it: "Fails on
// Kubernetes 1.33 and later when upgrading, on EKS and GKE alike: …".
func sentence(f *Finding, p *spot) string {
	if f.State == Advice {
		return ""
	}
	verb, hedge := verbOf(f), hedge(f)
	clause := p.clause(hedge)
	if verb != "Fails" {
		clause = strings.TrimPrefix(clause, "only ")
	}
	if rest, ok := strings.CutPrefix(clause, "everywhere"); ok && denies(f) && verb != "Fails" {
		clause = "anywhere" + rest
	}
	if clause != "" && !strings.HasPrefix(clause, ",") {
		verb += " "
	}
	return cut(verb+clause+": "+strings.TrimPrefix(f.Title, unexecuted+": "), maxSentence)
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

// The values of Finding.Confidence from which its place is stated flatly, and as
// likely; below, it is a guess.
const (
	Surely = 0.85
	Likely = 0.5
)

// hedge says how sure the place is, where that is not certain.
func hedge(f *Finding) string {
	switch {
	case f.Confidence == 0 || f.Confidence >= Surely || f.Conditions == nil:
		return ""
	case len(f.Conditions) == 1 && len(f.Conditions[0]) == 0:
		return "" // all failed, and that is no guess
	case f.Confidence >= Likely:
		return ", most likely"
	}
	return ", perhaps"
}

// maxAlike is how many providers are listed as alike; more are "every provider".
const maxAlike = 2

// onAll adds that all providers are alike, which people ask first of all. What a
// template does, it does without any.
func (p *spot) onAll() string {
	if slices.Contains(staticLayers, p.layer) || slices.ContainsFunc(p.conditions[0], func(c Condition) bool { return c.Axis == matrix.Provider }) {
		return ""
	}
	all := p.domainOf(matrix.Provider, p.asked)
	if len(all) < 2 || len(p.domainOf(matrix.Provider, p.held())) < len(all) {
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
