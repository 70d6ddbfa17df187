package markdown

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// The most characters of one field. Escaping makes a character at most five
// bytes, and MinLimit is chosen with that in mind.
const (
	headlineLimit = 200
	sentenceLimit = 320
	fieldLimit    = 250
	lineLimit     = 200
	evidenceLimit = 400
	commandLimit  = 500
	noteLimit     = 500
	nameLimit     = 80
	maxPlaces     = 3
	maxReasons    = 6
	maxLogs       = 3
	maxChanges    = 6
)

func verdict(s findings.Summary) string {
	mark := "❌"
	switch {
	case s.Verdict.Passed && s.Counts.Passed == 0 && s.Counts.Planned > 0:
		mark = "➖"
	case s.Verdict.Passed:
		mark = "✅"
	case s.Verdict.ExitCode == 3:
		mark = "⚠️"
	}
	facts := []string{"**" + prose(present.Chart(s), nameLimit) + "**"}
	if event := prose(s.Event, nameLimit); event != "" {
		facts = append(facts, event)
	}
	if s.Counts.Planned > 0 {
		cells := present.Plural(s.Counts.Planned, "cell")
		if tally := present.Tally(s.Counts); tally != "" {
			cells += ": " + tally
		}
		facts = append(facts, cells)
	}
	if s.Seconds > 0 {
		facts = append(facts, present.Duration(s.Seconds))
	}
	return fmt.Sprintf("## %s %s\n\n%s\n", mark, prose(s.Verdict.Headline, headlineLimit), strings.Join(facts, " · "))
}

func reasons(s findings.Summary, groups []present.Group) string {
	var b strings.Builder
	all := present.Reasons(s, groups)
	for i, r := range all {
		if i == maxReasons {
			b.WriteString("- and " + present.Number(len(all)-i) + " more\n")
			break
		}
		b.WriteString("- " + prose(r, fieldLimit) + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n" + b.String()
}

// answers says which of the layered tests' questions were answered with no, and
// by which findings.
func answers(groups []present.Group) string {
	var b strings.Builder
	for _, a := range present.Answers(groups) {
		b.WriteString("- **" + a.Words + ":** " + a.Told() + "\n")
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n" + b.String()
}

// details folds a list. The title is never from outside: it stands in raw HTML.
func (d *document) details(title string, count int, list []string) string {
	if len(list) == 0 {
		return ""
	}
	if len(list) > d.lines {
		list = append(list[:d.lines:d.lines], "and "+present.Number(len(list)-d.lines)+" more")
	}
	if count > 0 {
		title += " (" + present.Number(count) + ")"
	}
	return "\n<details>\n<summary>" + title + "</summary>\n\n- " + strings.Join(list, "\n- ") + "\n\n</details>\n"
}

// markOf gives a symbol that differs in shape, not in colour alone.
func markOf(o present.Outcome) string {
	switch o {
	case present.Outcome(result.Passed):
		return "✅"
	case present.Outcome(result.Failed):
		return "❌"
	case present.Retried:
		return "🔁"
	case present.Accepted:
		return "🟡"
	case present.Outcome(result.Errored):
		return "⚠️"
	case present.Outcome(result.Lost):
		return "❓"
	case present.Outcome(result.Blocked):
		return "🚫"
	case present.Outcome(result.Skipped):
		return "➖"
	}
	return "·"
}
