// Package json renders a summary as indented JSON, for programs.
package json

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"

	"github.com/posthog/chart-matrix/findings"
)

// Renderer writes a summary as JSON of the schema findings.SummarySchema. The
// assertions of each cell are not in it: they are in the result folder.
type Renderer struct{}

// New gives a Renderer.
func New() *Renderer { return &Renderer{} }

// Render writes the summary. Equal summaries give equal bytes: fields stand in
// the order of the schema and the keys of maps are sorted.
func (*Renderer) Render(w io.Writer, s findings.Summary) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the summary: %w", err)
	}
	// "##[" commands the GitHub runner wherever it stands in a line of the log.
	// It can only stand inside a JSON string, where the escape means the same.
	data = bytes.ReplaceAll(data, []byte("##["), []byte(`##\u005b`))
	if _, err := w.Write(append(data, '\n')); err != nil {
		return fmt.Errorf("writing the summary: %w", err)
	}
	return nil
}
