package store

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// writeLargeCollection makes what 256 jobs leave: a part for each, with 1,000
// assertions, and 100 MB of evidence in all, which is a hole on the disk.
func writeLargeCollection(b *testing.B) string {
	b.Helper()
	plan, static := large(b)
	jobs, err := matrix.Pack(plan.Cells, matrix.Packing{})
	if err != nil {
		b.Fatal(err)
	}
	plan.Name, plan.Layers, plan.JobLayers, plan.Jobs = "posthog", []string{"schema", "command"}, []string{"command"}, jobs
	plan.Seal()
	dir := b.TempDir()
	part := Part{Name: plan.Name, Attempt: 1, Plan: plan.Digest}
	for i := range static {
		static[i].Status = result.Passed
		static[i].Steps = []result.Step{{Layer: "schema", Status: result.Passed, Assertions: []result.Assertion{{Name: "schema", Status: result.Passed}}}}
	}
	if err := WritePart(filepath.Join(dir, "chart-matrix.posthog.plan.1"), part, plan, static); err != nil {
		b.Fatal(err)
	}
	for i, c := range plan.Cells {
		part.Job = jobs[i].ID
		step := result.Step{Layer: "command", Status: result.Passed, Seconds: 12.5, Key: "a94c1411a58bf7713303bafbf6b700d2"}
		for n := range 1_000 {
			a := result.Assertion{Name: fmt.Sprintf("tests/test_ingestion.py::test_event_%d", n), Status: result.Passed, Seconds: 0.013}
			if i%8 == 0 && n%100 == 0 {
				a.Status, step.Status = result.Failed, result.Failed
				a.Problems = []result.Problem{{
					Severity: result.Error, Code: "exit", Message: "expected 200, and the answer was 502 Bad Gateway",
					Excerpt: []string{"> GET /capture HTTP/1.1", "< HTTP/1.1 502 Bad Gateway", "< Server: nginx"},
				}}
			}
			step.Assertions = append(step.Assertions, a)
		}
		cell := result.Cell{
			Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Job: part.Job, Status: step.Status,
			Steps: []result.Step{step}, Seconds: 12.5,
		}
		folder := filepath.Join(dir, fmt.Sprintf("chart-matrix.posthog.%s.1", part.Job))
		if err := WritePart(folder, part, nil, []result.Cell{cell}); err != nil {
			b.Fatal(err)
		}
		evidence := filepath.Join(folder, "cells", c.ID, "pods.log")
		if err := os.WriteFile(evidence, nil, 0o600); err != nil {
			b.Fatal(err)
		}
		if err := os.Truncate(evidence, 100<<20/256); err != nil {
			b.Fatal(err)
		}
	}
	return dir
}

// BenchmarkCollect reads 256 parts with 256,000 assertions.
//
//	go test -run '^$' -bench Collect -benchmem ./internal/store
func BenchmarkCollect(b *testing.B) {
	dir := writeLargeCollection(b)
	b.ReportAllocs()
	for b.Loop() {
		got, err := Collect(dir, "")
		if err != nil || len(got.Anomalies) > 0 || len(got.Cells) != 512 {
			b.Fatal(len(got.Cells), got.Anomalies, err)
		}
	}
}

// BenchmarkCollectAndJoin is what a report takes before anything is explained.
func BenchmarkCollectAndJoin(b *testing.B) {
	dir := writeLargeCollection(b)
	b.ReportAllocs()
	for b.Loop() {
		got, err := Collect(dir, "")
		if err != nil {
			b.Fatal(err)
		}
		if run := result.Join(got.Plan, got.Cells, nil); len(run.Cells) != 256 {
			b.Fatal(len(run.Cells))
		}
	}
}

// BenchmarkUnzip unpacks the 33 MB that those parts have without their evidence.
func BenchmarkUnzip(b *testing.B) {
	dir := writeLargeCollection(b)
	var entries []entry
	for _, name := range tree(b, dir) {
		if strings.HasSuffix(name, ".json") {
			entries = append(entries, entry{name: name, content: string(mustRead(b, filepath.Join(dir, filepath.FromSlash(name))))})
		}
	}
	data := archive(b, entries...)
	b.ReportAllocs()
	for b.Loop() {
		into := filepath.Join(b.TempDir(), "into")
		if err := Unzip(bytes.NewReader(data), int64(len(data)), into); err != nil {
			b.Fatal(err)
		}
	}
}
