package cli

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// madeRun is a run whose plan gives each cell a job, and what the jobs left.
type madeRun struct {
	plan *matrix.Plan
	// home and jobs are the results of the first attempt: of the layers that are
	// asked where the plan is made, and of each job.
	home []result.Cell
	jobs map[string][]result.Cell
}

// started is when runs of tests began.
var started = time.Date(2026, time.November, 23, 4, 0, 0, 0, time.UTC)

// makeRun makes a run of cells jobs in which everything passes. Every cell has
// render where the plan is made, and the layer command in its job.
func makeRun(t testing.TB, cells int) *madeRun {
	t.Helper()
	scenarios := make([]string, 0, cells)
	for i := range cells {
		scenarios = append(scenarios, fmt.Sprintf("s%03d", i))
	}
	plan, err := matrix.Expand(matrix.Spec{
		Axes: []matrix.Axis{
			{Name: matrix.Kubernetes, Values: []string{"1.34"}, Ordered: true}, {Name: matrix.Provider, Values: []string{"kind"}},
			{Name: matrix.Scenario, Values: scenarios}, {Name: matrix.Operation, Values: []string{"install"}},
		},
		Layers: []string{"render", "command"},
	}, seed)
	if err != nil {
		t.Fatal(err)
	}
	plan.Name, plan.Event = "web", "pull_request"
	plan.Chart = matrix.Chart{Name: "web", Version: "1.0.0", Path: "charts/web"}
	plan.Gate = matrix.Gate{Mode: "new"}
	plan.JobLayers = []string{"command"}
	if plan.Jobs, err = matrix.Pack(plan.Cells, matrix.Packing{Settings: func(string) matrix.JobSettings {
		return matrix.JobSettings{RunsOn: []string{"ubuntu-24.04"}, TimeoutMinutes: 30}
	}}); err != nil {
		t.Fatal(err)
	}
	plan.Seal()
	r := &madeRun{plan: plan, jobs: map[string][]result.Cell{}}
	for _, c := range plan.Cells {
		r.home = append(r.home, cellWith(c, "", 1, passedStep("render")))
	}
	for _, j := range plan.Jobs {
		for _, id := range j.Cells {
			r.jobs[j.ID] = append(r.jobs[j.ID], cellWith(r.cell(t, id), j.ID, 1, passedStep("command")))
		}
	}
	return r
}

func (r *madeRun) cell(t testing.TB, id string) matrix.Cell {
	t.Helper()
	for _, c := range r.plan.Cells {
		if c.ID == id {
			return c
		}
	}
	t.Fatalf("no cell %s", id)
	return matrix.Cell{}
}

func cellWith(c matrix.Cell, job string, attempt int, steps ...result.Step) result.Cell {
	out := result.Cell{
		Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: attempt, Job: job,
		Steps: steps, Started: started, Seconds: 1, Status: result.Passed,
	}
	for _, s := range steps {
		out.Status = result.Worst(out.Status, s.Status)
	}
	return out
}

func passedStep(layer string) result.Step {
	return result.Step{Layer: layer, Status: result.Passed, Seconds: 1, Assertions: []result.Assertion{{Name: "works", Status: result.Passed, Seconds: 1}}}
}

func failedStep(layer, message string) result.Step {
	return result.Step{Layer: layer, Status: result.Failed, Seconds: 1, Assertions: []result.Assertion{{
		Name: "works", Status: result.Failed, Seconds: 1,
		Problems: []result.Problem{{
			Severity: result.Error, Code: "broken", Message: message, Excerpt: []string{message},
			Location: result.Location{File: "templates/web.yaml", Line: 7, Object: "Deployment/web"},
		}},
	}}}
}

// fail makes the first attempt at some jobs fail with a message.
func (r *madeRun) fail(message string, jobs ...int) {
	for _, i := range jobs {
		job := r.plan.Jobs[i]
		for k, c := range r.jobs[job.ID] {
			c.Steps, c.Status = []result.Step{failedStep("command", message)}, result.Failed
			r.jobs[job.ID][k] = c
		}
	}
}

// write leaves the parts in folders of dir as download-artifact does.
func (r *madeRun) write(t testing.TB, dir string) {
	t.Helper()
	r.writePlan(t, dir, 1)
	for id, cells := range r.jobs {
		r.writeJob(t, dir, id, 1, cells)
	}
}

func (r *madeRun) writePlan(t testing.TB, dir string, attempt int) {
	t.Helper()
	cells := make([]result.Cell, len(r.home))
	for i, c := range r.home {
		c.Attempt = attempt
		cells[i] = c
	}
	part := store.Part{Name: r.plan.Name, Attempt: attempt, Version: "test"}
	if err := store.WritePart(filepath.Join(dir, partFolder(r.plan.Name, store.PlanArtifact, attempt)), part, r.plan, cells); err != nil {
		t.Fatal(err)
	}
}

func (r *madeRun) writeJob(t testing.TB, dir, id string, attempt int, cells []result.Cell) {
	t.Helper()
	part := store.Part{Name: r.plan.Name, Job: id, Attempt: attempt, Plan: r.plan.Digest, Version: "test"}
	if err := store.WritePart(filepath.Join(dir, partFolder(r.plan.Name, id, attempt)), part, nil, cells); err != nil {
		t.Fatal(err)
	}
}

func partFolder(name, part string, attempt int) string {
	return store.Artifact{Chart: name, Part: part, Attempt: attempt}.String()
}

// filesIn reads a folder for an artifact.
func filesIn(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// mustContain complains about what is missing in a text.
func mustContain(t testing.TB, what, text string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(text, p) {
			t.Errorf("%s lacks %q:\n%s", what, p, text)
		}
	}
}
