package layer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/matrix"
)

// BenchmarkCheck runs lint, render and schema over sets of values and all the
// versions that are known: first on the example, and on the chart that
// CHART_MATRIX_BENCH_CHART names, with every YAML file below
// CHART_MATRIX_BENCH_VALUES as a set of values.
//
// "ns/cell" is what a cell costs. All versions should cost less than twice
// what one costs.
func BenchmarkCheck(b *testing.B) {
	type target struct{ chart, values string }
	targets := map[string]target{"hogwatch": {"../../examples/hogwatch/charts/hogwatch", ""}}
	if dir := os.Getenv("CHART_MATRIX_BENCH_CHART"); dir != "" {
		targets[filepath.Base(dir)] = target{dir, os.Getenv("CHART_MATRIX_BENCH_VALUES")}
	}
	all := kube.Minors()
	for name, t := range targets {
		for _, minors := range [][]kube.Minor{all[len(all)-1:], all} {
			b.Run(fmt.Sprintf("%s/versions=%d", name, len(minors)), func(b *testing.B) {
				cells := 0
				for b.Loop() {
					cells += checkAll(b, t.chart, t.values, minors)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(cells), "ns/cell")
			})
		}
	}
}

// checkAll asks every cell, from opening the chart to the last answer, and
// says how many there were.
func checkAll(b *testing.B, dir, valuesDir string, minors []kube.Minor) int {
	c, err := chart.Open(b.Context(), dir, chart.Options{Offline: true})
	if err != nil {
		b.Fatal(err)
	}
	r, err := c.NewRenderer(chart.RendererOptions{})
	if err != nil {
		b.Fatal(err)
	}
	defer func() { _ = r.Close() }() // ends with the process at the latest
	sets, err := filepath.Glob(filepath.Join(c.Path, "ci", "*-values.yaml"))
	if err != nil {
		b.Fatal(err)
	}
	if valuesDir != "" {
		sets = yamlFiles(b, valuesDir)
	}
	resolver := chart.NewResolver()
	var cells []Inputs
	for _, file := range append([]string{""}, sets...) {
		var from []chart.ValueLayer
		if file != "" {
			from = []chart.ValueLayer{{Source: file, Files: []string{file}}}
		}
		v, err := resolver.Resolve(from)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range minors {
			cells = append(cells, Inputs{
				Cell: matrix.Cell{At: matrix.Coordinate{"scenario": file}}, Values: v,
				KubeVersion: kube.ProviderVersion("kind", m), Minor: m.String(), Release: c.Name, Namespace: c.Name,
			})
		}
	}
	for _, l := range []Layer{&Lint{Renderer: r}, &Render{Renderer: r}, NewSchema(c, r)} {
		answered := map[string]bool{}
		for _, in := range cells {
			if l.Name() == SchemaName && !renders(b, r, in) {
				continue
			}
			key, err := l.Key(b.Context(), in)
			if err != nil {
				b.Fatal(err)
			}
			if answered[key] {
				continue
			}
			answered[key] = true
			if _, err := l.Run(b.Context(), in); err != nil {
				b.Fatal(err)
			}
		}
	}
	return len(cells)
}

func renders(b *testing.B, r *chart.Renderer, in Inputs) bool {
	out, err := render(b.Context(), r, in)
	if err != nil {
		b.Fatal(err)
	}
	return out.Failure == nil
}

func yamlFiles(b *testing.B, dir string) []string {
	var out []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".yaml") {
			out = append(out, path)
		}
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	slices.Sort(out)
	return out
}
