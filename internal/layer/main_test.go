package layer

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestMain lets the test binary render charts, and play helm-unittest where it
// is called by that name.
func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); name == "helm" || name == "untt" {
		os.Exit(playUnittest(name, os.Args[1:]))
	}
	chart.RunWorkerIfAsked()
	os.Exit(m.Run())
}

// testChart is a chart on disk with a renderer of its own.
type testChart struct {
	*chart.Chart
	renderer *chart.Renderer
}

// newChart writes a chart of these files, by path, and opens it.
func newChart(t *testing.T, files map[string]string) testChart {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	all := map[string]string{"Chart.yaml": "apiVersion: v2\nname: demo\nversion: 1.0.0\nicon: https://example.com/icon.png\n", "values.yaml": "{}\n"}
	maps.Copy(all, files)
	for name, text := range all {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := chart.Open(t.Context(), dir, chart.Options{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.NewRenderer(chart.RendererOptions{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return testChart{c, r}
}

// template is a chart with one template.
func template(t *testing.T, text string) testChart {
	t.Helper()
	return newChart(t, map[string]string{"templates/a.yaml": text})
}

// cell is what a layer reads on kind at this minor, "1.30", with these --set.
func cell(t *testing.T, minor string, set ...string) Inputs {
	t.Helper()
	return providerCell(t, "kind", minor, set...)
}

func providerCell(t *testing.T, provider, minor string, set ...string) Inputs {
	t.Helper()
	m, err := kube.ParseMinor(minor)
	if err != nil {
		t.Fatal(err)
	}
	v, err := chart.NewResolver().Resolve([]chart.ValueLayer{{Source: "test", Set: set}})
	if err != nil {
		t.Fatal(err)
	}
	return Inputs{
		Cell:   matrix.Cell{At: matrix.Coordinate{"scenario": "test", "kubernetes": minor}},
		Values: v, KubeVersion: kube.ProviderVersion(provider, m), Minor: minor, Release: "rel", Namespace: "space",
	}
}

// ask runs a layer and gives its answers as lines.
func ask(t *testing.T, l Layer, in Inputs) []string {
	t.Helper()
	out, err := l.Run(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return lines(out)
}

// lines shows assertions, one a line: the status, the name, and what is wrong,
// "error wrong-type at /spec/replicas: …".
func lines(assertions []result.Assertion) []string {
	var out []string
	for _, a := range assertions {
		line := fmt.Sprintf("%s %s", a.Status, a.Name)
		if a.Reason != "" {
			line += " (" + a.Reason + ")"
		}
		for _, p := range a.Problems {
			line += fmt.Sprintf(" | %s %s", p.Severity, p.Code)
			if p.Location.Path != "" {
				line += " at " + p.Location.Path
			}
			line += ": " + p.Message
		}
		out = append(out, line)
	}
	return out
}

// sameLines compares all lines; a wanted one that ends with "…" is a beginning.
func sameLines(t *testing.T, got, want []string) {
	t.Helper()
	same := slices.EqualFunc(got, want, func(g, w string) bool {
		start, open := strings.CutSuffix(w, "…")
		return g == w || open && strings.HasPrefix(g, start)
	})
	if !same {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func key(t *testing.T, l Layer, in Inputs) string {
	t.Helper()
	k, err := l.Key(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
