package present

import (
	"slices"

	"github.com/posthog/chart-matrix/findings"
)

// Kind is a group of findings that a reader treats alike.
type Kind string

// The kinds, in reading order.
const (
	Problems   Kind = "problems" // new, overdue, leaks, nothing ran
	Aside      Kind = "aside"    // new, but not worth a look, for a reason that is told
	Known      Kind = "known"    // failed before this change too
	Allowed    Kind = "expected"
	Unstable   Kind = "flaky"
	NoAnswer   Kind = "unanswered" // errored or lost
	Mended     Kind = "fixed"      // the baseline failed so
	Suggestion Kind = "advice"
)

// Item is a finding with the number by which all parts of one report call it.
type Item struct {
	Number  int // from 1, in reading order
	Index   int // in Summary.Findings
	Finding findings.Finding
}

// Group is the findings of one kind.
type Group struct {
	Kind  Kind
	Title string
	Items []Item
	// Open says that the group is part of the answer and is shown in full; the
	// others are folded.
	Open bool
}

// Groups sorts the findings into their kinds, keeping their order within each.
// Empty groups are left out. When the run is red and nothing new explains it,
// the first of the known and the unanswered is opened, so that a red verdict
// never stands over folded reasons alone. Open groups come first.
func Groups(s findings.Summary) []Group {
	groups := []Group{
		{Kind: Problems, Title: "Findings", Open: true},
		{Kind: Aside, Title: "Set aside"},
		{Kind: Known, Title: "Failed before this change too"},
		{Kind: Allowed, Title: "Expected failures"},
		{Kind: Unstable, Title: "Flaky: passed when tried again"},
		{Kind: NoAnswer, Title: "Without an answer"},
		{Kind: Mended, Title: "Fixed since the baseline"},
		{Kind: Suggestion, Title: "Advice"},
	}
	for i, f := range s.Findings {
		at := slices.IndexFunc(groups, func(g Group) bool { return g.Kind == kindOf(f) })
		groups[at].Items = append(groups[at].Items, Item{Index: i, Finding: f})
	}
	for i := range groups {
		if groups[i].Kind == Unstable && slices.ContainsFunc(groups[i].Items, byHistory) {
			groups[i].Title = "Flaky: comes and goes"
		}
	}
	groups = slices.DeleteFunc(groups, func(g Group) bool { return len(g.Items) == 0 })
	open(groups, s.Verdict)
	slices.SortStableFunc(groups, func(a, b Group) int {
		switch {
		case a.Open == b.Open:
			return 0
		case a.Open:
			return -1
		}
		return 1
	})
	number := 0
	for g := range groups {
		for i := range groups[g].Items {
			number++
			groups[g].Items[i].Number = number
		}
	}
	return groups
}

// byHistory tells whether a failure counts as flaky for what earlier runs say.
func byHistory(it Item) bool { return it.Finding.History != nil && it.Finding.History.PValue > 0 }

func open(groups []Group, v findings.Verdict) {
	if v.Passed || len(groups) == 0 {
		return
	}
	for i := range groups {
		// 3 is the exit code for what could not be asked.
		if groups[i].Kind == NoAnswer && v.ExitCode == 3 {
			groups[i].Open = true
		}
	}
	if slices.ContainsFunc(groups, func(g Group) bool { return g.Open }) {
		return
	}
	for _, kind := range []Kind{Aside, Known, NoAnswer} {
		if i := slices.IndexFunc(groups, func(g Group) bool { return g.Kind == kind }); i >= 0 {
			groups[i].Open = true
			return
		}
	}
}

// kindOf puts a state that it does not know with the problems: unknown counts as
// new. So does what is not called notable without a reason.
func kindOf(f findings.Finding) Kind {
	switch f.State {
	case findings.PreExisting:
		return Known
	case findings.Unanswered:
		return NoAnswer
	case findings.Expected:
		return Allowed
	case findings.Flaky:
		return Unstable
	case findings.Fixed:
		return Mended
	case findings.Advice:
		return Suggestion
	}
	if !f.Notable && Line(f.Folded) != "" {
		return Aside
	}
	return Problems
}

// Numbers maps an index in Summary.Findings to the finding's number.
func Numbers(groups []Group) map[int]int {
	numbers := map[int]int{}
	for _, g := range groups {
		for _, it := range g.Items {
			numbers[it.Index] = it.Number
		}
	}
	return numbers
}
