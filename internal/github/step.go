package github

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"unicode/utf16"

	"github.com/sethvargo/go-githubactions"
)

// The limits of a step's answers
// (https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#jobsjob_idoutputs,
// https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#step-isolation-and-limits).
const (
	// MaxSummary is what the summary of one step may have, in bytes; GitHub throws
	// a larger one away.
	MaxSummary = 1 << 20
	// MaxOutputs is what the outputs of a job may have, in bytes of UTF-16.
	MaxOutputs = 1 << 20
)

// Step answers GitHub as a step of a workflow: by files that the environment
// names and by commands on standard output. Nothing that it is given can write a
// command or an output of its own. It is not for several goroutines at once.
type Step struct {
	getenv  func(string) string
	stdout  io.Writer
	actions *githubactions.Action
	outputs int // bytes of UTF-16 so far
}

// NewStep gives the Step of this process.
func NewStep(getenv func(string) string, stdout io.Writer) *Step {
	return &Step{
		getenv: getenv, stdout: stdout,
		actions: githubactions.New(githubactions.WithGetenv(getenv), githubactions.WithWriter(stdout)),
	}
}

// HasOutputs tells whether the environment has a file for outputs, HasSummary for
// a summary: outside of a workflow there are none.
func (s *Step) HasOutputs() bool { return s.getenv("GITHUB_OUTPUT") != "" }

// HasSummary is described at HasOutputs.
func (s *Step) HasSummary() bool { return s.getenv("GITHUB_STEP_SUMMARY") != "" }

var outputName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]{0,99}$`)

// SetOutput sets an output of the step. Values may have many lines. All outputs
// together may have MaxOutputs.
func (s *Step) SetOutput(name, value string) error {
	if !outputName.MatchString(name) {
		return fmt.Errorf("%q is no name of an output; expected letters, digits, - and _", name)
	}
	size := 2 * (len(utf16.Encode([]rune(name))) + len(utf16.Encode([]rune(value))))
	if s.outputs+size > MaxOutputs {
		return fmt.Errorf("the output %s has %d bytes as GitHub counts, and with the others at most %d are allowed; plan fewer jobs (budget.jobs)", name, size, MaxOutputs)
	}
	// The delimiter is one that nobody who writes values can know, so that no
	// value ends itself and begins another output.
	delimiter := "end_" + rand.Text()
	err := s.append("GITHUB_OUTPUT", "output", name+"<<"+delimiter+"\n"+value+"\n"+delimiter)
	if err != nil {
		return fmt.Errorf("setting the output %s: %w", name, err)
	}
	s.outputs += size
	return nil
}

// Summary adds Markdown to the step's summary, which may have MaxSummary bytes
// in all.
func (s *Step) Summary(markdown string) error {
	have := int64(0)
	if info, err := os.Stat(s.getenv("GITHUB_STEP_SUMMARY")); err == nil && info.Mode().IsRegular() {
		have = info.Size()
	}
	if total := have + int64(len(markdown)) + 1; total > MaxSummary {
		return fmt.Errorf("the step's summary would have %d bytes; GitHub shows none above %d", total, MaxSummary)
	}
	if err := s.append("GITHUB_STEP_SUMMARY", "step-summary", markdown); err != nil {
		return fmt.Errorf("writing the step's summary: %w", err)
	}
	return nil
}

// append adds to a file that GitHub reads. What was half written, on a full
// disk, is taken back: it would spoil what stands before it.
func (s *Step) append(variable, command, text string) error {
	file := s.getenv(variable)
	if file == "" {
		return fmt.Errorf("%s is not set: this is no step of a workflow", variable)
	}
	size := int64(-1)
	if info, err := os.Stat(file); err == nil && info.Mode().IsRegular() {
		size = info.Size()
	}
	err := contain(func() {
		s.actions.IssueFileCommand(&githubactions.Command{Name: command, Message: text})
	})
	if err != nil && size >= 0 {
		err = errors.Join(err, os.Truncate(file, size))
	}
	return err
}

// Note is a message in the list of annotations of a run. GitHub shows ten of each
// kind for a step.
type Note struct {
	// File is relative to the repository; empty for a note on no file. Line and
	// Column count from 1; 0 leaves them out.
	File         string
	Line, Column int
	Title        string
	Message      string
}

// Error shows a note as an error. It does not fail the step.
func (s *Step) Error(n Note) error { return s.note("error", n) }

// Warning shows a note as a warning.
func (s *Step) Warning(n Note) error { return s.note("warning", n) }

// Notice shows a note.
func (s *Step) Notice(n Note) error { return s.note("notice", n) }

func (s *Step) note(kind string, n Note) error {
	properties := githubactions.CommandProperties{}
	if n.Title != "" {
		properties["title"] = n.Title
	}
	if n.File != "" {
		properties["file"] = n.File
		if n.Line > 0 {
			properties["line"] = strconv.Itoa(n.Line)
			if n.Column > 0 {
				properties["col"] = strconv.Itoa(n.Column)
			}
		}
	}
	return s.command(kind, n.Message, properties)
}

// Mask has a secret shown as *** from here on, each of its lines.
func (s *Step) Mask(secret string) error {
	for line := range strings.Lines(secret) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if err := s.command("add-mask", line, nil); err != nil {
			return err
		}
	}
	return nil
}

// Group begins a part of the log that is folded up to EndGroup.
func (s *Step) Group(title string) error { return s.command("group", title, nil) }

// EndGroup ends what Group began.
func (s *Step) EndGroup() error { return s.command("endgroup", "", nil) }

// Verbatim lets write print text that others wrote, such as logs: GitHub takes
// nothing in it for a command.
func (s *Step) Verbatim(write func(io.Writer) error) error {
	token := rand.Text()
	if err := s.command("stop-commands", token, nil); err != nil {
		return err
	}
	last := &lastByte{Writer: s.stdout}
	err := write(last)
	if last.b != '\n' && last.b != 0 {
		_, newline := io.WriteString(s.stdout, "\n") // commands begin a line
		err = errors.Join(err, newline)
	}
	return errors.Join(err, s.command(token, "", nil))
}

type lastByte struct {
	io.Writer
	b byte
}

func (l *lastByte) Write(p []byte) (int, error) {
	n, err := l.Writer.Write(p)
	if n > 0 {
		l.b = p[n-1]
	}
	return n, err
}

func (s *Step) command(name, message string, properties githubactions.CommandProperties) error {
	err := contain(func() {
		s.actions.IssueCommand(&githubactions.Command{Name: name, Message: message, Properties: properties})
	})
	if err != nil {
		return fmt.Errorf("telling GitHub (%s): %w", name, err)
	}
	return nil
}

// contain gives the error that the library panics with when it cannot write. A
// panic of another kind is a fault of ours, and goes on.
func contain(write func()) (err error) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case runtime.Error:
			panic(r)
		case error:
			err = r
		default:
			panic(r)
		}
	}()
	write()
	return nil
}
