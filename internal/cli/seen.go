package cli

import (
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/internal/store"
)

// seen hands what was kept of cells to those who explain them.
type seen struct{ *store.Seen }

// evidenceIn finds the evidence in a result folder, or in the parts below a folder.
func evidenceIn(dir string) seen { return seen{store.FindEvidence(dir)} }

// Sources implements findings.Evidence.
func (s seen) Sources(cell string) []diagnosis.Source {
	files := s.Files(cell)
	out := make([]diagnosis.Source, len(files))
	for i, f := range files {
		out[i] = diagnosis.Source{Name: f.Name, Text: f.Text}
	}
	return out
}
