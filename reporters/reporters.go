// Package reporters lists the formats in which a summary can be rendered. Each
// format is a package of its own; where the rendered text goes is not their
// business, nor is the verdict.
package reporters

import (
	"fmt"
	"io"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/html"
	"github.com/posthog/chart-matrix/reporters/json"
	"github.com/posthog/chart-matrix/reporters/junit"
	"github.com/posthog/chart-matrix/reporters/markdown"
	"github.com/posthog/chart-matrix/reporters/terminal"
)

// Renderer writes a summary in one format. It writes all of the text or returns
// the writer's error, changes nothing in the summary, and gives equal bytes for
// equal summaries. Implementations may be used by several goroutines at once.
type Renderer interface {
	Render(w io.Writer, s findings.Summary) error
}

// Options hold what the formats can be told. Each reads its own part.
type Options struct {
	Terminal terminal.Options
	Markdown markdown.Options
}

// Format is one way to render a summary.
type Format struct {
	Name      string // as --format has it
	Extension string // of a file: ".md"
	About     string // in a few words, for help texts
	New       func(Options) Renderer
}

// Formats lists every format. To add one, write its package and a line here.
func Formats() []Format {
	return []Format{
		{"terminal", ".txt", "text for a screen", func(o Options) Renderer { return terminal.New(o.Terminal) }},
		{"markdown", ".md", "GitHub-flavoured Markdown", func(o Options) Renderer { return markdown.New(o.Markdown) }},
		{"html", ".html", "one self-contained page", func(Options) Renderer { return html.New() }},
		{"junit", ".xml", "JUnit XML with every assertion", func(Options) Renderer { return junit.New() }},
		{"json", ".json", "the summary as JSON", func(Options) Renderer { return json.New() }},
	}
}

// Names lists the formats' names, in their order.
func Names() []string {
	formats := Formats()
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return names
}

// New gives the renderer of that name. The error lists the names there are.
func New(name string, o Options) (Renderer, error) {
	for _, f := range Formats() {
		if f.Name == name {
			return f.New(o), nil
		}
	}
	return nil, fmt.Errorf("unknown format %q; have %s", name, strings.Join(Names(), ", "))
}
