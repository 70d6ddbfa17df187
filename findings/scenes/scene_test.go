package scenes

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/reporters/markdown"
	"github.com/posthog/chart-matrix/result"
)

var update = flag.Bool("update", false, "write the golden files")

// noon is when all scenes are judged.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// scene is one case: a matrix, and what happens in each of its cells.
type scene struct {
	name string
	axes []string // "provider: eks gke"
	// change is done to the finished plan; nil for nothing.
	change func(*matrix.Plan)
	happen func(c *cell)
}

// cell is one cell in the making, and its evidence: texts by file.
type cell struct {
	at    map[string]string
	res   *result.Cell
	files map[string]string
}

// newer tells whether the cell has a version or a later one; all have two digits.
func (c *cell) newer(version string) bool { return c.at[matrix.Kubernetes] >= version }

// staticLayers are asked where the plan is made, jobLayers in jobs.
var (
	staticLayers = []string{"lint", "render", "schema"}
	jobLayers    = []string{"cluster", "install", "test"}
)

// checks are what each layer asks when all is well.
var checks = map[string][]string{
	"lint": {"lints"}, "render": {"renders"}, "schema": {"Deployment/posthog-web", "HorizontalPodAutoscaler/posthog-web"},
	"cluster": {"ready"}, "install": {"installs", "becomes ready"},
	"test": {"Pod/posthog-smoke-test"},
}

// fails makes one check of a layer fail, and blocks the layers behind it.
func (c *cell) fails(layer, check string, problems ...result.Problem) {
	c.stops(layer, result.Step{Status: result.Failed, Assertions: []result.Assertion{{Name: check, Status: result.Failed, Problems: problems}}})
}

// breaks makes a layer give no answer.
func (c *cell) breaks(layer, reason string) {
	c.stops(layer, result.Step{Status: result.Errored, Reason: reason})
}

func (c *cell) stops(layer string, s result.Step) {
	behind := false
	for i := range c.res.Steps {
		at := &c.res.Steps[i]
		switch {
		case at.Layer == layer:
			behind = true
			s.Layer, s.Seconds = layer, at.Seconds
			for _, name := range checks[layer] {
				if len(s.Assertions) == 0 || name == s.Assertions[len(s.Assertions)-1].Name {
					break
				}
				s.Assertions = append([]result.Assertion{{Name: name, Status: result.Passed}}, s.Assertions...)
			}
			*at = s
			c.res.Status = s.Status
		case behind && at.Status == result.Passed:
			*at = result.Step{Layer: at.Layer, Status: result.Blocked, Reason: layer + " did not pass"}
		}
	}
}

// object gives a problem with an object.
func object(code, name, message string, excerpt ...string) result.Problem {
	return result.Problem{Severity: result.Error, Code: code, Message: message, Location: result.Location{Object: name}, Excerpt: excerpt}
}

// keep adds a file to the cell's evidence.
func (c *cell) keep(name string, lines ...string) {
	c.files[name] += strings.Join(lines, "\n") + "\n"
}

// write makes the result folder, as a run leaves it.
func (s *scene) write(t testing.TB, dir string) {
	t.Helper()
	spec := matrix.Spec{Layers: slices.Concat(staticLayers, jobLayers)}
	for _, text := range s.axes {
		name, values, _ := strings.Cut(text, ": ")
		spec.Axes = append(spec.Axes, matrix.Axis{Name: name, Values: strings.Fields(values), Ordered: name == matrix.Kubernetes})
	}
	plan, err := matrix.Expand(spec, 1)
	if err != nil {
		t.Fatal(err)
	}
	plan.Name, plan.Event, plan.JobLayers = "posthog", "pull_request", jobLayers
	plan.Chart = matrix.Chart{Path: "charts/posthog", Name: "posthog", Version: "30.46.0"}
	if s.change != nil {
		s.change(plan)
	}
	plan.Seal()
	var cells []result.Cell
	for _, planned := range plan.Cells {
		res := result.Cell{
			Schema: result.CellSchema, ID: planned.ID, Slug: planned.Slug, At: planned.At, Attempt: 1, Status: result.Passed,
			Started: noon.Add(-time.Hour), Seconds: 240, KubeVersion: "v" + planned.At[matrix.Kubernetes] + ".4",
		}
		for _, l := range plan.Layers {
			step := result.Step{Layer: l, Status: result.Passed, Seconds: 12}
			for _, name := range checks[l] {
				step.Assertions = append(step.Assertions, result.Assertion{Name: name, Status: result.Passed})
			}
			res.Steps = append(res.Steps, step)
		}
		c := &cell{at: planned.At, res: &res, files: map[string]string{}}
		healthy(c)
		s.happen(c)
		cells = append(cells, res)
		folder, err := store.Evidence(dir, planned.ID, 1, 1)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range c.files {
			file := filepath.Join(folder, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Evidence comes before the results, as it does in a run.
	if err := os.Rename(filepath.Join(dir, "evidence"), filepath.Join(dir, "..", "evidence-aside")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if err := store.Write(dir, plan, cells); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "..", "evidence-aside"), filepath.Join(dir, "evidence")); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

// seen gives the evidence in a folder to findings.
type seen struct{ *store.Seen }

func (s seen) Sources(cell string, attempt, try int) []diagnosis.Source {
	var out []diagnosis.Source
	for _, f := range s.Files(cell, attempt, try) {
		out = append(out, diagnosis.Source{Name: f.Name, Text: f.Text})
	}
	return out
}

// explain reads the folder and explains it, as report does.
func explain(t testing.TB, dir string) findings.Summary {
	t.Helper()
	plan, cells, anomalies, err := store.Read(dir)
	if err != nil || len(anomalies) > 0 {
		t.Fatal(err, anomalies)
	}
	run := result.Join(plan, cells, nil)
	return findings.Explain(run, findings.Options{
		Now: noon, Command: "chart-matrix check charts/posthog", JobCommand: "chart-matrix run charts/posthog",
		Clusters: findings.Clusters{Local: []string{"kind", "k3s"}, Made: []string{"existing", "k3s", "kind"}}, Evidence: seen{store.FindEvidence(dir)},
	})
}

func (s *scene) summary(t testing.TB) findings.Summary {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "results")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	s.write(t, dir)
	return explain(t, dir)
}

// TestHistory holds what a comment says of each case against a golden file.
func TestHistory(t *testing.T) {
	for _, s := range history() {
		t.Run(s.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := markdown.New(markdown.Options{}).Render(&b, s.summary(t)); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", s.name+".md")
			if *update {
				if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%s differs; look at it, then run the test with -update. Got:\n%s", golden, &b)
			}
		})
	}
}
