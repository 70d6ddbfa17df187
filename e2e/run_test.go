//go:build e2e

package e2e

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

// load is a script for k6.
const load = `import http from "k6/http"; import {check} from "k6";
export const options = {iterations: 20, thresholds: {checks: ["rate==1"]}};
export default () => check(http.get(__ENV.ENDPOINT + "/healthz"), {"is up": (r) => r.status === 200});
`

// asks is a test for kubetest.
const asks = `import os, subprocess

def test_web():
    out = subprocess.check_output(["kubectl", "-n", os.environ["NAMESPACE"], "get", "deployments", "-o", "name"], text=True)
    assert "deployment.apps/hogwatch-web" in out
`

// TestRun: the example chart is installed, upgraded, tested in three ways and
// uninstalled on every version, by one command, and nothing is left.
func TestRun(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	more := "layers:\n  test:\n  uninstall:\n"
	want := []string{"cluster", "test", "uninstall"}
	if k6Here(t) {
		more += "  k6: {script: load.js, service: hogwatch-web}\n"
		want = append(want, "k6")
	}
	if pythonWithPytest(t) {
		more += "  kubetest: {path: kubetest, needs: release}\n"
		want = append(want, "kubetest")
	}
	dir := project{
		chart: filepath.Join("..", "examples", "hogwatch", "charts", "hogwatch"),
		axes:  "  scenario: default\n  operation: [install, upgrade]", more: more,
	}.make(t)
	write(t, filepath.Join(dir, "load.js"), load)
	write(t, filepath.Join(dir, "kubetest", "test_web.py"), asks)
	commit(t, dir)
	edit(t, filepath.Join(dir, "chart", "values.yaml"), "logLevel: info", "logLevel: debug")

	e := cm(t, dir, "run", "--clusters", "1", "--results", "results")
	plan, cells, text := ran(t, filepath.Join(dir, "results"))
	t.Logf("\n%s", text)
	if e.code != 0 {
		t.Errorf("exit code %d", e.code)
	}
	if len(cells) != len(plan.Cells) || len(plan.Jobs)*2 != len(cells) {
		t.Errorf("%d results of %d cells in %d jobs", len(cells), len(plan.Cells), len(plan.Jobs))
	}
	for _, c := range cells {
		if !strings.HasPrefix(c.KubeVersion, "v"+c.At[matrix.Kubernetes]+".") {
			t.Errorf("%s ran with %q", c.Slug, c.KubeVersion)
		}
		for _, layer := range append(slices.Clone(want), c.At[matrix.Operation]) {
			if s := step(c, layer); s.Status != result.Passed {
				t.Errorf("%s: %s %s", c.Slug, layer, s.Status)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "results", "evidence", c.ID, "events.log")); err != nil {
			t.Error(err)
		}
	}
	nothingLeft(t, plan)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRunIsEnded ends a run at random moments: politely, and it writes results
// and leaves nothing; or at once, and down removes what is left. The report
// tells of every cell, either way. CHART_MATRIX_E2E_SEED repeats the moments.
func TestRunIsEnded(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	chance := seeded(t)
	dir := project{
		chart: filepath.Join("..", "examples", "minimal", "chart"),
		axes:  "  scenario: {default: {}, three: {set: {replicas: 3}}}",
	}.make(t)
	for i := range 10 {
		signal, moment := signals[i%len(signals)], chance.IntN(600)
		t.Run(fmt.Sprintf("%s after %d.%d s", signal.name, moment/10, moment%10), func(t *testing.T) {
			endAt(t, dir, fmt.Sprintf("results-%d", i), signal, moment)
		})
	}
}
