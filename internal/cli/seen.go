package cli

import (
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/internal/store"
)

// seen hands what was kept of cells to those who explain them.
type seen struct {
	*store.Seen
	// before is how many attempts at the run were made elsewhere: a job that
	// explains its own results counts from its own attempt on.
	before int
}

// evidenceIn finds the evidence in a result folder, or in the parts below a folder.
func evidenceIn(dir string) seen { return seen{Seen: store.FindEvidence(dir)} }

// Sources implements findings.Evidence.
func (s seen) Sources(cell string, attempt, try int) []diagnosis.Source {
	files := s.Files(cell, attempt+s.before, try)
	out := make([]diagnosis.Source, len(files))
	for i, f := range files {
		out[i] = diagnosis.Source{Name: f.Name, Text: f.Text}
	}
	return out
}
