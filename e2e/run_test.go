//go:build e2e

package e2e

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// program builds the program as users have it, and gives its path.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "chart-matrix")
	do(t, "", "go", "build", "-o", path, "github.com/posthog/chart-matrix/cmd/chart-matrix")
	return path
}

// runProject is a repository with the example chart, an older revision of it,
// and a configuration for kind.
func runProject(t *testing.T, chart, axes string) (dir string) {
	t.Helper()
	images, versions := kindImages(t)
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "chart"), os.DirFS(filepath.Join("..", "examples", chart))); err != nil {
		t.Fatal(err)
	}
	var minors, named []string
	for _, v := range versions {
		minors = append(minors, fmt.Sprintf("%q", v.MinorString()))
		if image := images[v.String()]; image != "" {
			named = append(named, fmt.Sprintf("%q: %q", v.MinorString(), image))
		}
	}
	text := fmt.Sprintf(`chart: chart
axes:
  provider: kind
  kubernetes: [%s]
%s
providers:
  kind:
    images: {%s}
    preload: [%s, %s]
readiness: {settle: 3s, restarts: 1}
timeouts: {install: 3m, upgrade: 3m}
`, strings.Join(minors, ", "), axes, strings.Join(named, ", "), echoImage, jobImage)
	if err := os.WriteFile(filepath.Join(dir, ".chart-matrix.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// commit makes a commit of everything in a folder.
func commit(t *testing.T, dir string) {
	t.Helper()
	do(t, "", "git", "-C", dir, "init", "--quiet")
	do(t, "", "git", "-C", dir, "add", "--all")
	do(t, "", "git", "-C", dir, "-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "--quiet", "--message", "older")
}

// ran gives the results in a folder, one line for each step.
func ran(t *testing.T, dir string) (*matrix.Plan, []result.Cell, string) {
	t.Helper()
	plan, cells, anomalies, err := store.Read(dir)
	if err != nil || len(anomalies) > 0 {
		t.Fatalf("%v, %v", err, anomalies)
	}
	var b strings.Builder
	for _, c := range cells {
		fmt.Fprintf(&b, "%s %s on %s in %.0f s\n", c.Slug, c.Status, c.KubeVersion, c.Seconds)
		for _, s := range c.Steps {
			fmt.Fprintf(&b, "  %s %s %s\n", s.Layer, s.Status, s.Reason)
			for _, a := range s.Assertions {
				fmt.Fprintf(&b, "    %s %s %.1f s %s\n", a.Name, a.Status, a.Seconds, a.Reason)
				for _, p := range a.Problems {
					fmt.Fprintf(&b, "      %s %s %s\n", p.Severity, p.Code, p.Message)
				}
			}
		}
	}
	return plan, cells, b.String()
}

// leftOf gives the clusters of a plan's jobs that are there.
func leftOf(t *testing.T, plan *matrix.Plan) []string {
	t.Helper()
	var left []string
	for _, name := range strings.Fields(do(t, "", "kind", "get", "clusters", "--quiet")) {
		if slices.ContainsFunc(plan.Jobs, func(j matrix.Job) bool { return strings.HasPrefix(name, "cm-"+j.ID+"-") }) {
			left = append(left, name)
		}
	}
	return left
}

// TestRun: the example chart is installed, upgraded, tested and uninstalled on
// every version, by one command, and nothing is left.
func TestRun(t *testing.T) {
	binary := program(t) // with the user's caches
	own(t)
	dir := runProject(t, "hogwatch/charts/hogwatch", "  scenario: default\n  operation: [install, upgrade]")
	commit(t, dir)
	edit(t, filepath.Join(dir, "chart", "values.yaml"), "logLevel: info", "logLevel: debug")

	cmd := exec.Command(binary, "run", "--clusters", "1", "--results", "results")
	cmd.Dir = dir
	began := time.Now()
	out, err := cmd.CombinedOutput()
	t.Logf("after %s: %v\n%s", time.Since(began).Round(time.Second), err, out)
	plan, cells, text := ran(t, filepath.Join(dir, "results"))
	t.Logf("\n%s", text)
	if err != nil {
		t.Error(err)
	}
	if len(cells) != len(plan.Cells) || len(plan.Jobs)*2 != len(cells) {
		t.Errorf("%d results of %d cells in %d jobs", len(cells), len(plan.Cells), len(plan.Jobs))
	}
	for _, c := range cells {
		if !strings.HasPrefix(c.KubeVersion, "v"+c.At[matrix.Kubernetes]+".") {
			t.Errorf("%s ran with %q", c.Slug, c.KubeVersion)
		}
		for _, s := range c.Steps {
			does := c.At[matrix.Operation]
			if slices.Contains([]string{"cluster", does, "test", "uninstall"}, s.Layer) && s.Status != result.Passed {
				t.Errorf("%s: %s %s", c.Slug, s.Layer, s.Status)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "results", "evidence", c.ID, "events.log")); err != nil {
			t.Error(err)
		}
	}
	if left := leftOf(t, plan); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// TestRunIsEnded ends a run at random moments: politely, and it writes results
// and leaves nothing; or at once, and down removes what is left.
func TestRunIsEnded(t *testing.T) {
	binary := program(t) // with the user's caches
	own(t)
	dir := runProject(t, "minimal/chart", `  scenario: {default: {}, three: {set: {replicas: 3}}}`)
	chance := rand.New(rand.NewPCG(1, uint64(os.Getpid())))
	for i, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGKILL} {
		wait := time.Duration(1+chance.IntN(60)) * time.Second
		t.Run(fmt.Sprintf("%s after %s", signal, wait), func(t *testing.T) {
			results := fmt.Sprintf("results-%d", i)
			cmd := exec.Command(binary, "run", "--clusters", "1", "--results", results, "--quiet")
			cmd.Dir = dir
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(wait, func() { _ = cmd.Process.Signal(signal) }) // it may have ended
			err := cmd.Wait()
			var exit *exec.ExitError
			ended := errors.As(err, &exit)
			plan, cells, text := ran(t, filepath.Join(dir, results))
			t.Logf("%v\n%s", err, text)
			if signal == syscall.SIGTERM {
				if left := leftOf(t, plan); len(left) > 0 {
					t.Errorf("left %v", left)
				}
				if ended && (exit.ExitCode() != 130 || len(cells) != len(plan.Cells) || !strings.Contains(text, "the run was interrupted")) {
					t.Errorf("%d results of %d cells", len(cells), len(plan.Cells))
				}
			}
			down := exec.Command(binary, "down", "--results", results)
			down.Dir = dir
			out, err := down.CombinedOutput()
			t.Logf("down: %s", out)
			if err != nil {
				t.Error(err)
			}
			if left := leftOf(t, plan); len(left) > 0 {
				t.Errorf("left behind down: %v", left)
			}
		})
	}
}
