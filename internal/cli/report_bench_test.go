package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/result"
)

// The size that docs/performance.md speaks of.
const (
	benchJobs       = 256
	benchAssertions = 1000
	benchEvidence   = 100 << 20 // bytes, in files beside the results
)

// BenchmarkReport collects the parts of 256 jobs of 1,000 assertions and renders
// every form of the report. With CHART_MATRIX_BENCH_PARTS the parts stay in that
// folder, so that the program itself can be measured on them.
func BenchmarkReport(b *testing.B) {
	dir := os.Getenv("CHART_MATRIX_BENCH_PARTS")
	if dir == "" {
		dir = b.TempDir()
	}
	if _, err := os.Stat(filepath.Join(dir, partFolder("web", store.PlanArtifact, 1))); err != nil {
		writeLarge(b, dir)
	}
	env := Env{
		Stdout: new(bytes.Buffer), Stderr: os.Stderr, Width: defaultWidth,
		Getenv: func(string) string { return "" }, Now: System().Now,
	}
	b.ReportAllocs()
	for b.Loop() {
		if code := Main(b.Context(), env, []string{"report", dir, "--offline", "--render", b.TempDir()}); code != exitPassed {
			b.Fatalf("exit code %d", code)
		}
	}
}

func writeLarge(b *testing.B, dir string) {
	b.Helper()
	r := makeRun(b, benchJobs)
	r.fail("connection refused", 3, 5, 7)
	for id, cells := range r.jobs {
		step := &cells[0].Steps[0]
		for i := len(step.Assertions); i < benchAssertions; i++ {
			step.Assertions = append(step.Assertions, result.Assertion{
				Name: fmt.Sprintf("Deployment/service-%d responds on port %d", i, 8000+i%100), Status: result.Passed, Seconds: 0.01,
			})
		}
		r.jobs[id] = cells
	}
	r.write(b, dir)
	line := strings.Repeat("2026-11-23T04:00:00Z a line of a log that is kept as evidence\n", 100)
	for id, cells := range r.jobs {
		log := filepath.Join(dir, partFolder("web", id, 1), "cells", cells[0].ID, "pods.log")
		if err := os.WriteFile(log, bytes.Repeat([]byte(line), benchEvidence/benchJobs/len(line)), 0o644); err != nil {
			b.Fatal(err)
		}
	}
}
