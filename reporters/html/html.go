// Package html renders a summary as one self-contained page: a heat map of the
// matrix beside the findings. It opens from disk, asks nothing of the network,
// and without JavaScript still shows the verdict, the findings and the map.
package html

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"

	"github.com/posthog/chart-matrix/findings"
)

//go:embed assets/page.html.tmpl
var pageSource string

//go:embed assets/page.css
var styleSource string

//go:embed assets/page.js
var scriptSource string

// Renderer writes a summary as HTML.
type Renderer struct{}

// New gives a Renderer.
func New() *Renderer { return &Renderer{} }

// Render writes the page. Equal summaries give equal bytes.
func (*Renderer) Render(w io.Writer, s findings.Summary) error {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		return fmt.Errorf("reading the page's template: %w", err)
	}
	// A template that fails half-way must not leave half a page behind.
	var b bytes.Buffer
	if err := page.Execute(&b, newView(s)); err != nil {
		return fmt.Errorf("filling the page: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

// policy allows the page's own script and style, by hash, and nothing else:
// what slipped through the escaping could neither run nor load anything
// (https://www.w3.org/TR/CSP3/).
func policy() string {
	return fmt.Sprintf("default-src 'none'; script-src '%s'; style-src '%s'; base-uri 'none'; form-action 'none'",
		sourceHash(scriptSource), sourceHash(styleSource))
}

func sourceHash(source string) string {
	sum := sha256.Sum256([]byte(source))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
