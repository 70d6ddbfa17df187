package existing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
)

// TestMain lets the test binary play a credential plugin, told by the name that
// it is started with.
func TestMain(m *testing.M) {
	if filepath.Base(os.Args[0]) == "get-token" {
		fmt.Println(`{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"of the plugin"}}`)
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func request(t *testing.T, version string) provider.Request {
	t.Helper()
	v, err := matrix.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	return provider.Request{Ref: provider.NewRef(Name, "job", time.Now().Add(time.Hour)), Version: v, Dir: t.TempDir()}
}

func TestConformance(t *testing.T) {
	for _, namespace := range []string{"", "tests"} {
		t.Run("lock in "+namespace, func(t *testing.T) {
			s := newAPI(t)
			if namespace != "" {
				s.lockIn = namespace
			}
			path := s.kubeconfig(t, "lab")
			providertest.Run(t, func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
				p := &Provider{Kubeconfig: path, Namespace: namespace, Booted: func(context.Context, string, string) error { return nil }}
				return p, func(ref provider.Ref) provider.Request {
					r := request(t, "1.33")
					r.Ref = ref
					return r
				}
			}, providertest.Single(), providertest.Within(time.Minute))
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.lease != nil {
				t.Errorf("the lock is left: %+v", s.lease)
			}
			for _, r := range s.requests {
				if !strings.HasPrefix(r, "GET ") && !strings.Contains(r, "/namespaces/"+s.lockIn+"/leases") {
					t.Errorf("it changed something: %s", r)
				}
			}
		})
	}
}

// TestKubeconfigHasThatContextAlone: and keeps what it needs, from several files.
func TestKubeconfigHasThatContextAlone(t *testing.T) {
	s := newAPI(t)
	secure := httptest.NewTLSServer(s) // credentials are sent to no other
	t.Cleanup(secure.Close)
	one := s.kubeconfig(t, "lab")
	two := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters: [{name: eks, cluster: {server: "%s", insecure-skip-tls-verify: true, tls-server-name: eks.example.com, extensions: [{name: x, extension: {y: z}}]}}]
contexts: [{name: eks, context: {cluster: eks, user: plugin, namespace: team}}]
users: [{name: plugin, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: ./get-token, args: [--cluster, eks], env: [{name: AWS_PROFILE, value: lab}], interactiveMode: Never}}}]
`, secure.URL)
	if err := os.WriteFile(two, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(self, filepath.Join(filepath.Dir(two), "get-token")); err != nil {
		t.Fatal(err)
	}
	p := &Provider{Kubeconfig: one + string(os.PathListSeparator) + two, Context: "eks"}
	r := request(t, "1.33.4")
	c, err := p.Up(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := clientcmd.LoadFromFile(c.Kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Contexts) != 1 || len(got.Clusters) != 1 || len(got.AuthInfos) != 1 || got.CurrentContext != "eks" || c.Context != "eks" {
		t.Errorf("got %+v of context %s", got, c.Context)
	}
	exec := got.AuthInfos["plugin"].Exec
	if exec == nil || exec.Command != filepath.Join(filepath.Dir(two), "get-token") || !slices.Equal(exec.Args, []string{"--cluster", "eks"}) ||
		exec.Env[0].Value != "lab" || got.Contexts["eks"].Namespace != "team" || got.Clusters["eks"].TLSServerName != "eks.example.com" {
		t.Errorf("got %+v", got)
	}
	data, err := os.ReadFile(c.Kubeconfig)
	if err != nil || strings.Contains(string(data), "secret-of") {
		t.Errorf("it has what is not its own: %v\n%s", err, data)
	}
	if s.token != "Bearer of the plugin" {
		t.Errorf("the plugin was not asked: %q", s.token)
	}
	// Another process has the Ref alone.
	r.Ref.Detail = p.Detail()
	if err := (&Provider{Kubeconfig: one, Context: "none"}).Down(t.Context(), r.Ref); err != nil || s.lease != nil {
		t.Errorf("Down: %v; the lock is %v", err, s.lease)
	}
}

func TestUpRefuses(t *testing.T) {
	big := make([]corev1.Node, 11)
	forbidden := func(path string) func(*api) {
		return func(s *api) {
			s.answer = func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasPrefix(r.URL.Path, path) {
					return false
				}
				fail(w, 403, metav1.StatusReasonForbidden)
				return true
			}
		}
	}
	for name, c := range map[string]struct {
		context, version string
		change           func(*api)
		want             string
	}{
		"context":    {"eu-prod", "1.33", nil, `the name of its context, eu-prod, says "prod"`},
		"nodes":      {"lab", "1.33", func(s *api) { s.nodes = big }, "it has more than 10 nodes"},
		"namespace":  {"lab", "1.33", func(s *api) { s.namespaces[0].Name = "production" }, "it has a namespace production"},
		"label":      {"lab", "1.33", func(s *api) { s.nodes[0].Labels = map[string]string{"x.io/env": "prod"} }, "the node node-1 has the label x.io/env: prod"},
		"no nodes":   {"lab", "1.33", forbidden("/api/v1/nodes"), "its nodes may not be listed"},
		"minor":      {"lab", "1.34", nil, "existing has no Kubernetes 1.34; have v1.33.4 alone"},
		"patch":      {"lab", "1.33.5", nil, "existing has no Kubernetes 1.33.5; have v1.33.4 alone"},
		"build":      {"lab", "1.33.4-eks-1a2b", nil, "existing has no Kubernetes 1.33.4-eks-1a2b"},
		"no version": {"lab", "1.33", func(s *api) { s.version = "\x1b[31mfoo" }, "a version that is none"},
		"no lease":   {"lab", "1.33", forbidden("/apis/coordination"), "allow the user to create, get, update and delete leases in kube-system"},
		"no rights":  {"lab", "1.33", forbidden("/version"), "asking for its version"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAPI(t)
			if c.change != nil {
				c.change(s)
			}
			p := &Provider{Kubeconfig: s.kubeconfig(t, c.context)}
			_, err := p.Up(t.Context(), request(t, c.version))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\x1b") || errors.Is(err, provider.ErrTransient) {
				t.Errorf("got %v", err)
			}
			if s.lease != nil {
				t.Errorf("it is locked: %+v", s.lease)
			}
		})
	}
}

func TestAllowProduction(t *testing.T) {
	s := newAPI(t)
	p := &Provider{Kubeconfig: s.kubeconfig(t, "production"), AllowProduction: true}
	if _, err := p.Up(t.Context(), request(t, "1.33")); err != nil {
		t.Error(err)
	}
}

func TestLock(t *testing.T) {
	s := newAPI(t)
	p := &Provider{Kubeconfig: s.kubeconfig(t, "lab")}
	first, second := request(t, "1.33"), request(t, "1.33")
	if _, err := p.Up(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Up(t.Context(), second); err == nil || !strings.Contains(err.Error(), "is used by job job until") {
		t.Errorf("got %v", err)
	}
	if err := p.Down(t.Context(), second.Ref); err != nil || s.lease == nil {
		t.Errorf("Down took the lock of another: %v", err)
	}
	later := &Provider{Kubeconfig: p.Kubeconfig, Now: func() time.Time { return time.Now().Add(2 * time.Hour) }}
	second.Ref = provider.NewRef(Name, "job", time.Now().Add(3*time.Hour))
	if _, err := later.Up(t.Context(), second); err != nil || held(s.lease) != second.Ref.Name {
		t.Errorf("one that has expired is not taken over: %v", err)
	}
	if err := p.Down(t.Context(), first.Ref); err != nil || held(s.lease) != second.Ref.Name {
		t.Errorf("Down took the lock of another: %v", err)
	}
	foreign := "somebody else"
	s.lease.Spec.HolderIdentity = &foreign
	if _, err := later.Up(t.Context(), first); err == nil || !strings.Contains(err.Error(), "no job of chart-matrix") {
		t.Errorf("got %v", err)
	}
	if refs, err := p.List(t.Context()); err != nil || len(refs) > 0 {
		t.Errorf("got %v, %v", refs, err)
	}
}

// TestOneOfManyGetsTheExpiredLock: the API server's versions decide.
func TestOneOfManyGetsTheExpiredLock(t *testing.T) {
	s := newAPI(t)
	p := &Provider{Kubeconfig: s.kubeconfig(t, "lab")}
	old := request(t, "1.33")
	if _, err := p.Up(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	p.Now = func() time.Time { return time.Now().Add(2 * time.Hour) }
	const many = 8
	errs := make(chan error, many)
	for range many {
		r := request(t, "1.33")
		r.Ref = provider.NewRef(Name, "job", time.Now().Add(4*time.Hour))
		go func() {
			_, err := p.Up(t.Context(), r)
			errs <- err
		}()
	}
	got := 0
	for range many {
		if <-errs == nil {
			got++
		}
	}
	if got != 1 {
		t.Errorf("%d have it", got)
	}
}

func TestKubeconfigsThatCannotBeUsed(t *testing.T) {
	s := newAPI(t)
	file := func(text string) string {
		path := filepath.Join(t.TempDir(), "config")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for name, c := range map[string]struct {
		p    Provider
		want string
		is   error
	}{
		"not there":   {Provider{Kubeconfig: "/nowhere/config"}, "there is no kubeconfig /nowhere/config", provider.ErrUnavailable},
		"not YAML":    {Provider{Kubeconfig: file("{{{{")}, "cannot be used as a kubeconfig", nil},
		"empty":       {Provider{Kubeconfig: file("")}, "it has no context", nil},
		"which":       {Provider{Kubeconfig: s.kubeconfig(t, "lab", "current-context: lab\n") + ":" + s.kubeconfig(t, "other\x1b")}, "it has 2 contexts; name the one", nil},
		"another":     {Provider{Kubeconfig: s.kubeconfig(t, "lab"), Context: "lib"}, `it has no context "lib"; have lab`, nil},
		"no cluster":  {Provider{Kubeconfig: file("apiVersion: v1\nkind: Config\ncontexts: [{name: a, context: {cluster: b, user: c}}]\n")}, "context a", nil},
		"nobody home": {Provider{Kubeconfig: file("apiVersion: v1\nkind: Config\nclusters: [{name: b, cluster: {server: 'http://127.0.0.1:1'}}]\ncontexts: [{name: a, context: {cluster: b}}]\n")}, "asking for its version", provider.ErrTransient},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.p.Up(t.Context(), request(t, "1.33"))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\x1b") || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v", err)
			}
		})
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	p := &Provider{Kubeconfig: s.kubeconfig(t, "lab")}
	if _, err := p.List(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("List: %v", err)
	}
	s.Close() // its cluster is away
	for _, p := range []*Provider{{Kubeconfig: "/nowhere/config"}, p} {
		if _, err := p.List(t.Context()); !errors.Is(err, provider.ErrUnavailable) || errors.Is(err, provider.ErrTransient) {
			t.Errorf("List: %v", err)
		}
	}
	ref := provider.NewRef(Name, "job", time.Now())
	if err := (&Provider{Kubeconfig: "/nowhere/config"}).Down(t.Context(), ref); err == nil || !strings.Contains(err.Error(), "it counts no more from") {
		t.Errorf("Down: %v", err)
	}
}

// TestHugeAnswer: what an API server says is bounded.
func TestHugeAnswer(t *testing.T) {
	s := newAPI(t)
	s.answer = func(w http.ResponseWriter, _ *http.Request) bool {
		block := make([]byte, 1<<20)
		for range maxAnswer>>20 + 2 {
			if _, err := w.Write(block); err != nil {
				break
			}
		}
		return true
	}
	p := &Provider{Kubeconfig: s.kubeconfig(t, "lab")}
	if _, err := p.Up(t.Context(), request(t, "1.33")); err == nil || !strings.Contains(err.Error(), "more than 32 MiB") {
		t.Errorf("got %v", err)
	}
}

func TestSlowServerEndsWithTheContext(t *testing.T) {
	s := newAPI(t)
	s.answer = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	p := &Provider{Kubeconfig: s.kubeconfig(t, "lab")}
	if _, err := p.Up(ctx, request(t, "1.33")); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, provider.ErrTransient) {
		t.Errorf("got %v", err)
	}
}

func TestFolderThatCannotBeWritten(t *testing.T) {
	s := newAPI(t)
	p := &Provider{Kubeconfig: s.kubeconfig(t, "lab")}
	r := request(t, "1.33")
	r.Dir = filepath.Join(r.Dir, "none")
	if _, err := p.Up(t.Context(), r); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
	if err := p.Down(t.Context(), r.Ref); err != nil || s.lease != nil {
		t.Errorf("Down: %v; the lock is %v", err, s.lease)
	}
}
