package present

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
)

// Headline is what a finding is called: the sentence that says all of it, or
// its title where it has none.
func Headline(f findings.Finding) string {
	if s := Line(f.Sentence); s != "" {
		return s
	}
	return Line(f.Title)
}

// Split parts a headline into where and what, each of which can stand on a line:
// "Fails on EKS:" and "the StatefulSet's spec is immutable". The first is empty
// where the headline does not end with the title.
func Split(f findings.Finding) (where, what string) {
	headline, title := Headline(f), Line(f.Title)
	if where, ok := strings.CutSuffix(headline, ": "+title); ok && title != "" {
		return where + ":", title
	}
	return "", headline
}

// Where gives the place of a finding where its headline lacks it.
func Where(f findings.Finding) string {
	if Line(f.Sentence) != "" {
		return ""
	}
	return Line(f.Where)
}

// everywhere tells that a finding has no conditions.
func everywhere(f findings.Finding) bool { return len(f.Conditions) == 1 && len(f.Conditions[0]) == 0 }

// Sure says how sure the place of a finding is, as a sentence; nothing where
// that was not estimated.
func Sure(f findings.Finding) string {
	switch c := f.Confidence; {
	case math.IsNaN(c) || c <= 0 || f.Conditions == nil, everywhere(f):
		return ""
	case c >= findings.Surely:
		return "The pattern is clear"
	case c >= findings.Likely:
		return "The pattern is likely, not certain"
	}
	return "The pattern is a guess"
}

// Percent writes a probability: "97%". What is no probability gives nothing.
func Percent(p float64) string {
	switch {
	case math.IsNaN(p) || p <= 0 || p > 1:
		return ""
	case p < 0.01:
		return "under 1%"
	case p > 0.99:
		return "over 99%"
	}
	return fmt.Sprintf("%.0f%%", p*100)
}

// Rivals lists the other places that the results do not tell from a finding's.
func Rivals(f findings.Finding) []findings.Rival {
	var out []findings.Rival
	for _, r := range f.Rivals {
		if r.Where = Line(r.Where); r.Where != "" {
			out = append(out, r)
		}
	}
	return out
}

// Next lists the cells whose results would decide, cheapest first.
func Next(f findings.Finding) []findings.NextCell {
	var out []findings.NextCell
	for _, n := range f.Next {
		n.Slug, n.Because = Line(n.Slug), Line(n.Because)
		if n.Slug != "" {
			out = append(out, n)
		}
	}
	return out
}

// Cost says about what it takes to run a cell: "about 6 min", "about 25 min and
// $0.12"; nothing where that is not known.
func Cost(n findings.NextCell) string {
	m := n.Minutes
	if math.IsNaN(m) || m <= 0 || m > 1e5 {
		return ""
	}
	if m = math.Max(math.Round(m), 1); m > 10 {
		m = math.Round(m/5) * 5 // it is an estimate
	}
	text := fmt.Sprintf("about %.0f min", m)
	if n.Dollars >= 0.01 && n.Dollars < 1e6 {
		text += fmt.Sprintf(" and $%.2f", n.Dollars)
	}
	return text
}

// ToDecide says of a cell what it costs and what its result means: "about 6 min; a
// pass would mean that it fails on EKS".
func ToDecide(n findings.NextCell) string {
	parts := slices.DeleteFunc([]string{Cost(n), n.Because}, func(s string) bool { return s == "" })
	return strings.Join(parts, "; ")
}

// Consequence says what follows from a finding: "web waits for db (install, 9 cells)".
func Consequence(c findings.Consequence) string {
	text := Line(c.Title)
	if text == "" {
		text = "a failure without a message"
	}
	var in []string
	if layer := Line(c.Layer); layer != "" && !strings.HasPrefix(text, layer) {
		in = append(in, layer)
	}
	if c.Cells > 0 {
		in = append(in, Plural(c.Cells, "cell"))
	}
	if len(in) > 0 {
		text += " (" + strings.Join(in, ", ") + ")"
	}
	return text
}

// History says how a finding's cells fared in earlier runs, where its remark
// does not: "failed in 2 of the last 14 runs".
func History(f findings.Finding) string {
	h := f.History
	if h == nil || h.Runs <= 0 || h.Asked <= 0 {
		return ""
	}
	var text string
	switch {
	case h.Failed <= 0 && h.Runs == 1:
		return "did not fail in the run before"
	case h.Failed <= 0:
		return "never failed in the last " + Plural(h.Runs, "run")
	case h.Asked == h.Runs:
		text = fmt.Sprintf("failed in %s of the last %s", Number(h.Failed), Plural(h.Runs, "run"))
	default:
		text = fmt.Sprintf("failed in %s of %s in the last %s", Number(h.Failed), Plural(h.Asked, "answer"), Plural(h.Runs, "run"))
	}
	if strings.Contains(Line(f.Remark), text) {
		return ""
	}
	return text
}

// Folded says why a finding is folded, where the group that it stands in does
// not say so.
func Folded(it Item) string {
	if kindOf(it.Finding) == Aside {
		return Line(it.Finding.Folded)
	}
	return ""
}
