package chart

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// ociRegistry serves the .tgz files of a folder as the OCI distribution
// specification says, reading only: one manifest per tag, blobs by digest.
func ociRegistry(t *testing.T, dir, name string) *httptest.Server {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		t.Fatal(err)
	}
	blobs, manifests := map[string][]byte{}, map[string][]byte{}
	add := func(data []byte) (string, int) {
		digest := fmt.Sprintf("sha256:%x", sha256.Sum256(data))
		blobs[digest] = data
		return digest, len(data)
	}
	var tags []string
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		tag := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(f), name+"-"), ".tgz")
		tags = append(tags, tag)
		config, n := add([]byte(`{"apiVersion":"v2","name":"` + name + `","version":"` + tag + `"}`))
		layer, m := add(data)
		manifests[tag] = fmt.Appendf(nil, `{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",`+
			`"config":{"mediaType":"application/vnd.cncf.helm.config.v1+json","digest":%q,"size":%d},`+
			`"layers":[{"mediaType":"application/vnd.cncf.helm.chart.content.v1.tar+gzip","digest":%q,"size":%d}]}`, config, n, layer, m)
		digest, _ := add(manifests[tag])
		manifests[digest] = manifests[tag]
	}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, ref := filepath.Base(filepath.Dir(r.URL.Path)), filepath.Base(r.URL.Path)
		var data []byte
		switch {
		case r.URL.Path == "/v2/":
			return
		case ref == "list":
			data, _ = json.Marshal(map[string]any{"name": "charts/" + name, "tags": tags})
		case kind == "manifests":
			data = manifests[ref]
			w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		case kind == "blobs":
			data = blobs[ref]
		}
		if data == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Docker-Content-Digest", fmt.Sprintf("sha256:%x", sha256.Sum256(data)))
		w.Header().Set("Content-Length", fmt.Sprint(len(data)))
		if r.Method == http.MethodGet {
			_, _ = w.Write(data)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func TestDependencyFromOCI(t *testing.T) {
	isolateHelm(t)
	dir := t.TempDir()
	packageChart(t, dir, "1.0.0")
	packageChart(t, dir, "1.3.0")
	srv := ociRegistry(t, dir, "sub")
	repository := strings.Replace(srv.URL, "http://", "oci://", 1) + "/charts"
	text := "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\ndependencies:\n- name: sub\n  version: %s\n  repository: " + repository + "\n"
	for version, want := range map[string]string{"1.0.0": "1.0.0", "1.x": "1.3.0"} {
		c, err := Open(t.Context(), chartDir(t, fmt.Sprintf(text, version)), Options{CacheDir: t.TempDir(), PlainHTTP: true})
		if err != nil {
			t.Fatal(err)
		}
		if deps := c.loaded.Dependencies(); len(deps) != 1 || deps[0].Metadata.Version != want {
			t.Errorf("%s: dependencies %v, want %s", version, deps, want)
		}
	}
}
