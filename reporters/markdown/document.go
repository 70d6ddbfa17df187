package markdown

import (
	"fmt"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/present"
)

// bounds say how much is shown before the size is looked at.
type bounds struct {
	inFull    int // findings that show excerpt and command at once
	headings  int // findings with a heading of their own; the others get a line each
	foldAbove int // rows of the grid that are shown one by one
	rows      int
	lines     int // of a folded section
}

// boundsFor gives those of a comment, or wider ones where there is more room.
func boundsFor(limit int) bounds {
	if limit > DefaultLimit {
		return bounds{inFull: 50, headings: 50, foldAbove: 40, rows: 500, lines: 1000}
	}
	return bounds{inFull: 3, headings: 10, foldAbove: 8, rows: 40, lines: 60}
}

// document holds the rendered parts, so that fitting it into a limit costs no
// second rendering.
type document struct {
	bounds
	marker, verdict, origin, reasons string
	answers                          string // which questions were answered with no
	warnings                         string // of the origin: they are always shown
	whole                            string // leads to the whole report
	findings                         []entry
	more                             []string // lines of the open findings without a heading
	grid                             present.Table
	logs                             present.Logs
	files                            present.Files
	folded                           map[present.Kind]string
	rest                             rest
}

// entry is one finding in three lengths.
type entry struct{ unfold, full, brief string }

func newDocument(s findings.Summary, o Options) *document {
	d := &document{bounds: boundsFor(o.Limit), folded: map[present.Kind]string{}}
	groups := present.Groups(s)
	from := present.ProvenanceOf(s)
	d.logs, d.files = present.LogsOf(s), present.FilesOf(s)
	d.whole = present.Address(o.Links.HTML)
	d.marker = hidden(o.Marker)
	d.verdict, d.warnings, d.origin = verdict(s), warnings(from), origin(from, d.whole)
	d.answers, d.reasons = answers(groups), reasons(s, groups)
	d.grid = present.Fold(s, groups, d.foldAbove)
	d.rest = d.newRest(s)
	if o.Limit > DefaultLimit {
		d.rest.cells = d.cells(s, groups)
	}
	for _, g := range groups {
		if !g.Open {
			d.folded[g.Kind] = d.details(g.Title, len(g.Items), d.items(g.Items))
			continue
		}
		for _, it := range g.Items {
			if len(d.findings) < d.headings {
				e := entry{full: d.finding(it, folded), brief: d.finding(it, brief)}
				e.unfold = e.full
				if len(d.findings) < d.inFull {
					e.full, e.unfold = d.finding(it, inFull), d.finding(it, unfold)
				}
				d.findings = append(d.findings, e)
				continue
			}
			d.more = append(d.more, d.line(it))
		}
	}
	return d
}

// shape says what of a document is written.
type shape struct {
	cells, durations, omitted, skipped, context, notes, advice, gridLinks, passingRows, expected bool
	laterExcerpts, known, more, grid, firstExcerpt, reasons                                      bool
	later                                                                                        int // findings after the first
}

// sacrifices lists what is left out, one after the other, until the document
// fits. The answer to "is it broken, where and why" goes last; the verdict and
// the first finding never do.
var sacrifices = []struct {
	name string
	drop func(*shape)
}{
	{"the cells that did not pass", func(s *shape) { s.cells = false }},
	{"durations", func(s *shape) { s.durations = false }},
	{"omitted cells", func(s *shape) { s.omitted = false }},
	{"skipped layers", func(s *shape) { s.skipped = false }},
	{"the lines around excerpts", func(s *shape) { s.context = false }},
	{"notes", func(s *shape) { s.notes = false }},
	{"advice", func(s *shape) { s.advice = false }},
	{"links from the grid", func(s *shape) { s.gridLinks = false }},
	{"passing rows of the grid", func(s *shape) { s.passingRows = false }},
	{"expected, flaky and fixed failures", func(s *shape) { s.expected = false }},
	{"excerpts of all findings but the first", func(s *shape) { s.laterExcerpts = false }},
	{"failures that were there before and cells without an answer", func(s *shape) { s.known = false }},
	{"the brief list of further findings", func(s *shape) { s.more = false }},
}

// fit writes as much as the limit allows. Its last resort holds the verdict and
// the first finding without its excerpt, whose fields are bounded so that they
// fit into MinLimit.
func (d *document) fit(limit int) string {
	s := shape{
		cells: true, durations: true, omitted: true, skipped: true, context: true, notes: true, advice: true, gridLinks: true, passingRows: true,
		expected: true, laterExcerpts: true, known: true, more: true, grid: true, firstExcerpt: true, reasons: true,
		later: max(len(d.findings)-1, 0),
	}
	var left []string
	for _, give := range sacrifices {
		text := d.write(s, left)
		if len(text) <= limit {
			return text
		}
		before := len(text)
		give.drop(&s)
		if len(d.write(s, left)) < before {
			left = append(left, give.name)
		}
	}
	for ; s.later > 0; s.later-- {
		if text := d.write(s, d.withLater(left, s)); len(text) <= limit {
			return text
		}
	}
	left = d.withLater(left, s)
	for _, give := range []struct {
		name string
		drop func(*shape)
	}{
		{"the grid", func(s *shape) { s.grid = false }},
		{"the reasons", func(s *shape) { s.reasons = false }},
		{"the excerpt", func(s *shape) { s.firstExcerpt = false }},
	} {
		if text := d.write(s, left); len(text) <= limit {
			return text
		}
		give.drop(&s)
		left = append(left, give.name)
	}
	return d.write(s, left)
}

func (d *document) withLater(left []string, s shape) []string {
	gone := len(d.findings) - 1 - s.later
	if gone <= 0 {
		return left
	}
	return append(left[:len(left):len(left)], present.Plural(gone, "further finding"))
}

func (d *document) write(s shape, left []string) string {
	var b strings.Builder
	b.WriteString(d.marker)
	b.WriteString(d.verdict)
	b.WriteString(d.answers)
	b.WriteString(d.origin)
	b.WriteString(d.warnings)
	if s.reasons {
		b.WriteString(d.reasons)
	}
	for i, f := range d.findings {
		switch {
		case i > s.later:
		case i == 0 && !s.firstExcerpt, i > 0 && !s.laterExcerpts:
			b.WriteString(f.brief)
		case s.context:
			b.WriteString(f.unfold)
		default:
			b.WriteString(f.full)
		}
	}
	if s.more && len(d.more) > 0 {
		b.WriteString(d.details("Further findings", len(d.more), d.more))
	}
	if s.grid {
		b.WriteString(d.writeGrid(s.passingRows, s.gridLinks))
	}
	for _, p := range []struct {
		kind present.Kind
		on   bool
	}{
		{present.Aside, s.known}, {present.Known, s.known}, {present.Allowed, s.expected}, {present.Unstable, s.expected},
		{present.NoAnswer, s.known}, {present.Mended, s.expected}, {present.Suggestion, s.advice},
	} {
		if p.on {
			b.WriteString(d.folded[p.kind])
		}
	}
	for _, p := range []struct {
		text string
		on   bool
	}{
		{d.rest.cells, s.cells}, {d.rest.notes, s.notes}, {d.rest.skipped, s.skipped}, {d.rest.omitted, s.omitted}, {d.rest.durations, s.durations},
	} {
		if p.on {
			b.WriteString(p.text)
		}
	}
	if len(left) > 0 {
		others := "The other reports have"
		if d.whole != "" {
			others = link("The whole report", d.whole) + " has"
		}
		fmt.Fprintf(&b, "\n_Left out to fit the size limit: %s. %s them._\n", strings.Join(left, ", "), others)
	}
	return present.Inert(b.String())
}
