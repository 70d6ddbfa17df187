//go:build linux

package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// jobChart is a chart with a command in two cells of one job; the second one
// writes the numbers of its processes to a file and goes on for ever.
func jobChart(t *testing.T) (dir, pids string) {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skip("there is no bash")
	}
	dir = t.TempDir()
	pids = filepath.Join(dir, "pids")
	for name, text := range map[string]string{
		"chart/Chart.yaml": "apiVersion: v2\nname: slow\nversion: 1.0.0\n",
		".chart-matrix.yaml": fmt.Sprintf(`
chart: chart
axes: {kubernetes: "1.35", color: [a-quick, b-slow]}
budget: {jobs: 1}
layers:
  command:
    needs: nothing
    run: |
      if [ "$AXIS_COLOR" = a-quick ]; then exit 0; fi
      trap '' TERM INT
      setsid sleep 300 &
      echo $$ $! > %[1]s.new
      mv %[1]s.new %[1]s
      while :; do sleep 1; done
`, pids),
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, pids
}

// program is the program with these arguments, in a folder.
func program(dir string, args ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CHART_MATRIX_TEST_MAIN=1")
	return cmd
}

// startJob plans, starts the only job, and waits until its second command runs.
func startJob(t *testing.T) (cmd *exec.Cmd, dir, id string, pids []int) {
	t.Helper()
	dir, file := jobChart(t)
	if out, err := program(dir, "plan", "--results", "plan", "--quiet").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	plan, err := os.ReadFile(filepath.Join(dir, "plan", "plan.json"))
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := bytes.Cut(plan, []byte(`"jobs": [`))
	_, after, _ = bytes.Cut(after, []byte(`"id": "`))
	id = string(after[:8])
	cmd = program(dir, "run", "--job", id, "--plan", "plan", "--results", "results")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test gave up
	waitFor(t, "the second command", func() bool { _, err := os.Stat(file); return err == nil })
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pids = make([]int, 2)
	if _, err := fmt.Sscan(string(text), &pids[0], &pids[1]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, pid := range pids {
			_ = syscall.Kill(pid, syscall.SIGKILL) // where the test failed
		}
	})
	return cmd, dir, id, pids
}

// runs tells whether a process runs; one that nobody reaped does not.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// written gives the results that are kept, one after the other.
func written(t *testing.T, dir string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "results", "cells", "*", "result.json"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// TestKilledJob: SIGKILL in the middle leaves the results so far, and down ends
// what is still running.
func TestKilledJob(t *testing.T) {
	cmd, dir, id, pids := startJob(t)
	waitFor(t, "the first result", func() bool { return written(t, dir) != "" })
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	for _, pid := range pids {
		if !runs(pid) {
			t.Errorf("process %d ended by itself, so this test shows nothing", pid)
		}
	}
	if got := written(t, dir); strings.Count(got, `"status": "passed"`) < 2 || strings.Contains(got, "b-slow") {
		t.Errorf("kept\n%s", got)
	}
	out, err := program(dir, "down", "--job", id, "--results", "results").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "removed the process-group ") {
		t.Errorf("%v\n%s", err, out)
	}
	if _, folder, ok := strings.Cut(string(out), "removed the folder "); ok {
		folder, _, _ = strings.Cut(folder, " ")
		if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s is still there: %v", folder, err)
		}
	} else {
		t.Errorf("the command's folder was not removed:\n%s", out)
	}
	for _, pid := range pids {
		waitFor(t, "the processes to end", func() bool { return !runs(pid) })
	}
	out, err = program(dir, "down", "--job", id, "--results", "results").CombinedOutput()
	if err != nil || string(out) != "nothing to remove\n" {
		t.Errorf("again: %v\n%s", err, out)
	}
}

// TestCancelledJob: the first signal ends the command within its grace, and the
// results are written; the second ends everything at once.
func TestCancelledJob(t *testing.T) {
	for _, c := range []struct {
		name    string
		signals []os.Signal
		within  time.Duration
	}{
		{"once", []os.Signal{os.Interrupt}, 7500 * time.Millisecond},
		{"twice", []os.Signal{os.Interrupt, syscall.SIGTERM}, 3 * time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd, dir, id, pids := startJob(t)
			started := time.Now()
			for _, s := range c.signals {
				if err := cmd.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			err := cmd.Wait()
			took := time.Since(started)
			var exit *exec.ExitError
			if !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Errorf("ended with %v, want exit code 130", err)
			}
			t.Logf("after %s", took)
			if os.Getenv("CI") == "" && took > c.within+5*time.Second {
				t.Errorf("it took %s", took)
			}
			for _, pid := range pids {
				waitFor(t, "the processes to end", func() bool { return !runs(pid) })
			}
			if got := written(t, dir); !strings.Contains(got, "a-quick") || !strings.Contains(got, "b-slow") || !strings.Contains(got, "the run was interrupted") {
				t.Errorf("kept\n%s", got)
			}
			if out, err := program(dir, "down", "--job", id, "--results", "results").CombinedOutput(); err != nil || string(out) != "nothing to remove\n" {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestFullDisk: a job whose results do not fit says so behind its answer, and
// leaves what it had written as it was.
func TestFullDisk(t *testing.T) {
	if err := exec.Command("unshare", "-rm", "true").Run(); err != nil {
		t.Skip("a small file system cannot be mounted here")
	}
	dir, _ := jobChart(t)
	config := filepath.Join(dir, ".chart-matrix.yaml")
	text := `
chart: chart
axes: {kubernetes: "1.35"}
layers:
  command:
    needs: nothing
    run: |
      seq -f 'ok %.0f - a check with a name that takes some room' 5000
      echo 1..5000
`
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("unshare", "-rm", "bash", "-e", "-c", `
		"$0" plan --results plan --quiet > out
		id=$(sed -n 's/.*"name": "\([a-z0-9]\{8\}\) .*/\1/p' plan/plan.json)
		mkdir small; mount -t tmpfs -o size=128k small small
		"$0" run --job "$id" --plan plan --results small/results || echo "exit $?"
		cat small/results/part.json; find small
	`, os.Args[0])
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CHART_MATRIX_TEST_MAIN=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"The only cell passes", "no space left on device", "exit 3", `"schema": "chart-matrix/part/v1"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(string(out), "small/results/.chart-matrix-incoming\n") {
		t.Errorf("what was half-written stays:\n%s", out)
	}
}
