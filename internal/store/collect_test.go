package store

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// collection is a folder of parts in the making.
type collection struct {
	testing.TB
	dir  string
	plan *matrix.Plan
}

// aCollection has four cells, each with a job of its own, and no part yet.
func aCollection(t testing.TB) *collection {
	t.Helper()
	return &collection{t, t.TempDir(), jobPlan(t)}
}

func jobPlan(t testing.TB) *matrix.Plan {
	t.Helper()
	plan := aPlan(t)
	jobs, err := matrix.Pack(plan.Cells, matrix.Packing{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range jobs {
		jobs[i].ID = jobs[i].Cells[0] // so that tests need one name for both
	}
	plan.Layers, plan.JobLayers, plan.Jobs = append(plan.Layers, "command"), []string{"command"}, jobs
	plan.Seal()
	return plan
}

// folder is where the artifact of a part is downloaded to.
func (c *collection) folder(job string, attempt int) string {
	if job == "" {
		job = "plan"
	}
	return filepath.Join(c.dir, Artifact{c.plan.Name, job, attempt}.String())
}

func (c *collection) write(dir string, part Part, plan *matrix.Plan, cells []result.Cell) {
	c.Helper()
	if err := WritePart(dir, part, plan, cells); err != nil {
		c.Fatal(err)
	}
}

// ofPlan adds the plan's part; every cell passed its static layers.
func (c *collection) ofPlan(attempt int) {
	c.Helper()
	c.write(c.folder("", attempt), c.part("", attempt), c.plan, staticResults(c.plan, attempt))
}

func (c *collection) part(job string, attempt int) Part {
	return Part{Name: c.plan.Name, Job: job, Attempt: attempt, Plan: c.plan.Digest, Version: "v1"}
}

// ofJobs adds the part of each job that is given by its number.
func (c *collection) ofJobs(attempt int, status result.Status, numbers ...int) {
	c.Helper()
	for _, n := range numbers {
		job := c.plan.Jobs[n]
		c.write(c.folder(job.ID, attempt), c.part(job.ID, attempt), nil, jobResults(c.plan, job, attempt, status))
	}
}

func (c *collection) collect() Collected {
	c.Helper()
	got, err := Collect(c.dir, "")
	if err != nil {
		c.Fatal(err)
	}
	return got
}

func staticResults(plan *matrix.Plan, attempt int) []result.Cell {
	var out []result.Cell
	for _, c := range plan.Cells {
		out = append(out, result.Cell{
			Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: attempt, Status: result.Passed,
			Steps: []result.Step{
				{Layer: "lint", Status: result.Passed, Assertions: []result.Assertion{{Name: "lint", Status: result.Passed}}},
				{Layer: "render", Status: result.Passed, Assertions: []result.Assertion{{Name: "renders", Status: result.Passed}}},
			},
		})
	}
	return out
}

func jobResults(plan *matrix.Plan, job matrix.Job, attempt int, status result.Status) []result.Cell {
	var out []result.Cell
	for _, c := range plan.Cells {
		if slices.Contains(job.Cells, c.ID) {
			out = append(out, result.Cell{
				Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: attempt, Job: job.ID, Status: status,
				Steps: []result.Step{{Layer: "command", Status: status, Assertions: []result.Assertion{{Name: "command", Status: status}}}},
			})
		}
	}
	return out
}

// brief shows the results of one cell.
func brief(got Collected, id string) string {
	var out []string
	for _, c := range got.Cells {
		if c.ID == id {
			who := "plan"
			if c.Job != "" {
				who = "job"
			}
			out = append(out, fmt.Sprintf("%s@%d %s", who, c.Attempt, c.Status))
		}
	}
	return strings.Join(out, ", ")
}

// anomalies wants exactly these, each by a text that it holds.
func anomalies(t testing.TB, got Collected, want ...string) {
	t.Helper()
	if len(got.Anomalies) != len(want) {
		t.Fatalf("anomalies %q, want %q", got.Anomalies, want)
	}
	for i, w := range want {
		if !strings.Contains(got.Anomalies[i], w) {
			t.Errorf("got  %q\nwant %q", got.Anomalies[i], w)
		}
	}
}

func TestCollect(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0, 1, 2, 3)
	// What lies around in a folder of downloads.
	for _, name := range []string{"report.html", "other/file.txt", "chart-matrix.posthog.report.1/report.html", ".hidden/part.txt"} {
		file := filepath.Join(c.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := c.collect()
	anomalies(t, got)
	if asJSON(t, got.Plan) != asJSON(t, c.plan) {
		t.Errorf("got the plan %s", asJSON(t, got.Plan))
	}
	if len(got.Parts) != 5 || got.Parts[0].Job != "" || !slices.IsSortedFunc(got.Parts, func(a, b Part) int { return strings.Compare(a.Job, b.Job) }) {
		t.Errorf("parts %v", got.Parts)
	}
	if want := (Part{Schema: PartSchema, Name: "posthog", Attempt: 1, Plan: c.plan.Digest, Version: "v1"}); got.Parts[0] != want {
		t.Errorf("got %+v, want %+v", got.Parts[0], want)
	}
	for _, cell := range c.plan.Cells {
		if b := brief(got, cell.ID); b != "plan@1 passed, job@1 passed" {
			t.Errorf("%s: %s", cell.Slug, b)
		}
	}
	if run := result.Join(got.Plan, got.Cells, nil); len(run.Anomalies) > 0 || len(run.Cells) != 4 || run.Cells[0].Status != result.Passed {
		t.Errorf("joined to %+v", run)
	}
	if plan, err := CollectPlan(c.dir, c.plan.Name); err != nil || asJSON(t, plan) != asJSON(t, c.plan) {
		t.Errorf("CollectPlan: %v, %v", plan, err)
	}
	if again := c.collect(); asJSON(t, again) != asJSON(t, got) {
		t.Error("another time it gives something else")
	}
}

// TestCollectFoldersOfOneRun: what is no collection.
func TestCollectFoldersOfOneRun(t *testing.T) {
	t.Run("a plain result folder", func(t *testing.T) {
		dir, plan, cells := write4(t)
		for _, name := range []string{"", plan.Name} {
			got, err := Collect(dir, name)
			if err != nil || len(got.Anomalies) > 0 || len(got.Parts) > 0 || len(got.Cells) != len(cells) || got.Plan.Digest != plan.Digest {
				t.Errorf("%+v, %v", got, err)
			}
		}
		if got, err := CollectPlan(dir, plan.Name); err != nil || got.Digest != plan.Digest {
			t.Error(err)
		}
		if _, err := CollectPlan(dir, "other"); err == nil || !strings.Contains(err.Error(), `it holds no plan of "other"; have "posthog"`) {
			t.Error(err)
		}
		if _, err := Collect(dir, "other"); err == nil || !strings.Contains(err.Error(), `it holds no plan of "other"; have "posthog"`) {
			t.Error(err)
		}
	})
	t.Run("a single part", func(t *testing.T) {
		c := aCollection(t)
		c.write(c.dir, c.part("", 1), c.plan, staticResults(c.plan, 1))
		got := c.collect()
		anomalies(t, got)
		if len(got.Parts) != 1 || len(got.Cells) != 4 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("an empty plan", func(t *testing.T) {
		c := aCollection(t)
		c.plan.Cells, c.plan.Jobs = nil, nil
		c.plan.Seal()
		c.ofPlan(1)
		got := c.collect()
		anomalies(t, got)
		if len(got.Parts) != 1 || len(got.Cells) != 0 {
			t.Errorf("%+v", got)
		}
	})
}

func TestCollectAttempts(t *testing.T) {
	t.Run("only the jobs that failed ran again", func(t *testing.T) {
		c := aCollection(t)
		c.ofPlan(1)
		c.ofJobs(1, result.Passed, 0, 1)
		c.ofJobs(1, result.Failed, 2, 3)
		c.ofJobs(2, result.Passed, 2, 3)
		got := c.collect()
		anomalies(t, got)
		for i, want := range []string{"plan@1 passed, job@1 passed", "plan@1 passed, job@1 passed", "plan@1 passed, job@1 failed, job@2 passed"} {
			if b := brief(got, c.plan.Jobs[i].ID); b != want {
				t.Errorf("got %s, want %s", b, want)
			}
		}
	})
	t.Run("all ran again, with an equal plan", func(t *testing.T) {
		c := aCollection(t)
		c.ofPlan(1)
		c.ofPlan(2)
		c.ofJobs(1, result.Failed, 0, 1, 2, 3)
		c.ofJobs(2, result.Passed, 0, 1, 2, 3)
		got := c.collect()
		anomalies(t, got)
		if b := brief(got, c.plan.Cells[0].ID); b != "plan@1 passed, job@1 failed, plan@2 passed, job@2 passed" {
			t.Errorf("got %s", b)
		}
	})
	t.Run("all ran again, with another plan", func(t *testing.T) {
		c := aCollection(t)
		c.ofPlan(1)
		c.ofJobs(1, result.Failed, 0, 1, 2, 3)
		old := c.plan.Cells
		c.plan = jobPlan(t)
		c.plan.Cells, c.plan.Jobs = c.plan.Cells[1:], c.plan.Jobs[1:]
		c.plan.Seal()
		c.ofPlan(2)
		c.ofJobs(2, result.Passed, 0, 1, 2)
		got := c.collect()
		anomalies(t, got, "2 results of attempt 1 are left out: attempt 2 made another plan, which does not ask for them")
		if got.Plan.Digest != c.plan.Digest || brief(got, old[0].ID) != "" || brief(got, old[1].ID) != "plan@1 passed, job@1 failed, plan@2 passed, job@2 passed" {
			t.Errorf("got %s and %s of %s", brief(got, old[0].ID), brief(got, old[1].ID), got.Plan.Digest)
		}
	})
	t.Run("a job that followed a plan of the past", func(t *testing.T) {
		c := aCollection(t)
		c.ofPlan(1)
		c.ofJobs(2, result.Passed, 0)
		c.plan = jobPlan(t)
		c.plan.Notes = []string{"other"}
		c.plan.Seal()
		c.ofPlan(2)
		c.ofJobs(2, result.Passed, 1)
		got := c.collect()
		anomalies(t, got, "it followed the plan of attempt 1, and attempt 2 has made another")
		if b := brief(got, c.plan.Jobs[1].ID); b != "plan@1 passed, plan@2 passed, job@2 passed" {
			t.Errorf("got %s", b)
		}
	})
	t.Run("the newest plan cannot be used", func(t *testing.T) {
		c := aCollection(t)
		c.ofPlan(1)
		c.ofPlan(2)
		c.ofJobs(2, result.Passed, 0, 1, 2, 3)
		edit(t, filepath.Join(c.folder("", 2), planName), `"chart":`, "\x00")
		got := c.collect() // the one before it is the same
		anomalies(t, got, "chart-matrix.posthog.plan.2/plan.json is not used: it is not JSON")
		if b := brief(got, c.plan.Cells[0].ID); b != "plan@1 passed, job@2 passed" {
			t.Errorf("got %s", b)
		}
		c.plan.Notes = []string{"other"}
		c.plan.Seal()
		c.ofPlan(1)
		if _, err := Collect(c.dir, ""); err == nil || !strings.Contains(err.Error(), "the plan of the newest attempt cannot be used: chart-matrix.posthog.plan.2/plan.json: it is not JSON") {
			t.Error(err)
		}
	})
}

func TestCollectSeveralCharts(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0)
	other := &collection{t, c.dir, jobPlan(t)}
	other.plan.Name = "plugin-server"
	other.plan.Seal()
	other.ofPlan(1)
	other.ofJobs(1, result.Failed, 0)
	if _, err := Collect(c.dir, ""); err == nil || !strings.Contains(err.Error(), `it holds the results of several charts; name one of "plugin-server", "posthog"`) {
		t.Error(err)
	}
	if _, err := Collect(c.dir, "post"); err == nil || !strings.Contains(err.Error(), `it holds no plan of "post"; have "plugin-server", "posthog"`) {
		t.Error(err)
	}
	for name, want := range map[string]string{"posthog": "plan@1 passed, job@1 passed", "plugin-server": "plan@1 passed, job@1 failed"} {
		got, err := Collect(c.dir, name)
		if err != nil || len(got.Anomalies) > 0 || got.Plan.Name != name {
			t.Fatal(got.Anomalies, err)
		}
		if b := brief(got, c.plan.Jobs[0].ID); b != want {
			t.Errorf("%s: got %s, want %s", name, b, want)
		}
	}
}
