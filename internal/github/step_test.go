package github

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// step gives a Step with its files in a folder.
func step(t *testing.T) (s *Step, stdout *bytes.Buffer, output, summary string) {
	t.Helper()
	dir := t.TempDir()
	output, summary = filepath.Join(dir, "output"), filepath.Join(dir, "summary")
	for _, file := range []string{output, summary} {
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout = new(bytes.Buffer)
	return NewStep(getenv("GITHUB_OUTPUT", output, "GITHUB_STEP_SUMMARY", summary), stdout), stdout, output, summary
}

func getenv(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func content(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// outputs reads a file of outputs as GitHub's runner does: NAME=VALUE, or
// NAME<<DELIMITER and lines up to the delimiter.
func outputs(t *testing.T, file string) map[string]string {
	t.Helper()
	out := map[string]string{}
	lines := bufio.NewScanner(strings.NewReader(content(t, file)))
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		name, delimiter, ok := strings.Cut(lines.Text(), "<<")
		if !ok {
			t.Fatalf("the line %q begins no output", lines.Text())
		}
		var value []string
		for {
			if !lines.Scan() {
				t.Fatalf("the output %s does not end", name)
			}
			if lines.Text() == delimiter {
				break
			}
			value = append(value, lines.Text())
		}
		out[name] = strings.Join(value, "\n")
	}
	return out
}

func TestOutputs(t *testing.T) {
	s, stdout, file, _ := step(t)
	values := map[string]string{
		"jobs": "3", "empty": "", "matrix-2": `{"include":[]}`,
		"lines":  "one\ntwo\n",
		"attack": "x\n_GitHubActionsFileCommandDelimeter_\nverdict<<EOF\npassed\nEOF\n::set-output name=verdict::passed",
	}
	for name, value := range values {
		if err := s.SetOutput(name, value); err != nil {
			t.Fatal(err)
		}
	}
	got := outputs(t, file)
	for name, value := range values {
		if got[name] != value {
			t.Errorf("%s: %q", name, got[name])
		}
	}
	if len(got) != len(values) || stdout.Len() > 0 {
		t.Errorf("%q, and %q is printed", got, stdout)
	}
	for _, name := range []string{"", "a b", "a=b", "a\nb", "a<<b", "1"} {
		if s.SetOutput(name, "x") == nil {
			t.Errorf("%q is taken as a name", name)
		}
	}
}

func TestOutputsAreBounded(t *testing.T) {
	s, _, file, _ := step(t)
	half := strings.Repeat("x", MaxOutputs/4)
	if err := errors.Join(s.SetOutput("a", half), s.SetOutput("b", half[:len(half)-2])); err != nil {
		t.Fatal(err)
	}
	err := s.SetOutput("c", "xx")
	contains(t, err, "the output c", fmt.Sprint(MaxOutputs), "budget.jobs")
	if got := outputs(t, file); len(got) != 2 {
		t.Errorf("%d outputs", len(got))
	}
}

func TestSummaryIsBounded(t *testing.T) {
	s, _, _, file := step(t)
	if err := errors.Join(s.Summary("# one"), s.Summary("# two")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, file); got != "# one\n# two\n" {
		t.Errorf("%q", got)
	}
	rest := MaxSummary - len(content(t, file)) - 1
	contains(t, s.Summary(strings.Repeat("x", rest+1)), "1048577 bytes", "none above 1048576")
	if err := s.Summary(strings.Repeat("x", rest)); err != nil || len(content(t, file)) != MaxSummary {
		t.Errorf("%v, %d bytes", err, len(content(t, file)))
	}
	contains(t, s.Summary(""), "none above")
}

func TestCommands(t *testing.T) {
	s, stdout, _, _ := step(t)
	evil := "50% done\r\n::set-env name=X::y\n##[error]z"
	err := errors.Join(
		s.Error(Note{File: "a,b:c\nd.yaml", Line: 3, Column: 4, Title: "t::x," + evil, Message: evil}),
		s.Warning(Note{Message: "w", Line: 5}), s.Notice(Note{File: "f", Message: "n", Column: 9}),
		s.Group("g\n::endgroup::"), s.EndGroup(), s.Mask("secret\n\n  lines\n"),
	)
	if err != nil {
		t.Fatal(err)
	}
	want := `::error col=4,file=a%2Cb%3Ac%0Ad.yaml,line=3,title=t%3A%3Ax%2C50%25 done%0D%0A%3A%3Aset-env name=X%3A%3Ay%0A##[error]z::50%25 done%0D%0A::set-env name=X::y%0A##[error]z
::warning::w
::notice file=f::n
::group::g%0A::endgroup::
::endgroup::
::add-mask::secret
::add-mask::lines
`
	if got := stdout.String(); got != want {
		t.Errorf("%s", got)
	}
}

func TestVerbatim(t *testing.T) {
	s, stdout, _, _ := step(t)
	token := ""
	err := s.Verbatim(func(w io.Writer) error {
		token = strings.TrimSpace(strings.TrimPrefix(stdout.String(), "::stop-commands::"))
		_, err := io.WriteString(w, "::error::not ours\nno end")
		return err
	})
	if want := "::stop-commands::" + token + "\n::error::not ours\nno end\n::" + token + "::\n"; err != nil || len(token) < 20 || stdout.String() != want {
		t.Errorf("%v: %q", err, stdout)
	}
	stdout.Reset()
	fault := errors.New("fault")
	if err := s.Verbatim(func(io.Writer) error { return fault }); !errors.Is(err, fault) || strings.Count(stdout.String(), "::\n") != 1 {
		t.Errorf("%v: %q", err, stdout)
	}
}

type fullWriter struct{}

func (fullWriter) Write([]byte) (int, error) { return 0, errors.New("no room") }

func TestWhatCannotBeWritten(t *testing.T) {
	s := NewStep(getenv(), fullWriter{})
	contains(t, s.SetOutput("a", "b"), "GITHUB_OUTPUT is not set")
	contains(t, s.Summary("x"), "GITHUB_STEP_SUMMARY is not set")
	contains(t, s.Error(Note{Message: "x"}), "no room")
	contains(t, s.Mask("x"), "no room")
	contains(t, s.Verbatim(func(io.Writer) error { return nil }), "no room")
	if s.HasOutputs() || s.HasSummary() {
		t.Error("there are files")
	}
	dir := t.TempDir()
	s = NewStep(getenv("GITHUB_OUTPUT", dir, "GITHUB_STEP_SUMMARY", filepath.Join(dir, "missing", "file")), io.Discard)
	contains(t, s.SetOutput("a", "b"), "setting the output a", dir)
	contains(t, s.Summary("x"), "missing")
	if !s.HasOutputs() || !s.HasSummary() {
		t.Error("there are no files")
	}
}

func TestFullDisk(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skip("this system has no device that is always full")
	}
	s := NewStep(getenv("GITHUB_OUTPUT", full, "GITHUB_STEP_SUMMARY", full), io.Discard)
	contains(t, s.SetOutput("a", "b"), "setting the output a", "no space")
	contains(t, s.Summary("x"), "writing the step's summary", "no space")
}

func TestFaultsOfOursArePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a fault of the program became an error")
		}
	}()
	_ = contain(func() {
		var step *Step
		step.outputs++
	})
}
