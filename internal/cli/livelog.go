package cli

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"sync"

	"github.com/posthog/chart-matrix/result"
)

// maxLiveLines is how many lines of one cell's output are shown as they come,
// maxLastLines how many of the others at the end of a cell that did not pass,
// and maxLiveLine how many bytes one may have.
const (
	maxLiveLines = 500
	maxLastLines = 50
	maxLiveLine  = 16 << 10
)

// liveLog shows what a job does, and what its programs print: each of their
// lines behind a bar, and inert.
type liveLog struct {
	mu    sync.Mutex
	w     io.Writer
	rest  []byte // a line that has not ended
	lines int
	over  bool // the rest of the line is too long
	last  []string
}

func newLiveLog(w io.Writer) *liveLog { return &liveLog{w: w} }

// say writes a line of our own. A log that cannot be written is of no
// consequence.
func (l *liveLog) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.print(fmt.Sprintf(format, args...))
}

func (l *liveLog) print(line string) { _, _ = io.WriteString(l.w, inert(line)+"\n") }

// begin starts the log of one cell.
func (l *liveLog) begin(format string, args ...any) {
	l.say(format, args...)
	l.mu.Lock()
	l.lines, l.rest, l.over, l.last = 0, l.rest[:0], false, nil
	l.mu.Unlock()
}

// end says what became of a cell.
func (l *liveLog) end(r result.Cell) {
	l.flush()
	if r.Status != result.Passed {
		l.showLast()
	}
	line := fmt.Sprintf("%s %s in %.1f s", r.ID, r.Status, r.Seconds)
	if n := len(r.Retried); n > 0 {
		line += fmt.Sprintf(", at try %d", n+1)
	}
	for _, s := range r.Steps {
		if s.Reason != "" && s.Status != result.Passed {
			line += fmt.Sprintf("; %s %s: %s", s.Layer, s.Status, s.Reason)
		}
	}
	if r.NotRetried != "" {
		line += "; not tried again: " + r.NotRetried
	}
	l.say("%s", line)
}

// Write implements io.Writer; it never fails.
func (l *liveLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := len(p)
	for len(p) > 0 {
		line, rest, ended := bytes.Cut(p, []byte("\n"))
		p = rest
		if !l.over {
			l.rest = append(l.rest, line[:min(len(line), maxLiveLine+1)]...)
		}
		if len(l.rest) > maxLiveLine {
			// A part of it could be a part of a secret that is only known whole.
			l.over, l.rest = true, append(l.rest[:0], "[a line of over 16 KiB]"...)
		}
		if ended {
			l.line()
		}
	}
	return n, nil
}

// flush shows a line that was not ended.
func (l *liveLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.rest) > 0 {
		l.line()
	}
}

// colors are the sequences with which programs colour a terminal
// (ECMA-48, 5.4: control sequences).
var colors = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]")

func (l *liveLog) line() {
	text := colors.ReplaceAllString(string(l.rest), "")
	l.rest, l.over = l.rest[:0], false
	switch l.lines++; {
	case l.lines <= maxLiveLines:
		l.print("  | " + text)
	case l.lines == maxLiveLines+1:
		l.print(fmt.Sprintf("  | … after the first %d lines, only the last ones are shown, if it does not pass", maxLiveLines))
		fallthrough
	default:
		if len(l.last) == maxLastLines {
			l.last = append(l.last[:0], l.last[1:]...)
		}
		l.last = append(l.last, text)
	}
}

// showLast shows the end of a long output.
func (l *liveLog) showLast() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, text := range l.last {
		l.print("  | " + text)
	}
}
