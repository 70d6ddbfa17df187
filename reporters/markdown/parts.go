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

// detail says how much of a finding is written.
type detail int

const (
	brief  detail = iota // without excerpt, logs and command
	folded               // with these behind a fold
	inFull
)

// finding writes one under a heading of its own.
func (d *document) finding(it present.Item, show detail) string {
	f := it.Finding
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %d. %s\n\n", it.Number, prose(f.Title, titleLimit))
	where, evidence := prose(f.Where, fieldLimit), present.Evidence(f)
	switch {
	case where != "" && evidence != "":
		fmt.Fprintf(&b, "**Where:** %s. %s.\n", where, capital(evidence))
	case where != "":
		fmt.Fprintf(&b, "**Where:** %s\n", where)
	case evidence != "":
		fmt.Fprintf(&b, "**Where:** %s\n", evidence)
	}
	if at := places(f); at != "" {
		fmt.Fprintf(&b, "\n**At:** %s\n", at)
	}
	if show == inFull {
		b.WriteString(excerpt(f))
	}
	if hint := prose(f.Hint, fieldLimit); hint != "" {
		fmt.Fprintf(&b, "\n**Fix:** %s\n", hint)
	}
	if n := note(f); n != "" {
		fmt.Fprintf(&b, "\n**Note:** %s\n", n)
	}
	switch show {
	case inFull:
		b.WriteString(d.logsOf(f) + reproduce(f))
	case folded:
		if inside := excerpt(f) + d.logsOf(f) + reproduce(f); inside != "" {
			b.WriteString("\n<details>\n<summary>Log and command</summary>\n" + inside + "\n</details>\n")
		}
	}
	return b.String()
}

func excerpt(f findings.Finding) string {
	if len(f.Excerpt) == 0 {
		return ""
	}
	return "\n" + fenced("text", f.Excerpt[:min(len(f.Excerpt), maxExcerpt)], lineLimit)
}

func reproduce(f findings.Finding) string {
	if present.Code(f.Reproduce) == "" {
		return ""
	}
	return "\n**Reproduce:**\n\n" + fenced("sh", command(f.Reproduce), commandLimit)
}

// capital begins a sentence of our own words.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

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

// commandWidth is about what a phone shows of a line, in characters.
const commandWidth = 44

// command breaks a long command before its flags, as a shell allows. One with
// quotes stays whole: there a line break may be part of a word.
func command(text string) []string {
	text = present.Shorten(present.Code(text), commandLimit)
	if strings.ContainsAny(text, "'\"\\`#") {
		return []string{text}
	}
	var lines []string
	current := ""
	for i, part := range strings.Split(text, " --") {
		if i > 0 {
			part = "--" + part
		}
		switch {
		case i == 0:
			current = part
		case len(current)+1+len(part) <= commandWidth:
			current += " " + part
		default:
			lines = append(lines, current+" \\")
			current = "  " + part
		}
	}
	return append(lines, current)
}

// logsOf leads to the logs of the jobs that show it.
func (d *document) logsOf(f findings.Finding) string {
	links, more := d.logs.Of(f, maxLogs)
	if len(links) == 0 {
		return ""
	}
	list := make([]string, 0, len(links)+1)
	for _, l := range links {
		list = append(list, link(prose(l.Text, nameLimit), l.URL))
	}
	if more > 0 {
		list = append(list, "and "+present.Plural(more, "more job"))
	}
	return "\n**Logs:** " + strings.Join(list, " · ") + "\n"
}

func note(f findings.Finding) string {
	return prose(strings.Join(present.Remarks(f), "; "), fieldLimit)
}

// line is a finding in a folded list.
func (d *document) line(it present.Item) string {
	f := it.Finding
	text := "**" + strconv.Itoa(it.Number) + "** · " + prose(f.Title, titleLimit)
	if where := prose(f.Where, fieldLimit); where != "" {
		text += ", " + where
	}
	if n := note(f); n != "" {
		text += " (" + n + ")"
	}
	if links, _ := d.logs.Of(f, 1); len(links) > 0 {
		text += " · " + link("log", links[0].URL)
	}
	return text
}

func (d *document) items(items []present.Item) []string {
	out := make([]string, 0, len(items))
	for _, it := range items {
		out = append(out, d.line(it))
	}
	return out
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
