package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// judge gives the verdict on a summary that is complete but for it. A run that
// is red for several reasons exits with 1 if one of them blames the chart:
// mending the chart is what its readers can do, and another run would not help.
func judge(g Gate, s *Summary) Verdict {
	if len(s.Cells) == 0 {
		return judgeEmpty(g, s)
	}
	v := Verdict{Passed: true}
	for i := range s.Findings {
		f := &s.Findings[i]
		switch g.levelOf(f) {
		case Fail:
			v.Passed = false
			v.Reasons = append(v.Reasons, reason(f))
			if code := exitCode(f); v.ExitCode == ExitPassed || code < v.ExitCode {
				v.ExitCode = code
			}
		case Warn:
			v.Warnings = append(v.Warnings, reason(f))
		}
	}
	v.Headline = headline(s)
	return v
}

// judgeEmpty judges a plan without cells. It is green only where the event
// runs nothing by configuration, or the change leaves nothing to ask; a
// selection that leaves nothing over has tested nothing.
func judgeEmpty(g Gate, s *Summary) Verdict {
	if slices.ContainsFunc(s.Omissions, byChange) && !slices.ContainsFunc(s.Omissions, byFlag) {
		return Verdict{Passed: true, Headline: "Nothing to test for this change" + itself(s) + "."}
	}
	if slices.ContainsFunc(s.Omissions, byEvent) && !slices.ContainsFunc(s.Omissions, byFlag) {
		return Verdict{Passed: true, Headline: "Nothing to test for this event."}
	}
	v := Verdict{Headline: "Nothing ran: the plan has no cells."}
	why := "no cell was planned"
	for _, o := range s.Omissions {
		why += fmt.Sprintf("; %s left out %d", plain(o.Rule), o.Count)
	}
	switch g.Level(NothingRan) {
	case Fail:
		v.ExitCode, v.Reasons = ExitInfrastructure, []string{why}
	case Warn:
		v.Passed, v.Warnings = true, []string{why}
	default:
		v.Passed = true
	}
	return v
}

// byEvent tells whether an omission is the configuration's answer to the event
// rather than to a flag. internal/config names such rules "event …".
func byEvent(o matrix.Omission) bool {
	return o.Kind == matrix.NotSelected && strings.HasPrefix(o.Rule, "event ")
}

// byChange tells whether the change at hand leaves cells nothing to ask.
func byChange(o matrix.Omission) bool { return o.Kind == matrix.NothingToTest }

// byFlag tells whether an omission is the answer to a flag such as --only.
func byFlag(o matrix.Omission) bool { return o.Kind == matrix.NotSelected && !byEvent(o) }

func reason(f *Finding) string {
	return fmt.Sprintf("%s: %s (%s)", kindOf(f.State), f.Title, f.Where)
}

// headline says in one sentence how the run went.
func headline(s *Summary) string {
	all := s.Counts.Planned
	var parts []string
	causes, failing := tally(s, New, PreExisting)
	late, lateCells := tally(s, Overdue)
	accepted, acceptedCells := tally(s, Expected)
	unknown := s.Counts.Errored + s.Counts.Lost + s.Counts.Blocked
	if causes > 0 {
		parts = append(parts, fmt.Sprintf("%s of failure in %d of %s", plural(causes, "cause"), failing, plural(all, "cell")))
	}
	if accepted > 0 {
		parts = append(parts, fmt.Sprintf("%s in %s", plural(accepted, "expected failure"), plural(acceptedCells, "cell")))
	}
	if late > 0 {
		parts = append(parts, fmt.Sprintf("%s out of date (%s)", plural(late, "expect-failure"), plural(lateCells, "cell")))
	}
	if unknown > 0 {
		parts = append(parts, "no answer from "+plural(unknown, "cell"))
	}
	if s.Counts.Skipped > 0 {
		parts = append(parts, "nothing ran in "+plural(s.Counts.Skipped, "cell"))
	}
	if thin := thinCells(s); thin > 0 {
		parts = append(parts, plural(thin, "cell")+" checked next to nothing of what the baseline does")
	}
	if leaks, _ := tally(s, Leak); leaks > 0 {
		parts = append(parts, plural(leaks, "leak"))
	}
	if n := swallowedIn(s); n > 0 {
		parts = append(parts, fmt.Sprintf("%s succeeded with an error in %s log", plural(n, "Job"), agree(n, "its", "their")))
	}
	passing := plural(s.Counts.Passed, "cell") + " " + agree(s.Counts.Passed, "passes", "pass")
	switch {
	case len(parts) == 0 && all == 1 && s.Counts.Flaky == 1:
		return "The only cell passes, but only when it was tried again."
	case len(parts) == 0 && all == 1:
		return "The only cell passes."
	case s.Counts.Passed == all && all == 1:
		return "The only cell passes, but: " + strings.Join(parts, ", ") + "."
	case s.Counts.Passed == all && len(parts) == 0:
		return fmt.Sprintf("All %d cells pass%s%s.", all, retried(s), vacant(s))
	case s.Counts.Passed == all:
		return fmt.Sprintf("All %d cells pass%s, but: %s.", all, retried(s), strings.Join(parts, ", "))
	case s.Counts.Passed == 0:
		passing = "no cell passes"
	}
	text := strings.Join(parts, ", ") + "; " + passing + retried(s) + "."
	return strings.ToUpper(text[:1]) + text[1:]
}

// swallowedIn counts the Jobs that succeeded although their log speaks of an error.
func swallowedIn(s *Summary) int {
	jobs := map[string]bool{}
	for i := range s.Findings {
		if f := &s.Findings[i]; f.Code == codeSwallowed && f.State == Advice && len(f.Locations) > 0 {
			jobs[f.Locations[0].Object] = true
		}
	}
	return len(jobs)
}

// vacant says how many cells were left out since they had nothing to test: an
// upgrade from what renders the same proves nothing, and is not to look proven.
func vacant(s *Summary) string {
	n := 0
	for _, o := range s.Omissions {
		if o.Kind == matrix.NothingToTest {
			n += o.Count
		}
	}
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("; %d more had nothing to test", n) + itself(s)
}

// itself says whose word it is that there is nothing to test: of another's chart
// nobody here has the renderings.
func itself(s *Summary) string {
	if s.Origin.SelfReported {
		return ", as the run itself says"
	}
	return ""
}

// retried says how many of the cells that passed did so only when they were tried again.
func retried(s *Summary) string {
	switch s.Counts.Flaky {
	case 0:
		return ""
	case s.Counts.Passed:
		return ", but only when tried again"
	}
	return fmt.Sprintf(", %d of them only when tried again", s.Counts.Flaky)
}

// tally counts the failures in some states, and the cells that have one.
func tally(s *Summary, states ...State) (findings, cells int) {
	in := map[string]bool{}
	for _, f := range s.Findings {
		if slices.Contains(states, f.State) {
			findings++
			for _, id := range f.Cells {
				in[id] = true
			}
		}
	}
	return findings, len(in)
}

// thinCells counts the cells in which a layer lost nearly all of its checks.
func thinCells(s *Summary) int {
	in := map[string]bool{}
	for i := range s.Findings {
		if f := &s.Findings[i]; f.State == NothingRan && f.Layer != "" {
			for _, id := range f.Cells {
				in[id] = true
			}
		}
	}
	return len(in)
}

func plural(n int, word string) string {
	return fmt.Sprintf("%d %s", n, agree(n, word, word+"s"))
}

func agree(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
