package terminal

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// foldedGroup gives each finding one line.
func (p *page) foldedGroup(g present.Group) {
	p.heading(g.Title, len(g.Items))
	lines := make([]string, 0, len(g.Items))
	for _, it := range g.Items {
		f := it.Finding
		text := present.Shorten(present.Headline(f), 240)
		if n := strings.Join(present.InBrief(it), "; "); n != "" {
			text += " (" + n + ")"
		}
		lines = append(lines, fmt.Sprintf("%2d  %s", it.Number, text))
	}
	p.list(lines)
}

// list writes at most maxFolded entries, and how many more there are.
func (p *page) list(lines []string) {
	for i, l := range lines {
		if i == maxFolded && len(lines) > maxFolded+1 {
			p.wrap("  ", "  ", "and "+present.Number(len(lines)-i)+" more", grey)
			return
		}
		head, text := "", l
		if len(l) > 4 && strings.TrimSpace(l[:4]) != "" && l[2:4] == "  " {
			head, text = l[:4], l[4:]
		}
		p.wrap("  "+head, "  "+strings.Repeat(" ", len(head)), present.Shorten(text, 400), plain)
	}
}

// rest writes what explains the numbers: skips, omissions, notes, durations.
func (p *page) rest(s findings.Summary) {
	p.section("Skipped", skips(s))
	p.section("Omitted from the plan", omissions(s))
	p.section("Notes", clean(s.Notes))
	p.section("Results that do not fit the plan", clean(s.Anomalies))
	p.section("Layers", layers(s))
}

func (p *page) section(title string, lines []string) {
	if len(lines) > 0 {
		p.heading(title, 0)
		p.list(lines)
	}
}

func clean(in []string) []string {
	var out []string
	for _, s := range in {
		if s = present.Line(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

func skips(s findings.Summary) []string {
	var out []string
	for _, k := range s.Skips {
		out = append(out, fmt.Sprintf("%s%s %s in %s: %s", present.Part(k), present.Line(k.Layer), present.Line(string(k.Status)), present.Plural(k.Cells, "cell"), present.Line(k.Reason)))
	}
	return out
}

func omissions(s findings.Summary) []string {
	var out []string
	for _, o := range s.Omissions {
		text := fmt.Sprintf("%s by %s", present.Plural(o.Count, "cell"), present.Line(o.Rule))
		if because := present.Line(o.Because); because != "" {
			text += ": " + because
		}
		out = append(out, text)
	}
	return out
}

// layers tells what each layer did and what it cost: "schema  84 cells (12 failed), 42 questions, 1.2 s".
func layers(s findings.Summary) []string {
	widest := 0
	for _, l := range s.Layers {
		widest = max(widest, len(present.Line(l.Layer)))
	}
	var out []string
	for _, l := range s.Layers {
		total, bad := 0, []string{}
		for _, status := range result.Statuses() {
			n := l.Cells[status]
			total += n
			if n > 0 && status != result.Passed {
				bad = append([]string{present.Number(n) + " " + string(status)}, bad...)
			}
		}
		text := fmt.Sprintf("%s: %s", present.Line(l.Layer), present.Plural(total, "cell"))
		if len(bad) > 0 {
			text += " (" + strings.Join(bad, ", ") + ")"
		}
		if l.Questions > 0 {
			text += fmt.Sprintf(", %s asked, %s", present.Plural(l.Questions, "question"), present.Duration(l.Seconds))
		}
		out = append(out, text)
	}
	return out
}
