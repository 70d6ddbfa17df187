package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// BenchmarkPlan10000 is `chart-matrix plan` of 10,000 cells, from the files on
// disk to the grid, without the start of the program.
func BenchmarkPlan10000(b *testing.B) {
	dir := b.TempDir()
	values := func(name string, n int) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf("%s-%d", name, i))
		}
		return strings.Join(list, ", ")
	}
	for file, text := range map[string]string{
		"chart/Chart.yaml":  "apiVersion: v2\nname: big\nversion: 1.0.0\n",
		"chart/values.yaml": "a: b\n",
		".chart-matrix.yaml": "chart: chart\naxes:\n  kubernetes: [1.28, 1.29, '1.30', 1.31, 1.32, 1.33, 1.34, 1.35, 1.36, 1.37]\n" +
			"  provider: [kind, k3s, eks, gke, aks]\n  operation: [install, upgrade]\n" +
			"  color: [" + values("color", 10) + "]\n  size:\n" +
			"    small: {set: {size: s}}\n    large: {set: {size: l}}\n  more: [" + values("more", 5) + "]\n",
	} {
		path := filepath.Join(dir, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	env := Env{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: os.Stderr, Getenv: func(string) string { return "" }, Now: time.Now, Width: defaultWidth}
	b.ReportAllocs()
	for b.Loop() {
		if code := Main(b.Context(), env, []string{"plan", dir}); code != exitPassed {
			b.Fatalf("exit code %d", code)
		}
	}
}
