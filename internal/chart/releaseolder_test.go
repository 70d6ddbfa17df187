package chart

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/repo/v1"
)

func TestOlder(t *testing.T) {
	isolateHelm(t)
	t.Setenv("TMPDIR", t.TempDir())
	dir := t.TempDir()
	for _, version := range []string{"0.9.0", "1.3.0-rc.1", "1.3.0", "2.0.0"} {
		packageChart(t, dir, version)
	}
	registry := ociRegistry(t, dir, "sub")
	web := httptest.NewServer(http.FileServer(http.Dir(dir)))
	t.Cleanup(web.Close)
	index, err := repo.IndexDirectory(dir, web.URL)
	if err != nil {
		t.Fatal(err)
	}
	if err := index.WriteFile(filepath.Join(dir, "index.yaml"), 0o600); err != nil {
		t.Fatal(err)
	}
	oci := strings.Replace(registry.URL, "http://", "oci://", 1) + "/charts"
	c := openChart(t, chartDir(t, "-- Chart.yaml --\napiVersion: v2\nname: sub\nversion: 1.4.0\n"))
	folder := chartDir(t, "")
	for _, test := range []struct {
		from       Origin
		want, says string
	}{
		{Origin{Folder: folder}, "demo 1.0.0", ""},
		{Origin{Repository: web.URL}, "sub 1.3.0", ""},
		{Origin{Repository: web.URL, Version: "0.9.0"}, "sub 0.9.0", ""},
		{Origin{Repository: web.URL, Version: ">1"}, "sub 2.0.0", ""},
		{Origin{Repository: web.URL, Version: "3.0.0"}, "", "sub 3.0.0 from " + web.URL},
		{Origin{Repository: web.URL, Name: "other"}, "", "other"},
		{Origin{Repository: oci}, "sub 1.3.0", ""},
		{Origin{Repository: oci, Version: "0.9.0"}, "sub 0.9.0", ""},
		{Origin{Repository: oci, Version: "0.8.0"}, "", "sub 0.8.0 from " + oci},
	} {
		older, err := c.Older(t.Context(), test.from, Options{CacheDir: t.TempDir(), PlainHTTP: true})
		if test.says != "" {
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%+v: got error %v, want %q", test.from, err, test.says)
			}
			continue
		}
		if err != nil {
			t.Errorf("%+v: %v", test.from, err)
		} else if got := older.Name + " " + older.Version; got != test.want {
			t.Errorf("%+v: got %s, want %s", test.from, got, test.want)
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "chart-matrix-older-*")); len(left) > 0 {
		t.Errorf("left %v behind", left)
	}
}

func TestSame(t *testing.T) {
	const one = "-- templates/a.yaml --\nkind: A\nlabel: {{ .Chart.Name }}\n---\nkind: B\nrandom: {{ randAlphaNum 20 }}\n"
	const moved = "-- templates/z.yaml --\nkind: B\nrandom: {{ randAlphaNum 20 }}\n---\nkind: A\nlabel: {{ .Chart.Name }}\n-- crds/x.yaml --\nkind: CustomResourceDefinition\n-- templates/NOTES.txt --\nhello\n"
	for _, test := range []struct {
		name, a, b string
		want       bool
	}{
		{"equal", one, one, true},
		{"another object", one, one + "---\nkind: C\n", false},
		{"moved to another file", one, moved, true},
		{"one does not render", one, one + "---\n{{ fail \"no\" }}\n", false},
		{"neither renders", "-- templates/a.yaml --\n{{ fail \"no\" }}\n", "-- templates/a.yaml --\n{{ fail \"no\" }}\n", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newRenderer(t, openChart(t, chartDir(t, test.a)), RendererOptions{})
			b := newRenderer(t, openChart(t, chartDir(t, test.b)), RendererOptions{})
			got, err := Same(t.Context(), a, b, Request{Values: resolve(t), Release: "r", Namespace: "n", KubeVersion: "v1.34.0"})
			if err != nil || got != test.want {
				t.Errorf("got %t, %v", got, err)
			}
		})
	}
}
