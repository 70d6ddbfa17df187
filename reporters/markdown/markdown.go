// Package markdown renders a summary as GitHub-flavoured Markdown, for comments,
// step summaries and e-mail.
package markdown

import (
	"fmt"
	"io"

	"github.com/posthog/chart-matrix/findings"
)

// DefaultLimit is what GitHub takes as the body of a comment: its API answers
// "Body is too long (maximum is 65536 characters)". Whether it counts code
// points, UTF-16 units or bytes is not documented, so the limit is kept in bytes of
// UTF-8, the largest of the three.
const DefaultLimit = 65_536

// SummaryLimit is the most bytes of a step summary that GitHub shows; it
// discards a longer one whole (https://docs.github.com/actions/reference/limits).
const SummaryLimit = 1 << 20

// MinLimit is the smallest limit, in bytes, under which the verdict, the
// warnings about the run and the first finding always fit.
const MinLimit = 16_384

// Options of a Renderer.
type Options struct {
	// Limit is the most bytes that may be written; 0 means DefaultLimit. With
	// more than DefaultLimit more is shown: further findings in full, all rows of
	// the grid, and every cell that did not pass.
	Limit int
	// Marker, if any, is written into a hidden comment in the first line, so
	// that an earlier comment can be found and replaced. Only letters, digits,
	// blanks and ._:/=- are kept.
	Marker string
	// Links lead to other reports of the same run.
	Links Links
}

// Links are addresses from the caller, who vouches for their hosts. What is not
// a plain https address is left out.
type Links struct {
	HTML string // the whole report as a page
}

// Renderer writes a summary as Markdown.
type Renderer struct{ opts Options }

// New gives a Renderer.
func New(o Options) *Renderer {
	if o.Limit == 0 {
		o.Limit = DefaultLimit
	}
	return &Renderer{opts: o}
}

// Render writes the summary in at most Options.Limit bytes; what gives way
// first is listed at sacrifices. It fails for a limit below MinLimit, before
// anything is written, and with the writer's errors.
func (r *Renderer) Render(w io.Writer, s findings.Summary) error {
	if r.opts.Limit < MinLimit {
		return fmt.Errorf("a limit of %d bytes is too small for a Markdown summary: expected at least %d", r.opts.Limit, MinLimit)
	}
	if _, err := io.WriteString(w, newDocument(s, r.opts).fit(r.opts.Limit)); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}
