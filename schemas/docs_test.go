package schemas

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestDocsShowARealFolder reads the examples of docs/results.md as a result folder.
func TestDocsShowARealFolder(t *testing.T) {
	text := string(read(t, filepath.Join("..", "docs", "results.md")))
	var examples [][]byte
	for _, block := range strings.Split(text, "```json\n")[1:] {
		example, _, _ := strings.Cut(block, "```")
		examples = append(examples, []byte(example))
	}
	if len(examples) != 4 {
		t.Fatalf("there are %d examples", len(examples))
	}
	for i, name := range []string{"plan", "cell", "cell", "part"} {
		if err := validate(t, compiled(t, name), examples[i]); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	plan, cells := readFolder(t, examples[0], examples[1])
	run := result.Join(plan, cells, nil)
	if len(run.Anomalies) > 0 || len(run.Cells) != 1 || run.Cells[0].Status != result.Failed {
		t.Errorf("joined to %+v", run)
	}
	plan, cells = readFolder(t, examples[0], examples[2])
	found := findings.Explain(result.Join(plan, cells, nil), findings.Options{}).Findings
	if !slices.ContainsFunc(found, func(f findings.Finding) bool { return f.State == findings.Flaky }) {
		t.Errorf("what the example of a retried cell shows is not flaky: %+v", found)
	}
	for _, s := range result.Statuses() {
		if !strings.Contains(text, "| `"+string(s)+"` |") {
			t.Errorf("the table lacks the status %s", s)
		}
	}
}

// readFolder reads a result folder with one cell.
func readFolder(t *testing.T, plan, cell []byte) (*matrix.Plan, []result.Cell) {
	t.Helper()
	dir := t.TempDir()
	folder := filepath.Join(dir, "cells", "qtsdpvw7")
	if err := os.MkdirAll(folder, 0o750); err != nil {
		t.Fatal(err)
	}
	for file, data := range map[string][]byte{filepath.Join(dir, "plan.json"): plan, filepath.Join(folder, "result.json"): cell} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	read, cells, anomalies, err := store.Read(dir)
	if err != nil || len(anomalies) > 0 {
		t.Fatal(anomalies, err)
	}
	return read, cells
}
