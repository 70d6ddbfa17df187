package cli

import (
	"context"
	"io"
	"net/http"
	"os"
	"strconv"
	"time"

	"golang.org/x/term"
)

// Env is the world as the program sees it. Nothing else in this package touches
// the process: tests swap it whole.
type Env struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	Now            func() time.Time
	// StdoutTerminal and StderrTerminal tell whether a person is looking.
	StdoutTerminal, StderrTerminal bool
	// Width is how many columns that person sees.
	Width int
	// HTTP carries requests to GitHub, and Sleep waits between them; nil means
	// the standard library's, and the real time.
	HTTP  *http.Client
	Sleep func(context.Context, time.Duration) error
	// Abort is closed when everything must stop at once; nil for never.
	Abort <-chan struct{}
}

// onAbort calls f when everything must stop, unless done was called before.
func (e Env) onAbort(f func()) (done func()) {
	if e.Abort == nil {
		return func() {}
	}
	over := make(chan struct{})
	go func() {
		select {
		case <-e.Abort:
			f()
		case <-over:
		}
	}()
	return func() { close(over) }
}

// defaultWidth is used where no terminal says otherwise.
const defaultWidth = 100

// System is the Env of this process.
func System() Env {
	e := Env{
		Stdin: os.Stdin, Stdout: os.Stdout, Stderr: os.Stderr,
		Getenv: os.Getenv, Now: time.Now, Width: defaultWidth,
		StdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
	if width, _, err := term.GetSize(int(os.Stdout.Fd())); err == nil && width > 0 {
		e.Width = width
	} else if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		e.Width = n
	}
	return e
}

// color tells whether standard output may hold colours: on a terminal that is
// not a dumb one, unless NO_COLOR (https://no-color.org) is set.
func (e Env) color() bool {
	return e.StdoutTerminal && e.Getenv("NO_COLOR") == "" && e.Getenv("TERM") != "dumb"
}

// live tells whether progress may redraw lines: on a terminal, outside CI.
func (e Env) live() bool {
	return e.StderrTerminal && e.Getenv("CI") == "" && e.Getenv("TERM") != "dumb"
}
