package store

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// FuzzCollect puts anything in the place of the files of a job's part: the
// others are read as they were, and what is believed fits the plan.
func FuzzCollect(f *testing.F) {
	c := aCollection(f)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0, 1)
	job := c.plan.Jobs[0].ID
	partFile := filepath.Join(c.folder(job, 1), partName)
	resultFile := filepath.Join(c.folder(job, 1), "cells", job, "result.json")
	part, result1 := mustRead(f, partFile), mustRead(f, resultFile)
	f.Add(part, result1)
	f.Add(bytes.Replace(part, []byte(job), []byte(c.plan.Jobs[1].ID), 1), result1)
	f.Add(bytes.Replace(part, []byte(`"attempt": 1`), []byte(`"attempt": 2`), 1), bytes.Replace(result1, []byte(`"attempt": 1`), []byte(`"attempt": 2`), 1))
	f.Add(bytes.Replace(part, []byte(job), nil, 1), result1)
	f.Add([]byte(`{"schema":"chart-matrix/part/v1","attempt":1e3}`), []byte(`{"schema":"chart-matrix/cell/v1","job":"","steps":[{"layer":"render"}]}`))
	plan := newIndex(c.plan)
	f.Fuzz(func(t *testing.T, part, cell []byte) {
		for file, data := range map[string][]byte{partFile: part, resultFile: cell} {
			if err := os.WriteFile(file, data, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := Collect(c.dir, "")
		if err != nil {
			t.Fatal(err) // the plan is there
		}
		for _, cell := range got.Cells {
			if !plan.has(cell.ID, cell.Job) || !cell.Status.Valid() || cell.Attempt < 1 {
				t.Errorf("believed %+v", cell)
			}
		}
		if b := brief(got, c.plan.Jobs[1].ID); b != "plan@1 passed, job@1 passed" {
			t.Errorf("the other job became %s", b)
		}
		for _, a := range got.Anomalies {
			if len(a) > maxAnomalyBytes+len("…") {
				t.Errorf("an anomaly of %d bytes", len(a))
			}
		}
		if run := result.Join(got.Plan, got.Cells, nil); len(run.Cells) != len(c.plan.Cells) {
			t.Errorf("joined to %d cells", len(run.Cells))
		}
	})
}

func mustRead(t testing.TB, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// FuzzUnzip: whatever is unpacked is files and folders inside the folder, within
// the limits, or there is nothing.
func FuzzUnzip(f *testing.F) {
	f.Add(archive(f, entry{name: "part.json", content: "{}"}, entry{name: "cells/abcdefgh/result.json", content: strings.Repeat("{}", 1000)}))
	f.Add(archive(f, entry{name: "a", content: "../../b", mode: fs.ModeSymlink | 0o777}, entry{name: "a/c", content: "x"}))
	f.Add(archive(f, entry{name: "../a", content: "x"}, entry{name: "A/"}, entry{name: "a/"}))
	var r raw
	at := r.local("a", 0, 0, nil, 0)
	r.listed("a", 0, 0, 0, 0, at)
	r.listed("b", 0, 0, 0, 0, at)
	f.Add(r.end(2))
	f.Fuzz(func(t *testing.T, data []byte) {
		parent := t.TempDir()
		dir := filepath.Join(parent, "part")
		err := Unzip(bytes.NewReader(data), int64(len(data)), dir)
		var size int64
		walked := fs.WalkDir(os.DirFS(parent), ".", func(p string, d fs.DirEntry, e error) error {
			if e != nil || p == "." {
				return e
			}
			info, e := d.Info()
			if e != nil {
				return e
			}
			if p != "part" && !strings.HasPrefix(p, "part/") || !d.IsDir() && !info.Mode().IsRegular() {
				t.Errorf("there is %s (%s), after %v", p, info.Mode(), err)
			}
			if !d.IsDir() {
				size += info.Size()
			}
			return nil
		})
		if walked != nil {
			t.Fatal(walked)
		}
		if err != nil && exists(dir) {
			t.Errorf("refused, and yet there: %v", err)
		}
		if size > allowance(int64(len(data))) {
			t.Errorf("%d bytes became %d", len(data), size)
		}
	})
}

func exists(file string) bool {
	_, err := os.Lstat(file)
	return err == nil
}
