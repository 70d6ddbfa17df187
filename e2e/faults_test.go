//go:build e2e

package e2e

import (
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// slow and quick are scenarios, the first of which takes a while to be ready.
const slowThenQuick = "    slow: {set: {env.START_DELAY: 40s}}\n    quick: {}\n"

// newest gives the newest version alone.
func newest(t *testing.T) []matrix.Version {
	t.Helper()
	_, versions := kindImages(t)
	return versions[:1]
}

// cellOf gives the result of a scenario's cell.
func cellOf(t *testing.T, cells []result.Cell, scenario string) result.Cell {
	t.Helper()
	for _, c := range cells {
		if c.At[matrix.Scenario] == scenario {
			return c
		}
	}
	t.Fatalf("no result of %s", scenario)
	return result.Cell{}
}

// installing tells whether a pod of a cell is known in the evidence.
func installing(results string) func() bool {
	return func() bool {
		logs, _ := filepath.Glob(filepath.Join(results, "evidence", "*", "pods.log"))
		for _, log := range logs {
			if data, err := os.ReadFile(log); err == nil && strings.Contains(string(data), "web-") {
				return true
			}
		}
		return false
	}
}

// TestRunNodeLost takes the node away in the middle of an install. The cell is
// not the chart's failure, and the next one gets a cluster that works.
func TestRunNodeLost(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	dir := sick(t, newest(t), slowThenQuick, "")
	results := filepath.Join(dir, "results")
	r := beginning(t, dir, "run", "--clusters", "1", "--results", "results")
	if r.until(installing(results)) {
		plan, _, _ := ran(t, results)
		for _, name := range clustersOf(t, plan) {
			do(t, "", "docker", "rm", "--force", "--volumes", name+"-control-plane")
		}
	}
	e := r.end()
	plan, cells, text := ran(t, results)
	t.Logf("\n%s", text)
	everyCell(t, plan, cells)
	nothingLeft(t, plan)
	if e.code != 3 {
		t.Errorf("exit code %d", e.code)
	}
	if c := cellOf(t, cells, "slow"); c.Status != result.Errored {
		t.Errorf("the node went away:\n%s", told(c))
	}
	if c := cellOf(t, cells, "quick"); c.Status != result.Passed {
		t.Errorf("it had nothing to do with it:\n%s", told(c))
	}
	if strings.Contains(e.stdout, "the chart is to blame") {
		t.Error("the chart is blamed")
	}
}

// gate is a socket in front of Docker's, that can be closed.
type gate struct {
	path   string
	to     string
	listen net.Listener
	mu     sync.Mutex
	open   map[net.Conn]bool
}

// newGate opens one, and makes it this test's Docker.
func newGate(t *testing.T) *gate {
	t.Helper()
	to, local := strings.CutPrefix(os.Getenv("DOCKER_HOST"), "unix://")
	if !local {
		if to = "/var/run/docker.sock"; os.Getenv("DOCKER_HOST") != "" {
			t.Skip("this Docker is not behind a socket")
		}
	}
	dir, err := os.MkdirTemp("", "gate") // a socket's path must be short
	if err != nil {
		t.Fatal(err)
	}
	g := &gate{path: filepath.Join(dir, "d"), to: to}
	g.start(t)
	t.Cleanup(func() {
		g.stop()
		_ = os.RemoveAll(dir)
	})
	t.Setenv("DOCKER_HOST", "unix://"+g.path)
	return g
}

// start opens the gate.
func (g *gate) start(t *testing.T) {
	t.Helper()
	l, err := net.Listen("unix", g.path)
	if err != nil {
		t.Fatal(err)
	}
	g.mu.Lock()
	g.listen, g.open = l, map[net.Conn]bool{}
	g.mu.Unlock()
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go g.carry(c)
		}
	}()
}

// carry carries one connection both ways, each with its own end: Docker's
// streams end on one side first.
func (g *gate) carry(c net.Conn) {
	up, err := net.Dial("unix", g.to)
	if err != nil {
		_ = c.Close()
		return
	}
	g.mu.Lock()
	g.open[c], g.open[up] = true, true
	g.mu.Unlock()
	var both sync.WaitGroup
	for _, way := range [][2]net.Conn{{up, c}, {c, up}} {
		both.Go(func() {
			_, _ = io.Copy(way[0], way[1])
			_ = way[0].(*net.UnixConn).CloseWrite()
		})
	}
	both.Wait()
	_, _ = c.Close(), up.Close()
}

// stop closes the gate, and what goes through it.
func (g *gate) stop() {
	g.mu.Lock()
	defer g.mu.Unlock()
	_ = g.listen.Close()
	for c := range g.open {
		_ = c.Close()
	}
}

// TestRunDockerStops takes Docker away while a cluster comes up, and while a
// chart is installed. What is left is said, and removed once Docker is back.
func TestRunDockerStops(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	for name, moment := range map[string]func(plan func() *matrix.Plan, results string) bool{
		"while a cluster comes up": func(plan func() *matrix.Plan, _ string) bool {
			p := plan()
			return p != nil && len(clustersOf(t, p)) > 0
		},
		"while a chart is installed": func(_ func() *matrix.Plan, results string) bool { return installing(results)() },
	} {
		t.Run(name, func(t *testing.T) {
			g := newGate(t)
			dir := sick(t, newest(t), "    slow: {set: {env.START_DELAY: 10s}}\n    quick: {}\n", "")
			results := filepath.Join(dir, "results")
			plan := func() *matrix.Plan {
				if _, err := os.Stat(filepath.Join(results, "plan.json")); err != nil {
					return nil
				}
				p, _, _ := ran(t, results)
				return p
			}
			r := beginning(t, dir, "run", "--clusters", "1", "--results", "results")
			if !r.until(func() bool { return moment(plan, results) }) {
				t.Fatalf("it never came that far:\n%s", r.end().stderr)
			}
			g.stop()
			e := r.end()
			p, cells, text := ran(t, results)
			t.Logf("\n%s", text)
			everyCell(t, p, cells)
			if e.code != 3 || strings.Contains(e.stdout, "the chart is to blame") {
				t.Errorf("exit code %d", e.code)
			}
			for _, c := range cells {
				if c.Status == result.Failed {
					t.Errorf("a failure of the chart:\n%s", told(c))
				}
			}
			if !strings.Contains(text, "chart-matrix down") {
				t.Error("nothing says that a cluster is left, and how to remove it")
			}
			if down := cm(t, dir, "down", "--results", "results"); down.code != 3 {
				t.Errorf("down without Docker: exit code %d", down.code)
			}
			g.start(t)
			if len(clustersOf(t, p)) == 0 {
				t.Error("there is no cluster that could have been left")
			}
			if down := cm(t, dir, "down", "--results", "results"); down.code != 0 {
				t.Errorf("down: exit code %d", down.code)
			}
			nothingLeft(t, p)
		})
	}
}

// TestRunWrongKubeconfig: a cluster of the user's that cannot be reached is told
// with what to do, and nothing is blamed on the chart.
func TestRunWrongKubeconfig(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	const config = "apiVersion: v1\nkind: Config\ncurrent-context: here\nclusters: [{name: c, cluster: {server: 'https://127.0.0.1:1'}}]\nusers: [{name: u, user: {token: x}}]\ncontexts: [{name: here, context: {cluster: c, user: u}}]\n"
	for _, test := range []struct {
		name, text, context string
		code                int
		says                string
	}{
		{"absent", "", "", 2, `there is no "kubeconfig"`}, // as any other file that the configuration names
		{"no YAML", "{", "", 3, "cannot be used as a kubeconfig"},
		{"no such context", config, "there", 3, `"there"`},
		{"refused", config, "", 3, "127.0.0.1:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.text != "" {
				write(t, filepath.Join(dir, "kubeconfig"), test.text)
			}
			if err := os.CopyFS(filepath.Join(dir, "chart"), os.DirFS(filepath.Join("testdata", "sick"))); err != nil {
				t.Fatal(err)
			}
			existing := "kubeconfig: kubeconfig"
			if test.context != "" {
				existing += ", context: " + test.context
			}
			write(t, filepath.Join(dir, ".chart-matrix.yaml"),
				"chart: chart\naxes: {provider: existing, kubernetes: 1.37, scenario: [default]}\nproviders: {existing: {"+existing+"}}\ntimeouts: {cluster: 15s}\n")
			e := cm(t, dir, "run", "--results", "results")
			if words := strings.Join(strings.Fields(e.stdout+e.stderr), " "); e.code != test.code || !strings.Contains(words, test.says) {
				t.Errorf("exit code %d; expected %d and %q", e.code, test.code, test.says)
			}
			if e.code == 3 {
				plan, cells, _ := ran(t, filepath.Join(dir, "results"))
				everyCell(t, plan, cells)
			}
		})
	}
}

// smallDisk mounts a file system of that many kilobytes.
func smallDisk(t *testing.T, kilobytes string) string {
	t.Helper()
	dir := t.TempDir()
	if os.Geteuid() != 0 {
		missing(t, "only root can mount a small disk")
		t.SkipNow()
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+kilobytes+"k", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("no disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(func() { do(t, "", "umount", "--lazy", dir) })
	return dir
}

// TestRunDiskFull fills the disk of the results, in the middle of a run, and
// that of temporary files, from the start.
func TestRunDiskFull(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	t.Run("results", func(t *testing.T) {
		dir := sick(t, newest(t), slowThenQuick, "")
		disk := smallDisk(t, "4096")
		results := filepath.Join(disk, "results")
		r := beginning(t, dir, "run", "--clusters", "1", "--results", results)
		if !r.until(installing(results)) {
			t.Fatalf("it never came that far:\n%s", r.end().stderr)
		}
		fill(t, filepath.Join(disk, "fill"))
		e := r.end()
		if e.code != 3 || !strings.Contains(e.stderr, "no space left on device") {
			t.Errorf("exit code %d", e.code)
		}
		// What was written before is there, and whole: what is not known is lost.
		plan, cells, text := ran(t, results)
		t.Logf("\n%s", text)
		everyCell(t, plan, cells)
		nothingLeft(t, plan)
		for _, c := range cells {
			if c.Status != result.Lost {
				t.Errorf("expected lost:\n%s", told(c))
			}
		}
		if down := cm(t, dir, "down", "--results", results); down.code != 0 {
			t.Errorf("down: exit code %d", down.code)
		}
	})
	t.Run("temporary files", func(t *testing.T) {
		dir := sick(t, newest(t), slowThenQuick, "")
		disk := smallDisk(t, "64")
		fill(t, filepath.Join(disk, "fill"))
		t.Setenv("TMPDIR", disk)
		e := cm(t, dir, "run", "--clusters", "1", "--results", "results")
		if e.code != 3 || !strings.Contains(e.stderr, "no space left on device; TMPDIR names where temporary files go") {
			t.Errorf("exit code %d", e.code)
		}
	})
}

// fill writes until the disk is full.
func fill(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size > 0; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	time.Sleep(50 * time.Millisecond)
}
