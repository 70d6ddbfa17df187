package layer

import (
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/result"
)

// Bounds of what one program may report, so that a result stays readable.
const (
	maxChecks = 10_000
	maxLine   = 300 // characters of a name, or of one line of output
)

// failed makes a failed check of what a report says about it: the first line is
// the message, the next ones show it. The check's name stays out of the message,
// so that checks that fail for one reason are one finding.
func failed(a result.Assertion, file string, text []string) result.Assertion {
	p := result.Problem{
		Severity: result.Error, Code: "command", Message: "the check fails",
		Location: result.Location{File: shortened(file), Object: shortened(a.Name)},
	}
	lines := tidy(text)
	if len(lines) > 0 {
		p.Message, p.Excerpt = lines[0], lines[1:min(4, len(lines))]
	}
	a.Status, a.Problems = result.Failed, []result.Problem{p}
	return a
}

func joinName(suite, name string) string {
	switch {
	case suite == "":
		return name
	case name == "":
		return suite
	}
	return suite + " › " + name
}

// distinct gives every check a name of its own, as far as names go.
func distinct(checks []result.Assertion) []result.Assertion {
	seen := make(map[string]int, len(checks))
	for i := range checks {
		name := shortened(oneLine(checks[i].Name))
		if name == "" {
			name = "unnamed"
		}
		if seen[name]++; seen[name] > 1 {
			name = fmt.Sprintf("%s (%d)", name, seen[name])
		}
		checks[i].Name = name
	}
	return checks
}

// bounded keeps the first checks of too many, those that did not pass before
// all others, and says how many are not listed.
func bounded(checks []result.Assertion) []result.Assertion {
	if len(checks) <= maxChecks {
		return checks
	}
	good := func(s result.Status) bool { return s == result.Passed || s == result.Skipped }
	bad := 0
	for _, c := range checks {
		if !good(c.Status) {
			bad++
		}
	}
	roomForBad := min(bad, maxChecks)
	roomForGood := maxChecks - roomForBad
	kept := make([]result.Assertion, 0, maxChecks+1)
	rest := result.Skipped
	for _, c := range checks {
		room := &roomForBad
		if good(c.Status) {
			room = &roomForGood
		}
		if *room == 0 {
			rest = result.Worst(rest, c.Status)
			continue
		}
		*room--
		kept = append(kept, c)
	}
	more := result.Assertion{Name: "further checks", Status: rest, Reason: fmt.Sprintf("%d more are not listed", len(checks)-maxChecks)}
	if !good(rest) {
		more = failed(more, "", []string{more.Reason})
	}
	return append(kept, more)
}

func anyFailed(checks []result.Assertion) bool {
	for _, c := range checks {
		if c.Status == result.Failed {
			return true
		}
	}
	return false
}

// escapes are the sequences with which programs colour a terminal
// (ECMA-48, 5.4: control sequences).
var escapes = regexp.MustCompile("\x1b\\[[0-?]*[ -/]*[@-~]")

// tidy gives the lines of a text that say something, without colours, each of a
// bounded length.
func tidy(text []string) []string {
	var lines []string
	for _, line := range text {
		line = strings.TrimRight(escapes.ReplaceAllString(strings.ToValidUTF8(line, "\ufffd"), ""), " \t\r")
		if i := strings.LastIndexByte(line, '\r'); i >= 0 {
			line = line[i+1:] // what a progress bar leaves on the screen
		}
		if strings.TrimSpace(line) != "" {
			lines = append(lines, shortened(line))
		}
	}
	return lines
}

func oneLine(text string) string {
	return strings.Join(tidy(strings.Split(text, "\n")), " ")
}

// shortened cuts a text at maxLine characters.
func shortened(text string) string {
	n := 0
	for i := range text {
		if n == maxLine {
			return text[:i] + "…"
		}
		n++
	}
	return text
}

// lastWords keeps the end of what a program prints on both its pipes, in the
// order in which it came.
type lastWords struct {
	also io.Writer

	mu   sync.Mutex
	kept []byte
}

// keepWords bounds what lastWords keeps, in bytes.
const keepWords = 16 << 10

// Write implements io.Writer; it never fails, since a program must not end
// because nobody can hear it.
func (l *lastWords) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.also != nil {
		_, _ = l.also.Write(p)
	}
	l.kept = append(l.kept, p[max(0, len(p)-keepWords):]...)
	if len(l.kept) > 2*keepWords {
		l.kept = append(l.kept[:0], l.kept[len(l.kept)-keepWords:]...)
	}
	return len(p), nil
}

// lines gives the last lines that say something, as many as an excerpt has.
func (l *lastWords) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	lines := tidy(strings.Split(string(l.kept), "\n"))
	return lines[max(0, len(lines)-excerptLines):]
}

// withLastError makes sure that the last thing a program said of its errors is
// among its last words: the two pipes are read at once, and what was written to
// the other one before may come behind it.
func withLastError(last []string, stderr string) []string {
	errs := tidy(strings.Split(stderr[max(0, len(stderr)-keepWords):], "\n"))
	if len(errs) == 0 || slices.Contains(last, errs[len(errs)-1]) {
		return last
	}
	return append(slices.Clone(last[max(0, len(last)-excerptLines+1):]), errs[len(errs)-1])
}
