//go:build unix

package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary play the programs that the tests run, so that
// no shell is needed.
func TestMain(m *testing.M) {
	if play := os.Getenv("COMMAND_TEST_PLAY"); play != "" {
		os.Exit(perform(play))
	}
	os.Exit(m.Run())
}

func perform(play string) int {
	switch play {
	case "talk":
		fmt.Println("out")
		fmt.Fprintln(os.Stderr, "err")
		return 3
	case "flood": // more than a pipe holds, on both pipes, one after the other
		fmt.Fprint(os.Stderr, strings.Repeat("e", 1<<20))
		fmt.Fprint(os.Stdout, strings.Repeat("o", 1<<20), "end")
		return 0
	case "environment":
		for _, v := range os.Environ() {
			if strings.HasPrefix(v, "COMMAND") {
				fmt.Println(v)
			}
		}
		return 0
	case "sleep":
		time.Sleep(time.Minute)
		return 0
	case "parent": // a child that outlives its parent and keeps the pipes
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "COMMAND_TEST_PLAY=sleep")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			return 1
		}
		fmt.Println(child.Process.Pid)
		return 0
	}
	return 99
}

func play(name string) Spec {
	return Spec{Argv: []string{os.Args[0]}, Env: []string{"COMMAND_TEST_PLAY=" + name}}
}

func TestRunReportsExitCodeAndPipes(t *testing.T) {
	r, err := Run(t.Context(), play("talk"))
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode != 3 || r.Stdout != "out\n" || r.Stderr != "err\n" {
		t.Errorf("got %+v", r)
	}
}

func TestRunKeepsTheTailOfAFlood(t *testing.T) {
	s := play("flood")
	s.KeepBytes = 1000
	r, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(r.Stdout, "oend") || len(r.Stdout) > 1100 || len(r.Stderr) > 1100 {
		t.Errorf("kept %d and %d bytes, ending in %q", len(r.Stdout), len(r.Stderr), r.Stdout[len(r.Stdout)-4:])
	}
	if !strings.HasPrefix(r.Stdout, "[1047579 bytes before this were dropped]\n") {
		t.Errorf("does not say what was dropped: %q", r.Stdout[:50])
	}
}

func TestRunNamesAMissingProgram(t *testing.T) {
	_, err := Run(t.Context(), Spec{Argv: []string{"no-such-program-here"}})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, err := Run(ctx, play("sleep"))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

func TestRunLeavesNoGrandchild(t *testing.T) {
	s := play("parent")
	s.Grace = 100 * time.Millisecond
	r, err := Run(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(r.Stdout, &pid); err != nil {
		t.Fatalf("no process number in %q", r.Stdout)
	}
	for range 100 { // the kernel reaps it a moment later
		if state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(state), ") Z ") {
			return
		}
		if syscall.Kill(pid, 0) != nil {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("process %d still runs", pid)
}

func TestRunTellsTheGroup(t *testing.T) {
	s := play("talk")
	group := 0
	s.Started = func(g int) error { group = g; return nil }
	if _, err := Run(t.Context(), s); err != nil || group <= 1 {
		t.Errorf("group %d, %v", group, err)
	}
	refused := errors.New("no note could be made of it")
	s = play("sleep")
	s.Started = func(g int) error { group = g; return refused }
	started := time.Now()
	if _, err := Run(t.Context(), s); !errors.Is(err, refused) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(started); took > 30*time.Second {
		t.Errorf("it ran on for %s", took)
	}
	if err := syscall.Kill(-group, 0); !errors.Is(err, syscall.ESRCH) {
		t.Errorf("the group is still there: %v", err)
	}
}

func TestRunLeavesVariablesOut(t *testing.T) {
	t.Setenv("COMMAND_TEST_A", "1")
	t.Setenv("COMMAND_TEST_B", "1")
	t.Setenv("COMMANDER", "1")
	s := play("environment")
	s.Without = []string{"COMMAND_TEST_*", "COMMAND"} // what is set for it stays
	r, err := Run(t.Context(), s)
	if err != nil || r.Stdout != "COMMANDER=1\nCOMMAND_TEST_PLAY=environment\n" {
		t.Errorf("%v\n%s", err, r.Stdout)
	}
}
