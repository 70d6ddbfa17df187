// Package command runs other programs: helm, kubectl, kind, k6, pytest. Each
// runs in a process group of its own, so that its children end with it; both of
// its pipes are drained at once, so that it never blocks; and only a bounded
// tail of what it prints is kept.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// Spec is one program to run.
type Spec struct {
	Argv []string // the program and its arguments; not a shell line
	Dir  string
	// Env is added to this process's environment; later entries win.
	Env []string
	// Without names variables of this process's environment that the program
	// does not get; a name that ends in * stands for all that begin so.
	Without []string
	// Grace is how long the process group has between the polite signal and
	// the kill once the context ends; 0 means DefaultGrace.
	Grace time.Duration
	// KeepBytes bounds what is kept of each pipe; 0 means DefaultKeepBytes.
	KeepBytes int
	// Tee, when set, receives both pipes as they come.
	Tee io.Writer
	// Started, when set, is told the process group as soon as there is one. An
	// error ends the program at once, and is Run's.
	Started func(group int) error
}

// Defaults of Spec.
const (
	DefaultGrace     = 5 * time.Second
	DefaultKeepBytes = 256 << 10
)

// Result is how a program ended that could be started.
type Result struct {
	ExitCode int // -1 when a signal ended it
	Stdout   string
	Stderr   string
	Duration time.Duration
}

// ErrNotFound says that the program is not installed.
var ErrNotFound = errors.New("program not found")

// Error is a program that could not be started, or that was stopped from here.
// A program that ran and exited with another code than 0 is a Result, not an Error.
type Error struct {
	Argv  []string
	Tail  string // the last lines it printed, if any
	Inner error
}

func (e *Error) Error() string {
	msg := fmt.Sprintf("%s: %v", e.Argv[0], e.Inner)
	if tail := strings.TrimSpace(e.Tail); tail != "" {
		msg += "\n" + tail
	}
	return msg
}

// Unwrap gives ErrNotFound, the context's error, or that of the operating system.
func (e *Error) Unwrap() error { return e.Inner }

// Run runs the program to its end. The error is nil whenever the program ran
// and ended by itself, whatever its exit code.
func Run(ctx context.Context, s Spec) (Result, error) {
	if len(s.Argv) == 0 {
		return Result{}, errors.New("command: no program named")
	}
	path, err := exec.LookPath(s.Argv[0])
	if err != nil {
		return Result{}, &Error{Argv: s.Argv, Inner: fmt.Errorf("%w: %w", ErrNotFound, err)}
	}
	keep := s.KeepBytes
	if keep <= 0 {
		keep = DefaultKeepBytes
	}
	grace := s.Grace
	if grace <= 0 {
		grace = DefaultGrace
	}
	stdout, stderr := newTail(keep), newTail(keep)
	cmd := exec.CommandContext(ctx, path, s.Argv[1:]...)
	cmd.Dir = s.Dir
	cmd.Env = append(without(os.Environ(), s.Without), s.Env...)
	cmd.Stdout, cmd.Stderr = tee(stdout, s.Tee), tee(stderr, s.Tee)
	// A grandchild that keeps a pipe open must not hold us for ever.
	cmd.WaitDelay = grace + time.Second
	ownGroup(cmd)
	cmd.Cancel = func() error { return endGroup(cmd, grace) }

	started := time.Now()
	if err = cmd.Start(); err == nil {
		var refused error
		if s.Started != nil {
			if refused = s.Started(cmd.Process.Pid); refused != nil {
				killGroup(cmd)
			}
		}
		err = cmd.Wait()
		killGroup(cmd) // what it left running
		if refused != nil {
			return Result{ExitCode: -1}, &Error{Argv: s.Argv, Inner: refused}
		}
	}
	r := Result{ExitCode: -1, Stdout: stdout.String(), Stderr: stderr.String(), Duration: time.Since(started)}
	if cmd.ProcessState != nil {
		r.ExitCode = cmd.ProcessState.ExitCode()
	}
	if ctxErr := ctx.Err(); ctxErr != nil {
		return r, &Error{Argv: s.Argv, Tail: lastLines(r.Stderr, 10), Inner: context.Cause(ctx)}
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		return r, &Error{Argv: s.Argv, Tail: lastLines(r.Stderr, 10), Inner: err}
	}
	return r, nil
}

// without gives the variables but those that are named.
func without(env, names []string) []string {
	return slices.DeleteFunc(env, func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.ContainsFunc(names, func(pattern string) bool {
			start, open := strings.CutSuffix(pattern, "*")
			return name == pattern || open && strings.HasPrefix(name, start)
		})
	})
}

func tee(w, also io.Writer) io.Writer {
	if also == nil {
		return w
	}
	return io.MultiWriter(w, also)
}

// lastLines gives the last n lines of the text.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
