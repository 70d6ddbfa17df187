package schemas

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	schema, err := c.Compile(name + ".schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

func validate(t *testing.T, schema *jsonschema.Schema, data []byte) error {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(string(data)))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(doc)
}

// aRun plans four cells of six, with every kind of field in use.
func aRun(t *testing.T) *result.Run {
	t.Helper()
	newer, err := matrix.ParseVersionRange(">=1.31")
	if err != nil {
		t.Fatal(err)
	}
	s := matrix.Spec{
		Axes: []matrix.Axis{
			{Name: matrix.Kubernetes, Ordered: true, Values: []string{"1.30", "1.31", "1.32"}},
			{Name: matrix.Scenario, Values: []string{"default", "ha"}},
		},
		Exclude: []matrix.Exclusion{
			{Where: matrix.Selector{{Axis: matrix.Kubernetes, Values: []string{"1.32"}}}, Rule: "exclude[0]", Because: "too new"},
			{Where: matrix.Selector{{Axis: matrix.Scenario, Values: []string{"ha"}}}, Layers: []string{"unit"}, Rule: "exclude[1]", Because: "too long"},
		},
		Layers: []string{"lint", "schema", "unit"},
		Expect: []matrix.Expectation{{
			Where: matrix.Selector{{Axis: matrix.Kubernetes, Ranges: []matrix.VersionRange{newer}}, {Axis: matrix.Scenario, Values: []string{"ha"}}},
			Cells: "kubernetes >=1.31, scenario ha", Layers: []string{"schema"}, Matching: "a number", Issue: "#7",
			Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Rule: "expect-failure[0]",
		}},
	}
	plan, err := matrix.Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan.Name, plan.Event, plan.Notes = "posthog", "schedule", []string{"two axes set one value"}
	plan.Chart = matrix.Chart{Name: "posthog", Version: "1.0.0", Path: "charts/posthog", Digest: "sha256:00"}
	plan.Seal()
	var cells []result.Cell
	for i, c := range plan.Cells[:3] {
		status := []result.Status{result.Passed, result.Failed, result.Errored}[i]
		step := result.Step{Layer: "schema", Status: status, Seconds: 0.5, Key: "k", Shared: i > 0}
		a := result.Assertion{Name: "Deployment/web", Status: status, Seconds: 0.1}
		if status == result.Failed {
			a.Problems = []result.Problem{
				{Severity: result.Error, Code: "wrong-type", Message: "expected a number", Hint: "leave out the quotes", Excerpt: []string{`replicas: "2"`},
					Location: result.Location{File: "templates/web.yaml", Line: 7, Column: 3, Object: "Deployment/web", Path: "/spec/replicas"}},
				{Severity: result.Warning, Code: "unknown-field", Message: "unknown field"},
			}
		}
		if status == result.Errored {
			a.Reason, step.Reason = "no answer", "no answer"
		}
		step.Assertions = []result.Assertion{a}
		cells = append(cells, result.Cell{
			Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: status, Seconds: 0.5,
			Started: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), KubeVersion: "v1.30.4-eks-1a2b3c4",
			Steps: []result.Step{{Layer: "lint", Status: result.Skipped, Reason: "too long"}, step},
		})
	}
	return result.Join(plan, cells, nil)
}

// resultFolder writes the run and gives the paths of the plan and of a failed cell.
func resultFolder(t *testing.T, run *result.Run) (plan, cell string) {
	t.Helper()
	dir := t.TempDir()
	if err := store.Write(dir, run.Plan, run.Cells); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "plan.json"), filepath.Join(dir, "cells", run.Cells[1].ID, "result.json")
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestFilesAreValid(t *testing.T) {
	run := aRun(t)
	planFile, cellFile := resultFolder(t, run)
	if err := validate(t, compiled(t, "plan"), read(t, planFile)); err != nil {
		t.Errorf("plan.json: %v", err)
	}
	cells, err := filepath.Glob(filepath.Join(filepath.Dir(filepath.Dir(cellFile)), "*", "result.json"))
	if err != nil || len(cells) != 4 {
		t.Fatal(cells, err)
	}
	for _, file := range cells {
		if err := validate(t, compiled(t, "cell"), read(t, file)); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestSummariesAreValid(t *testing.T) {
	schema := compiled(t, "summary")
	empty, err := matrix.Expand(matrix.Spec{
		Axes: aRun(t).Plan.Axes,
		Only: []matrix.Selection{{Where: matrix.Selector{{Axis: "event"}}, Rule: "event push is not named"}},
	}, 0)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]*result.Run{
		"a run": aRun(t), "no cells": result.Join(empty, nil, nil), "all lost": result.Join(aRun(t).Plan, nil, nil),
	} {
		s := findings.Explain(run, findings.Options{Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Gate: findings.Gate{Mode: "all"}, Command: "chart-matrix check charts/posthog"})
		data, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		if err := validate(t, schema, data); err != nil {
			t.Errorf("%s: %v\n%s", name, err, data)
		}
	}
}

// TestSchemasRefuse shows that they do not accept everything.
func TestSchemasRefuse(t *testing.T) {
	run := aRun(t)
	planFile, cellFile := resultFolder(t, run)
	for _, c := range []struct{ schema, file, from, to string }{
		{"plan", planFile, "plan/v1", "plan/v2"},
		{"plan", planFile, `"kind": "excluded"`, `"kind": "forgotten"`},
		{"plan", planFile, `"count": 2`, `"count": 0`},
		{"plan", planFile, `"cover"`, `"covers"`},
		{"plan", planFile, `2027-01-31T`, `soon, 2027-01-31T`},
		{"plan", planFile, `"id": "`, `"id": "../`},
		{"plan", planFile, `">=1.31"`, `1.31`},
		{"cell", cellFile, "cell/v1", "plan/v1"},
		{"cell", cellFile, `"status": "failed"`, `"status": "splendid"`},
		{"cell", cellFile, `"severity": "error"`, `"severity": "doom"`},
		{"cell", cellFile, `"line": 7`, `"line": -7`},
		{"cell", cellFile, `"seconds": 0.5`, `"seconds": "0.5"`},
	} {
		data := string(read(t, c.file))
		changed := strings.Replace(data, c.from, c.to, 1)
		if changed == data {
			t.Fatalf("%s does not hold %s:\n%s", c.file, c.from, data)
		}
		if validate(t, compiled(t, c.schema), []byte(changed)) == nil {
			t.Errorf("%s accepts %s in the place of %s", c.schema, c.to, c.from)
		}
	}
}
