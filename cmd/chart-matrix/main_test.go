//go:build unix

package main

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary be the program, and its render workers.
func TestMain(m *testing.M) {
	if os.Getenv("CHART_MATRIX_TEST_MAIN") != "" || os.Getenv("CHART_MATRIX_RENDER_WORKER") != "" {
		main()
	}
	os.Exit(m.Run())
}

// TestSignals interrupts a run whose template never ends: the program exits
// with 130, and neither processes nor temporary files remain.
func TestSignals(t *testing.T) {
	chart := filepath.Join(t.TempDir(), "endless")
	for name, text := range map[string]string{
		"Chart.yaml":         "apiVersion: v2\nname: endless\nversion: 1.0.0\n",
		"templates/cm.yaml":  "{{ range until 2000000000 }}{{ end }}",
		".chart-matrix.yaml": "chart: .\naxes: {kubernetes: [\"1.35\"]}\n",
	} {
		file := filepath.Join(chart, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name    string
		signals []os.Signal
	}{
		{"SIGINT", []os.Signal{os.Interrupt}},
		{"SIGTERM", []os.Signal{syscall.SIGTERM}},
		{"twice", []os.Signal{os.Interrupt, syscall.SIGTERM}},
	} {
		t.Run(c.name, func(t *testing.T) {
			interrupt(t, chart, c.signals)
		})
	}
}

func interrupt(t *testing.T, chart string, signals []os.Signal) {
	t.Helper()
	tmp, results := t.TempDir(), filepath.Join(t.TempDir(), "results")
	cmd := exec.Command(os.Args[0], "run", chart, "--results", results, "--render-timeout", "1m", "--layers", "render")
	cmd.Env = append(os.Environ(), "CHART_MATRIX_TEST_MAIN=1", "TMPDIR="+tmp)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = cmd.Process.Kill() }() // where the test gave up
	waitFor(t, "a worker", func() bool { return len(entries(t, tmp)) > 0 })
	time.Sleep(100 * time.Millisecond) // into the render
	for _, s := range signals {
		if err := cmd.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	var said strings.Builder
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		said.WriteString(lines.Text() + "\n")
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 130 {
		t.Errorf("ended with %v, want exit code 130\n%s", err, said.String())
	}
	waitFor(t, "the temporary files to go", func() bool { return len(entries(t, tmp)) == 0 })
	for _, name := range entries(t, results) {
		if strings.HasPrefix(name, ".") {
			t.Errorf("%s is half-written", name)
		}
	}
}

func entries(t *testing.T, dir string) []string {
	t.Helper()
	found, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var names []string
	for _, e := range found {
		names = append(names, e.Name())
	}
	return names
}

func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 1000 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited 10 s for %s", what)
}
