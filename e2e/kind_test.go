//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/kind"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
)

// imageVariable begins the variables that name node images which are here
// already: KUBE_LAB_NODE_IMAGE_1_37=kindest/node:v1.37.2. Without any, kind
// pulls those of its table. KIND_PRELOAD names an image of this machine's Docker.
const imageVariable = "KUBE_LAB_NODE_IMAGE_"

// kindImages gives those images as a user would configure them, and the
// versions to test, newest first.
func kindImages(t testing.TB) (images map[string]string, versions []matrix.Version) {
	t.Helper()
	for _, program := range []string{"kind", "docker"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%s is not installed; these tests need kind and Docker", program)
		}
	}
	images = map[string]string{}
	for _, variable := range os.Environ() {
		name, image, _ := strings.Cut(variable, "=")
		minor, ok := strings.CutPrefix(name, imageVariable)
		if !ok {
			continue
		}
		v, err := matrix.ParseVersion(strings.ReplaceAll(minor, "_", "."))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		images[v.String()] = image
		versions = append(versions, v)
	}
	if len(versions) == 0 {
		versions = []matrix.Version{{Major: 1, Minor: 37, Patch: -1}, {Major: 1, Minor: 34, Patch: -1}}
	}
	slices.SortFunc(versions, func(a, b matrix.Version) int { return b.Compare(a) })
	return images, versions
}

// kindRequest asks for a new cluster, that is removed when the test ends.
func kindRequest(t testing.TB, v matrix.Version) provider.Request {
	t.Helper()
	r := provider.Request{
		Ref: provider.NewRef(kind.Name, "e2e", time.Now().Add(time.Hour)), Version: v, Dir: t.TempDir(),
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if err := (&kind.Provider{}).Down(ctx, r.Ref); err != nil {
			t.Error(err)
		}
	})
	return r
}

// own keeps what kind writes outside of a cluster's folder away from the user,
// and shows that it writes nothing.
func own(t testing.TB) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("KUBECONFIG", filepath.Join(home, "kubeconfig"))
	t.Cleanup(func() {
		for _, file := range []string{"kubeconfig", ".kube/config"} {
			if _, err := os.Stat(filepath.Join(home, file)); err == nil {
				t.Errorf("%s was written, which is the user's", file)
			}
		}
	})
}

// output runs a program that must succeed.
func output(t testing.TB, argv ...string) string {
	t.Helper()
	out, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(argv, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// standing gives the clusters of these tests that kind knows.
func standing(t testing.TB, ref provider.Ref) []string {
	t.Helper()
	return slices.DeleteFunc(strings.Fields(output(t, "kind", "get", "clusters", "--quiet")), func(name string) bool { return name != ref.Name })
}

// TestKindConformance runs the suite of providers on real clusters. The foreign
// one is a container with kind's label, which is what kind takes for a cluster.
func TestKindConformance(t *testing.T) {
	own(t)
	images, versions := kindImages(t)
	providertest.Run(t, func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
		return &kind.Provider{Images: images}, func(ref provider.Ref) provider.Request {
			return provider.Request{Ref: ref, Version: versions[len(versions)-1], Dir: t.TempDir()}
		}
	}, providertest.Stages(3), providertest.Foreign(func(t *testing.T) (string, func() bool) {
		image := images[versions[0].String()]
		if image == "" {
			t.Skip("without a node image that is here there is nothing to make a foreign cluster of")
		}
		name := fmt.Sprintf("cm-of-somebody-%d", os.Getpid())
		output(t, "docker", "create", "--name", name, "--label", "io.x-k8s.kind.cluster="+name, image)
		t.Cleanup(func() { output(t, "docker", "rm", "--force", "--volumes", name) })
		return name, func() bool { return exec.Command("docker", "inspect", "--type", "container", name).Run() == nil }
	}))
}

// TestKindNodesImagesAndMirrors makes a cluster of two nodes on the newest
// version, with an image in it and a mirror that both nodes know.
func TestKindNodesImagesAndMirrors(t *testing.T) {
	own(t)
	images, versions := kindImages(t)
	p := &kind.Provider{Images: images, Mirrors: map[string][]string{"docker.io": {"https://mirror.example.com"}}}
	preload := os.Getenv("KIND_PRELOAD")
	if preload != "" {
		p.Preload = []string{preload}
	}
	r := kindRequest(t, versions[0])
	r.Nodes = 2
	c, err := p.Up(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	nodes := strings.Fields(output(t, "kubectl", "--kubeconfig", c.Kubeconfig, "--context", c.Context, "get", "nodes", "-o", "name"))
	if len(nodes) != 2 {
		t.Errorf("nodes: %v", nodes)
	}
	for _, node := range nodes {
		node = strings.TrimPrefix(node, "node/")
		if toml := output(t, "docker", "exec", node, "cat", "/etc/containerd/certs.d/docker.io/hosts.toml"); !strings.Contains(toml, "https://mirror.example.com") {
			t.Errorf("%s: %s", node, toml)
		}
		if dump := output(t, "docker", "exec", node, "containerd", "config", "dump"); !strings.Contains(dump, `"/etc/containerd/certs.d"`) {
			t.Errorf("%s: containerd does not read the mirrors", node)
		}
		if preload != "" {
			if list := output(t, "docker", "exec", node, "ctr", "--namespace", "k8s.io", "images", "ls", "--quiet"); !strings.Contains(list, strings.Split(preload, ":")[0]) {
				t.Errorf("%s has no %s:\n%s", node, preload, list)
			}
		}
	}
	if err := p.Down(t.Context(), r.Ref); err != nil || len(standing(t, r.Ref)) > 0 {
		t.Errorf("%v, there: %v", err, standing(t, r.Ref))
	}
}

// helperVariable makes TestKindHelper bring a cluster up: its value is the request.
const helperVariable = "CHART_MATRIX_E2E_HELPER"

// TestKindHelper is the process that is killed.
func TestKindHelper(t *testing.T) {
	text := os.Getenv(helperVariable)
	if text == "" {
		t.Skip("it is started by another test")
	}
	var r provider.Request
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	images, _ := kindImages(t)
	r.Log = os.Stdout
	if _, err := (&kind.Provider{Images: images}).Up(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	time.Sleep(time.Minute)
}

// TestKindKilled kills the process that makes a cluster at several moments of
// its work, and removes the cluster from this one, which knows the Ref alone.
func TestKindKilled(t *testing.T) {
	_, versions := kindImages(t)
	for _, moment := range []struct {
		line  string // of kind's output, at which it happens
		after time.Duration
	}{
		{"Creating cluster", 0},
		{"Preparing nodes", 0},
		{"Preparing nodes", 400 * time.Millisecond},
		{"Starting control-plane", 3 * time.Second},
		{"waiting until", 0},
	} {
		t.Run(fmt.Sprintf("%s + %s", moment.line, moment.after), func(t *testing.T) {
			own(t)
			r := kindRequest(t, versions[len(versions)-1])
			text, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestKindHelper$", "-test.v")
			cmd.Env = append(os.Environ(), helperVariable+"="+string(text))
			pipe, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			var seen bytes.Buffer
			lines := bufio.NewScanner(pipe)
			for lines.Scan() {
				seen.WriteString(lines.Text() + "\n")
				if strings.Contains(lines.Text(), moment.line) {
					break
				}
			}
			time.Sleep(moment.after)
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			if !strings.Contains(seen.String(), moment.line) {
				t.Fatalf("it never came that far:\n%s", &seen)
			}
			if err := (&kind.Provider{}).Down(t.Context(), r.Ref); err != nil {
				t.Error(err)
			}
			for range 5 { // Docker may still have been at it
				if left := standing(t, r.Ref); len(left) > 0 {
					t.Fatalf("%v is there after Down", left)
				}
				time.Sleep(300 * time.Millisecond)
			}
		})
	}
}

// BenchmarkKind tells how the time of an Up and a Down divides into what kind's
// own commands take, the wait until the cluster is ready, and the rest, which
// is ours. All of it is of one run, so that the ratio holds on a busy machine.
func BenchmarkKind(b *testing.B) {
	own(b)
	images, versions := kindImages(b)
	var create, remove, others, whole time.Duration
	for b.Loop() {
		p := &kind.Provider{Images: images, Exec: func(ctx context.Context, s command.Spec) (command.Result, error) {
			started := time.Now()
			r, err := command.Run(ctx, s)
			switch took := time.Since(started); {
			case slices.Contains(s.Argv, "create"):
				create += took
			case slices.Contains(s.Argv, "delete"):
				remove += took
			default:
				others += took
			}
			return r, err
		}}
		r := kindRequest(b, versions[len(versions)-1])
		log := &readyLog{}
		r.Log = log
		started := time.Now()
		if _, err := p.Up(b.Context(), r); err != nil {
			b.Fatal(err)
		}
		up := time.Since(started)
		ready := time.Since(log.waits)
		started = time.Now()
		if err := p.Down(b.Context(), r.Ref); err != nil {
			b.Fatal(err)
		}
		down := time.Since(started)
		whole += up + down
		b.Logf("up %s, of it ready %s; down %s", up.Round(time.Millisecond), ready.Round(time.Millisecond), down.Round(time.Millisecond))
		whole -= ready
	}
	n := float64(b.N)
	ours := whole - create - remove
	b.ReportMetric(create.Seconds()/n, "create-s")
	b.ReportMetric(remove.Seconds()/n, "delete-s")
	b.ReportMetric(ours.Seconds()/n, "ours-s")
	b.ReportMetric(100*ours.Seconds()/(create+remove).Seconds(), "ours-%")
}

// readyLog notes when the wait for readiness begins.
type readyLog struct{ waits time.Time }

func (l *readyLog) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte("waiting until")) {
		l.waits = time.Now()
	}
	return len(p), nil
}
