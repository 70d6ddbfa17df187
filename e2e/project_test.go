//go:build e2e

package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// built is the program as users have it: its path, and why there is none.
var built = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "chart-matrix")
	out, err := exec.Command("go", "build", "-o", path, "github.com/posthog/chart-matrix/cmd/chart-matrix").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return path, nil
})

// program gives the path of the program. It is built with the user's caches, so
// this comes before own.
func program(t *testing.T) string {
	t.Helper()
	path, err := built()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// project is a repository with a chart and a configuration for kind.
type project struct {
	chart    string           // the folder of the chart
	versions []matrix.Version // nil means all that are here
	axes     string           // besides provider and kubernetes, indented
	more     string           // other keys of the configuration
}

// make writes it to a new folder.
func (p project) make(t *testing.T) (dir string) {
	t.Helper()
	images, versions := kindImages(t)
	if p.versions == nil {
		p.versions = versions
	}
	dir = t.TempDir()
	if err := os.CopyFS(filepath.Join(dir, "chart"), os.DirFS(p.chart)); err != nil {
		t.Fatal(err)
	}
	var minors, named []string
	for _, v := range p.versions {
		minors = append(minors, fmt.Sprintf("%q", v.MinorString()))
		if image := images[v.String()]; image != "" {
			named = append(named, fmt.Sprintf("%q: %q", v.MinorString(), image))
		}
	}
	if !strings.Contains(p.axes, "provider:") {
		p.axes = "  provider: kind\n" + p.axes
	}
	if !strings.Contains(p.more, "readiness:") {
		p.more += "readiness: {settle: 3s, restarts: 1}\n"
	}
	if !strings.Contains(p.more, "timeouts:") {
		p.more += "timeouts: {install: 3m, upgrade: 3m}\n"
	}
	text := fmt.Sprintf(`chart: chart
axes:
  kubernetes: [%s]
%s
providers:
  kind:
    images: {%s}
    preload: [%s, %s]
%s`, strings.Join(minors, ", "), p.axes, strings.Join(named, ", "), echoImage, jobImage, p.more)
	if err := os.WriteFile(filepath.Join(dir, ".chart-matrix.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return dir
}

// sick is the chart of testdata, with short times. Its scenarios are healthy,
// and others by what they set.
func sick(t *testing.T, versions []matrix.Version, scenarios, more string) (dir string) {
	t.Helper()
	return project{
		chart: filepath.Join("testdata", "sick"), versions: versions,
		axes: "  operation: install\n  scenario:\n" + scenarios, more: more,
	}.make(t)
}

// commit makes a commit of everything in a folder.
func commit(t *testing.T, dir string) {
	t.Helper()
	do(t, "", "git", "-C", dir, "init", "--quiet")
	do(t, "", "git", "-C", dir, "add", "--all")
	do(t, "", "git", "-C", dir, "-c", "user.name=e2e", "-c", "user.email=e2e@example.com", "commit", "--quiet", "--message", "older")
}

// ended is what is known of the program once it has ended.
type ended struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// cm runs the program in a folder and logs what it printed.
func cm(t *testing.T, dir string, args ...string) ended {
	t.Helper()
	return beginning(t, dir, args...).end()
}

// running is the program while it runs.
type running struct {
	t              *testing.T
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	began          time.Time
	over           chan struct{}
	err            error
}

// beginning starts the program in a folder.
func beginning(t *testing.T, dir string, args ...string) *running {
	t.Helper()
	r := &running{t: t, cmd: exec.Command(program(t), args...), began: time.Now(), over: make(chan struct{})}
	r.cmd.Dir, r.cmd.Stdout, r.cmd.Stderr = dir, &r.stdout, &r.stderr
	r.cmd.Env = append(os.Environ(), "COLUMNS=200")
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = r.cmd.Wait()
		close(r.over)
	}()
	return r
}

// end waits for the end.
func (r *running) end() ended {
	r.t.Helper()
	<-r.over
	e := ended{code: r.cmd.ProcessState.ExitCode(), stdout: r.stdout.String(), stderr: r.stderr.String(), took: time.Since(r.began).Round(time.Second)}
	var exit *exec.ExitError
	if r.err != nil && !errors.As(r.err, &exit) {
		r.t.Fatal(r.err)
	}
	r.t.Logf("%s: %s, after %s\n%s%s", strings.Join(r.cmd.Args[1:], " "), r.cmd.ProcessState, e.took, e.stdout, e.stderr)
	return e
}

// until waits until something holds, and tells whether it came before the end
// of the program.
func (r *running) until(holds func() bool) bool {
	for {
		select {
		case <-r.over:
			return false
		case <-time.After(100 * time.Millisecond):
			if holds() {
				return true
			}
		}
	}
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
		b.WriteString(told(c))
	}
	return plan, cells, b.String()
}

// told shows a result, one line for each step, check and problem.
func told(c result.Cell) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s on %s in %.0f s %s\n", c.Slug, c.Status, c.KubeVersion, c.Seconds, c.Reason)
	for _, s := range c.Steps {
		fmt.Fprintf(&b, "  %s %s %s\n", s.Layer, s.Status, s.Reason)
		for _, a := range s.Assertions {
			fmt.Fprintf(&b, "    %s %s %.1f s %s\n", a.Name, a.Status, a.Seconds, a.Reason)
			for _, p := range a.Problems {
				fmt.Fprintf(&b, "      %s %s %s\n", p.Severity, p.Code, p.Message)
				for _, line := range p.Excerpt {
					fmt.Fprintf(&b, "        | %s\n", line)
				}
			}
		}
	}
	return b.String()
}

// step gives a cell's step of a layer.
func step(c result.Cell, layer string) result.Step {
	i := slices.IndexFunc(c.Steps, func(s result.Step) bool { return s.Layer == layer })
	if i < 0 {
		return result.Step{Layer: layer}
	}
	return c.Steps[i]
}

// clustersOf gives the clusters of a plan's jobs that are there.
func clustersOf(t *testing.T, plan *matrix.Plan) []string {
	t.Helper()
	var left []string
	for _, name := range strings.Fields(do(t, "", "kind", "get", "clusters", "--quiet")) {
		if slices.ContainsFunc(plan.Jobs, func(j matrix.Job) bool { return strings.HasPrefix(name, "cm-"+j.ID+"-") }) {
			left = append(left, name)
		}
	}
	return left
}

// nothingLeft checks that no cluster of a plan is there.
func nothingLeft(t *testing.T, plan *matrix.Plan) {
	t.Helper()
	if left := clustersOf(t, plan); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

// everyCell checks that each planned cell has a result, and that each which did
// not pass says why.
func everyCell(t *testing.T, plan *matrix.Plan, cells []result.Cell) {
	t.Helper()
	if len(cells) != len(plan.Cells) {
		t.Errorf("%d results of %d cells", len(cells), len(plan.Cells))
	}
	for _, c := range cells {
		says := c.Status == result.Passed || c.Reason != ""
		for _, s := range c.Steps {
			says = says || s.Status != result.Passed && s.Status != result.Skipped && s.Reason != ""
			for _, a := range s.Assertions {
				says = says || a.Status != result.Passed && (a.Reason != "" || len(a.Problems) > 0)
			}
		}
		if !says {
			t.Errorf("nothing says why:\n%s", told(c))
		}
	}
}
