package store

import (
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// edit replaces text in a file of the folder.
func edit(t testing.TB, file, from, to string) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(data, []byte(from)) {
		t.Fatalf("%s does not hold %q", file, from)
	}
	if err := os.WriteFile(file, bytes.Replace(data, []byte(from), []byte(to), 1), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestBadPlan: the folder cannot be used, and the error names the file and says why.
func TestBadPlan(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"cut short", `"chart":`, "\x00", "it is not JSON: invalid character"},
		{"another version", "plan/v1", "plan/v2", `its format is "chart-matrix/plan/v2", and this version of chart-matrix reads "chart-matrix/plan/v1"`},
		{"no schema", `"schema"`, `"schemer"`, "it has no field schema"},
		{"wrong type", `"seed": 7`, `"seed": "7"`, "it does not have the form of chart-matrix/plan/v1: json: cannot unmarshal string into Go struct field"},
		{"huge number", `"seed": 7`, `"seed": 1e99`, "it does not have the form"},
		{"coordinates moved", `"scenario": "ha"`, `"scenario": "hb"`, "has an ID that does not fit its coordinates"},
		{"a range that is none", `">=1.26 <1.40"`, `">=x"`, "is not a version range"},
		{"axis missing in a cell", `"provider": "kind",`, ``, "has 3 coordinates, and there are 4 axes"},
		{"unknown axis in a cell", `"provider": "kind",`, `"cloud": "kind",`, "has coordinates on axes that it does not have"},
		{"axis twice", `"name": "provider"`, `"name": "kubernetes"`, `it has two axes named "kubernetes"`},
		{"cell twice", `"cells": [`, `"cells": [{"id":"xtvnps64","at":{"kubernetes":"1.25","provider":"kind","scenario":"default","operation":"install"}},`, "it plans the cell xtvnps64 twice"},
		{"omissions that do not add up", `"notes":`, `"omissions": [{"rule":"x","count":0,"cells":["a"]}], "notes":`, "counts 0 cells and lists 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _, _ := write4(t)
			edit(t, filepath.Join(dir, planName), c.from, c.to)
			plan, cells, _, err := Read(dir)
			if err == nil || plan != nil || cells != nil {
				t.Fatalf("read: %v %v", plan, err)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

// TestBadResult: the cell is lost, an anomaly names the file, and all other
// cells are read.
func TestBadResult(t *testing.T) {
	for _, c := range []struct{ name, from, to, want string }{
		{"cut short", `"steps":`, "\x00", "it is not JSON"},
		{"another version", "cell/v1", "cell/v9", `its format is "chart-matrix/cell/v9"`},
		{"unknown status of the cell", `"failed"`, `"splendid"`, `it has the status "splendid"; expected one of [skipped passed blocked lost errored failed]`},
		{"unknown status of a step", `"skipped"`, `"fine"`, `its step "lint" has the status "fine"`},
		{"better than its step", `"failed"`, `"passed"`, `it says passed, while its step "render" says failed`},
		{"attempt", `"attempt": 1`, `"attempt": -1`, "its attempt is -1; expected 1 to 1000"},
		{"time", `"seconds": 1.5`, `"seconds": -1.5`, "a duration below 0 or above 115 days"},
		{"endless time", `"seconds": 1.5`, `"seconds": 1e300`, "a duration below 0 or above 115 days"},
		{"severity", `"severity": "error"`, `"severity": "doom"`, `has the severity "doom"`},
		{"position", `"line": 3`, `"line": -3`, "has a negative position"},
		{"layer twice", `"layer": "lint"`, `"layer": "render"`, `it has two steps of the layer "render"`},
		{"another cell", `"id": "`, `"id": "x`, "and lies in the folder of"},
		{"not an object", `{`, `[{`, "it is not JSON"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, plan, cells := write4(t)
			name := "cells/" + cells[1].ID + "/result.json"
			edit(t, filepath.Join(dir, filepath.FromSlash(name)), c.from, c.to)
			_, got, anomalies, err := Read(dir)
			if err != nil || len(got) != 3 || len(anomalies) != 1 {
				t.Fatalf("%d cells, anomalies %q, %v", len(got), anomalies, err)
			}
			if !strings.HasPrefix(anomalies[0], name+" is not used: ") || !strings.Contains(anomalies[0], c.want) {
				t.Errorf("got %q, want %q", anomalies[0], c.want)
			}
			if lost := lostCells(result.Join(plan, got, nil)); len(lost) != 1 || lost[0] != cells[1].ID {
				t.Errorf("lost are %v", lost)
			}
		})
	}
}

func lostCells(run *result.Run) []string {
	var out []string
	for _, c := range run.Cells {
		if c.Status == result.Lost {
			out = append(out, c.ID)
		}
	}
	return out
}

// TestFilesThatAreNone: links, pipes and folders in the place of files.
func TestFilesThatAreNone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	outside := filepath.Join(t.TempDir(), "secret.json")
	if err := os.WriteFile(outside, []byte(`{"schema":"chart-matrix/cell/v1"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	replace := func(t *testing.T, file string, by func() error) {
		t.Helper()
		if err := os.RemoveAll(file); err != nil {
			t.Fatal(err)
		}
		if err := by(); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("a result that is a link", func(t *testing.T) {
		dir, _, cells := write4(t)
		file := filepath.Join(dir, "cells", cells[0].ID, "result.json")
		replace(t, file, func() error { return os.Symlink(outside, file) })
		expectAnomaly(t, dir, "result.json is not used: it is not a regular file")
	})
	t.Run("a result that is a folder", func(t *testing.T) {
		dir, _, cells := write4(t)
		file := filepath.Join(dir, "cells", cells[0].ID, "result.json")
		replace(t, file, func() error { return os.Mkdir(file, 0o750) })
		expectAnomaly(t, dir, "result.json is not used: it is not a regular file")
	})
	t.Run("a cell that is a link", func(t *testing.T) {
		dir, _, cells := write4(t)
		file := filepath.Join(dir, "cells", cells[0].ID)
		replace(t, file, func() error { return os.Symlink(filepath.Dir(outside), file) })
		expectAnomaly(t, dir, "expected a folder named like a cell")
	})
	t.Run("a cell without a result", func(t *testing.T) {
		dir, _, cells := write4(t)
		file := filepath.Join(dir, "cells", cells[0].ID, "result.json")
		replace(t, file, func() error { return os.WriteFile(file+".bak", nil, 0o600) })
		expectAnomaly(t, dir, "there is no result.json in it")
	})
	t.Run("a folder that is no cell's", func(t *testing.T) {
		dir, _, cells := write4(t)
		file := filepath.Join(dir, "cells", cells[0].ID)
		replace(t, file, func() error { return os.Mkdir(filepath.Join(dir, "cells", "${{ x }}"), 0o750) })
		expectAnomaly(t, dir, "expected a folder named like a cell")
	})
	t.Run("cells that are a link", func(t *testing.T) {
		dir, _, _ := write4(t)
		file := filepath.Join(dir, "cells")
		replace(t, file, func() error { return os.Symlink(filepath.Dir(outside), file) })
		_, cells, anomalies, err := Read(dir)
		if err != nil || len(cells) > 0 || len(anomalies) != 1 || anomalies[0] != "cells is not used: it is not a folder" {
			t.Error(cells, anomalies, err)
		}
	})
	t.Run("a plan that is a link", func(t *testing.T) {
		dir, _, _ := write4(t)
		file := filepath.Join(dir, "plan.json")
		replace(t, file, func() error { return os.Symlink(outside, file) })
		if _, _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Error(err)
		}
	})
}

func expectAnomaly(t *testing.T, dir, want string) {
	t.Helper()
	_, cells, anomalies, err := Read(dir)
	if err != nil || len(cells) != 3 || len(anomalies) != 1 {
		t.Fatalf("%d cells, anomalies %q, %v", len(cells), anomalies, err)
	}
	if !strings.Contains(anomalies[0], want) {
		t.Errorf("got %q, want %q", anomalies[0], want)
	}
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{filepath.Join(t.TempDir(), "none"), file} {
		if _, _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "expected a folder that a run has written") {
			t.Error(err)
		}
	}
}

func TestChangedPlanIsAnAnomaly(t *testing.T) {
	dir, _, _ := write4(t)
	edit(t, filepath.Join(dir, planName), "a note", "another")
	_, cells, anomalies, err := Read(dir)
	if err != nil || len(cells) != 4 || len(anomalies) != 1 {
		t.Fatal(cells, anomalies, err)
	}
	if want := "plan.json was changed after it was made: its digest does not fit"; anomalies[0] != want {
		t.Errorf("got %q, want %q", anomalies[0], want)
	}
}

// TestTooLarge: what would fill the memory is refused before it is decoded.
func TestTooLarge(t *testing.T) {
	many := func(schema string, n int) []byte {
		return []byte(`{"schema":"` + schema + `","cells":[` + strings.Repeat("{},", n) + `{}]}`)
	}
	const want = "it is too large: it holds"
	if _, err := parsePlan(many(matrix.PlanSchema, maxPlanValues)); err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
	if _, err := newDecoder().parseResult(many(result.CellSchema, maxResultValues), "abcdefgh"); err == nil || !strings.Contains(err.Error(), want) {
		t.Error(err)
	}
	if _, err := parsePlan(many(matrix.PlanSchema, maxCells)); err == nil || !strings.Contains(err.Error(), "it plans 100001 cells") {
		t.Error(err)
	}
	dir, _, cells := write4(t)
	file := filepath.Join(dir, "cells", cells[0].ID, "result.json")
	if err := os.Truncate(file, maxResultBytes+1); err != nil { // a hole: it takes no room on the disk
		t.Fatal(err)
	}
	expectAnomaly(t, dir, "it is too large: 33554433 bytes, and at most 33554432 are read")
	if err := os.Truncate(filepath.Join(dir, planName), maxPlanBytes+1); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "it is too large") {
		t.Error(err)
	}
}

func TestCountValues(t *testing.T) {
	for text, want := range map[string]int{
		`1`: 1, `[]`: 2, `[1,2]`: 3, `{"a":1,"b":[2,3]}`: 5, `",[{"`: 1, `"\",["`: 1, `"\\",[`: 3,
	} {
		if got := countValues([]byte(text), 0); got != want {
			t.Errorf("%s: got %d, want %d", text, got, want)
		}
	}
}

func TestInvalidUTF8IsTolerated(t *testing.T) {
	dir, _, cells := write4(t)
	edit(t, filepath.Join(dir, "cells", cells[0].ID, "result.json"), "mend it", "mend \xff it")
	_, got, anomalies, err := Read(dir)
	if err != nil || len(anomalies) > 0 {
		t.Fatal(anomalies, err)
	}
	if hint := got[0].Steps[1].Assertions[0].Problems[0].Hint; hint != "mend \ufffd it" {
		t.Errorf("got %q", hint)
	}
}
