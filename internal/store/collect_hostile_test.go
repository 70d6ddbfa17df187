package store

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// rewrite writes a part anew, as a job that lies would.
func (c *collection) rewrite(dir string, part Part, cells []result.Cell) {
	c.Helper()
	if err := os.RemoveAll(dir); err != nil {
		c.Fatal(err)
	}
	part.Schema = PartSchema
	if err := os.MkdirAll(dir, 0o750); err != nil {
		c.Fatal(err)
	}
	if err := write(dir, contents{part: &part, cells: cells}); err != nil {
		c.Fatal(err)
	}
}

// TestCollectBadParts changes the part of job 0, or adds one: what cannot be
// used is an anomaly, and the other jobs are as they were.
func TestCollectBadParts(t *testing.T) {
	const (
		good = "plan@1 passed, job@1 passed"
		lost = "plan@1 passed"
	)
	for _, c := range []struct {
		name   string
		change func(c *collection, job matrix.Job, dir string)
		brief  string // of job 0's cell
		want   []string
	}{
		{"no part", func(c *collection, _ matrix.Job, dir string) { remove(c, dir) }, lost, nil},
		{"no part.json", func(c *collection, _ matrix.Job, dir string) { remove(c, filepath.Join(dir, partName)) },
			lost, []string{".1 is not used: there is no part.json in it"}},
		{"not JSON", func(c *collection, _ matrix.Job, dir string) { edit(c, filepath.Join(dir, partName), "{", "{{") },
			lost, []string{".1 is not used: it is not JSON: invalid character"}},
		{"cut short", func(c *collection, _ matrix.Job, dir string) { truncate(c, filepath.Join(dir, partName), 20) },
			lost, []string{".1 is not used: it is not JSON: unexpected end"}},
		{"another version", func(c *collection, _ matrix.Job, dir string) {
			edit(c, filepath.Join(dir, partName), "part/v1", "part/v2")
		}, lost, []string{`its format is "chart-matrix/part/v2", and this version of chart-matrix reads "chart-matrix/part/v1"`}},
		{"a result of another version", func(c *collection, job matrix.Job, dir string) {
			edit(c, filepath.Join(dir, "cells", job.ID, "result.json"), "cell/v1", "cell/v2")
		}, lost, []string{`result.json is not used: its format is "chart-matrix/cell/v2"`}},
		{"a result that is cut short", func(c *collection, job matrix.Job, dir string) {
			truncate(c, filepath.Join(dir, "cells", job.ID, "result.json"), 100)
		}, lost, []string{"result.json is not used: it is not JSON"}},
		{"a part of a gigabyte", func(c *collection, _ matrix.Job, dir string) { truncate(c, filepath.Join(dir, partName), 1<<30) },
			lost, []string{".1 is not used: it is too large: 1073741824 bytes"}},
		{"a result of a gigabyte", func(c *collection, job matrix.Job, dir string) {
			truncate(c, filepath.Join(dir, "cells", job.ID, "result.json"), 1<<30)
		}, lost, []string{"result.json is not used: it is too large: 1073741824 bytes"}},
		{"evidence of a gigabyte", func(c *collection, job matrix.Job, dir string) {
			file := filepath.Join(dir, "cells", job.ID, "pods.log")
			create(c, file)
			truncate(c, file, 1<<30)
		}, good, nil},
		{"attempt 0", func(c *collection, _ matrix.Job, dir string) {
			edit(c, filepath.Join(dir, partName), `"attempt": 1`, `"attempt": 0`)
		}, lost, []string{"its attempt is 0; expected 1 to 1000"}},
		{"a job that leads elsewhere", func(c *collection, job matrix.Job, dir string) {
			edit(c, filepath.Join(dir, partName), job.ID, "../../..")
		}, lost, []string{`its job is "../../.."; expected an ID`}},
		{"a digest that is none", func(c *collection, _ matrix.Job, dir string) {
			edit(c, filepath.Join(dir, partName), "sha256:", "sha1:")
		}, lost, []string{"expected the digest of a plan"}},
		{"no name", func(c *collection, _ matrix.Job, dir string) {
			edit(c, filepath.Join(dir, partName), `"name": "posthog"`, `"name": ""`)
		}, lost, []string{"its name has 0 bytes; expected 1 to 200"}},
		{"an endless version", func(c *collection, _ matrix.Job, dir string) {
			edit(c, filepath.Join(dir, partName), `"v1"`, `"`+strings.Repeat("v", 1000)+`"`)
		}, lost, []string{"its version has 1000 bytes; expected at most 100"}},
		{"another plan", func(c *collection, job matrix.Job, dir string) {
			part := c.part(job.ID, 1)
			part.Plan = "sha256:" + strings.Repeat("0", 64)
			c.rewrite(dir, part, jobResults(c.plan, job, 1, result.Passed))
		}, lost, []string{".1 is not used: it is a part of another plan (sha256:0000"}},
		{"another chart", func(c *collection, job matrix.Job, dir string) {
			part := c.part(job.ID, 1)
			part.Name = "other"
			c.rewrite(dir, part, jobResults(c.plan, job, 1, result.Passed))
		}, lost, []string{`.1 is not used: it is a part of "other", which has no plan here`}},
		{"a job that is not planned", func(c *collection, _ matrix.Job, _ string) {
			ghost := matrix.Job{ID: "ghost234", Cells: c.plan.Jobs[0].Cells}
			c.rewrite(c.folder("ghost234", 1), c.part("ghost234", 1), jobResults(c.plan, ghost, 1, result.Passed))
		}, good, []string{"chart-matrix.posthog.ghost234.1 is not used: job ghost234 is not in its plan"}},
		{"the cells of another job", func(c *collection, job matrix.Job, dir string) {
			cells := jobResults(c.plan, c.plan.Jobs[1], 1, result.Passed)
			cells[0].Job = job.ID
			c.rewrite(dir, c.part(job.ID, 1), cells)
		}, lost, []string{`result.json is not used: the plan does not give its cell to job "xtvnps64"`}},
		{"a cell that is not planned", func(c *collection, job matrix.Job, dir string) {
			cells := jobResults(c.plan, job, 1, result.Passed)
			cells[0].ID = "ghost234"
			c.rewrite(dir, c.part(job.ID, 1), cells)
		}, lost, []string{`cells/ghost234/result.json is not used: the plan does not give its cell to job "xtvnps64"`}},
		{"results that name another job", func(c *collection, job matrix.Job, dir string) {
			c.rewrite(dir, c.part(job.ID, 1), jobResults(c.plan, matrix.Job{ID: "other234", Cells: job.Cells}, 1, result.Passed))
		}, lost, []string{`it is a result of job "other234", in the part of job "xtvnps64"`}},
		{"results that name no job", func(c *collection, job matrix.Job, dir string) {
			c.rewrite(dir, c.part(job.ID, 1), staticResults(c.plan, 1)[:1])
		}, lost, []string{`it is a result of the plan, in the part of job "xtvnps64"`}},
		{"results of another attempt", func(c *collection, job matrix.Job, dir string) {
			c.rewrite(dir, c.part(job.ID, 1), jobResults(c.plan, job, 7, result.Passed))
		}, lost, []string{"it is a result of attempt 7, in a part of attempt 1"}},
		{"an answer to what the plan's job asks", func(c *collection, job matrix.Job, dir string) {
			cells := jobResults(c.plan, job, 1, result.Passed)
			cells[0].Steps[0].Layer = "render"
			c.rewrite(dir, c.part(job.ID, 1), cells)
		}, lost, []string{`it has a step of the layer "render", which jobs do not run`}},
		{"a result of very many layers", func(c *collection, job matrix.Job, dir string) {
			cells := jobResults(c.plan, job, 1, result.Passed)
			for i := range 100 {
				cells[0].Steps = append(cells[0].Steps, result.Step{Layer: fmt.Sprint(i), Status: result.Passed})
			}
			c.rewrite(dir, c.part(job.ID, 1), cells)
		}, lost, []string{"it has 101 steps, and at most 100 are read"}},
		{"a static result of a cell that is not planned", func(c *collection, _ matrix.Job, _ string) {
			cells := staticResults(c.plan, 1)
			cells = append(cells, cells[0])
			cells[0].ID = "ghost234"
			c.rewrite(c.folder("", 1), c.part("", 1), cells)
			data, err := json.Marshal(c.plan)
			if err == nil {
				err = os.WriteFile(filepath.Join(c.folder("", 1), planName), data, 0o600)
			}
			if err != nil {
				c.Fatal(err)
			}
		}, good, []string{"cells/ghost234/result.json is not used: its cell is not in the plan"}},
		{"a job that calls itself another", func(c *collection, _ matrix.Job, dir string) {
			other := c.plan.Jobs[1]
			c.rewrite(dir, c.part(other.ID, 1), jobResults(c.plan, other, 1, result.Failed))
		}, lost, []string{"chart-matrix.posthog.xtvnps64.1 is not used: its part.json says that it is the part of job gkwv9h2n, attempt 1"}},
		{"a job under a name that no artifact has", func(c *collection, job matrix.Job, dir string) {
			remove(c, dir)
			c.write(filepath.Join(c.dir, "chart-matrix.posthog."+job.ID+".01"), c.part(job.ID, 1), nil, jobResults(c.plan, job, 1, result.Passed))
		}, lost, []string{"chart-matrix.posthog.xtvnps64.01 is not used: its name is not that of an artifact of a part"}},
		{"a job that calls itself the plan", func(c *collection, _ matrix.Job, dir string) {
			remove(c, dir)
			c.write(dir, c.part("", 1), c.plan, nil)
		}, lost, []string{"its part.json says that it is the part of the plan, attempt 1"}},
		{"the part of a job twice, one better", func(c *collection, job matrix.Job, _ string) {
			c.write(filepath.Join(c.dir, "a"), c.part(job.ID, 1), nil, jobResults(c.plan, job, 1, result.Failed))
		}, "plan@1 passed, job@1 failed", []string{"a and chart-matrix.posthog.xtvnps64.1 are both the part of job xtvnps64, attempt 1; where both have a result, the worse one counts"}},
		{"the part of a job twice, one empty", func(c *collection, job matrix.Job, _ string) {
			c.write(filepath.Join(c.dir, "z"), c.part(job.ID, 1), nil, nil)
		}, good, []string{"chart-matrix.posthog.xtvnps64.1 and z are both the part of job xtvnps64, attempt 1"}},
		{"two results of one attempt", func(c *collection, job matrix.Job, dir string) {
			copyFile(c, filepath.Join(dir, "cells", job.ID, "result.json"), filepath.Join(dir, "cells", job.ID, "result-2.json"))
		}, good, []string{"cells/xtvnps64/result.json is a second result of one attempt; the worse one counts"}},
		{"a file in the place of a part", func(c *collection, _ matrix.Job, dir string) {
			remove(c, dir)
			create(c, dir)
		}, lost, []string{"chart-matrix.posthog.xtvnps64.1 is not used: expected a folder"}},
		{"an archive that was not unpacked", func(c *collection, _ matrix.Job, dir string) {
			remove(c, dir)
			create(c, dir+".zip")
		}, lost, []string{"chart-matrix.posthog.xtvnps64.1.zip is not used: expected a folder"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			col := aCollection(t)
			col.ofPlan(1)
			col.ofJobs(1, result.Passed, 0, 1, 2, 3)
			job := col.plan.Jobs[0]
			c.change(col, job, col.folder(job.ID, 1))
			got := col.collect()
			anomalies(t, got, c.want...)
			if b := brief(got, job.ID); b != c.brief {
				t.Errorf("got %s, want %s", b, c.brief)
			}
			for _, j := range col.plan.Jobs[1:] {
				if b := brief(got, j.ID); b != good {
					t.Errorf("%s: got %s", j.Name, b)
				}
			}
			run := result.Join(got.Plan, got.Cells, nil)
			if want := map[string]result.Status{good: result.Passed, lost: result.Lost}[c.brief]; want != "" && run.Cells[0].Status != want {
				t.Errorf("joined to %s", run.Cells[0].Status)
			}
		})
	}
}

func remove(t testing.TB, file string) {
	t.Helper()
	if err := os.RemoveAll(file); err != nil {
		t.Fatal(err)
	}
}

func create(t testing.TB, file string) {
	t.Helper()
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
}

// truncate makes a file as long; what is added is a hole and takes no room.
func truncate(t testing.TB, file string, size int64) {
	t.Helper()
	if err := os.Truncate(file, size); err != nil {
		t.Fatal(err)
	}
}

func copyFile(t testing.TB, from, to string) {
	t.Helper()
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestCollectNoPlan(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(c *collection)
		want   string
	}{
		{"nothing", func(*collection) {}, "there is no plan in it; expected a result folder, or a folder that holds the parts of a run"},
		{"jobs alone", func(c *collection) { c.ofJobs(1, result.Passed, 0, 1) }, "there is no plan in it"},
		{"a job alone", func(c *collection) {
			c.write(c.dir, c.part(c.plan.Jobs[0].ID, 1), nil, nil)
		}, "there is no plan in it"},
		{"a plan of another version", func(c *collection) {
			c.ofPlan(1)
			edit(c, filepath.Join(c.folder("", 1), planName), "plan/v1", "plan/v2")
		}, `chart-matrix.posthog.plan.1/plan.json: its format is "chart-matrix/plan/v2"`},
		{"a plan of a gigabyte", func(c *collection) {
			c.ofPlan(1)
			truncate(c, filepath.Join(c.folder("", 1), planName), 1<<30)
		}, "it is too large: 1073741824 bytes"},
		{"a plan's part without its plan", func(c *collection) {
			c.ofPlan(1)
			remove(c, filepath.Join(c.folder("", 1), planName))
		}, "there is no such file; expected a folder that a run has written to its end"},
		{"a part that names another plan", func(c *collection) {
			c.ofPlan(1)
			edit(c, filepath.Join(c.folder("", 1), partName), c.plan.Digest, "sha256:"+strings.Repeat("0", 64))
		}, "part.json names another plan than the one beside it"},
		{"two plans of one attempt", func(c *collection) {
			c.ofPlan(1)
			c.plan.Notes = []string{"other"}
			c.plan.Seal()
			c.write(filepath.Join(c.dir, "other"), c.part("", 1), c.plan, nil)
		}, "chart-matrix.posthog.plan.1 and other hold two different plans of attempt 1; remove the one that is wrong"},
		{"a plan of very many layers", func(c *collection) {
			c.plan.JobLayers = slices.Repeat([]string{"x"}, 101)
			c.plan.Seal()
			c.ofPlan(1)
		}, "it names 101 layers, and at most 100 are read"},
		{"a plan with a job of cells that are not planned", func(c *collection) {
			c.plan.Jobs[0].Cells = []string{"ghost234"}
			c.plan.Seal()
			c.ofPlan(1)
		}, `gives its job "xtvnps64" the cell "ghost234", which it does not plan`},
		{"a plan with a job twice", func(c *collection) {
			c.plan.Jobs[1].ID = c.plan.Jobs[0].ID
			c.plan.Seal()
			c.ofPlan(1)
		}, `it plans the job "xtvnps64" twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			col := aCollection(t)
			c.change(col)
			got, err := Collect(col.dir, "")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if got.Plan != nil || got.Cells != nil {
				t.Errorf("got %+v", got)
			}
			if plan, err := CollectPlan(col.dir, ""); err == nil || plan != nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("CollectPlan: got %v, want %q", err, c.want)
			}
		})
	}
	if _, err := Collect(filepath.Join(t.TempDir(), "none"), ""); err == nil || !strings.Contains(err.Error(), "expected a folder with the results of a run") {
		t.Error(err)
	}
}

func TestCollectChangedPlanIsAnAnomaly(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0, 1, 2, 3)
	edit(t, filepath.Join(c.folder("", 1), planName), "a note", "another")
	anomalies(t, c.collect(), "chart-matrix.posthog.plan.1/plan.json was changed after it was made: its digest does not fit")
}

// TestCollectTellsOnlySomeAnomalies: a comment has room for a few.
func TestCollectTellsOnlySomeAnomalies(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	for i := range maxAnomalies + 20 {
		create(t, filepath.Join(c.dir, ArtifactPrefix+strings.Repeat("x", i+1)))
	}
	got := c.collect()
	if n := len(got.Anomalies); n != maxAnomalies+1 || got.Anomalies[n-1] != "there are 20 more anomalies like these" {
		t.Errorf("%d anomalies, the last is %q", n, got.Anomalies[n-1])
	}
	long := aCollection(t)
	long.ofPlan(1)
	long.ofJobs(1, result.Passed, 0)
	edit(t, filepath.Join(long.folder(long.plan.Jobs[0].ID, 1), "cells", long.plan.Jobs[0].ID, "result.json"), `"passed"`, `"`+strings.Repeat("ü", 10_000)+`"`)
	got = long.collect()
	if len(got.Anomalies) != 1 || len(got.Anomalies[0]) > maxAnomalyBytes+4 || !strings.HasSuffix(got.Anomalies[0], "ü…") {
		t.Errorf("got %q", got.Anomalies)
	}
}

// TestCollectReadsOnlySoMuch: the same results are left out every time, and the
// plans of many attempts take only so much.
func TestCollectReadsOnlySoMuch(t *testing.T) {
	c := aCollection(t)
	c.ofPlan(1)
	c.ofJobs(1, result.Passed, 0)
	root, err := os.OpenRoot(c.folder("", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = root.Close() }()
	info, err := root.Stat("cells/xtvnps64/result.json")
	if err != nil {
		t.Fatal(err)
	}
	r := newReader(root)
	r.left = 2*info.Size() + 100
	r.scan(".", 0)
	if len(r.files) != 2 || len(r.anomalies) != 2 || !strings.Contains(r.anomalies[0], "it is too large: at most 536870912 bytes of results are read") {
		t.Errorf("%d files, anomalies %q", len(r.files), r.anomalies)
	}
	for attempt := 2; attempt <= 4; attempt++ {
		c.ofPlan(attempt)
		truncate(t, filepath.Join(c.folder("", attempt), planName), maxPlanBytes)
	}
	got := c.collect() // all have the same digest, so that the one that is left will do
	anomalies(t, got, "plan.2/plan.json is not used: it is not JSON", "plan.3/plan.json is not used: it is too large: at most 134217728 bytes of plans are read", "plan.4/plan.json is not used: it is too large")
}

func TestCollectCutsLongErrors(t *testing.T) {
	c := aCollection(t)
	c.plan.Axes = append(c.plan.Axes, matrix.Axis{Name: strings.Repeat("a", 1<<20)})
	c.plan.Seal()
	c.ofPlan(1)
	if _, err := Collect(c.dir, ""); err == nil || len(err.Error()) > 1000 || !strings.HasSuffix(err.Error(), "a…") {
		t.Errorf("%.2000s", err)
	}
	names := aCollection(t)
	for i := range 15 {
		names.plan.Name = strings.Repeat("n", i+1)
		names.plan.Seal()
		names.ofPlan(1)
	}
	if _, err := Collect(names.dir, ""); err == nil || !strings.HasSuffix(err.Error(), `"nnnnnnnnnn", and 5 more`) {
		t.Error(err)
	}
}

// TestCollectFollowsNoLinks: a part must not show what lies elsewhere.
func TestCollectFollowsNoLinks(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need a privilege there")
	}
	elsewhere := aCollection(t)
	elsewhere.ofPlan(1)
	elsewhere.ofJobs(1, result.Passed, 0, 1, 2, 3)
	for _, c := range []struct{ name, link, want string }{
		{"the part", "", "is not used: expected a folder"},
		{"part.json", partName, "is not used: it is not a regular file"},
		{"cells", cellsName, "cells is not used: it is not a folder"},
		{"a cell", "cells/xtvnps64", "is not used: expected a folder named like a cell"},
		{"a result", "cells/xtvnps64/result.json", "is not used: it is not a regular file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, inside := range []bool{false, true} { // of the collection
				col := aCollection(t)
				col.ofPlan(1)
				col.ofJobs(1, result.Passed, 0, 1, 2, 3)
				job := col.plan.Jobs[0].ID
				file := filepath.Join(col.folder(job, 1), filepath.FromSlash(c.link))
				target := filepath.Join(elsewhere.folder(job, 1), filepath.FromSlash(c.link))
				if inside {
					target = file + ".moved"
					if c.link == "" {
						target = filepath.Join(col.dir, "moved")
					}
					if err := os.Rename(file, target); err != nil {
						t.Fatal(err)
					}
					if c.link == "" {
						remove(t, filepath.Join(target, partName)) // else it is a part by itself
					}
				} else {
					remove(t, file)
				}
				if err := os.Symlink(target, file); err != nil {
					t.Fatal(err)
				}
				got := col.collect()
				if inside && c.link == "cells/xtvnps64" {
					anomalies(t, got, c.want, "xtvnps64.moved is not used")
				} else {
					anomalies(t, got, c.want)
				}
				if b := brief(got, job); b != "plan@1 passed" {
					t.Errorf("got %s", b)
				}
			}
		})
	}
}
