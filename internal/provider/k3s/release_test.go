package k3s

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// releases is a server of channels and releases, whose program is this one.
type releases struct {
	url      string
	requests atomic.Int64
	// answer, when set, is asked first; false leaves the answer to the server.
	answer func(w http.ResponseWriter, r *http.Request) bool
}

func newReleases(t *testing.T) *releases {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	name, sums, err := artifact(runtime.GOARCH)
	if err != nil {
		t.Skip(err)
	}
	s := &releases{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		if s.answer != nil && s.answer(w, r) {
			return
		}
		switch r.URL.Path {
		case "/channels":
			fmt.Fprint(w, `{"type":"collection","data":[{"id":"stable","name":"stable","latest":"v1.32.8+k3s1"},{"name":"v1.33","latest":"v1.33.4+k3s1"},{"name":"v1.9","latest":""}]}`)
		case "/download/v1.33.4+k3s1/" + sums:
			fmt.Fprintf(w, "%x  k3s-airgap-images.tar\n%x  %s\n", sha256.Sum256(nil), sha256.Sum256(program), name)
		case "/download/v1.33.4+k3s1/" + name:
			_, _ = w.Write(program) // a client that goes away
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *releases) provider(t *testing.T) *Provider {
	t.Helper()
	return &Provider{Cache: t.TempDir(), Channels: s.url + "/channels", Releases: s.url + "/download/"}
}

func TestResolve(t *testing.T) {
	p := newReleases(t).provider(t)
	for text, want := range map[string]string{
		"1.33": "v1.33.4+k3s1", "1.33.2": "v1.33.2+k3s1", "v1.33.2+k3s2": "v1.33.2+k3s2", "1.34.0-rc2+k3s1": "v1.34.0-rc2+k3s1", "1.34.0-rc.2": "v1.34.0-rc.2+k3s1",
	} {
		v, err := matrix.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Resolve(t.Context(), v); err != nil || got != want {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"1.20", "1.33.4-gke.100", "1.33.4-eks-1a2b", "1.33.4+rke2r1", "1.9", "1.33.4+k3s1-x"} {
		v, err := matrix.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Resolve(t.Context(), v); err == nil || !strings.Contains(err.Error(), "k3s has no Kubernetes "+v.String()) {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	// A Version that no text gives is not trusted either.
	if got, err := p.Resolve(t.Context(), matrix.Version{Major: 1, Minor: 33, Patch: 4, Suffix: "+k3s1/../../x"}); err == nil {
		t.Errorf("got %q", got)
	}
	if got, err := p.Newest(t.Context(), "stable"); err != nil || got != "v1.32.8+k3s1" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, channel := range []string{"nightly", "../stable", "", "stable\n"} {
		if got, err := p.Newest(t.Context(), channel); err == nil {
			t.Errorf("%q: got %q", channel, got)
		}
	}
}

// TestResolveNamed: what the configuration names for a version is not asked for.
func TestResolveNamed(t *testing.T) {
	s := newReleases(t)
	p := s.provider(t)
	p.Versions = map[string]string{"1.33": "v1.33.2+k3s2", "1.32": "1.32.8", "1.31": "v1.30.1+k3s1", "1.30": "1.30", "1.29": "newest"}
	for text, want := range map[string]string{"1.33": "v1.33.2+k3s2", "1.32": "v1.32.8+k3s1", "1.33.4": "v1.33.4+k3s1"} {
		v, err := matrix.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Resolve(t.Context(), v); err != nil || got != want {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"1.31", "1.30", "1.29"} {
		v, err := matrix.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := p.Resolve(t.Context(), v); err == nil || !strings.Contains(err.Error(), "providers.k3s.kubernetes-version") {
			t.Errorf("%s: got %q, %v", text, got, err)
		}
	}
	if n := s.requests.Load(); n != 0 {
		t.Errorf("the server was asked %d times", n)
	}
}

func TestProgramIsKept(t *testing.T) {
	s := newReleases(t)
	p := s.provider(t)
	path, err := p.program(t.Context(), "v1.33.4+k3s1")
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info, err)
	}
	before := s.requests.Load()
	if again, err := p.program(t.Context(), "v1.33.4+k3s1"); err != nil || again != path || s.requests.Load() != before {
		t.Errorf("from the cache: %s, %v, after %d requests", again, err, s.requests.Load()-before)
	}
	// What was changed in the cache is not run, but fetched again.
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	sum := filepath.Base(filepath.Dir(path))
	if again, err := p.program(t.Context(), "v1.33.4+k3s1"); err != nil || verify(again, sum) != nil {
		t.Errorf("%s, %v", again, err)
	}
}

func TestProgramFails(t *testing.T) {
	isSums := func(r *http.Request) bool { return strings.Contains(r.URL.Path, "sha256sum") }
	status := func(code int) func(http.ResponseWriter, *http.Request) bool {
		return func(w http.ResponseWriter, _ *http.Request) bool { w.WriteHeader(code); return true }
	}
	for name, c := range map[string]struct {
		answer    func(http.ResponseWriter, *http.Request) bool
		want      string
		transient bool
	}{
		"gone":      {status(404), "there is no such release", false},
		"forbidden": {status(403), "403", false},
		"too many":  {status(429), "429", true},
		"broken":    {status(502), "502", true},
		"changed": {func(w http.ResponseWriter, r *http.Request) bool {
			if !isSums(r) {
				fmt.Fprint(w, "another program")
			}
			return !isSums(r)
		}, "the download or the mirror is broken", false},
		"a page": {func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, "<html>"+strings.Repeat("x", 1000)+"  k3s\n")
			return isSums(r)
		}, "expected 64 hexadecimal digits", false},
		"another list": {func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprintln(w, strings.Repeat("0", 64)+"  k3s-of-another-kind")
			return isSums(r)
		}, "has no checksum", false},
		"bad checksum": {func(w http.ResponseWriter, r *http.Request) bool {
			program, _, _ := artifact(runtime.GOARCH)
			fmt.Fprint(w, "../../../x  "+program+"\n")
			return isSums(r)
		}, "expected 64 hexadecimal digits", false},
		"huge": {func(w http.ResponseWriter, _ *http.Request) bool {
			for range 100 {
				_, _ = w.Write(make([]byte, 1<<10)) // a client that goes away
			}
			return true
		}, "has more than 65536 bytes", false},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) bool {
			w.Header().Set("Content-Length", "1000")
			fmt.Fprint(w, "x")
			return true
		}, "unexpected EOF", true},
		"silent": {func(w http.ResponseWriter, r *http.Request) bool {
			fmt.Fprint(w, "x")
			w.(http.Flusher).Flush()
			<-r.Context().Done()
			return true
		}, "sent nothing for too long", true},
		"never answers": {func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }, "sent nothing for too long", true},
		"in a circle": {func(w http.ResponseWriter, r *http.Request) bool {
			http.Redirect(w, r, r.URL.Path, http.StatusFound)
			return true
		}, "more than ten times", true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newReleases(t)
			s.answer = c.answer
			p := s.provider(t)
			p.host.stall = 20 * time.Second // on a busy machine a second is nothing
			if strings.Contains(c.want, "sent nothing") {
				p.host.stall = 200 * time.Millisecond
			}
			_, err := p.program(t.Context(), "v1.33.4+k3s1")
			if err == nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, provider.ErrTransient) != c.transient {
				t.Errorf("got %v", err)
			}
			err = filepath.WalkDir(p.Cache, func(path string, d os.DirEntry, err error) error {
				if err == nil && !d.IsDir() {
					t.Errorf("%s is left", path)
				}
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestNoWayFromEncryptedToPlain(t *testing.T) {
	plain := newReleases(t)
	server := httptest.NewTLSServer(http.RedirectHandler(plain.url+"/channels", http.StatusFound))
	t.Cleanup(server.Close)
	p := &Provider{HTTP: server.Client()}
	if _, err := p.get(t.Context(), server.URL, 1000); err == nil || !strings.Contains(err.Error(), "which is not encrypted") {
		t.Errorf("got %v", err)
	}
}

func TestDownloadEndsWithItsContext(t *testing.T) {
	s := newReleases(t)
	s.answer = func(_ http.ResponseWriter, r *http.Request) bool { <-r.Context().Done(); return true }
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.provider(t).program(ctx, "v1.33.4+k3s1"); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, provider.ErrTransient) {
		t.Errorf("got %v", err)
	}
}

func TestChannelsAnswersThatAreNone(t *testing.T) {
	for name, body := range map[string]string{
		"not JSON": "<html>", "a hostile tag": `{"data":[{"name":"v1.33","latest":"v1.33.4+k3s1/../../evil"}]}`,
		"null": "null", "huge": strings.Repeat(" ", maxChannelBytes+1),
	} {
		s := newReleases(t)
		s.answer = func(w http.ResponseWriter, _ *http.Request) bool { fmt.Fprint(w, body); return true }
		if got, err := s.provider(t).Resolve(t.Context(), matrix.Version{Major: 1, Minor: 33, Patch: -1}); err == nil {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestProgramVersion(t *testing.T) {
	if got, err := programVersion("k3s version v1.33.4+k3s1 (148243c4)\ngo version go1.24.5\n"); err != nil || got != "v1.33.4+k3s1" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, text := range []string{"", "k3s", "k3s version", "k3s version dev", "kubectl version v1.33.4+k3s1"} {
		if got, err := programVersion(text); err == nil {
			t.Errorf("%q: got %q", text, got)
		}
	}
}

func FuzzSumOf(f *testing.F) {
	f.Add([]byte("0123  k3s\n"))
	f.Add([]byte(strings.Repeat("a", 64) + " *k3s"))
	f.Fuzz(func(t *testing.T, list []byte) {
		if sum, err := sumOf(list, "k3s"); err == nil && !sumPattern.MatchString(sum) {
			t.Errorf("got %q", sum)
		}
	})
}
