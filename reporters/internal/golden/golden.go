// Package golden compares what a test made with a file in testdata.
package golden

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Check fails the test when got differs from the file testdata/name, and
// writes that file when the test runs with -update.
func Check(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update to make it", err)
	}
	if !bytes.Equal(got, want) {
		line, a, b := firstDifference(got, want)
		t.Errorf("%s differs first in line %d (run the test with -update if the change is meant):\n got %q\nwant %q", path, line, a, b)
	}
}

func firstDifference(got, want []byte) (line int, a, b []byte) {
	g, w := bytes.Split(got, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range max(len(g), len(w)) {
		a, b = nil, nil
		if i < len(g) {
			a = g[i]
		}
		if i < len(w) {
			b = w[i]
		}
		if !bytes.Equal(a, b) {
			return i + 1, a, b
		}
	}
	return 0, nil, nil
}
