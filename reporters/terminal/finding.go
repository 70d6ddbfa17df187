package terminal

import (
	"fmt"
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// The most of each that a finding lists.
const (
	maxDiffers      = 4
	maxConsequences = 3
	maxRivals       = 2
	maxNext         = 3
)

// answers says which of the layered tests' questions were answered with no.
func (p *page) answers(groups []present.Group) {
	for _, a := range present.Answers(groups) {
		tone := red
		if a.Kind == findings.KindMachinery {
			tone = yellow
		}
		p.wrap("  "+p.paint(tone, "▪")+" ", "    ", a.Words+": "+a.Told(), plain)
	}
}

// finding writes what fails and where, what shows it, what to do, and then what
// helps to believe it.
func (p *page) finding(it present.Item) {
	f := it.Finding
	tone := red
	if f.Status == result.Errored || f.Status == result.Lost {
		tone = yellow
	}
	p.blank()
	number := fmt.Sprintf("%2d  ", it.Number)
	rest := strings.Repeat(" ", len(number))
	headline := present.Shorten(present.Headline(f), 420)
	if where, what := present.Split(f); where != "" && twwidth.Width(headline) > p.width-len(rest) {
		p.wrap(number, rest, where, tone.bold())
		number, headline = rest, present.Shorten(what, 300)
	}
	p.wrap(number, rest, headline, tone.bold())
	p.field("what", strings.Join(present.Nature(f), "; "), plain)
	p.field("where", present.Where(f), plain)
	p.support(f)
	p.evidence(f)
	p.field("fix", present.Line(f.Hint), plain)
	p.places(f)
	p.beside(f)
	several(p, "so", f.Consequences, maxConsequences, present.Consequence)
	several(p, "or", present.Rivals(f), maxRivals, func(r findings.Rival) string { return "might also be: " + r.Where })
	several(p, "next", present.Next(f), maxNext, func(n findings.NextCell) string {
		text := "run " + n.Slug
		if cost := present.Cost(n); cost != "" {
			text += ", " + cost + ","
		}
		if n.Because == "" {
			return text + " to decide"
		}
		return text + " to decide: " + n.Because
	})
	p.field("note", strings.Join(present.Remarks(f), "; "), plain)
	if links, more := p.logs.Of(f, 1); len(links) > 0 {
		text := links[0].URL
		if more > 0 {
			text += " and " + present.Plural(more, "more job")
		}
		p.field("log", text, cyan)
	}
	label := "try"
	if command := present.Code(f.Reproduce); command != "" {
		// Never wrapped: it is there to be copied.
		p.line(indent + p.paint(grey, label) + "    " + p.paint(cyan, present.Shorten(command, 1000)))
		label = ""
	}
	p.field(label, present.Line(f.ReproduceNote), grey)
}

// several writes one field of many lines.
func several[T any](p *page, label string, all []T, limit int, one func(T) string) {
	for i, v := range all {
		if i == limit {
			p.field(label, "and "+present.Number(len(all)-i)+" more", grey)
			return
		}
		p.field(label, one(v), plain)
		label = ""
	}
}

func (p *page) support(f findings.Finding) {
	label, text := "seen", present.Support(f)
	if present.Where(f) != "" {
		label = ""
	}
	if sure := present.Sure(f); sure != "" {
		if text != "" {
			text += ". "
		}
		text += sure
	}
	p.field(label, text, plain)
}

// evidence quotes what shows it, with where it was seen.
func (p *page) evidence(f findings.Finding) {
	for _, q := range present.Evidence(f, p.logs) {
		if q.Source != "" { // else it is what the layer says, which has its place in the chart
			p.field("in", q.From(), cyan)
		}
		for _, line := range q.Lines {
			p.excerpt(line)
		}
	}
}

func (p *page) places(f findings.Finding) {
	label := "at"
	for i, place := range present.Places(f, p.files) {
		if i == maxPlaces {
			p.field("", "and "+present.Plural(len(f.Locations)-i, "more place"), grey)
			return
		}
		p.field(label, place.String(), cyan)
		label = ""
	}
}

// beside tells of the nearest cell that passes.
func (p *page) beside(f findings.Finding) {
	n := present.Neighbour(f, p.logs)
	if n == nil {
		return
	}
	p.field("unlike", n.Passing.Text+", which passes", plain)
	for i, differs := range n.Differs {
		if i == maxDiffers && len(n.Differs) > maxDiffers+1 {
			p.field("", "and "+present.Number(len(n.Differs)-i)+" more differences", grey)
			return
		}
		p.field("", differs, plain)
	}
}
