//go:build e2e

package e2e

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// repository serves one version of a chart as a Helm repository.
func repository(t *testing.T, chart, name, version string) string {
	t.Helper()
	var packed bytes.Buffer
	zipped := gzip.NewWriter(&packed)
	archive := tar.NewWriter(zipped)
	err := fs.WalkDir(os.DirFS(chart), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(chart, path))
		if err != nil {
			return err
		}
		if err = archive.WriteHeader(&tar.Header{Name: name + "/" + filepath.ToSlash(path), Mode: 0o644, Size: int64(len(data))}); err == nil {
			_, err = archive.Write(data)
		}
		return err
	})
	if err == nil {
		err = archive.Close()
	}
	if err == nil {
		err = zipped.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	index := fmt.Sprintf("apiVersion: v1\nentries:\n  %s:\n  - {apiVersion: v2, name: %s, version: %s, digest: %x, urls: [%s-%s.tgz]}\n",
		name, name, version, sha256.Sum256(packed.Bytes()), name, version)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text := packed.Bytes()
		if strings.HasSuffix(r.URL.Path, "/index.yaml") {
			text = []byte(index)
		}
		_, _ = w.Write(text)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// helms lists the series of Helm that PATH has under names of their own.
func helms(t *testing.T) []string {
	t.Helper()
	var found []string
	for _, series := range []string{"3", "4"} {
		if _, err := exec.LookPath("helm-" + series); err == nil {
			found = append(found, series)
		} else {
			missing(t, "helm-"+series+" is not on PATH; make e2e builds it")
		}
	}
	return found
}

// TestRunUpgradesFromARelease: the version of the example chart that a repository
// has is installed, upgraded, tested, rolled back and uninstalled by the Helms
// on PATH, in one real cluster. TestRun does so with the Helm in the program.
func TestRunUpgradesFromARelease(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	_, versions := kindImages(t)
	older := filepath.Join(t.TempDir(), "hogwatch")
	if err := os.CopyFS(older, os.DirFS(filepath.Join("..", "examples", "hogwatch", "charts", "hogwatch"))); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(older, "Chart.yaml"), "version: 0.4.0", "version: 0.3.0")
	edit(t, filepath.Join(older, "values.yaml"), "logLevel: info", "logLevel: debug")
	address := repository(t, older, "hogwatch", "0.3.0")
	axes := helms(t)
	if len(axes) == 0 {
		t.Skip("no Helm of one's own is here")
	}
	dir := project{
		chart: filepath.Join("..", "examples", "hogwatch", "charts", "hogwatch"), versions: versions[:1],
		axes: "  scenario: default\n  operation: [upgrade, older]\n  helm: [" + strings.Join(axes, ", ") + "]",
		more: "repository: " + address + "\noperations:\n  upgrade: {from: release, rollback: true}\n  older: {from: release~1}\n",
	}.make(t)
	e := cm(t, dir, "run", "--clusters", "1", "--results", "results")
	plan, cells, text := ran(t, filepath.Join(dir, "results"))
	t.Logf("\n%s", text)
	if e.code != 0 {
		t.Errorf("exit code %d", e.code)
	}
	if len(cells) != len(axes) || len(plan.Omissions) != 1 || !strings.Contains(plan.Omissions[0].Because, "too few releases of hogwatch") {
		t.Errorf("%d cells, omissions %+v", len(cells), plan.Omissions)
	}
	for _, c := range cells {
		for _, layer := range []string{"cluster", c.At[matrix.Operation], "test", "uninstall"} {
			if s := step(c, layer); s.Status != result.Passed {
				t.Errorf("%s: %s %s", c.Slug, layer, s.Status)
			}
		}
		with := "with Helm v" + c.At["helm"]
		if !strings.Contains(told(c), with) {
			t.Errorf("%s does not say %q", c.Slug, with)
		}
	}
	nothingLeft(t, plan)
}

// TestRunRefusedByTheAPIServer: what does not fit its kind is refused, and that
// is the chart's doing.
func TestRunRefusedByTheAPIServer(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	_, versions := kindImages(t)
	chart := filepath.Join(t.TempDir(), "chart")
	write(t, filepath.Join(chart, "Chart.yaml"), "apiVersion: v2\nname: refused\nversion: 1.0.0\n")
	write(t, filepath.Join(chart, "values.yaml"), "kind: number\n")
	web := func(spec, container string) string {
		return "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {" + spec + "selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: main, image: " + jobImage + container + "}]}}}\n"
	}
	kinds := map[string]string{
		"number":    web(`replicas: "two", `, ""),
		"unknown":   web(`replicaz: 1, `, ""),
		"bool":      web(`paused: 7, `, ""),
		"list":      web("", `, args: all`),
		"duplicate": web("", `}, {name: main, image: `+jobImage),
		"keyless":   web("", `}, {image: `+jobImage),
		"quantity":  web("", `, resources: {limits: {memory: much}}`),
		"text":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\ndata: {a: 5}\n",
		"name":      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web_Site}\n",
		"port":      "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {ports: [{port: http}]}\n",
	}
	var templates, scenarios strings.Builder
	for name, text := range kinds {
		fmt.Fprintf(&templates, "{{- if eq .Values.kind %q }}\n%s{{- end }}\n", name, text)
		fmt.Fprintf(&scenarios, "    %s: {set: {kind: %s}}\n", name, name)
	}
	write(t, filepath.Join(chart, "templates", "all.yaml"), templates.String())
	axes := []string{"built-in"}
	if slices.Contains(helms(t), "3") {
		axes = append(axes, "3")
	}
	dir := project{
		chart: chart, versions: versions[:1], axes: "  scenario:\n" + scenarios.String() + "  helm: [" + strings.Join(axes, ", ") + "]",
		more: "layers: {install: }\nexclude:\n- {scenario: [" + strings.Join(names(kinds), ", ") + "], layer: [lint, schema, unit], because: the API server is asked}\n" +
			"- {scenario: unknown, helm: [" + axes[len(axes)-1] + "], because: Helm 3 lets unknown fields through}\n",
	}.make(t)
	e := cm(t, dir, "run", "--clusters", "1", "--results", "results")
	plan, cells, text := ran(t, filepath.Join(dir, "results"))
	t.Logf("\n%s", text)
	if e.code != 1 {
		t.Errorf("exit code %d", e.code)
	}
	for _, c := range cells {
		s := step(c, "install")
		if s.Status != result.Failed || len(s.Assertions) != 1 || !slices.ContainsFunc(s.Assertions[0].Problems, func(p result.Problem) bool { return p.Code == "object-invalid" }) {
			t.Errorf("%s", told(c))
		}
	}
	nothingLeft(t, plan)
}

func names[V any](set map[string]V) []string {
	var out []string
	for name := range set {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}
