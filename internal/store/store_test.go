package store

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// aPlan has four cells.
func aPlan(t testing.TB) *matrix.Plan {
	t.Helper()
	newer, err := matrix.ParseVersionRange(">=1.26 <1.40")
	if err != nil {
		t.Fatal(err)
	}
	plan, err := matrix.Expand(matrix.Spec{
		Axes: []matrix.Axis{
			{Name: matrix.Kubernetes, Ordered: true, Values: []string{"1.25", "1.26"}},
			{Name: matrix.Provider, Values: []string{"kind"}},
			{Name: matrix.Scenario, Values: []string{"default", "ha"}},
			{Name: matrix.Operation, Values: []string{"install"}},
		},
		Layers: []string{"lint", "render"},
		Exclude: []matrix.Exclusion{{
			Where: matrix.Selector{{Axis: matrix.Scenario, Values: []string{"ha"}}}, Layers: []string{"lint"},
			Because: "it takes too long", Rule: "exclude[0]",
		}},
		Expect: []matrix.Expectation{{
			Where: matrix.Selector{{Axis: matrix.Kubernetes, Ranges: []matrix.VersionRange{newer}}, {Axis: matrix.Scenario, Values: []string{"ha"}}},
			Cells: "kubernetes >=1.26 <1.40, scenario ha", Matching: "a <b>", Issue: "#1",
			Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Rule: "expect-failure[0]",
		}},
	}, 7)
	if err != nil {
		t.Fatal(err)
	}
	plan.Name = "posthog"
	plan.Chart = matrix.Chart{Name: "posthog", Version: "1.0.0", Path: "charts/posthog", Digest: "sha256:00"}
	plan.Notes = []string{"a note"}
	plan.Seal()
	return plan
}

// resultsOf gives every cell of the plan a result with a failure in it.
func resultsOf(plan *matrix.Plan) []result.Cell {
	var out []result.Cell
	for _, c := range plan.Cells {
		out = append(out, result.Cell{
			Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: result.Failed,
			Started: time.Date(2026, 11, 23, 1, 2, 3, 4, time.UTC), Seconds: 1.5, KubeVersion: "v" + c.At[matrix.Kubernetes] + ".4",
			Steps: []result.Step{
				{Layer: "lint", Status: result.Skipped, Reason: "it takes too long"},
				{Layer: "render", Status: result.Failed, Seconds: 1.5, Key: "k", Shared: true, Assertions: []result.Assertion{{
					Name: "renders", Status: result.Failed, Seconds: 0.25, Problems: []result.Problem{{
						Severity: result.Error, Code: "template", Message: "wrong <type>\u2028", Hint: "mend it",
						Location: result.Location{File: "templates/a.yaml", Line: 3, Column: 2, Object: "Job/a", Path: "/spec"},
						Excerpt:  []string{"a: b"},
					}},
				}, {Name: "notes", Status: result.Skipped, Reason: "there are none"}}},
			},
		})
	}
	slices.SortFunc(out, func(a, b result.Cell) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func write4(t testing.TB) (dir string, plan *matrix.Plan, cells []result.Cell) {
	t.Helper()
	dir = filepath.Join(t.TempDir(), "results")
	plan = aPlan(t)
	cells = resultsOf(plan)
	if err := Write(dir, plan, cells); err != nil {
		t.Fatal(err)
	}
	return dir, plan, cells
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tree lists every file below a folder.
func tree(t testing.TB, dir string) []string {
	t.Helper()
	var out []string
	err := fs.WalkDir(os.DirFS(dir), ".", func(p string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			out = append(out, p)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	dir, plan, cells := write4(t)
	gotPlan, gotCells, anomalies, err := Read(dir)
	if err != nil || len(anomalies) > 0 {
		t.Fatal(err, anomalies)
	}
	if got, want := asJSON(t, gotPlan), asJSON(t, plan); got != want {
		t.Errorf("plan:\n got %s\nwant %s", got, want)
	}
	for _, c := range plan.Cells {
		if got, want := gotPlan.Expect[0].Where.Match(c.At), c.Slug == "kind-1.26-ha-install"; got != want {
			t.Errorf("%s: the expected failure matches: %t, want %t", c.Slug, got, want)
		}
	}
	if !reflect.DeepEqual(gotCells, cells) {
		t.Errorf("cells:\n got %+v\nwant %+v", gotCells, cells)
	}
}

func TestWriteReplacesAnEarlierRun(t *testing.T) {
	dir, plan, cells := write4(t)
	beside := filepath.Join(dir, "report.html")
	if err := os.WriteFile(beside, []byte("kept"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Write(dir, plan, cells[:1]); err != nil {
		t.Fatal(err)
	}
	want := []string{"cells/" + cells[0].ID + "/result.json", "plan.json", "report.html"}
	if got := tree(t, dir); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWriteLeavesOtherFoldersAlone(t *testing.T) {
	for name, content := range map[string]string{
		"notes.txt": "mine", "plan.json": `{"schema":"somebody/else/v1"}`, "cells": "a file",
	} {
		dir := t.TempDir()
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		plan := aPlan(t)
		if err := Write(dir, plan, resultsOf(plan)); !errors.Is(err, ErrOccupied) {
			t.Errorf("%s: %v", name, err)
		}
		if got := tree(t, dir); !slices.Equal(got, []string{name}) {
			t.Errorf("%s: there is now %v", name, got)
		}
	}
}

func TestAttempts(t *testing.T) {
	plan := aPlan(t)
	first, second := resultsOf(plan)[0], resultsOf(plan)[0]
	second.Attempt = 2
	dir := t.TempDir()
	if err := Write(dir, plan, []result.Cell{second, first}); err != nil {
		t.Fatal(err)
	}
	_, cells, anomalies, err := Read(dir)
	if err != nil || len(anomalies) > 0 || len(cells) != 2 || cells[0].Attempt != 1 || cells[1].Attempt != 2 {
		t.Fatal(cells, anomalies, err)
	}
	err = Write(dir, plan, []result.Cell{first, second, first})
	if err == nil || !strings.Contains(err.Error(), "two results for attempt 1 of cell") {
		t.Error(err)
	}
	// The earlier result is as it was.
	if _, cells, _, err := Read(dir); err != nil || len(cells) != 2 {
		t.Error(cells, err)
	}
}

func TestWriteRefusesIDsThatAreNoNames(t *testing.T) {
	plan := aPlan(t)
	for _, id := range []string{"", ".", "..", "../../x", "a/b", "CON", "abcdefg", "abcdefghi", "abcd efg", "ABCDEFGH"} {
		c := resultsOf(plan)[0]
		c.ID = id
		dir := filepath.Join(t.TempDir(), "r")
		if err := Write(dir, plan, []result.Cell{c}); err == nil {
			t.Errorf("%q was taken", id)
		}
		if got := tree(t, dir); len(got) > 0 {
			t.Errorf("%q left %v behind", id, got)
		}
	}
}

func TestWriteAfterAnInterruptedOne(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, incoming, "cells", "abcdefgh"), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, incoming, "plan.json"), []byte(`{"sch`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, _, _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "there is no such file") {
		t.Errorf("Read: %v", err)
	}
	plan := aPlan(t)
	if err := Write(dir, plan, nil); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, dir); !slices.Equal(got, []string{"plan.json"}) {
		t.Errorf("got %v", got)
	}
}

func TestNoCells(t *testing.T) {
	plan := aPlan(t)
	plan.Cells = nil
	plan.Seal()
	dir := t.TempDir()
	if err := Write(dir, plan, nil); err != nil {
		t.Fatal(err)
	}
	got, cells, anomalies, err := Read(dir)
	if err != nil || len(cells)+len(anomalies) > 0 || len(got.Cells) > 0 {
		t.Error(got, cells, anomalies, err)
	}
}
