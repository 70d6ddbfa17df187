//go:build e2e

package github

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// actVersion is what doc.go describes.
const actVersion = "v0.2.89"

// root is the top of the checkout.
func root(t *testing.T) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	must(t, err)
	return dir
}

// needNode skips a test where Node.js or npm is missing, and fails it in CI.
func needNode(t *testing.T) {
	t.Helper()
	for _, program := range []string{"node", "npm", "git", "bash"} {
		if _, err := exec.LookPath(program); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatalf("%s is missing; on Debian: apt-get install nodejs npm git bash", program)
			}
			t.Skipf("%s is missing; on Debian: apt-get install nodejs npm git bash", program)
		}
	}
}

// act gives the path of act, which is built from its source when it is not there.
func act(t *testing.T) string {
	t.Helper()
	return once(t, "act-"+actVersion, "act", func(dir string) {
		cmd := exec.Command("go", "install", "github.com/nektos/act@"+actVersion)
		cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
		output(t, cmd)
	})
}

// npmFolder gives a folder with node_modules of a package.json and its lock file.
func npmFolder(t *testing.T, name, from string) string {
	t.Helper()
	files := map[string][]byte{}
	sum := sha256.New()
	for _, file := range []string{"package.json", "package-lock.json"} {
		data, err := os.ReadFile(filepath.Join(from, file))
		must(t, err)
		files[file] = data
		sum.Write(data)
	}
	folder := name + "-" + hex.EncodeToString(sum.Sum(nil))[:12]
	return filepath.Dir(once(t, folder, "node_modules", func(dir string) {
		for file, data := range files {
			must(t, os.WriteFile(filepath.Join(dir, file), data, 0o644))
		}
		cmd := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
		cmd.Dir = dir
		output(t, cmd)
	}))
}

// once makes .tools/FOLDER, in which there is then a file or folder called want,
// and gives the path of that. What broke off is never taken for whole.
func once(t *testing.T, folder, want string, fill func(dir string)) string {
	t.Helper()
	tools := filepath.Join(root(t), ".tools")
	place := filepath.Join(tools, folder, want)
	if _, err := os.Stat(place); err == nil {
		return place
	}
	must(t, os.MkdirAll(tools, 0o755))
	dir, err := os.MkdirTemp(tools, folder+".new-")
	must(t, err)
	defer os.RemoveAll(dir)
	must(t, os.Chmod(dir, 0o755))
	fill(dir)
	if err := os.Rename(dir, filepath.Join(tools, folder)); err != nil && !errors.Is(err, fs.ErrExist) {
		if _, there := os.Stat(place); there != nil {
			t.Fatal(err)
		}
	}
	return place
}

// TestMain removes the program that the tests have built.
func TestMain(m *testing.M) {
	code := m.Run()
	if built.dir != "" {
		_ = os.RemoveAll(built.dir)
	}
	os.Exit(code)
}

// built is chart-matrix, once for all tests: linking takes seconds.
var built struct {
	sync.Once
	dir string
	err error
}

// program builds chart-matrix from the checkout and gives its path.
func program(t *testing.T) string {
	t.Helper()
	built.Do(func() {
		if built.dir, built.err = os.MkdirTemp("", "chart-matrix-e2e-"); built.err != nil {
			return
		}
		cmd := exec.Command("go", "build", "-o", filepath.Join(built.dir, "chart-matrix"), "./cmd/chart-matrix")
		cmd.Dir = root(t)
		if out, err := cmd.CombinedOutput(); err != nil {
			built.err = fmt.Errorf("%w\n%s", err, out)
		}
	})
	must(t, built.err)
	return filepath.Join(built.dir, "chart-matrix")
}

// output runs a command that must succeed.
func output(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s%s", strings.Join(cmd.Args, " "), err, out, stderr.String())
	}
	return strings.TrimSpace(string(out))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}

func write(t *testing.T, path, text string, mode fs.FileMode) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, []byte(text), mode))
}
