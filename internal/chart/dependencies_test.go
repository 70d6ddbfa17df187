package chart

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	chartutil "helm.sh/helm/v4/pkg/chart/v2/util"
	"helm.sh/helm/v4/pkg/repo/v1"
)

// packageChart saves a chart named sub as a .tgz in dir.
func packageChart(t *testing.T, dir, version string) {
	t.Helper()
	src := chartDir(t, "-- Chart.yaml --\napiVersion: v2\nname: sub\nversion: "+version+"\n-- templates/s.yaml --\nsub: "+version+"\n")
	if _, err := chartutil.Save(openChart(t, src).loaded, dir); err != nil {
		t.Fatal(err)
	}
}

func isolateHelm(t *testing.T) {
	t.Helper()
	home := t.TempDir()
	t.Setenv("HELM_REPOSITORY_CONFIG", filepath.Join(home, "repositories.yaml"))
	t.Setenv("HELM_CONFIG_HOME", home)
	t.Setenv("HELM_CACHE_HOME", home)
	t.Setenv("HELM_DATA_HOME", home)
	t.Setenv("DOCKER_CONFIG", home)
}

func TestDependenciesFromRepository(t *testing.T) {
	isolateHelm(t)
	dir := t.TempDir()
	packageChart(t, dir, "1.0.0")
	packageChart(t, dir, "1.2.0")
	var requests int
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		requests++
		http.FileServer(http.Dir(dir)).ServeHTTP(w, r)
	}))
	defer srv.Close()
	index, err := repo.IndexDirectory(dir, srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	deps := []*helmchart.Dependency{{Name: "sub", Version: "1.x", Repository: srv.URL}}
	locked := []*helmchart.Dependency{{Name: "sub", Version: "1.0.0", Repository: srv.URL}}
	meta := "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: 1.x\n  repository: " + srv.URL + "\n"
	lock := func(digest string) string {
		return "-- Chart.lock --\ndependencies:\n- name: sub\n  version: 1.0.0\n  repository: " + srv.URL + "\ndigest: " + digest + "\n"
	}
	cache := t.TempDir()
	t.Run("newest without a lock", func(t *testing.T) { expectSub(t, chartDir(t, meta), cache, "1.2.0") })
	locks := chartDir(t, meta+lock(lockDigest(deps, locked)))
	t.Run("the locked one", func(t *testing.T) { expectSub(t, locks, cache, "1.0.0") })
	t.Run("cached", func(t *testing.T) {
		before := requests
		expectSub(t, locks, cache, "1.0.0")
		if requests != before {
			t.Errorf("%d requests for a cached dependency", requests-before)
		}
	})
	t.Run("lock out of date", func(t *testing.T) {
		_, err := Open(t.Context(), chartDir(t, meta+lock("sha256:0")), Options{CacheDir: cache})
		if err == nil || !strings.Contains(err.Error(), "out of sync") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("not there", func(t *testing.T) {
		_, err := Open(t.Context(), chartDir(t, strings.ReplaceAll(meta, "1.x", "7.x")), Options{CacheDir: cache})
		if err == nil || !strings.Contains(err.Error(), "cannot build dependencies sub") {
			t.Errorf("error %v", err)
		}
	})
}

// TestAnUnreachableRepositoryIsNamed: Helm's manager prints the cause and
// returns another error.
func TestAnUnreachableRepositoryIsNamed(t *testing.T) {
	isolateHelm(t)
	srv := httptest.NewServer(http.NotFoundHandler())
	srv.Close()
	dir := chartDir(t, "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: 1.x\n  repository: "+srv.URL+"\n")
	_, err := Open(t.Context(), dir, Options{CacheDir: t.TempDir()})
	if err == nil || !strings.Contains(err.Error(), srv.URL+"/index.yaml") || !strings.Contains(err.Error(), "helm dependency build") {
		t.Errorf("got %v", err)
	}
}

func expectSub(t *testing.T, dir, cache, version string) {
	t.Helper()
	before := tree(t, dir)
	c, err := Open(t.Context(), dir, Options{CacheDir: cache})
	if err != nil {
		t.Fatal(err)
	}
	if after := tree(t, dir); after != before {
		t.Errorf("the chart's folder changed\nfrom %s\nto   %s", before, after)
	}
	deps := c.loaded.Dependencies()
	if len(deps) != 1 || deps[0].Metadata.Version != version {
		t.Fatalf("dependencies %v, want sub %s", deps, version)
	}
	out, err := newRenderer(t, c, RendererOptions{}).Render(t.Context(), request(resolve(t)))
	if err != nil || out.Failure != nil || len(out.Documents) != 1 || out.Documents[0].Text != "sub: "+version {
		t.Errorf("rendered %+v, %v", out, err)
	}
}

func tree(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		b.WriteString(strings.TrimPrefix(path, dir) + " ")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestDependencyFromNeighbour(t *testing.T) {
	isolateHelm(t)
	text := "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: 1.x\n  repository: file://../sub\n"
	dir := chartDir(t, text)
	sub := filepath.Join(filepath.Dir(dir), "sub")
	if err := os.MkdirAll(filepath.Join(sub, "templates"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.0.0", "1.0.1"} { // a change there is seen at once
		for name, data := range map[string]string{"Chart.yaml": "apiVersion: v2\nname: sub\nversion: " + version + "\n", "templates/s.yaml": "sub: " + version + "\n"} {
			if err := os.WriteFile(filepath.Join(sub, name), []byte(data), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		expectSub(t, dir, t.TempDir(), version)
	}
	deps := []*helmchart.Dependency{{Name: "sub", Version: "1.x", Repository: "file://../sub"}}
	locked := []*helmchart.Dependency{{Name: "sub", Version: "1.0.1", Repository: "file://../sub"}}
	lock := "dependencies:\n- name: sub\n  version: 1.0.1\n  repository: file://../sub\ndigest: " + lockDigest(deps, locked) + "\n"
	if err := os.WriteFile(filepath.Join(dir, "Chart.lock"), []byte(lock), 0o600); err != nil {
		t.Fatal(err)
	}
	expectSub(t, dir, t.TempDir(), "1.0.1")
}

func TestOfflineIsAsked(t *testing.T) {
	dir := chartDir(t, "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: 1.x\n  repository: oci://registry.example.com/charts\n")
	_, err := Open(t.Context(), dir, Options{Offline: true})
	if err == nil || !strings.Contains(err.Error(), "run `helm dependency build "+dir+"`") {
		t.Errorf("error %v", err)
	}
}
