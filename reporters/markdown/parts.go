package markdown

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// The most characters of one field. Escaping makes a character at most five
// bytes, and MinLimit is chosen with that in mind.
const (
	headlineLimit = 200
	titleLimit    = 200
	fieldLimit    = 250
	lineLimit     = 200
	commandLimit  = 500
	nameLimit     = 80
	maxPlaces     = 3
	maxExcerpt    = 3
	maxReasons    = 6
)

func verdict(s findings.Summary) string {
	mark := "❌"
	switch {
	case s.Verdict.Passed && s.Counts.Passed == 0:
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
	cells := present.Plural(s.Counts.Planned, "cell")
	if tally := present.Tally(s.Counts); tally != "" {
		cells += ": " + tally
	}
	facts = append(facts, cells)
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

// finding writes one in full; without its excerpt and command where excerpt is false.
func finding(it present.Item, excerpt bool) string {
	f := it.Finding
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %d. %s\n\n", it.Number, prose(f.Title, titleLimit))
	where, evidence := prose(f.Where, fieldLimit), present.Evidence(f)
	switch {
	case where != "" && evidence != "":
		fmt.Fprintf(&b, "**Where:** %s. %s.\n", where, sentence(evidence))
	case where != "":
		fmt.Fprintf(&b, "**Where:** %s\n", where)
	case evidence != "":
		fmt.Fprintf(&b, "**Where:** %s\n", evidence)
	}
	if at := places(f); at != "" {
		fmt.Fprintf(&b, "\n**At:** %s\n", at)
	}
	if lines := f.Excerpt[:min(len(f.Excerpt), maxExcerpt)]; excerpt && len(lines) > 0 {
		b.WriteString("\n" + fenced("text", lines, lineLimit))
	}
	if hint := prose(f.Hint, fieldLimit); hint != "" {
		fmt.Fprintf(&b, "\n**Fix:** %s\n", hint)
	}
	if n := note(f); n != "" {
		fmt.Fprintf(&b, "\n**Note:** %s\n", n)
	}
	if excerpt && present.Code(f.Reproduce) != "" {
		b.WriteString("\n" + fenced("sh", []string{f.Reproduce}, commandLimit))
	}
	return b.String()
}

func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func places(f findings.Finding) string {
	var list []string
	for i, p := range present.Places(f) {
		if i == maxPlaces {
			list = append(list, "and "+present.Plural(len(f.Locations)-i, "more place"))
			break
		}
		if place := code(p, lineLimit); place != "" {
			list = append(list, place)
		}
	}
	return strings.Join(list, " · ")
}

func note(f findings.Finding) string {
	return prose(strings.Join(present.Remarks(f), "; "), fieldLimit)
}

// line is a finding in a folded list.
func line(it present.Item) string {
	f := it.Finding
	text := "**" + strconv.Itoa(it.Number) + "** · " + prose(f.Title, titleLimit)
	if where := prose(f.Where, fieldLimit); where != "" {
		text += ", " + where
	}
	if n := note(f); n != "" {
		text += " (" + n + ")"
	}
	return text
}

func lines(items []present.Item) []string {
	out := make([]string, 0, len(items))
	for _, it := range items {
		out = append(out, line(it))
	}
	return out
}

// details folds a list. The title is never from outside: it stands in raw HTML.
func details(title string, count int, list []string) string {
	if len(list) == 0 {
		return ""
	}
	if len(list) > maxLines {
		list = append(list[:maxLines:maxLines], "and "+present.Number(len(list)-maxLines)+" more")
	}
	if count > 0 {
		title += " (" + present.Number(count) + ")"
	}
	return "\n<details>\n<summary>" + title + "</summary>\n\n- " + strings.Join(list, "\n- ") + "\n\n</details>\n"
}

// markOf gives a symbol that differs in shape, not in colour alone.
func markOf(o present.Outcome) (symbol, word string) {
	switch o {
	case present.Outcome(result.Passed):
		return "✅", "passed"
	case present.Outcome(result.Failed):
		return "❌", "failed"
	case present.Accepted:
		return "🟡", "fails as expected"
	case present.Outcome(result.Errored):
		return "⚠️", "could not be asked"
	case present.Outcome(result.Lost):
		return "❓", "lost"
	case present.Outcome(result.Blocked):
		return "🚫", "blocked by a cheaper layer"
	case present.Outcome(result.Skipped):
		return "➖", "skipped"
	}
	return "·", "omitted"
}
