//go:build linux

package runner

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
)

// TestMain lets the test binary play the programs that are run.
func TestMain(m *testing.M) {
	switch os.Getenv("RUNNER_TEST_PLAY") {
	case "":
		os.Exit(m.Run())
	case "nothing":
	case "sleep":
		time.Sleep(time.Minute)
	case "stubborn":
		ignoreSIGTERM()
		fmt.Println("ready")
		time.Sleep(time.Minute)
	case "leave": // a child in a session of its own, which outlives the group
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "RUNNER_TEST_PLAY=stubborn")
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			os.Exit(1)
		}
		fmt.Println(child.Process.Pid)
		time.Sleep(time.Minute)
	}
	os.Exit(0)
}

func ignoreSIGTERM() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM)
}

func play(name string) command.Spec {
	return command.Spec{Argv: []string{os.Args[0]}, Env: []string{"RUNNER_TEST_PLAY=" + name}, Grace: 50 * time.Millisecond}
}

// start runs a program outside of Made, as it would be after its parent was
// killed, and gives its note.
func start(t *testing.T, dir, name, mark string) Ref {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "RUNNER_TEST_PLAY="+name, markVariable+"="+mark)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = cmd.Wait() }() // reaps it whenever it ends
	t.Cleanup(func() { killGroup(cmd.Process.Pid) })
	ref := Ref{Schema: RefSchema, Kind: ProcessGroup, Name: mark, Job: "job", Group: cmd.Process.Pid, Start: processStart(cmd.Process.Pid)}
	if err := (&Made{Dir: dir}).note(ref); err != nil {
		t.Fatal(err)
	}
	return ref
}

func gone(t *testing.T, pid int) {
	t.Helper()
	for range 300 {
		if _, runs := readProcess(pid); !runs {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func notesIn(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, madeName, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func newMade(dir string) *Made { return &Made{Dir: dir, Job: "job", Now: time.Now} }

// TestNoteIsThereBeforeAndGoneAfter looks at the note while the program runs.
func TestNoteIsThereBeforeAndGoneAfter(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := newMade(dir).Exec(ctx, play("sleep"))
		done <- err
	}()
	var ref Ref
	for range 500 {
		notes := notesIn(t, dir)
		if len(notes) == 1 {
			if data, err := os.ReadFile(notes[0]); err == nil && json.Unmarshal(data, &ref) == nil && ref.Group > 0 {
				break
			}
		}
		time.Sleep(10 * time.Millisecond)
	}
	if ref.Schema != RefSchema || ref.Kind != ProcessGroup || ref.Job != "job" || ref.Group == 0 || !strings.Contains(ref.Start, "/") {
		t.Errorf("got %+v", ref)
	}
	if found, err := processesOf(ref); err != nil || len(found) == 0 {
		t.Errorf("found %v, %v", found, err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	gone(t, ref.Group)
	if _, err := os.Stat(filepath.Join(dir, madeName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the notes stay: %v, %v", notesIn(t, dir), err)
	}
}

func TestExecEndsWhatLeftTheGroup(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	r, err := newMade(t.TempDir()).Exec(ctx, play("leave"))
	if err == nil {
		t.Error("it ended by itself")
	}
	var pid int
	if _, err := fmt.Sscan(r.Stdout, &pid); err != nil {
		t.Fatalf("no process number in %q", r.Stdout)
	}
	gone(t, pid)
}

// TestExecWithoutANote: what cannot be noted down is not left running.
func TestExecWithoutANote(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(dir, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	started := time.Now()
	_, err := newMade(dir).Exec(t.Context(), play("sleep"))
	if err == nil || !strings.Contains(err.Error(), "noting down what is about to run") || time.Since(started) > 30*time.Second {
		t.Errorf("after %s: %v", time.Since(started), err)
	}
	if r, err := newMade("").Exec(t.Context(), play("nothing")); err != nil || r.ExitCode != 0 {
		t.Errorf("without a folder: %v, %v", r, err)
	}
}

// TestRemovingWithoutANote: what is to go, goes although the disk is full.
func TestRemovingWithoutANote(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	m := &Made{Dir: file, Job: "job", Now: time.Now} // no folder can be made below a file
	if r, err := m.Exec(removing(t.Context()), play("nothing")); err != nil || r.ExitCode != 0 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestJobsShareAFolder: none takes the folder of the notes away from another.
func TestJobsShareAFolder(t *testing.T) {
	dir := t.TempDir()
	Parallel(8, 60, func(_, n int) {
		if _, err := newMade(dir).Exec(t.Context(), play("nothing")); err != nil {
			t.Errorf("%d: %v", n, err)
		}
	})
	if got := notesIn(t, dir); len(got) > 0 {
		t.Errorf("notes stay: %v", got)
	}
}

func TestAbort(t *testing.T) {
	m := newMade(t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := play("stubborn")
	s.Grace = time.Minute
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = m.Exec(ctx, s) // ended from outside
	}()
	for range 500 {
		m.mu.Lock()
		running := len(m.running)
		m.mu.Unlock()
		if running > 0 {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	cancel()
	m.Abort()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it goes on")
	}
	if _, err := m.Exec(t.Context(), play("sleep")); !errors.Is(err, errAborted) {
		t.Errorf("got %v", err)
	}
}

func TestRemove(t *testing.T) {
	dir := t.TempDir()
	polite, stubborn := start(t, dir, "sleep", "mark-polite"), start(t, dir, "stubborn", "mark-stubborn")
	removed, err := Remove(t.Context(), dir, "job", 200*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, r := range removed {
		names = append(names, r.Name)
	}
	if !slices.Equal(names, []string{"mark-polite", "mark-stubborn"}) {
		t.Errorf("removed %v", names)
	}
	gone(t, polite.Group)
	gone(t, stubborn.Group)
	// Again, and where there is nothing at all.
	for _, d := range []string{dir, filepath.Join(dir, "missing")} {
		if removed, err := Remove(t.Context(), d, "", time.Second); err != nil || len(removed) > 0 {
			t.Errorf("%s: %v, %v", d, removed, err)
		}
	}
	if got := notesIn(t, dir); len(got) > 0 {
		t.Errorf("notes stay: %v", got)
	}
}

// TestRemoveSparesOthers: a number that was given to another process since, a
// note of another job, and a mark that only begins alike.
func TestRemoveSparesOthers(t *testing.T) {
	dir := t.TempDir()
	ref := start(t, dir, "sleep", "other-mark")
	reused := Ref{Schema: RefSchema, Kind: ProcessGroup, Name: "other-mar", Job: "job", Group: ref.Group, Start: ref.Start + "0"}
	if err := (&Made{Dir: dir}).note(reused); err != nil {
		t.Fatal(err)
	}
	ref.Job = "another"
	if err := (&Made{Dir: dir}).note(ref); err != nil {
		t.Fatal(err)
	}
	removed, err := Remove(t.Context(), dir, "job", 0)
	if err != nil || len(removed) > 0 {
		t.Errorf("removed %v, %v", removed, err)
	}
	if _, runs := readProcess(ref.Group); !runs {
		t.Error("a process was ended that was not named")
	}
	if got := notesIn(t, dir); len(got) != 1 || !strings.Contains(got[0], "other-mark") {
		t.Errorf("notes: %v", got)
	}
}

func TestRemoveSaysWhatItCannot(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, madeName), 0o755); err != nil {
		t.Fatal(err)
	}
	ref := start(t, dir, "sleep", "mark")
	for name, text := range map[string]string{
		"cluster.json": `{"schema":"chart-matrix/made/v1","kind":"kind-cluster","name":"x","job":"job"}`,
		"newer.json":   `{"schema":"chart-matrix/made/v9"}`,
		"torn.json":    `{"schema"`,
		"huge.json":    strings.Repeat(" ", maxNoteBytes+1),
		"half.new":     `{`,
	} {
		if err := os.WriteFile(filepath.Join(dir, madeName, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, madeName, "link.json")); err != nil {
		t.Fatal(err)
	}
	removed, err := Remove(t.Context(), dir, "job", 0)
	if len(removed) != 1 {
		t.Errorf("removed %v", removed)
	}
	gone(t, ref.Group)
	for _, want := range []string{
		`cluster.json: it names a "kind-cluster", which this version of chart-matrix cannot remove`,
		`newer.json: its format is "chart-matrix/made/v9"; expected "chart-matrix/made/v1"`,
		"torn.json: expected a note in JSON", "huge.json: expected a note of at most 64 KiB", "link.json: expected a note",
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in: %v", want, err)
		}
	}
	if got := notesIn(t, dir); len(got) != 6 {
		t.Errorf("notes: %v", got)
	}
}
