package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
)

// TestBootsThatFailLeaveEvidence: what the provider printed is in the evidence of
// every cell that got no cluster for it, or got one only at the second try.
func TestBootsThatFailLeaveEvidence(t *testing.T) {
	flake := fmt.Errorf("the node did not come up: %w", provider.ErrTransient)
	for _, c := range []struct {
		name   string
		faults []providertest.Fault
		cells  []string // that have the log
	}{
		{"every boot", []providertest.Fault{{Step: providertest.Ready, Err: errors.New("the node did not come up")}}, []string{"cell1", "cell2", "cell3"}},
		{"the first boot", []providertest.Fault{{Step: providertest.Ready, Err: flake, Times: 1}}, []string{"cell1"}},
		{"none", nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t, c.faults...)
			dir := t.TempDir()
			s.clusters.Evidence = func(c matrix.Cell, try int) (string, error) {
				folder := filepath.Join(dir, fmt.Sprintf("%s-%d", c.ID, try))
				return folder, os.MkdirAll(folder, 0o755)
			}
			s.run(t.Context())
			kept, err := filepath.Glob(filepath.Join(dir, "*", bootLogName))
			if err != nil || len(kept) != len(c.cells) {
				t.Fatalf("kept %v, %v; want that of %v", kept, err, c.cells)
			}
			for i, cell := range c.cells {
				data, err := os.ReadFile(kept[i])
				if err != nil || kept[i] != filepath.Join(dir, cell+"-1", bootLogName) {
					t.Fatalf("%s, %v", kept[i], err)
				}
				if text := string(data); !strings.Contains(text, string(providertest.Create)+"\n") || !strings.Contains(text, "the node did not come up") {
					t.Errorf("%s:\n%s", cell, text)
				}
			}
		})
	}
}

func TestBootLogIsBounded(t *testing.T) {
	var next strings.Builder
	b := &bootLog{next: &next}
	for n := range 20_000 {
		_, _ = fmt.Fprintf(b, "line %d of the log, s3cret-%d\n", n, n)
	}
	text := b.text(errors.New("exit code 1\nline 19999 of the log"), []*regexp.Regexp{regexp.MustCompile(`s3cret-\d+`)})
	if len(text) > bootLogHead+bootLogTail+200 || strings.Contains(text, "s3cret") {
		t.Errorf("%d bytes", len(text))
	}
	for _, want := range []string{"line 0 of", "bytes or more are left out here …\nline ", "line 19999 of", "\nexit code 1\n"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	if strings.Count(text, "line 19999") != 1 || strings.Count(next.String(), "\n") != 20_000 {
		t.Error("it is not as it was printed")
	}
}
