package kind

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// TestMain builds the stand-in of kind and docker, and lets the test binary be
// the helper that is killed in the middle of Up.
func TestMain(m *testing.M) {
	if os.Getenv(helperVariable) != "" {
		os.Exit(helper())
	}
	os.Exit(run(m))
}

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "kind-stand-in-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program := filepath.Join(dir, "kind")
	if out, err := exec.Command("go", "build", "-o", program, "./testdata/standin").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "go build of the stand-in: %v\n%s", err, out)
		return 1
	}
	if err := os.Symlink(program, filepath.Join(dir, "docker")); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := os.Setenv(standInBin, dir); err != nil {
		return 1
	}
	return m.Run()
}

// The environment of the stand-in.
const (
	standInBin   = "KIND_TEST_BIN"   // the folder of its programs
	standInDir   = "KIND_TEST_DIR"   // what they share
	standInPause = "KIND_TEST_PAUSE" // milliseconds of each step of create
)

// standIns puts kind and docker in front of PATH, and gives the folder that
// they share.
func standIns(t testing.TB) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("PATH", os.Getenv(standInBin)+string(filepath.ListSeparator)+os.Getenv("PATH"))
	t.Setenv("HOME", dir)
	t.Setenv(standInDir, dir)
	t.Setenv(standInPause, "2")
	return dir
}

// breakAt lets a step of the stand-in print a text and fail, so many times.
func breakAt(t testing.TB, dir, step, output string, times int) {
	t.Helper()
	text := strconv.Itoa(times) + "\n" + output
	if err := os.WriteFile(filepath.Join(dir, "fault-"+step), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func calls(t testing.TB, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// containerFiles gives the files of a cluster's containers; "" means of all.
func containerFiles(cluster string) []string {
	paths, _ := filepath.Glob(filepath.Join(os.Getenv(standInDir), "container-*"))
	return slices.DeleteFunc(paths, func(path string) bool {
		text, err := os.ReadFile(path)
		return err != nil || cluster != "" && string(text) != cluster
	})
}

func clusters() []string {
	var out []string
	for _, path := range containerFiles("") {
		if text, err := os.ReadFile(path); err == nil {
			out = append(out, string(text))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
