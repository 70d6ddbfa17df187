package chart

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestOpenErrors(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.txt")
	if err := os.WriteFile(outside, []byte("secret"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(target, name string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
				t.Skip(err)
			}
		}
	}
	tests := []struct {
		name, files string
		change      func(t *testing.T, dir string)
		want        []string
	}{
		{"no Chart.yaml", "", func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "Chart.yaml")) }, []string{"not a chart", "Chart.yaml"}},
		{"no such folder", "", func(t *testing.T, dir string) { _ = os.RemoveAll(dir) }, []string{"no such chart"}},
		{"broken Chart.yaml", "-- Chart.yaml --\nname: [\n", nil, []string{"Chart.yaml"}},
		{"no version", "-- Chart.yaml --\napiVersion: v2\nname: demo\n", nil, []string{"version"}},
		{"broken values.yaml", "-- values.yaml --\na: [\n", nil, []string{"values.yaml"}},
		{"link out of the chart", "", link(outside, "stolen.txt"), []string{"stolen.txt", "leads out of the chart", outside}},
		{"link to /", "", link("/", "root"), []string{"root", "leads out of the chart"}},
		{"link to itself", "", link(".", "loop"), []string{"loop", "symbolic link"}},
		{"broken link", "", link("nothing", "gone"), []string{"gone", "broken symbolic link"}},
		{"missing dependency", "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: redis\n  version: 1.x\n  repository: https://charts.example.com\n", nil,
			[]string{"redis", "--offline", "helm dependency build "}},
		{"contains itself", "-- charts/demo/Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\n", nil, []string{"circular dependency", "demo-1.0.0 -> demo-1.0.0"}},
		{"file dependency on itself", "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: other\n  version: 1.x\n  repository: file://other\n-- other/Chart.yaml --\napiVersion: v2\nname: other\nversion: 1.0.0\ndependencies:\n- name: demo\n  version: 1.x\n  repository: file://..\n", nil,
			[]string{"circular dependency", "demo -> other -> demo"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := chartDir(t, tt.files)
			if tt.change != nil {
				tt.change(t, dir)
			}
			_, err := Open(t.Context(), dir, Options{Offline: true})
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range append(tt.want, "demo") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q lacks %q", err, w)
				}
			}
		})
	}
}

func TestOpenFollowsLinksInside(t *testing.T) {
	dir := chartDir(t, "-- templates/a.yaml --\na: 1\n-- shared/b.txt --\nb\n")
	if err := os.Symlink("../shared/b.txt", filepath.Join(dir, "templates", "b.yaml")); err != nil {
		t.Skip(err)
	}
	c := openChart(t, dir)
	if len(c.loaded.Templates) != 2 {
		t.Errorf("%d templates, want 2", len(c.loaded.Templates))
	}
}

func TestOpenSkipsIgnoredLinks(t *testing.T) {
	dir := chartDir(t, "-- .helmignore --\nvendor\n-- templates/a.yaml --\na: 1\n")
	if err := os.Symlink("/", filepath.Join(dir, "vendor")); err != nil {
		t.Skip(err)
	}
	openChart(t, dir)
}

// archiveOf writes a .tgz with the given names and texts.
func archiveOf(t *testing.T, entries ...tar.Header) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "demo-1.0.0.tgz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	gz := gzip.NewWriter(f)
	tw := tar.NewWriter(gz)
	for _, h := range entries {
		text := h.PAXRecords["text"]
		h.PAXRecords = nil
		h.Mode, h.Size = 0o644, int64(len(text))
		if err := tw.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := tw.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []interface{ Close() error }{tw, gz, f} {
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

func entry(name, text string) tar.Header {
	return tar.Header{Name: name, Typeflag: tar.TypeReg, PAXRecords: map[string]string{"text": text}}
}

func TestOpenArchive(t *testing.T) {
	meta := entry("demo/Chart.yaml", "apiVersion: v2\nname: demo\nversion: 1.0.0\n")
	c := openChart(t, archiveOf(t, meta, entry("demo/templates/a.yaml", "a: 1\n")))
	if c.Name != "demo" || c.UnitTests() != nil || len(c.Digest) != 64 {
		t.Errorf("opened %+v", c)
	}
	for _, name := range []string{"../evil.yaml", "demo/../../evil.yaml", "/etc/evil", "demo//etc/evil", "demo/../..", "demo/c:/evil"} {
		path := archiveOf(t, meta, entry(name, "x"))
		if _, err := Open(t.Context(), path, Options{}); err == nil && name != "/etc/evil" && name != "../evil.yaml" {
			t.Errorf("%s: no error", name)
		} else if err != nil && !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %q does not name the archive", name, err)
		}
	}
	if err := os.WriteFile(filepath.Join(t.TempDir(), "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	notGzip := filepath.Join(t.TempDir(), "demo.tgz")
	if err := os.WriteFile(notGzip, []byte("hello"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), notGzip, Options{}); err == nil || !strings.Contains(err.Error(), "expected a chart's folder or .tgz") {
		t.Errorf("error %v", err)
	}
}

func TestDigest(t *testing.T) {
	a := openChart(t, chartDir(t, "-- templates/a.yaml --\na: 1\n"))
	b := openChart(t, chartDir(t, "-- templates/a.yaml --\na: 1\n"))
	c := openChart(t, chartDir(t, "-- templates/a.yaml --\na: 2\n"))
	if a.Digest != b.Digest || a.Digest == c.Digest {
		t.Errorf("digests %s %s %s", a.Digest, b.Digest, c.Digest)
	}
	// A chart at the top of its repository is the same in every checkout.
	for _, files := range []string{
		"-- .git/index --\n1\n", "-- .git --\ngitdir: elsewhere\n", "-- chart-matrix-results/made/a.json --\n{}\n",
		"-- results/plan.json --\n{\n  \"schema\": \"chart-matrix/plan/v1\"\n}\n-- results/cells/a/result.json --\n{}\n",
	} {
		if d := openChart(t, chartDir(t, "-- templates/a.yaml --\na: 1\n"+files)); d.Digest != a.Digest {
			t.Errorf("%q changes the digest", files)
		}
	}
	if d := openChart(t, chartDir(t, "-- templates/a.yaml --\na: 1\n-- files/plan.json --\n{\"schema\": 1}\n")); d.Digest == a.Digest {
		t.Error("a plan of the chart's own does not count")
	}
}

func TestFoundFiles(t *testing.T) {
	dir := chartDir(t, `-- tests/web_test.yaml --
suite: web
-- tests/old.yaml --
suite: old
-- tests/values.yaml --
a: 1
-- tests/sub/db.yaml --
suite: db
-- crds/b.yaml --
kind: CustomResourceDefinition
-- charts/sub/Chart.yaml --
apiVersion: v2
name: sub
version: 1.0.0
-- charts/sub/crds/a.yaml --
kind: CustomResourceDefinition
`)
	c := openChart(t, dir)
	rel := func(paths []string) string {
		var out []string
		for _, p := range paths {
			r, err := filepath.Rel(dir, p)
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, filepath.ToSlash(r))
		}
		return strings.Join(out, " ")
	}
	if got, want := rel(c.UnitTests()), "tests/old.yaml tests/sub/db.yaml tests/web_test.yaml"; got != want {
		t.Errorf("unit tests %s, want %s", got, want)
	}
	var crds []string
	for _, f := range c.CRDs() {
		crds = append(crds, f.Template)
	}
	if got, want := strings.Join(crds, " "), "demo/charts/sub/crds/a.yaml demo/crds/b.yaml"; got != want {
		t.Errorf("CRDs %s, want %s", got, want)
	}
}
