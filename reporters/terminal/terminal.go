// Package terminal renders a summary for people at a screen: the verdict, what
// is wrong and where, the grid, and one line for each thing that may be
// skipped over.
package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// Widths in columns. Text is wrapped at Options.Width, or at DefaultWidth
// where that is not known; below MinWidth a table cannot be read.
const (
	DefaultWidth = 100
	MinWidth     = 40
	maxWidth     = 120 // longer lines are hard to follow
)

// Options say what the screen can do. Render looks at no environment: whether
// NO_COLOR (https://no-color.org) is set and whether the output is a terminal
// is the caller's to find out.
type Options struct {
	Color bool
	Width int  // columns; 0 is unknown
	ASCII bool // for screens without Unicode
}

// Renderer writes a summary as plain or coloured text.
type Renderer struct{ opts Options }

// New gives a Renderer for the screen.
func New(o Options) *Renderer {
	switch {
	case o.Width <= 0:
		o.Width = DefaultWidth
	case o.Width < MinWidth:
		o.Width = MinWidth
	case o.Width > maxWidth:
		o.Width = maxWidth
	}
	return &Renderer{opts: o}
}

// Render writes the summary. Its only errors are the writer's.
func (r *Renderer) Render(w io.Writer, s findings.Summary) error {
	p := &page{style: style{color: r.opts.Color, ascii: r.opts.ASCII}, width: r.opts.Width}
	groups := present.Groups(s)
	p.logs, p.files = present.LogsOf(s), present.FilesOf(s)
	p.verdict(s, groups)
	for _, g := range groups {
		if g.Open {
			p.openGroup(g)
		}
	}
	if err := p.grid(s, groups); err != nil {
		return fmt.Errorf("laying out the grid: %w", err)
	}
	for _, g := range groups {
		if !g.Open {
			p.foldedGroup(g)
		}
	}
	p.rest(s)
	text := present.Inert(p.out.String())
	if r.opts.ASCII {
		text = transliterate.Replace(text)
	}
	if _, err := io.WriteString(w, text); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}

func (p *page) verdict(s findings.Summary, groups []present.Group) {
	mark, tone := result.Passed, green
	switch {
	case s.Verdict.Passed && s.Counts.Passed == 0 && s.Counts.Planned > 0:
		mark, tone = result.Skipped, grey
	case !s.Verdict.Passed && s.Verdict.ExitCode == 3:
		mark, tone = result.Errored, yellow
	case !s.Verdict.Passed:
		mark, tone = result.Failed, red
	}
	headline := present.Line(s.Verdict.Headline)
	p.wrap(p.symbol(present.Outcome(mark))+" ", "  ", present.Shorten(headline, 400), tone.bold())
	facts := []string{present.Chart(s)}
	if event := present.Line(s.Event); event != "" {
		facts = append(facts, event)
	}
	if s.Counts.Planned > 0 {
		facts = append(facts, present.Plural(s.Counts.Planned, "cell"))
		if tally := present.Tally(s.Counts); tally != "" {
			facts[len(facts)-1] += ": " + tally
		}
	}
	if s.Counts.Questions > 0 {
		facts = append(facts, present.Plural(s.Counts.Questions, "question")+" asked")
	}
	if s.Seconds > 0 {
		facts = append(facts, present.Duration(s.Seconds))
	}
	p.wrap("  ", "  ", strings.Join(facts, " · "), grey)
	p.answers(groups)
	p.origin(present.ProvenanceOf(s))
	reasons := present.Reasons(s, groups)
	for i, reason := range reasons {
		if i == maxReasons {
			p.wrap("  - ", "    ", "and "+present.Number(len(reasons)-i)+" more", plain)
			break
		}
		p.wrap("  - ", "    ", present.Shorten(reason, 200), plain)
	}
}

const (
	maxReasons = 5
	maxOpen    = 10 // findings shown in full; a screen holds about six
	maxFolded  = 8  // lines of a folded section
	maxPlaces  = 3
)

func (p *page) openGroup(g present.Group) {
	if g.Kind != present.Problems {
		p.heading(g.Title, len(g.Items))
	}
	for i, it := range g.Items {
		if i == maxOpen {
			p.blank()
			p.wrap("  ", "  ", "and "+present.Plural(len(g.Items)-i, "more finding")+"; --format html shows them all", grey)
			return
		}
		p.finding(it)
	}
}
