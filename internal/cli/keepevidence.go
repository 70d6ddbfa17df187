package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/result"
)

// maxKeptEvidence bounds the evidence in a rendered report, in bytes: later runs
// download it to compare themselves with. The parts of the jobs have all of it.
const maxKeptEvidence = 64 << 20

// keepEvidence copies what was seen in cells, as far as there is room, from the
// results in the folder from to those of the report that was rendered to out: of
// cells that did not pass first, then of those that were tried again.
func keepEvidence(env Env, out, from string, run *result.Run) error {
	if from == "" {
		return nil // on GitHub it stays with the jobs' artifacts
	}
	cells := slices.Clone(run.Cells)
	rank := func(c result.Cell) int {
		switch {
		case c.Status != result.Passed:
			return 0
		case len(c.Retried) > 0:
			return 1
		}
		return 2
	}
	slices.SortStableFunc(cells, func(a, b result.Cell) int { return cmp.Compare(rank(a), rank(b)) })
	ids := make([]string, 0, len(cells))
	for _, c := range cells {
		ids = append(ids, c.ID)
	}
	left, err := store.CopyEvidence(from, filepath.Join(out, renderedResults), ids, maxKeptEvidence)
	if err != nil {
		return fmt.Errorf("--render: copying the evidence: %w", err)
	}
	if len(left) > 0 {
		_, _ = fmt.Fprintf(env.Stderr, "chart-matrix: the report keeps %d MiB of evidence, and leaves out that of %s; it is in %s\n", // of no consequence
			maxKeptEvidence>>20, count(len(left), "cell"), inert(from))
	}
	return nil
}
