package markdown

import (
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// evidence quotes what shows a finding, with where it was seen.
func (d *document) evidence(f findings.Finding) string {
	quotes := present.Evidence(f, d.logs)
	for i := range quotes {
		quotes[i].Lines = broken(quotes[i].Lines)
	}
	return quotations(quotes, "")
}

// evidenceWidth is about what GitHub shows of a line of code in a comment, in
// characters. It breaks none, and the end of a line often says why.
const evidenceWidth = 100

// broken breaks long lines at blanks, so that they can be read without scrolling.
func broken(lines []string) []string {
	var out []string
	for _, l := range lines {
		rest := []rune(present.Shorten(l, evidenceLimit))
		for len(rest) > evidenceWidth {
			at := evidenceWidth
			for at > evidenceWidth/2 && rest[at] != ' ' {
				at--
			}
			if rest[at] != ' ' {
				at = evidenceWidth
			}
			out = append(out, string(rest[:at]))
			rest = []rune("  " + strings.TrimLeft(string(rest[at:]), " "))
		}
		out = append(out, string(rest))
	}
	return out
}

// around unfolds the lines around those that are quoted.
func (d *document) around(f findings.Finding) string {
	quotes, more := present.Context(f, d.logs)
	if len(quotes) == 0 {
		return ""
	}
	above := ""
	if e := present.Evidence(f, d.logs); len(e) > 0 {
		above = e[len(e)-1].Cell.Text
	}
	return "\n<details>\n<summary>More lines (" + present.Number(more) + ")</summary>\n" + quotations(quotes, above) + "\n</details>\n"
}

// quotations writes code blocks, each below where it was seen: "In kind-1.34-ha,
// logs/web-0.log:12". A cell that was named just above is not named again.
func quotations(quotes []present.Quote, above string) string {
	var b strings.Builder
	for _, q := range quotes {
		var at []string
		if cell := link(prose(q.Cell.Text, nameLimit), q.Cell.URL); cell != "" && q.Cell.Text != above && (q.Source != "" || q.Cell.URL != "") {
			at = append(at, cell)
		}
		above = q.Cell.Text
		if source := code(q.Source, lineLimit); source != "" {
			at = append(at, source)
		}
		if len(at) > 0 {
			b.WriteString("\nIn " + strings.Join(at, ", ") + ":\n")
		}
		b.WriteString("\n" + fenced("text", q.Lines, evidenceLimit))
	}
	return b.String()
}

// beside tells of the nearest cell that passes, and what is different there.
func (d *document) beside(f findings.Finding) string {
	n := present.Neighbour(f, d.logs)
	if n == nil {
		return ""
	}
	text := "\n**Passes beside it:** " + link(prose(n.Passing.Text, nameLimit), n.Passing.URL)
	failing := link(prose(n.Failing.Text, nameLimit), n.Failing.URL)
	switch {
	case len(n.Differs) == 0:
		return text + "\n"
	case failing == "":
		failing = "the failing cell"
	}
	if len(n.Differs) == 1 {
		return text + ". Different in " + failing + ": " + prose(n.Differs[0], lineLimit) + "\n"
	}
	text += ". Different in " + failing + ":\n\n"
	for i, differs := range n.Differs {
		if i == maxDiffers && len(n.Differs) > maxDiffers+1 {
			text += "- and " + present.Number(len(n.Differs)-i) + " more\n"
			break
		}
		text += "- " + prose(differs, lineLimit) + "\n"
	}
	return text
}
