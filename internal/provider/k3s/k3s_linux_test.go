package k3s

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
)

// lab is a machine of its own for the stand-in.
type lab struct {
	state, root, binary string
	releases            *releases
}

func newLab(t *testing.T) lab {
	t.Helper()
	t.Setenv("GORACE", "atexit_sleep_ms=0") // else each program takes a second to end under -race
	l := lab{state: t.TempDir(), root: t.TempDir(), binary: filepath.Join(t.TempDir(), "k3s"), releases: newReleases(t)}
	if err := copyProgram(l.binary); err != nil {
		t.Fatal(err)
	}
	return l
}

// provider gives one that knows nothing but its settings, as in a new process.
func (l lab) provider(arguments ...string) *Provider {
	return &Provider{
		Binary: l.binary, State: l.state, Cache: filepath.Join(l.state, "cache"), Boot: time.Minute, Booted: answers,
		Arguments: append([]string{"--stand-in-root=" + l.root}, arguments...),
		host: host{
			root: l.root, asRoot: true, tools: []string{},
			busy:  func(port int) bool { return !slices.Contains(sharedPorts(), port) && portBusy(port) },
			links: func() ([]link, error) { return []link{{name: "lo", index: 1}, {name: "eth0", index: 2}}, nil },
		},
	}
}

// answers waits until the stand-in's API server answers.
func answers(ctx context.Context, path, name string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var k kubeconfig
	if err := yaml.Unmarshal(data, &k); err != nil {
		return err
	}
	if k.CurrentContext != name {
		return fmt.Errorf("the current context is %q, not %q", k.CurrentContext, name)
	}
	url := k.Clusters[0].Cluster["server"].(string)
	client := http.Client{Timeout: time.Second}
	for ctx.Err() == nil {
		if r, err := client.Get(url + "/readyz"); err == nil {
			_ = r.Body.Close() // its status is enough
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return fmt.Errorf("CoreDNS has no ready pod: %w", ctx.Err())
}

func version(t *testing.T, text string) matrix.Version {
	t.Helper()
	v, err := matrix.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func request(t *testing.T, text string) provider.Request {
	t.Helper()
	return provider.Request{Ref: provider.NewRef(Name, "job", time.Now().Add(time.Hour)), Version: version(t, text), Dir: t.TempDir()}
}

func (l lab) removed(t *testing.T, p *Provider, ref provider.Ref) {
	t.Helper()
	if err := p.Down(context.WithoutCancel(t.Context()), ref); err != nil {
		t.Errorf("Down: %v", err)
	}
	entries, err := os.ReadDir(l.state)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "lock" && e.Name() != "cache" {
			t.Errorf("%s is left", e.Name())
		}
	}
	for _, path := range append(sharedPaths(), "/run/netns/cni-1234", "/sys/fs/cgroup/kubepods") {
		if _, err := os.Lstat(filepath.Join(l.root, path)); err == nil {
			t.Errorf("%s is left", path)
		}
	}
}

// TestConformance fetches the stand-in from a release server: as it comes, and
// with everything that the configuration can say.
func TestConformance(t *testing.T) {
	registries := filepath.Join(t.TempDir(), "registries.yaml")
	if err := os.WriteFile(registries, []byte("mirrors: {docker.io: {endpoint: [https://mirror.example.com]}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, set := range map[string]func(*Provider){
		"as it comes": func(*Provider) {},
		"configured": func(p *Provider) {
			p.Versions, p.Registries = map[string]string{"1.33": standInVersion}, registries
			p.Disable, p.Arguments = []string{"traefik"}, append(p.Arguments, "--kubelet-arg=max-pods=50")
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t)
			providertest.Run(t, func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
				p := l.provider()
				p.Binary, p.Channels, p.Releases = "", l.releases.url+"/channels", l.releases.url+"/download"
				set(p)
				return p, func(ref provider.Ref) provider.Request {
					return provider.Request{Ref: ref, Version: version(t, "1.33"), Dir: t.TempDir()}
				}
			}, providertest.Single(), providertest.Within(time.Minute))
		})
	}
}

// TestEverythingIsRemoved looks at processes that left the group, ignore
// signals and have none of the environment.
func TestEverythingIsRemoved(t *testing.T) {
	l := newLab(t)
	foreign := filepath.Join(l.root, "/var/lib/cni/networks/podman")
	if err := os.MkdirAll(foreign, 0o755); err != nil {
		t.Fatal(err)
	}
	r := request(t, "1.33.4")
	var log bytes.Buffer
	r.Log = &log
	c, err := l.provider().Up(t.Context(), r)
	t.Cleanup(func() { _ = l.provider().Down(context.Background(), r.Ref) }) // twice is once
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != standInVersion || !strings.Contains(log.String(), "k3s is up and running") {
		t.Errorf("got %+v, and the log\n%s", c, &log)
	}
	if text, err := os.ReadFile(strings.Join(c.Logs, "")); err != nil || !bytes.Contains(text, []byte("k3s is up and running")) {
		t.Errorf("the logs %q: %v\n%s", c.Logs, err, text)
	}
	data, err := os.ReadFile(filepath.Join(l.state, r.Ref.Name, "data", "pids"))
	if err != nil {
		t.Fatal(err)
	}
	pids := strings.Fields(string(data))
	if len(pids) != 3 {
		t.Fatalf("expected a pod, a shim and k3s, got %q", data)
	}
	if err := l.provider().Down(t.Context(), r.Ref); err != nil {
		t.Fatal(err)
	}
	for _, text := range pids {
		pid, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		if p, runs := readProcess(pid); runs {
			t.Errorf("process %+v still runs", p)
		}
	}
	if _, err := os.Stat(foreign); err != nil {
		t.Errorf("what was there before is gone: %v", err)
	}
	for _, path := range []string{"/var/lib/cni/networks/cbr0", "/var/lib/kubelet", "/run/k3s"} {
		if _, err := os.Lstat(filepath.Join(l.root, path)); err == nil {
			t.Errorf("%s is left", path)
		}
	}
	if _, err := os.Stat(filepath.Join(r.Dir, "kubeconfig")); err == nil {
		t.Error("the kubeconfig is left")
	}
	if _, err := os.Stat(filepath.Join(r.Dir, logName)); err != nil {
		t.Errorf("the log is evidence, and gone: %v", err)
	}
}

func TestStartFails(t *testing.T) {
	for _, c := range []struct {
		name      string
		transient bool
		want      []string
	}{
		{"crash", false, []string{"k3s v1.33.4+k3s1 ended after", "exit status 1", "no default routes found", logName}},
		{"taken", true, []string{"address already in use"}},
		{"late", false, []string{"exit status 2", "flannel exited"}},
		{"hang", false, []string{"is not ready after", "it has written no kubeconfig"}},
		{"sick", false, []string{"is not ready after", "CoreDNS has no ready pod", "Wrote kubeconfig"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := newLab(t)
			p := l.provider("--stand-in=" + c.name)
			switch c.name {
			case "hang":
				p.Boot = 400 * time.Millisecond
			case "late":
				p.Booted = func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() }
			case "sick":
				p.Booted = func(context.Context, string, string) error { return errors.New("CoreDNS has no ready pod") }
			}
			r := request(t, "1.33")
			got, err := p.Up(t.Context(), r)
			if err == nil {
				t.Fatalf("got %+v", got)
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("expected %q in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "\x1b") {
				t.Errorf("the error has a control character: %q", err)
			}
			if errors.Is(err, provider.ErrTransient) != c.transient {
				t.Errorf("transient is not %t: %v", c.transient, err)
			}
			l.removed(t, l.provider(), r.Ref)
		})
	}
}

func TestUpRefuses(t *testing.T) {
	busy := func(port int) bool { return port == 10250 }
	for name, c := range map[string]struct {
		change func(*Provider, *provider.Request)
		want   string
		is     error
	}{
		"not root":      {func(p *Provider, _ *provider.Request) { p.host.asRoot = false }, "needs root", provider.ErrUnavailable},
		"nodes":         {func(_ *Provider, r *provider.Request) { r.Nodes = 3 }, "use kind for more", nil},
		"image":         {func(_ *Provider, r *provider.Request) { r.Image = "kindest/node" }, "no node image", nil},
		"version":       {func(_ *Provider, r *provider.Request) { r.Version.Minor = 30 }, "have v1.33.4+k3s1", nil},
		"kubelet":       {func(p *Provider, _ *provider.Request) { p.host.busy = busy }, "port 10250 is in use", provider.ErrUnavailable},
		"bridge":        {func(p *Provider, _ *provider.Request) { p.host.links = bridge }, "network device cni0", provider.ErrUnavailable},
		"data folder":   {func(p *Provider, _ *provider.Request) { p.Arguments = []string{"--data-dir=/"} }, "--data-dir is chosen", nil},
		"no flag":       {func(p *Provider, _ *provider.Request) { p.Arguments = []string{"agent"} }, "not an argument", nil},
		"two arguments": {func(p *Provider, _ *provider.Request) { p.Arguments = []string{"--data-dir /"} }, "has a blank", nil},
		"component":     {func(p *Provider, _ *provider.Request) { p.Disable = []string{"../x"} }, "not a component", nil},
		"registries":    {func(p *Provider, _ *provider.Request) { p.Registries = "/nowhere/registries.yaml" }, "the registries of k3s", nil},
		"no program":    {func(p *Provider, _ *provider.Request) { p.Binary = "/nowhere/k3s" }, "/nowhere/k3s", nil},
		"name":          {func(_ *Provider, r *provider.Request) { r.Ref.Name = "cm-../../x" }, "not made by chart-matrix", nil},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "not root" && os.Geteuid() == 0 {
				t.Skip("this is root")
			}
			l := newLab(t)
			p, r := l.provider(), request(t, "1.33")
			c.change(p, &r)
			_, err := p.Up(t.Context(), r)
			if err == nil || !strings.Contains(err.Error(), c.want) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v", err)
			}
			if name != "name" {
				l.removed(t, l.provider(), r.Ref)
			}
		})
	}
}

func bridge() ([]link, error) { return []link{{name: "lo", index: 1}, {name: "cni0", index: 3}}, nil }

// TestSocketsOfOthersStay: one that was there before, and one that is in use.
func TestSocketsOfOthersStay(t *testing.T) {
	l := newLab(t)
	p := l.provider()
	dir := filepath.Join(l.root, socketDir)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir) // the name of a socket has 108 bytes at most
	p.host.root = "../../.."
	for _, name := range []string{"dead", "before", "used"} {
		s, err := net.ListenUnix("unix", &net.UnixAddr{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		s.SetUnlinkOnClose(false)
		if name == "used" {
			t.Cleanup(func() { _ = s.Close() }) // the test is over
		} else if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.host.removeSockets([]string{"before"}); err != nil {
		t.Error(err)
	}
	if left, err := p.host.sockets(); err != nil || !slices.Equal(left, []string{"before", "used"}) {
		t.Errorf("left are %q, %v", left, err)
	}
}

// TestDownWhileStarting: whichever comes first, nothing is left.
func TestDownWhileStarting(t *testing.T) {
	l := newLab(t)
	for wait := range 6 {
		r := request(t, "1.33")
		var wg sync.WaitGroup
		wg.Go(func() {
			_, _ = l.provider().Up(t.Context(), r) // either may win
		})
		time.Sleep(time.Duration(wait) * 40 * time.Millisecond)
		if err := l.provider().Down(t.Context(), r.Ref); err != nil {
			t.Errorf("Down: %v", err)
		}
		wg.Wait()
		l.removed(t, l.provider(), r.Ref)
	}
}

// TestDownOfWhatIsLeft: a note that cannot be read, a folder without a note,
// and a cluster of a process that was killed before it noted the process.
func TestDownOfWhatIsLeft(t *testing.T) {
	l := newLab(t)
	r := request(t, "1.33")
	for name, damage := range map[string]func(path string) error{
		"no note": os.Remove,
		"broken":  func(path string) error { return os.WriteFile(path, []byte("{"), 0o600) },
		"a link":  func(path string) error { return errors.Join(os.Remove(path), os.Symlink("/etc/passwd", path)) },
		"other name": func(path string) error {
			return os.WriteFile(path, []byte(`{"schema":"`+noteSchema+`","name":"x"}`), 0o600)
		},
		"before pid": func(path string) error {
			return os.WriteFile(path, []byte(`{"schema":"`+noteSchema+`","name":"`+r.Ref.Name+`"}`), 0o600)
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := l.provider()
			if _, err := p.Up(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			n, err := p.read(r.Ref.Name)
			if err != nil {
				t.Fatal(err)
			}
			if err := damage(p.notePath(r.Ref.Name)); err != nil {
				t.Fatal(err)
			}
			refs, err := p.List(t.Context())
			if err != nil || len(refs) != 1 || refs[0].Name != r.Ref.Name {
				t.Errorf("listed %+v, %v", refs, err)
			}
			err = p.Down(t.Context(), r.Ref)
			if whole := name == "no note" || name == "before pid"; (err == nil) != whole {
				t.Errorf("Down: %v", err)
			}
			if left, err := p.processesOf(n); err != nil || len(left) > 0 {
				t.Errorf("%v run still, %v", left, err)
			}
			if refs, err := p.List(t.Context()); err != nil || len(refs) > 0 {
				t.Errorf("listed %+v, %v", refs, err)
			}
			if err := os.RemoveAll(l.root); err != nil { // what could not be told from others'
				t.Fatal(err)
			}
		})
	}
}

func TestEnvironment(t *testing.T) {
	got := environment([]string{"HOME=/root", "GITHUB_TOKEN=x", "INVOCATION_ID=1", "NOTIFY_SOCKET=/run/n", "K3S_TOKEN=x", "https_proxy=http://p", "AWS_SECRET_ACCESS_KEY=x", "PATH="}, "cm-x")
	want := []string{markVariable + "=cm-x", "HOME=/root", "https_proxy=http://p", "PATH=", "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
