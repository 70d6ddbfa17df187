package schemas

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// partFolders writes the plan's part and the part of one job, and gives the
// folder of each.
func partFolders(t *testing.T) (ofPlan, ofJob string, plan *matrix.Plan) {
	t.Helper()
	run := aRun(t)
	plan = run.Plan
	jobs, err := matrix.Pack(plan.Cells, matrix.Packing{Settings: func(string) matrix.JobSettings {
		return matrix.JobSettings{RunsOn: []string{"ubuntu-latest"}, Environment: "clusters", TimeoutMinutes: 30}
	}})
	if err != nil {
		t.Fatal(err)
	}
	plan.Layers, plan.JobLayers, plan.Jobs = append(plan.Layers, "command"), []string{"command"}, jobs
	plan.Changes = []string{"removes 12 cells"}
	plan.Seal()
	part := store.Part{Name: plan.Name, Attempt: 2, Plan: plan.Digest, Version: "v1.2.3"}
	var static []result.Cell
	for _, c := range run.Cells {
		if c.Status != result.Lost {
			c.Attempt = 2
			static = append(static, c)
		}
	}
	ofPlan, ofJob = filepath.Join(t.TempDir(), "plan"), filepath.Join(t.TempDir(), "job")
	if err := store.WritePart(ofPlan, part, plan, static); err != nil {
		t.Fatal(err)
	}
	part.Job = jobs[0].ID
	cell := plan.Cells[0]
	err = store.WritePart(ofJob, part, nil, []result.Cell{{
		Schema: result.CellSchema, ID: cell.ID, Slug: cell.Slug, At: cell.At, Attempt: 2, Job: part.Job, Status: result.Passed,
		Steps: []result.Step{{Layer: "command", Status: result.Passed, Assertions: []result.Assertion{{Name: "command", Status: result.Passed}}}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return ofPlan, ofJob, plan
}

func TestPartsAreValid(t *testing.T) {
	ofPlan, ofJob, _ := partFolders(t)
	for _, c := range []struct{ dir, schema, file string }{
		{ofPlan, "part", "part.json"},
		{ofPlan, "plan", "plan.json"},
		{ofPlan, "cell", "cells/*/result-2.json"},
		{ofJob, "part", "part.json"},
		{ofJob, "cell", "cells/*/result-2.json"},
	} {
		files, err := filepath.Glob(filepath.Join(c.dir, filepath.FromSlash(c.file)))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v, %v", c.file, files, err)
		}
		for _, file := range files {
			if err := validate(t, compiled(t, c.schema), read(t, file)); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
}

// TestPartSchemasRefuse shows that they do not accept everything.
func TestPartSchemasRefuse(t *testing.T) {
	ofPlan, ofJob, _ := partFolders(t)
	for _, c := range []struct{ schema, file, from, to string }{
		{"part", filepath.Join(ofJob, "part.json"), "part/v1", "part/v2"},
		{"part", filepath.Join(ofJob, "part.json"), `"job": "`, `"job": "../`},
		{"part", filepath.Join(ofJob, "part.json"), `"attempt": 2`, `"attempt": 0`},
		{"part", filepath.Join(ofJob, "part.json"), `"sha256:`, `"sha1:`},
		{"plan", filepath.Join(ofPlan, "plan.json"), `"timeoutMinutes": 30`, `"timeoutMinutes": "30"`},
		{"plan", filepath.Join(ofPlan, "plan.json"), `"runsOn"`, `"runs-on"`},
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

func TestSummaryOfPartsIsValid(t *testing.T) {
	ofPlan, _, plan := partFolders(t)
	got, err := store.Collect(ofPlan, "")
	if err != nil || len(got.Anomalies) > 0 {
		t.Fatal(got.Anomalies, err)
	}
	s := findings.Explain(result.Join(got.Plan, got.Cells, nil), findings.Options{
		Now: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC), Gate: findings.Gate{Mode: "all"}, Command: "chart-matrix",
		Origin: findings.Origin{
			Run: "run 1, attempt 2", URL: "https://github.com/o/r/actions/runs/1", Commit: strings.Repeat("a", 40),
			Baseline: "run 0", BaselineURL: "https://github.com/o/r/actions/runs/0", NoBaseline: "none", SelfReported: true,
			Jobs: map[string]string{plan.Cells[0].ID: "https://github.com/o/r/actions/runs/1/job/2"},
		},
	})
	data, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, compiled(t, "summary"), data); err != nil {
		t.Errorf("%v\n%s", err, data)
	}
}
