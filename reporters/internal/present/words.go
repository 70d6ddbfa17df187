package present

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// Plural gives a count with its noun: "1 cell", "2 cells". Nouns that do not
// take an s pass their plural too.
func Plural(n int, singular string, plural ...string) string {
	word := singular + "s"
	if len(plural) > 0 {
		word = plural[0]
	}
	if n == 1 {
		word = singular
	}
	return Number(n) + " " + word
}

// Number groups the digits of large counts: 12,600.
func Number(n int) string {
	digits := strconv.Itoa(n)
	if n < 10_000 {
		return digits
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(d)
	}
	return b.String()
}

// Duration gives seconds in the units that people use: 40 ms, 4.2 s, 3 min 5 s, 2 h 4 min.
func Duration(seconds float64) string {
	switch {
	case math.IsNaN(seconds) || seconds < 0:
		return "unknown"
	case seconds < 0.0005:
		return "0 s"
	case seconds < 0.9995:
		return fmt.Sprintf("%.0f ms", seconds*1000)
	case seconds < 59.95:
		return fmt.Sprintf("%.1f s", seconds)
	case seconds < 3599.5:
		whole := int(math.Round(seconds))
		return fmt.Sprintf("%d min %d s", whole/60, whole%60)
	case seconds > 1e9:
		return "over 30 years"
	}
	minutes := int(math.Round(seconds / 60))
	return fmt.Sprintf("%d h %d min", minutes/60, minutes%60)
}

// Support says how many of the cells that meet a finding's conditions show it,
// and what the other cells do: "all 12 such cells fail; none of the 72 others does".
func Support(f findings.Finding) string {
	s := f.Support
	counted := f.Conditions == nil || everywhere(f) && s.Matching == 1                     // by the sentence
	if s.Matching <= 0 || counted && Line(f.Sentence) != "" || f.State == findings.Fixed { // which fails nowhere
		return ""
	}
	overdue := f.State == findings.Overdue && f.Status == result.Passed
	such := "such cells"
	if everywhere(f) {
		such = "cells"
	}
	one, many, others := "fails", "fail", "does"
	switch {
	case f.State == findings.Advice || f.Severity != result.Error && f.Severity != "":
		one, many, others = "shows it", "show it", "does"
	case overdue:
		one, many, others = "passes", "pass", "does"
	case f.Status == result.Errored:
		one, many, others = "is without an answer for this reason", "are without an answer for this reason", "is"
	case f.Status == result.Lost:
		one, many, others = "is lost", "are lost", "is"
	}
	var b strings.Builder
	switch {
	case s.Matching == 1 && s.MatchingFailing == 1:
		b.WriteString("the only " + strings.TrimSuffix(such, "s") + " " + one)
	case s.Matching == 2 && s.MatchingFailing == 2:
		b.WriteString("both " + such + " " + many)
	case s.MatchingFailing == s.Matching:
		fmt.Fprintf(&b, "all %s %s %s", Number(s.Matching), such, many)
	case s.MatchingFailing == 1:
		fmt.Fprintf(&b, "1 of %s %s %s", Number(s.Matching), such, one)
	default:
		fmt.Fprintf(&b, "%s of %s %s %s", Number(s.MatchingFailing), Number(s.Matching), such, many)
	}
	switch {
	case s.Others <= 0 || overdue: // what else passes is not counted
	case s.OthersFailing > 0:
		verb := "do"
		switch {
		case others == "is" && s.OthersFailing == 1:
			verb = "is"
		case others == "is":
			verb = "are"
		case s.OthersFailing == 1:
			verb = "does"
		}
		fmt.Fprintf(&b, "; so %s %s of %s", verb, Number(s.OthersFailing), Plural(s.Others, "other"))
	case s.Others == 1:
		fmt.Fprintf(&b, "; the other cell %s not", others)
	default:
		fmt.Fprintf(&b, "; none of the %s others %s", Number(s.Others), others)
	}
	return b.String()
}

// Spot is a place in the chart: the file, which may lead to its page, and what in it.
type Spot struct {
	File Link   // templates/hpa.yaml:3:5
	In   string // HorizontalPodAutoscaler/web, /spec/metrics
}

// String writes a spot on one line.
func (s Spot) String() string {
	if s.File.Text == "" || s.In == "" {
		return s.File.Text + s.In
	}
	return s.File.Text + ", " + s.In
}

func spotOf(l result.Location) Spot {
	var s Spot
	if l.File != "" {
		s.File.Text = Line(l.File)
		if l.Line > 0 {
			s.File.Text += ":" + strconv.Itoa(l.Line)
			if l.Column > 0 {
				s.File.Text += ":" + strconv.Itoa(l.Column)
			}
		}
	}
	var in []string
	for _, part := range []string{l.Object, l.Path} {
		if part = Line(part); part != "" {
			in = append(in, part)
		}
	}
	s.In = strings.Join(in, ", ")
	return s
}

// Place writes a location on one line: templates/hpa.yaml:3:5, HorizontalPodAutoscaler/web, /spec/metrics.
func Place(l result.Location) string { return spotOf(l).String() }

// InBrief says in words what is special about a finding that has one line: where
// it is, unless its headline says so, and as Remarks, with the one to blame where
// that is not the chart.
func InBrief(it Item) []string {
	f := it.Finding
	var parts []string
	if where := Where(f); where != "" {
		parts = append(parts, where)
	}
	folded := Folded(it)
	if folded != "" {
		parts = append(parts, folded)
	} else if f.Blame != findings.BlameChart && f.State != findings.Fixed {
		if blame := Blame(f); blame != "" {
			parts = append(parts, blame)
		}
	}
	return append(parts, Remarks(f)...)
}

// Places lists the locations of a finding, with their pages where there are
// any. A path that all of several share is left out, since the title names it.
func Places(f findings.Finding, files Files) []Spot {
	shared := len(f.Locations) > 1
	for _, l := range f.Locations {
		shared = shared && l.Path == f.Locations[0].Path && l.File+l.Object != ""
	}
	out := make([]Spot, 0, len(f.Locations))
	for _, l := range f.Locations {
		if shared {
			l.Path = ""
		}
		s := spotOf(l)
		s.File.URL = files.URL(l)
		out = append(out, s)
	}
	return out
}

// Tally lists the cells by status, the gravest first, zeros left out:
// "2 failed, 1 lost, 81 passed".
func Tally(c findings.Counts) string {
	var parts []string
	for _, p := range []struct {
		n    int
		word string
	}{
		{c.Failed, "failed"}, {c.Errored, "errored"}, {c.Lost, "lost"},
		{c.Blocked, "blocked"}, {c.Passed, "passed" + again(c)}, {c.Skipped, "skipped"},
	} {
		if p.n > 0 {
			parts = append(parts, Number(p.n)+" "+p.word)
		}
	}
	return strings.Join(parts, ", ")
}

// again says how many of those that passed did so only when they were tried again.
func again(c findings.Counts) string {
	switch c.Flaky {
	case 0:
		return ""
	case c.Passed:
		return " only when tried again"
	}
	return " (" + Number(c.Flaky) + " only when tried again)"
}

// Chart names what was tested: "posthog 30.46.0".
func Chart(s findings.Summary) string {
	name := Line(s.Name)
	if name == "" {
		name = Line(s.Chart.Name)
	}
	if name == "" {
		name = "unnamed chart"
	}
	if v := Line(s.Chart.Version); v != "" {
		name += " " + v
	}
	return name
}

// Also says which later layers fail for the same cause: "render and schema fail with it".
func Also(f findings.Finding) string {
	var layers []string
	for _, l := range f.Also {
		if l = Line(l); l != "" {
			layers = append(layers, l)
		}
	}
	switch n := len(layers); n {
	case 0:
		return ""
	case 1:
		return layers[0] + " fails with it"
	default:
		return strings.Join(layers[:n-1], ", ") + " and " + layers[n-1] + " fail with it"
	}
}

// Remarks says in words what is special about a finding: what fails with it, its
// state, its issue and how it fared before.
func Remarks(f findings.Finding) []string {
	var parts []string
	if also := Also(f); also != "" {
		parts = append(parts, also)
	}
	if remark := Line(f.Remark); remark != "" {
		parts = append(parts, remark)
	}
	if f.Expected != nil {
		if issue := Line(f.Expected.Issue); issue != "" {
			parts = append(parts, "issue "+issue)
		}
	}
	if history := History(f); history != "" {
		parts = append(parts, history)
	}
	return parts
}

// Part says "28 checks of " where a layer ran and only these were skipped.
func Part(s findings.Skip) string {
	if s.Checks == 0 {
		return ""
	}
	return Plural(s.Checks, "check") + " of "
}
