package chart

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// chartDir writes a chart from a txtar-like text: lines "-- name --" begin a
// file. A Chart.yaml is added unless the text has one.
func chartDir(t testing.TB, text string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	files := map[string]string{"Chart.yaml": "apiVersion: v2\nname: demo\nversion: 1.0.0\n"}
	name := ""
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(n), " --")
			files[name] = ""
			continue
		}
		if name != "" {
			files[name] += line
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func openChart(t testing.TB, dir string) *Chart {
	t.Helper()
	c, err := Open(context.Background(), dir, Options{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func newRenderer(t testing.TB, c *Chart, opt RendererOptions) *Renderer {
	t.Helper()
	if opt.Workers == 0 {
		opt.Workers = 2
	}
	r, err := c.NewRenderer(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	})
	return r
}

func resolve(t testing.TB, set ...string) *Values {
	t.Helper()
	v, err := NewResolver().Resolve([]ValueLayer{{Source: "test", Set: set}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func testHost(t testing.TB, c *Chart) *host {
	t.Helper()
	in := wireInit{OutputLimit: DefaultOutputLimit, Dir: c.Path}
	for _, f := range c.files {
		in.Files = append(in.Files, wireFile{f.Name, f.Data})
	}
	h, err := newHost(in, &progress{})
	if err != nil {
		t.Fatal(err)
	}
	return h
}
