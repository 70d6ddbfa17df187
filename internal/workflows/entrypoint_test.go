package workflows

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// program stands in for the released one: it says what it was given.
const program = "#!/bin/sh\necho \"released: $*\"\n[ \"$1\" != exit ] || exit 7\n"

// action is a copy of the action in a folder of its own, with its programs on a
// server of its own, and a runner's folders.
type action struct {
	t        testing.TB
	folder   string // with entrypoint.sh
	cache    string // RUNNER_TOOL_CACHE
	bin      string // the whole PATH
	env      []string
	requests atomic.Int32
	serve    atomic.Pointer[http.HandlerFunc]
}

// tools are all that entrypoint.sh may use, apart from Go.
var tools = []string{"bash", "sh", "dirname", "uname", "tr", "mktemp", "curl", "sha256sum", "shasum", "gzip", "chmod", "mv", "rm", "mkdir", "sleep"}

func newAction(t testing.TB) *action {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("entrypoint.sh is for Linux and macOS")
	}
	root := t.TempDir()
	a := &action{t: t, folder: filepath.Join(root, "the action"), cache: filepath.Join(root, "tool cache"), bin: filepath.Join(root, "bin")}
	script, err := os.ReadFile(filepath.Join("..", "..", "entrypoint.sh"))
	if err != nil {
		t.Fatal(err)
	}
	a.write(filepath.Join(a.folder, "entrypoint.sh"), string(script), 0o755)
	a.release("v1.2.3", asset(t, program))
	for _, tool := range tools {
		a.install(tool)
	}
	a.answer(serves(asset(t, program)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.requests.Add(1)
		if want := "/v1.2.3/" + assetName(t); r.URL.Path != want {
			t.Errorf("asked for %s; expected %s", r.URL.Path, want)
		}
		(*a.serve.Load())(w, r)
	}))
	t.Cleanup(server.Close)
	temporary := filepath.Join(root, "runner's temp")
	if err := os.MkdirAll(temporary, 0o755); err != nil {
		t.Fatal(err)
	}
	a.env = []string{"PATH=" + a.bin, "RUNNER_TOOL_CACHE=" + a.cache, "RUNNER_TEMP=" + temporary, "CHART_MATRIX_RELEASES=" + server.URL}
	return a
}

func (a *action) write(path, text string, mode os.FileMode) {
	a.t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		a.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		a.t.Fatal(err)
	}
}

// release commits a version and the checksum of what is served for it; without
// an asset, the checksum of another platform only.
func (a *action) release(version string, served []byte) {
	line := strings.Repeat("0", 64) + "  chart-matrix_plan9_mips.gz\n"
	if served != nil {
		sum := sha256.Sum256(served)
		line += hex.EncodeToString(sum[:]) + "  " + assetName(a.t) + "\n"
	}
	a.write(filepath.Join(a.folder, ".release", "version"), version+"\n", 0o644)
	a.write(filepath.Join(a.folder, ".release", "checksums"), line, 0o644)
}

// install puts a tool of this machine on the PATH, if it is there.
func (a *action) install(tool string) {
	a.t.Helper()
	if path, err := exec.LookPath(tool); err == nil {
		a.script(tool, "exec '"+path+"' \"$@\"")
	} else if tool == "bash" || tool == "curl" || tool == "gzip" {
		a.t.Skipf("%s is missing, and entrypoint.sh needs it", tool)
	}
}

// script puts a program of a few lines on the PATH.
func (a *action) script(name, text string) {
	a.write(filepath.Join(a.bin, name), "#!/bin/sh\n"+text+"\n", 0o755)
}

// withGo puts a Go on the PATH that builds a program which tells itself apart.
func (a *action) withGo() {
	a.script("go", `while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\necho "built: $*"\n' > "$2"; chmod 755 "$2"`)
}

// answer is how the server answers from now on.
func (a *action) answer(serve http.HandlerFunc) { a.serve.Store(&serve) }

// serves answers every request with these bytes.
func serves(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(b) }
}

func (a *action) without(tool string) {
	if err := os.Remove(filepath.Join(a.bin, tool)); err != nil {
		a.t.Fatal(err)
	}
}

func (a *action) command(args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(a.bin, "bash"), append([]string{filepath.Join(a.folder, "entrypoint.sh")}, args...)...)
	cmd.Env = a.env
	return cmd
}

func (a *action) run(args ...string) (stdout, stderr string, code int) {
	a.t.Helper()
	cmd := a.command(args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		a.t.Fatal(err)
	}
	return out.String(), errs.String(), code
}

// cached lists the files of the tool cache.
func (a *action) cached() []string {
	var files []string
	_ = filepath.Walk(a.cache, func(path string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			files = append(files, filepath.Base(path))
		}
		return nil
	})
	return files
}

func asset(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := io.WriteString(z, text); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func assetName(t testing.TB) string {
	if runtime.GOARCH != "amd64" && runtime.GOARCH != "arm64" {
		t.Skipf("there are no releases for %s", runtime.GOARCH)
	}
	return fmt.Sprintf("chart-matrix_%s_%s.gz", runtime.GOOS, runtime.GOARCH)
}

func TestEntrypoint(t *testing.T) {
	truncated := func(w http.ResponseWriter, served []byte) {
		w.Header().Set("Content-Length", fmt.Sprint(len(served)))
		_, _ = w.Write(served[:len(served)/2])
		if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
			_ = c.Close()
		}
	}
	tests := []struct {
		name     string
		arrange  func(*action)
		stdout   string
		stderr   []string
		code     int
		requests int32
	}{
		{name: "right checksum", stdout: "released: action --flag a b\n", requests: 1},
		{
			name:    "wrong checksum",
			arrange: func(a *action) { a.release("v1.2.3", asset(t, "another program")); a.withGo() },
			stderr:  []string{"and " + sum(asset(t, "another program")) + " was expected", sum(asset(t, program)), "nothing of it was run"},
			code:    3, requests: 1,
		},
		{
			name:    "no checksum for this platform",
			arrange: func(a *action) { a.release("v1.2.3", nil) },
			stderr:  []string{"this commit is of no release for " + runtime.GOOS, "no Go", "actions/setup-go"},
			code:    3,
		},
		{
			name:    "no checksum for this platform, with Go",
			arrange: func(a *action) { a.release("v1.2.3", nil); a.withGo() },
			stdout:  "built: action --flag a b\n", stderr: []string{"; building it with Go"},
		},
		{
			name: "unreleased commit, with Go",
			arrange: func(a *action) {
				a.write(filepath.Join(a.folder, ".release", "version"), "unreleased\n", 0o644)
				a.write(filepath.Join(a.folder, ".release", "checksums"), "", 0o644)
				a.withGo()
			},
			stdout: "built: action --flag a b\n",
		},
		{
			name:    "not found",
			arrange: func(a *action) { a.answer(http.NotFound) },
			stderr:  []string{"404", assetName(t) + " could not be downloaded", "no Go"},
			code:    3, requests: 3,
		},
		{
			name:    "not found, with Go",
			arrange: func(a *action) { a.answer(http.NotFound); a.withGo() },
			stdout:  "built: action --flag a b\n", requests: 3,
		},
		{
			name: "unavailable at first",
			arrange: func(a *action) {
				a.answer(func(w http.ResponseWriter, _ *http.Request) {
					if a.requests.Load() < 3 {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					_, _ = w.Write(asset(t, program))
				})
			},
			stdout: "released: action --flag a b\n", requests: 3,
		},
		{
			name: "truncated once",
			arrange: func(a *action) {
				a.answer(func(w http.ResponseWriter, _ *http.Request) {
					if a.requests.Load() == 1 {
						truncated(w, asset(t, program))
						return
					}
					_, _ = w.Write(asset(t, program))
				})
			},
			stdout: "released: action --flag a b\n", requests: 2,
		},
		{
			name: "truncated always",
			arrange: func(a *action) {
				a.answer(func(w http.ResponseWriter, _ *http.Request) { truncated(w, asset(t, program)) })
			},
			stderr: []string{"could not be downloaded"}, code: 3, requests: 3,
		},
		{
			name: "truncated and called whole",
			arrange: func(a *action) {
				a.answer(serves(asset(t, program)[:20]))
			},
			stderr: []string{"was expected"}, code: 3, requests: 1,
		},
		{
			name: "slower than the limit",
			arrange: func(a *action) {
				a.env = append(a.env, "CHART_MATRIX_DOWNLOAD_SECONDS=1")
				a.answer(func(w http.ResponseWriter, r *http.Request) {
					w.(http.Flusher).Flush()
					<-r.Context().Done()
				})
			},
			stderr: []string{"could not be downloaded"}, code: 3, requests: 3,
		},
		{
			name: "slow, within the limit",
			arrange: func(a *action) {
				a.answer(func(w http.ResponseWriter, _ *http.Request) {
					for _, b := range asset(t, program) {
						_, _ = w.Write([]byte{b})
						w.(http.Flusher).Flush()
						time.Sleep(time.Millisecond)
					}
				})
			},
			stdout: "released: action --flag a b\n", requests: 1,
		},
		{
			name:    "no curl",
			arrange: func(a *action) { a.without("curl") },
			stderr:  []string{"curl is missing", "no Go"}, code: 3,
		},
		{
			name:    "no curl, with Go",
			arrange: func(a *action) { a.without("curl"); a.withGo() },
			stdout:  "built: action --flag a b\n",
		},
		{
			name: "tool cache that cannot be written",
			arrange: func(a *action) {
				a.write(a.cache, "a file", 0o644)
			},
			stdout: "released: action --flag a b\n", requests: 1,
		},
		{
			name:    "Go that cannot build it",
			arrange: func(a *action) { a.release("v1.2.3", nil); a.script("go", "echo broken >&2; exit 1") },
			stderr:  []string{"broken"}, code: 1,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			a := newAction(t)
			a.script("sleep", "") // between tries
			if test.arrange != nil {
				test.arrange(a)
			}
			stdout, stderr, code := a.run("action", "--flag", "a b")
			if code != test.code || stdout != test.stdout {
				t.Errorf("got code %d and %q; expected %d and %q\n%s", code, stdout, test.code, test.stdout, stderr)
			}
			for _, want := range test.stderr {
				if !strings.Contains(stderr, want) {
					t.Errorf("standard error lacks %q:\n%s", want, stderr)
				}
			}
			if got := a.requests.Load(); got != test.requests {
				t.Errorf("made %d requests; expected %d", got, test.requests)
			}
			if info, err := os.Stat(a.cache); err == nil && info.IsDir() {
				for _, file := range a.cached() {
					if file != "chart-matrix" || !strings.HasPrefix(test.stdout, "released") {
						t.Errorf("left %s in the tool cache", file)
					}
				}
			}
		})
	}
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func TestEntrypointUsesTheToolCache(t *testing.T) {
	t.Parallel()
	a := newAction(t)
	for range 3 {
		if stdout, stderr, code := a.run("x"); code != 0 || stdout != "released: x\n" {
			t.Fatalf("got code %d and %q\n%s", code, stdout, stderr)
		}
	}
	if got := a.requests.Load(); got != 1 {
		t.Errorf("made %d requests for three runs; expected 1", got)
	}
	if _, _, code := a.run("exit"); code != 7 {
		t.Errorf("got code %d of a program that exits with 7", code)
	}
	// A release with the same version and another program does not meet the old one.
	const other = "#!/bin/sh\necho another\n"
	a.release("v1.2.3", asset(t, other))
	a.answer(serves(asset(t, other)))
	if stdout, _, _ := a.run("x"); stdout != "another\n" {
		t.Errorf("ran %q; expected the program with the committed checksum", stdout)
	}
}

// Jobs of a self-hosted runner share a tool cache.
func TestEntrypointAtTheSameTime(t *testing.T) {
	t.Parallel()
	a := newAction(t)
	var wait sync.WaitGroup
	for i := range 12 {
		wait.Go(func() {
			out, err := a.command(fmt.Sprint(i)).CombinedOutput()
			if want := fmt.Sprintf("released: %d\n", i); err != nil || string(out) != want {
				t.Errorf("got %q, %v; expected %q", out, err, want)
			}
		})
	}
	wait.Wait()
	if got := a.cached(); len(got) != 1 {
		t.Errorf("the tool cache holds %q; expected the program alone", got)
	}
}

// GitHub sends signals to the step's own process, so the program must be it.
func TestEntrypointHandsOnSignals(t *testing.T) {
	t.Parallel()
	const waits = "#!/bin/sh\ntrap 'echo interrupted; exit 130' INT\necho ready\nwhile :; do sleep 0.05; done\n"
	for _, how := range []string{"released", "cached", "built"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			a := newAction(t)
			a.release("v1.2.3", asset(t, waits))
			a.answer(serves(asset(t, waits)))
			if how == "built" {
				a.release("v1.2.3", nil)
				a.write(filepath.Join(a.folder, "program"), waits, 0o755)
				a.script("go", `folder=$2; while [ "$1" != -o ]; do shift; done; cat "$folder/program" > "$2"; chmod 755 "$2"`)
				a.install("cat")
			}
			if how == "cached" {
				interrupt(t, a)
			}
			interrupt(t, a)
		})
	}
}

func interrupt(t *testing.T, a *action) {
	t.Helper()
	cmd := a.command("x")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready := make([]byte, len("ready\n"))
	if _, err := io.ReadFull(out, ready); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	rest, _ := io.ReadAll(out)
	_ = cmd.Wait()
	if string(rest) != "interrupted\n" || cmd.ProcessState.ExitCode() != 130 {
		t.Errorf("after SIGINT it said %q and ended with %d; expected \"interrupted\" and 130", rest, cmd.ProcessState.ExitCode())
	}
}

// BenchmarkEntrypoint is what the script costs with a cached program: the time
// of this one less that of the program alone.
func BenchmarkEntrypoint(b *testing.B) {
	a := newAction(b)
	for _, tool := range tools { // the tools themselves, and no script around them
		if path, err := exec.LookPath(tool); err == nil {
			a.without(tool)
			if err := os.Symlink(path, filepath.Join(a.bin, tool)); err != nil {
				b.Fatal(err)
			}
		}
	}
	a.run("x")
	b.Run("cached", func(b *testing.B) {
		for b.Loop() {
			a.run("x")
		}
	})
	b.Run("program alone", func(b *testing.B) {
		path, err := filepath.Glob(filepath.Join(a.cache, "chart-matrix", "*", "*", "chart-matrix"))
		if err != nil || len(path) != 1 {
			b.Fatal(path, err)
		}
		for b.Loop() {
			if err := exec.Command(path[0], "x").Run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
