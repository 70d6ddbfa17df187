package scenes

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// TestAnEndlessLine: a log of a gigabyte without an end of line is read as far
// as there is room, and quoted as far as anybody reads.
func TestAnEndlessLine(t *testing.T) {
	s := scene{name: "endless", axes: []string{"kubernetes: 1.24 1.25", "provider: k3s eks"}, happen: func(c *cell) {
		if c.at["provider"] == "eks" {
			c.fails("install", "after", result.Problem{Severity: result.Error, Code: "scenario-script", Message: `the scenario's script "after" exits with 1`})
		}
	}}
	dir := filepath.Join(t.TempDir(), "results")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.write(t, dir)
	logs, err := filepath.Glob(filepath.Join(dir, "evidence", "*", "logs", "posthog-web-*.log"))
	if err != nil || len(logs) != 4 {
		t.Fatal(logs, err)
	}
	for _, log := range logs {
		if err := os.Truncate(log, 1<<30); err != nil { // a hole: it takes no room on the disk
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	sum := explain(t, dir)
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 512 {
		t.Errorf("%d MiB were taken", got)
	}
	if len(sum.Findings) != 1 || sum.Findings[0].Where != "on EKS" {
		t.Fatalf("%+v", sum.Findings)
	}
	for _, e := range append(sum.Findings[0].Evidence, sum.Findings[0].More...) {
		if len(e.Text) > 4096 || strings.ContainsRune(e.Text, 0) {
			t.Errorf("a line of %d bytes", len(e.Text))
		}
	}
}
