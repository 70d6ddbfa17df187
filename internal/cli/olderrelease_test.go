package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/layer"
)

// published serves versions of the chart web as a Helm repository.
func published(t *testing.T, versions ...string) string {
	t.Helper()
	files := map[string][]byte{}
	index := "apiVersion: v1\nentries:\n  web:\n"
	for _, v := range versions {
		var b bytes.Buffer
		zipped := gzip.NewWriter(&b)
		archive := tar.NewWriter(zipped)
		text := "apiVersion: v2\nname: web\nversion: " + v + "\n"
		if err := archive.WriteHeader(&tar.Header{Name: "web/Chart.yaml", Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		_, err := archive.Write([]byte(text))
		if err = errors.Join(err, archive.Close(), zipped.Close()); err != nil {
			t.Fatal(err)
		}
		files["/web-"+v+".tgz"] = b.Bytes()
		index += fmt.Sprintf("  - {apiVersion: v2, name: web, version: %s, digest: %x, urls: [web-%s.tgz]}\n", v, sha256.Sum256(b.Bytes()), v)
	}
	files["/index.yaml"] = []byte(index)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		data, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(data)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestOlderReleases(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HELM_REPOSITORY_CONFIG", filepath.Join(t.TempDir(), "none.yaml"))
	address := published(t, "1.0.0", "1.1.0", "1.2.0", "1.3.0-rc.1", "2.0.0")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.0\n",
		".chart-matrix.yaml": "repository: " + address + `
axes:
  kubernetes: [1.34]
  operation: [last, before, first, none, series, exact, itself, nowhere, other, away]
operations:
  last: {from: release}
  before: {from: release~1}
  first: {from: release~2}
  none: {from: release~9}
  series: {from: 1.0.x}
  exact: {from: 2.0.0}
  itself: {from: 1.2.0}
  nowhere: {from: 7.x}
  other: {from: {chart: app, version: 1.x}}
  away: {from: {repository: "` + address + `/away", version: 1.x}}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	p, err := openProject(t.Context(), System(), dir, targetFlags{})
	if err != nil {
		t.Fatal(err)
	}
	defer p.close()
	at := filepath.Join(dir, ".chart-matrix.yaml")
	for operation, want := range map[string]string{
		// The chart at hand is 1.2.0 itself, as it was published.
		"last":    "1.1.0 from " + address,
		"before":  "1.0.0 from " + address,
		"first":   "block: nothing to upgrade from: too few releases of web up to 1.2.0 in " + address + " for release~2",
		"none":    "block: nothing to upgrade from: too few releases of web up to 1.2.0 in " + address + " for release~9",
		"series":  "1.0.0 from " + address,
		"exact":   "2.0.0 from " + address,
		"itself":  "block: nothing to upgrade from: the chart is the same in 1.2.0 from " + address,
		"nowhere": "mistake: " + at + ":13:19: the chart to upgrade from, 7.x: " + address + " has no such version of web; have 2.0.0, 1.3.0-rc.1, 1.2.0, 1.1.0, 1.0.0",
		"other":   "mistake: " + at + ":14:17: the chart to upgrade from, 1.x: asking " + address + " for the versions of app: it has none",
		"away":    "error: the chart to upgrade from, 1.x from " + address + "/away: asking " + address + "/away for the versions of web: " + address + "/away/index.yaml answers 404 Not Found",
	} {
		older, err := p.older.of(t.Context(), operation)
		var block *layer.Block
		var wrong *wrongOrigin
		got := older.Name
		switch {
		case errors.As(err, &block):
			got = "block: " + block.Reason
		case errors.As(err, &wrong):
			got = "mistake: " + wrong.message
		case err != nil:
			got = "error: " + err.Error()
		case !strings.HasPrefix(older.Name, older.Chart.Version+" from "):
			t.Errorf("%s: %s is called %s", operation, older.Chart.Version, older.Name)
		}
		if got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", operation, got, want)
		}
	}
	p.older = &older{env: p.older.env, project: p}
	p.offline = true
	if _, err := p.older.of(t.Context(), "last"); err == nil || !strings.Contains(err.Error(), "--offline forbids") {
		t.Errorf("offline: %v", err)
	}
}
