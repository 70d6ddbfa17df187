package present

import (
	"strings"

	"github.com/posthog/chart-matrix/findings"
)

// Reasons lists why the run is red, and below that what the gate lets pass but
// wants seen. What an open group tells in full is left out: the answer stands
// once on the page.
func Reasons(s findings.Summary, groups []Group) []string {
	told := map[string]bool{}
	for _, g := range groups {
		if !g.Open {
			continue
		}
		for _, it := range g.Items {
			told[Line(it.Finding.Title+" ("+it.Finding.Where+")")] = true
		}
	}
	var out []string
	add := func(mark string, reasons []string) {
		for _, r := range reasons {
			r = Line(r)
			_, text, _ := strings.Cut(r, ": ") // behind the kind of finding
			if r != "" && !told[text] {
				out = append(out, mark+r)
			}
		}
	}
	add("", s.Verdict.Reasons)
	add("warning: ", s.Verdict.Warnings)
	return out
}
