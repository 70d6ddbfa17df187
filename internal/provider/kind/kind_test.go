package kind

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
)

// playBooted stands in for the check of readiness: the version is that of the
// image that the stand-in was called with.
func playBooted(ctx context.Context, kubeconfig, _ string) (string, error) {
	text, err := os.ReadFile(kubeconfig)
	if err != nil {
		return "", err
	}
	_, image, _ := strings.Cut(string(text), "image: ")
	v, ok := versionOf(strings.TrimSpace(image))
	if !ok {
		return "", fmt.Errorf("%q names no version", image)
	}
	return "v" + v.String(), ctx.Err()
}

// quick is enough for the stand-in of Docker, which does nothing by itself.
const quick = 2 * time.Millisecond

func newer(t testing.TB, patch int) provider.Request {
	return provider.Request{
		Ref:     provider.NewRef(Name, "test", time.Now().Add(time.Hour)),
		Version: matrix.Version{Major: 1, Minor: 34, Patch: patch}, Dir: t.TempDir(),
	}
}

func TestConformance(t *testing.T) {
	dir := standIns(t)
	providertest.Run(t, func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
		return &Provider{settle: quick, Booted: playBooted}, func(ref provider.Ref) provider.Request {
			r := newer(t, -1)
			r.Ref = ref
			return r
		}
	}, providertest.Foreign(func(t *testing.T) (string, func() bool) {
		if err := os.WriteFile(filepath.Join(dir, "container-production"), []byte("production"), 0o600); err != nil {
			t.Fatal(err)
		}
		return "production", func() bool { return len(containerFiles("production")) == 1 }
	}))
	if got := clusters(); len(got) != 1 {
		t.Errorf("left: %v", got)
	}
	if _, err := os.Stat(filepath.Join(dir, ".kube")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the user's .kube was touched: %v", err)
	}
}

func TestUpTakesTheImageThatIsNamed(t *testing.T) {
	standIns(t)
	const own = "registry.example.com/node:v1.34.9"
	for _, c := range []struct {
		name    string
		images  map[string]string
		request string
		patch   int
		want    string
	}{
		{"the table's", nil, "", -1, "v1.34.11"},
		{"an older patch of the table", nil, "", 8, "v1.34.8"},
		{"the minor's own", map[string]string{"1.34": own}, "", -1, "v1.34.9"},
		{"the patch's own", map[string]string{"1.34": own, "1.34.5": "node:v1.34.5"}, "", 5, "v1.34.5"},
		{"not the minor's for another patch", map[string]string{"1.34": own}, "", 8, "v1.34.8"},
		{"the request's", map[string]string{"1.34": own}, "node:v1.34.7", -1, "v1.34.7"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &Provider{settle: quick, Images: c.images, Booted: playBooted}
			r := newer(t, c.patch)
			r.Image = c.request
			got, err := p.Up(t.Context(), r)
			if err != nil || got.Version != c.want {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestUpRefusesAnImageOfAnotherVersion(t *testing.T) {
	standIns(t)
	r := newer(t, -1)
	r.Image = "node:v1.33.1"
	_, err := (&Provider{settle: quick, Booted: playBooted}).Up(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "asked for Kubernetes 1.34, but the image node:v1.33.1 runs v1.33.1") {
		t.Errorf("got %v", err)
	}
	if errors.Is(err, provider.ErrTransient) {
		t.Error("it would not pass the next time")
	}
}

func TestUpBootsOnceMore(t *testing.T) {
	const flake = "ERROR: failed to create cluster: failed to init node with kubeadm: command \"docker exec\" failed"
	for _, c := range []struct {
		name, step, output string
		times              int
		creates            int
		want               string // of the error; empty for none
		transient          bool
	}{
		{"a flake", "start", flake, 1, 2, "", false},
		{"a flake that stays", "start", flake, 9, 2, `tried twice, the first time with "a node did not boot": kind create cluster: a node did not boot`, true},
		{"a full disk", "nodes", "write: no space left on device", 9, 1, "the disk is full", true},
		{"an image that is not there", "image", `failed to pull image "x"` + "\nmanifest unknown", 9, 1, "the registry has no such node image", false},
		{"what nobody knows", "cni", "boom", 9, 1, "kind create cluster: exit code 1", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := standIns(t)
			breakAt(t, dir, c.step, c.output, c.times)
			var log strings.Builder
			r := newer(t, -1)
			r.Log = &log
			p := &Provider{settle: quick, Booted: playBooted}
			_, err := p.Up(t.Context(), r)
			switch {
			case c.want == "" && err != nil:
				t.Errorf("got %v", err)
			case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
				t.Errorf("got %v, want %q", err, c.want)
			case errors.Is(err, provider.ErrTransient) != c.transient:
				t.Errorf("transient: %t", !c.transient)
			}
			if got := strings.Count(calls(t, dir), "kind create"); got != c.creates {
				t.Errorf("%d boots, want %d", got, c.creates)
			}
			if says := strings.Contains(log.String(), "trying once more"); says != (c.creates > 1) {
				t.Errorf("the log says: %s", log.String())
			}
			if says := strings.Contains(log.String(), "kubelet: it cannot start"); says != (c.creates > 1) {
				t.Errorf("the log says nothing of the node: %s", log.String())
			}
			if err := p.Down(t.Context(), r.Ref); err != nil || len(clusters()) > 0 {
				t.Errorf("Down: %v; left: %v", err, clusters())
			}
		})
	}
}

func TestUpDoesNotBelieveKind(t *testing.T) {
	dir := standIns(t)
	p := &Provider{
		settle:      quick,
		BootTimeout: 20 * time.Millisecond,
		Booted: func(ctx context.Context, _, _ string) (string, error) {
			<-ctx.Done()
			return "", errors.New("deployment coredns: 0 of 2 replicas are ready")
		},
	}
	_, err := p.Up(t.Context(), newer(t, -1))
	if !errors.Is(err, provider.ErrTransient) || !strings.Contains(err.Error(), "0 of 2 replicas are ready") {
		t.Errorf("got %v", err)
	}
	if got := strings.Count(calls(t, dir), "kind create"); got != 2 {
		t.Errorf("%d boots", got)
	}
}

func TestUpMakesNodesLoadsImagesAndCopiesMirrors(t *testing.T) {
	dir := standIns(t)
	p := &Provider{
		settle:  quick,
		Preload: []string{"app:1", "db:2"}, Booted: playBooted,
		Mirrors: map[string][]string{"docker.io": {"https://mirror.example.com"}},
	}
	r := newer(t, -1)
	r.Nodes = 3
	if _, err := p.Up(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := len(containerFiles(r.Ref.Name)); got != 3 {
		t.Errorf("%d nodes", got)
	}
	done := calls(t, dir)
	if !strings.Contains(done, "kind load docker-image --name "+r.Ref.Name+" app:1 db:2\n") {
		t.Errorf("no image was loaded:\n%s", done)
	}
	if got := strings.Count(done, "docker cp "+filepath.Join(r.Dir, "certs.d")+"/. container-"); got != 3 {
		t.Errorf("mirrors were copied to %d nodes:\n%s", got, done)
	}
	breakAt(t, dir, "load", `ERROR: image: "app:1" not present locally`, 9)
	if _, err := p.Up(t.Context(), newer(t, -1)); err == nil || errors.Is(err, provider.ErrTransient) || !strings.Contains(err.Error(), "`docker pull` or `docker build` it first") {
		t.Errorf("got %v", err)
	}
}

func TestUnavailable(t *testing.T) {
	standIns(t)
	t.Run("no program", func(t *testing.T) {
		t.Setenv("PATH", t.TempDir())
		p := &Provider{settle: quick, Booted: playBooted}
		_, upErr := p.Up(t.Context(), newer(t, -1))
		_, listErr := p.List(t.Context())
		downErr := p.Down(t.Context(), newer(t, -1).Ref)
		for name, err := range map[string]error{"Up": upErr, "List": listErr, "Down": downErr} {
			if !errors.Is(err, provider.ErrUnavailable) || !strings.Contains(err.Error(), "kind is not installed; install it from https://") {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
	t.Run("Docker stopped", func(t *testing.T) {
		dir := os.Getenv(standInDir)
		const says = "ERROR: failed to list clusters\nCannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?"
		breakAt(t, dir, "list", says, 9)
		breakAt(t, dir, "delete", says, 9)
		breakAt(t, dir, "docker", says, 9)
		p := &Provider{settle: quick}
		if _, err := p.List(t.Context()); !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("List: %v", err)
		}
		if err := p.Down(t.Context(), newer(t, -1).Ref); !errors.Is(err, provider.ErrUnavailable) {
			t.Errorf("Down: %v", err)
		}
		for _, step := range []string{"list", "delete", "docker"} {
			breakAt(t, dir, step, "", 0)
		}
	})
	t.Run("no kind, but Docker", func(t *testing.T) {
		only := t.TempDir()
		docker, err := filepath.Abs(filepath.Join(os.Getenv(standInBin), "docker"))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(docker, filepath.Join(only, "docker")); err != nil {
			t.Fatal(err)
		}
		p, r := &Provider{settle: quick, Booted: playBooted}, newer(t, -1)
		if _, err := p.Up(t.Context(), r); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", only)
		if err := p.Down(t.Context(), r.Ref); err != nil || len(containerFiles(r.Ref.Name)) > 0 {
			t.Errorf("Down without kind: %v, left %v", err, containerFiles(r.Ref.Name))
		}
	})
}

func TestDownWhereKindCannot(t *testing.T) {
	dir := standIns(t)
	p, r := &Provider{settle: quick, Booted: playBooted}, newer(t, -1)
	if _, err := p.Up(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	breakAt(t, dir, "delete", "ERROR: failed to delete nodes", 9)
	breakAt(t, dir, "rm", "removal of container is already in progress", 1)
	if err := p.Down(t.Context(), r.Ref); err != nil || len(clusters()) > 0 {
		t.Errorf("%v, left %v", err, clusters())
	}
	if _, err := p.Up(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	breakAt(t, dir, "rm", "Error response from daemon: device or resource busy", 99)
	err := p.Down(t.Context(), r.Ref)
	if err == nil || !strings.Contains(err.Error(), "device or resource busy") || !strings.Contains(err.Error(), "are still there") {
		t.Errorf("got %v", err)
	}
}

// TestUpFillsWhileItWaits: what goes wrong first ends the other, and is what Up
// tells of.
func TestUpFillsWhileItWaits(t *testing.T) {
	waits := func(ctx context.Context, _, _ string) (string, error) {
		<-ctx.Done()
		return "", fmt.Errorf("CoreDNS has no ready pod: %w", context.Cause(ctx))
	}
	t.Run("load fails", func(t *testing.T) {
		dir := standIns(t)
		breakAt(t, dir, "load", `ERROR: image: "example.com/a:1" not present locally`, 1)
		p := &Provider{Preload: []string{"example.com/a:1"}, Booted: waits, BootTimeout: time.Minute}
		began := time.Now()
		_, err := p.Up(t.Context(), newer(t, -1))
		if err == nil || !strings.Contains(err.Error(), "not present locally") || strings.Contains(err.Error(), "CoreDNS") || time.Since(began) > 30*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		standIns(t)
		cause := errors.New("the run was interrupted")
		ctx, cancel := context.WithCancelCause(t.Context())
		p := &Provider{Preload: []string{"example.com/a:1"}, BootTimeout: time.Minute, Booted: func(ctx context.Context, a, b string) (string, error) {
			cancel(cause)
			return waits(ctx, a, b)
		}}
		if _, err := p.Up(ctx, newer(t, -1)); !errors.Is(err, cause) {
			t.Errorf("got %v", err)
		}
	})
}
