package present

import (
	"strings"

	"github.com/posthog/chart-matrix/findings"
)

// Reasons lists why the run is red, and below that what the gate lets pass but
// wants seen. What an open group tells in full is left out: the answer stands
// once on the page. What a folded group tells is counted in one line, and has
// its place there.
func Reasons(s findings.Summary, groups []Group) []string {
	group := map[string]int{} // by the finding's title and place, 1 + index
	for i, g := range groups {
		for _, it := range g.Items {
			group[Line(it.Finding.Title+" ("+it.Finding.Where+")")] = i + 1
		}
	}
	find := func(reason string) int {
		_, text, _ := strings.Cut(reason, ": ") // behind the kind of finding
		return group[text] - 1
	}
	var out []string
	for _, r := range s.Verdict.Reasons {
		if r = Line(r); r == "" {
			continue
		}
		if i := find(r); i < 0 || !groups[i].Open {
			out = append(out, r)
		}
	}
	passed := make([]int, len(groups))
	for _, w := range s.Verdict.Warnings {
		if w = Line(w); w == "" {
			continue
		}
		if i := find(w); i >= 0 {
			passed[i]++
		} else {
			out = append(out, "warning: "+w)
		}
	}
	var let []string
	for i, n := range passed {
		if n > 0 && !groups[i].Open {
			let = append(let, letPass(groups[i].Kind, n))
		}
	}
	if len(let) > 0 {
		out = append(out, "Let pass: "+strings.Join(let, ", "))
	}
	return out
}

func letPass(kind Kind, n int) string {
	switch kind {
	case Known:
		return Number(n) + " that failed before this change too"
	case Allowed:
		return Plural(n, "expected failure")
	case Unstable:
		return Number(n) + " flaky"
	case NoAnswer:
		return Number(n) + " without an answer"
	}
	return Plural(n, "finding")
}
