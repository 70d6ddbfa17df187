package chart

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"helm.sh/helm/v4/pkg/repo/v1"
)

// chartRepository serves a folder of archives as a Helm repository, and counts
// what it is asked for by the end of the path.
func chartRepository(t *testing.T, dir string) (address string, asked func(suffix string) int) {
	t.Helper()
	var paths []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
	}))
	t.Cleanup(web.Close)
	index, err := repo.IndexDirectory(dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	return web.URL, func(suffix string) int {
		n := 0
		for _, p := range paths {
			if strings.HasSuffix(p, suffix) {
				n++
			}
		}
		return n
	}
}

func TestPublished(t *testing.T) {
	isolateHelm(t)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	for _, version := range []string{"0.9.0", "1.3.0-rc.1", "1.3.0", "1.10.0", "2.0.0"} {
		packageChart(t, dir, version)
	}
	web, _ := chartRepository(t, dir)
	registry := ociRegistry(t, dir, "sub")
	oci := strings.Replace(registry.URL, "http://", "oci://", 1) + "/charts"
	for _, address := range []string{web, oci + "/"} {
		opt := Options{CacheDir: t.TempDir()}
		p, err := Publish(t.Context(), address, "sub", opt)
		if err != nil {
			t.Fatal(err)
		}
		for constraint, want := range map[string]string{
			"":           "[2.0.0 1.10.0 1.3.0 0.9.0]",
			"1.x":        "[1.10.0 1.3.0]",
			"1.3.0":      "[1.3.0]",
			"1.3.0-rc.1": "[1.3.0-rc.1]",
			"<1.4":       "[1.3.0 0.9.0]",
			"3.x":        "[]",
		} {
			if got, err := p.Match(constraint); err != nil || fmt.Sprint(got) != want {
				t.Errorf("%s %q: got %v, %v, want %s", address, constraint, got, err, want)
			}
		}
		if _, err := p.Match("newest"); err == nil || !strings.Contains(err.Error(), `"newest"`) {
			t.Errorf("got %v", err)
		}
		for range 2 {
			c, err := p.Open(t.Context(), "1.3.0")
			if err != nil || c.Name != "sub" || c.Version != "1.3.0" {
				t.Fatalf("%+v %v", c, err)
			}
		}
		if _, err := p.Open(t.Context(), "1.4.0"); err == nil || !strings.Contains(err.Error(), "sub 1.4.0 from "+p.Address) {
			t.Errorf("got %v", err)
		}
		// The cache holds one file; where it is damaged, it is read anew.
		kept, _ := filepath.Glob(filepath.Join(opt.CacheDir, "archives", "*"))
		if len(kept) != 1 {
			t.Fatalf("kept %v", kept)
		}
		if err := os.WriteFile(kept[0], []byte("damaged"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Open(t.Context(), "1.3.0"); err != nil {
			t.Error(err)
		}
	}
	if _, err := Publish(t.Context(), web, "other", Options{}); err == nil || !strings.Contains(err.Error(), "versions of other: it has none") {
		t.Errorf("got %v", err)
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "chart-matrix-*")); len(left) > 0 {
		t.Errorf("left %v behind", left)
	}
}

func TestPublishedIsCached(t *testing.T) {
	isolateHelm(t)
	dir := t.TempDir()
	packageChart(t, dir, "1.0.0")
	web, asked := chartRepository(t, dir)
	opt := Options{CacheDir: t.TempDir()}
	for range 2 {
		p, err := Publish(t.Context(), web, "sub", opt)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Open(t.Context(), "1.0.0"); err != nil {
			t.Fatal(err)
		}
	}
	if asked("index.yaml") != 2 || asked(".tgz") != 1 {
		t.Errorf("asked for %d indexes and %d archives", asked("index.yaml"), asked(".tgz"))
	}
}

func TestPublishedThatCannotBeHad(t *testing.T) {
	isolateHelm(t)
	dir := t.TempDir()
	packageChart(t, dir, "1.0.0")
	web, _ := chartRepository(t, dir)
	p, err := Publish(t.Context(), web, "sub", Options{CacheDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "sub-1.0.0.tgz"), []byte("something else"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(t.Context(), "1.0.0"); err == nil || !strings.Contains(err.Error(), "not what the index says") {
		t.Errorf("another archive: %v", err)
	}
	if err := os.Remove(filepath.Join(dir, "sub-1.0.0.tgz")); err != nil {
		t.Fatal(err)
	}
	if _, err := p.Open(t.Context(), "1.0.0"); err == nil || !strings.Contains(err.Error(), "404") {
		t.Errorf("no archive: %v", err)
	}

	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		line := []byte(strings.Repeat("#", 1<<16) + "\n")
		for r.Context().Err() == nil {
			if _, err := w.Write(line); err != nil {
				return
			}
		}
	}))
	t.Cleanup(endless.Close)
	var waits atomic.Bool
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		waits.Store(true)
		<-r.Context().Done()
	}))
	t.Cleanup(silent.Close)
	for address, want := range map[string]string{
		endless.URL:                "more than 64 MB",
		web + "/nowhere":           "404",
		"ftp://example.com/charts": "expected an address like https://",
		"charts":                   "expected an address like https://",
	} {
		if _, err := Publish(t.Context(), address, "sub", Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", address, err, want)
		}
	}
	if _, err := Publish(t.Context(), web, "sub", Options{Offline: true}); err == nil || !strings.Contains(err.Error(), "--offline") {
		t.Errorf("got %v", err)
	}
	why := errors.New("enough")
	for _, address := range []string{silent.URL, strings.Replace(silent.URL, "http", "oci", 1) + "/charts"} {
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(100*time.Millisecond, func() { cancel(why) })
		if _, err := Publish(ctx, address, "sub", Options{}); err == nil || !waits.Load() {
			t.Errorf("%s: got %v", address, err)
		}
	}
}

func TestMatchVersions(t *testing.T) {
	got, err := MatchVersions([]string{"1.2.0", "v1.10.0", "main", "2.0.0-rc.1"}, "")
	if err != nil || fmt.Sprint(got) != "[v1.10.0 1.2.0]" {
		t.Errorf("got %v, %v", got, err)
	}
	if !NotNewer("1.9.0", "1.10.0") || NotNewer("2.0.0", "1.10.0") || !NotNewer("v1.0.0", "1.0.0") || NotNewer("a", "1.0.0") {
		t.Error("order")
	}
}
