package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// size is that of a run.
type size struct {
	versions, providers, scenarios, operations string
	assertions                                 int // of each cell
	evidence                                   int // bytes, of all cells
}

// sizes are what can be measured: 1,000 cells of 1,000 assertions, and an
// ordinary run of 50 cells of 200.
func sizes() map[string]size {
	return map[string]size{
		"large": {
			versions: "1.27 1.28 1.29 1.30 1.31 1.32 1.33 1.34 1.35 1.36", providers: "k3s kind eks gke aks",
			scenarios: "default ha tls small external-db ingress kafka minimal debug metrics", operations: "install upgrade",
			assertions: 1_000, evidence: 100 << 20,
		},
		"ordinary": {
			versions: "1.32 1.33 1.34 1.35 1.36", providers: "kind eks", scenarios: "default ha tls small external-db", operations: "install",
			assertions: 200, evidence: 5 << 20,
		},
	}
}

func (s size) spec() matrix.Spec {
	axis := func(name, values string, ordered bool) matrix.Axis {
		return matrix.Axis{Name: name, Values: strings.Fields(values), Ordered: ordered}
	}
	return matrix.Spec{
		Layers: []string{"lint", "render", "schema", "install", "test"},
		Axes: []matrix.Axis{
			axis("kubernetes", s.versions, true), axis("provider", s.providers, false),
			axis("scenario", s.scenarios, false), axis("operation", s.operations, false),
		},
	}
}

func makeRun(dir string, s size) error {
	plan, err := matrix.Expand(s.spec(), 1)
	if err != nil {
		return err
	}
	plan.Name, plan.Chart.Name, plan.Chart.Path, plan.Chart.Version = "web", "web", ".", "1.0.0"
	plan.Seal()
	cells := make([]result.Cell, 0, len(plan.Cells))
	for i, c := range plan.Cells {
		cells = append(cells, s.cellOf(plan, c, i))
	}
	if err := store.Write(dir, plan, cells); err != nil {
		return err
	}
	for i := range cells {
		if err := keep(dir, &cells[i], i, s.evidence/len(cells)); err != nil {
			return err
		}
	}
	return nil
}

func (s size) cellOf(plan *matrix.Plan, c matrix.Cell, i int) result.Cell {
	r := result.Cell{
		Schema: result.CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Attempt: 1, Status: result.Passed,
		Started: time.Date(2026, 11, 23, 1, 0, 0, 0, time.UTC), Seconds: 120, KubeVersion: "v" + c.At[matrix.Kubernetes] + ".3",
	}
	for _, l := range plan.Layers {
		r.Steps = append(r.Steps, result.Step{Layer: l, Status: result.Passed, Seconds: 10, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}})
	}
	test := &r.Steps[len(r.Steps)-1]
	test.Assertions = test.Assertions[:0]
	for n := range s.assertions - len(r.Steps) + 1 {
		a := result.Assertion{Name: fmt.Sprintf("Deployment/service-%d responds", n), Status: result.Passed, Seconds: 0.01}
		if said := s.fault(c.At, i, n); said != "" {
			a.Status, test.Status, r.Status = result.Failed, result.Failed, result.Failed
			a.Problems = []result.Problem{{
				Severity: result.Error, Code: "test-failed", Message: said, Location: result.Location{Object: fmt.Sprintf("Pod/service-%d-test", n)},
				Excerpt: []string{said},
			}}
		}
		test.Assertions = append(test.Assertions, a)
	}
	return r
}

// fault is what fails in a cell: one cause in a fifth of the assertions, eleven
// in one each, and one failure in fifty cells by chance.
func (s size) fault(at matrix.Coordinate, i, n int) string {
	scenarios := strings.Fields(s.scenarios)
	broken, single := s.assertions/5, s.assertions*9/10
	switch {
	case at["provider"] == "eks" && at[matrix.Kubernetes] >= "1.32" && n < broken && at["operation"] == "install":
		return fmt.Sprintf("Get \"http://service-%d:8080/healthz\": expected status 200, got 503 after %dms", n, 100+n)
	case n >= single && n < single+11 && at["scenario"] == scenarios[n%len(scenarios)] && at[matrix.Kubernetes] >= fmt.Sprintf("1.%d", 27+n%9):
		return "feature " + string(rune('A'+n-single)) + " answers with an empty list"
	case n == single+15 && i%50 == 17:
		return fmt.Sprintf("the smoke test timed out after %d.%ds", 30+i%7, i%10)
	}
	return ""
}

// keep writes the evidence of a cell: an ordinary log, and events.
func keep(dir string, c *result.Cell, i, bytesOf int) error {
	folder, err := store.Evidence(dir, c.ID, 1, 1)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(folder, "logs"), 0o755); err != nil {
		return err
	}
	var log bytes.Buffer
	for n := 0; log.Len() < bytesOf; n++ {
		fmt.Fprintf(&log, "2026-11-23T01:%02d:%02dZ INFO handled GET /items/%d in %d ms, cell %d\n", n/60%60, n%60, n, n%97, i)
		if n%50 == 0 {
			fmt.Fprintf(&log, "2026-11-23T01:%02d:%02dZ WARN could not connect to the cache, attempt %d\n", n/60%60, n%60, n%5)
		}
	}
	events := "2026-11-23T01:00:01Z Normal Scheduled Pod/service-1-6d5f7c9b48-k2x8p: Successfully assigned\n2026-11-23T01:00:09Z Normal Completed Job/migrate: Job completed\n"
	for name, text := range map[string]string{"events.log": events, "logs/service-1-6d5f7c9b48-k2x8p.app.log": log.String(), "logs/migrate-x7k2p.app.log": "migrations done\n"} {
		if err := os.WriteFile(filepath.Join(folder, filepath.FromSlash(name)), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
