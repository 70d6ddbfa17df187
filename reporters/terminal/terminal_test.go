package terminal

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"unicode"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
	"github.com/posthog/chart-matrix/reporters/internal/golden"
)

func render(t testing.TB, o Options, s findings.Summary) string {
	t.Helper()
	var b bytes.Buffer
	if err := New(o).Render(&b, s); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestGolden(t *testing.T) {
	for _, f := range fixture.All() {
		t.Run(f.Name, func(t *testing.T) {
			golden.Check(t, f.Name+".txt", []byte(render(t, Options{}, f.Summary)))
		})
	}
	t.Run("colour", func(t *testing.T) {
		golden.Check(t, "two-findings.colour.txt", []byte(render(t, Options{Color: true}, fixture.TwoFindings())))
	})
	t.Run("ascii", func(t *testing.T) {
		golden.Check(t, "every-state.ascii.txt", []byte(render(t, Options{ASCII: true, Width: 60}, fixture.EveryState())))
	})
}

func TestSameSummarySameText(t *testing.T) {
	first := render(t, Options{}, fixture.EveryState())
	for range 20 {
		if render(t, Options{}, fixture.EveryState()) != first {
			t.Fatal("two renders of one summary differ")
		}
	}
}

func TestLinesFitTheWidth(t *testing.T) {
	for _, width := range []int{MinWidth, 60, 80, 100, 120} {
		for _, f := range fixture.All() {
			for line := range strings.Lines(render(t, Options{Width: width}, f.Summary)) {
				line = strings.TrimRight(line, "\n")
				if strings.HasPrefix(line, "    try    ") {
					continue // a command is copied, so it is never broken
				}
				if got := twwidth.Width(line); got > width {
					t.Errorf("%s at width %d: a line of %d columns: %q", f.Name, width, got, line)
				}
			}
		}
	}
}

func TestColourOnlyOnRequest(t *testing.T) {
	if strings.Contains(render(t, Options{}, fixture.EveryState()), "\x1b") {
		t.Error("escape sequences without Color")
	}
	colour := render(t, Options{Color: true}, fixture.EveryState())
	if !strings.Contains(colour, "\x1b[1;31m") {
		t.Error("no red with Color")
	}
	var plain strings.Builder
	for i, part := range strings.Split(colour, "\x1b[") {
		if i > 0 {
			part = part[strings.IndexByte(part, 'm')+1:]
		}
		plain.WriteString(part)
	}
	want := strings.Split(render(t, Options{}, fixture.EveryState()), "\n")
	for i, line := range strings.Split(plain.String(), "\n") {
		line = strings.TrimRight(line, " ") // padding before the last reset
		if i >= len(want) || line != want[i] {
			t.Fatalf("colour changes more than the colour in line %d: %q", i+1, line)
		}
	}
}

func TestASCIIDrawsNothingElse(t *testing.T) {
	for i, r := range render(t, Options{ASCII: true}, fixture.EveryState()) {
		if r > unicode.MaxASCII {
			t.Fatalf("character %q at byte %d", r, i)
		}
	}
}

func TestVerdictAndFirstFindingComeFirst(t *testing.T) {
	s := fixture.TwoFindings()
	lines := strings.Split(render(t, Options{}, s), "\n")
	if !strings.Contains(lines[0], s.Verdict.Headline) {
		t.Errorf("first line %q lacks the verdict", lines[0])
	}
	text := strings.Join(lines[:16], "\n")
	for _, want := range []string{s.Findings[0].Title, s.Findings[0].Where, "templates/hpa.yaml:2:13", s.Findings[0].Hint, s.Findings[0].Reproduce} {
		if !strings.Contains(text, want) {
			t.Errorf("the first 16 lines lack %q", want)
		}
	}
}

// inert fails where text from outside acts on the screen or on a job's log.
func inert(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
			t.Errorf("a line is a workflow command: %q", line)
		}
		for _, r := range strings.TrimSuffix(line, "\n") {
			if unicode.IsControl(r) || r == '\u202e' || r == '\u2028' {
				t.Errorf("control character %U in %q", r, line)
			}
		}
	}
}

func TestHostileTextIsInert(t *testing.T) {
	for _, width := range []int{MinWidth, 100} {
		inert(t, render(t, Options{Width: width}, fixture.Hostile()))
	}
}

func FuzzRender(f *testing.F) {
	for _, a := range fixture.Attacks() {
		f.Add(a, a, 60)
	}
	f.Fuzz(func(t *testing.T, a, b string, width int) {
		inert(t, render(t, Options{Width: width}, fixture.Carrying([]string{a, b})))
	})
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWriteErrorIsReported(t *testing.T) {
	if err := New(Options{}).Render(brokenPipe{}, fixture.AllGreen()); err == nil {
		t.Error("no error")
	}
}

func BenchmarkRender(b *testing.B) {
	s := fixture.WithAssertions(256, 500)
	for b.Loop() {
		render(b, Options{}, s)
	}
}
