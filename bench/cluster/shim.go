package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// kind makes a cluster in thirty seconds, or in forty: that differs more from
// run to run than what is measured. So both sides find a program named kind in
// front of their PATH, which is this one: it runs the real one and writes down
// from when to when. What is left of a run's time is not kind's.

// realVariable names the real program, spansVariable the file for the times.
const (
	realVariable  = "BENCH_CLUSTER_KIND"
	spansVariable = "BENCH_CLUSTER_SPANS"
)

// playKind is main under the name kind; it gives the exit code of the real one.
func playKind() int {
	cmd := exec.Command(os.Getenv(realVariable), os.Args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	began := time.Now()
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 127
	}
	go func() {
		for s := range signals {
			_ = cmd.Process.Signal(s) // it may have ended
		}
	}()
	err := cmd.Wait()
	if len(os.Args) > 1 && slices.Contains([]string{"create", "load", "delete"}, os.Args[1]) { // what both sides ask for
		spans, err := os.OpenFile(os.Getenv(spansVariable), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
		if err == nil {
			_, _ = fmt.Fprintln(spans, began.UnixNano(), time.Now().UnixNano()) // a line that is missing is seen by the times
			_ = spans.Close()
		}
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return max(1, exit.ExitCode())
	}
	return 0
}

// shim makes the program kind that measures, and gives the environment with it.
func (b *bench) shim() error {
	real, err := exec.LookPath("kind")
	if err != nil {
		return fmt.Errorf("%w; this measures clusters of kind", err)
	}
	if real, err = filepath.Abs(real); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	folder := filepath.Join(b.work, "bin")
	if err := os.Mkdir(folder, 0o755); err != nil {
		return err
	}
	b.spans = filepath.Join(b.work, "spans")
	b.env = append(os.Environ(), "PATH="+folder+string(filepath.ListSeparator)+os.Getenv("PATH"), realVariable+"="+real, spansVariable+"="+b.spans)
	return os.Symlink(self, filepath.Join(folder, "kind"))
}

// inKind gives for how long kind ran since the last call, once where two ran
// at the same time.
func (b *bench) inKind() (time.Duration, error) {
	data, err := os.ReadFile(b.spans)
	if err != nil {
		return 0, err
	}
	type span struct{ from, to int64 }
	var spans []span
	for line := range strings.Lines(string(data)) {
		var s span
		if _, err := fmt.Sscan(line, &s.from, &s.to); err != nil {
			return 0, fmt.Errorf("the times of kind: %w", err)
		}
		spans = append(spans, s)
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var sum, end int64
	for _, s := range spans {
		if s.to > end {
			sum += s.to - max(s.from, end)
			end = s.to
		}
	}
	return time.Duration(sum), os.Remove(b.spans)
}
