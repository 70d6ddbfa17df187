package markdown

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

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
			golden.Check(t, f.Name+".md", []byte(render(t, Options{Marker: "chart-matrix: posthog", Links: Links{HTML: fixture.Page}}, f.Summary)))
		})
	}
	t.Run("step summary", func(t *testing.T) {
		golden.Check(t, "lost-jobs.step.md", []byte(render(t, Options{Limit: SummaryLimit}, fixture.LostJobs())))
	})
	t.Run("tight", func(t *testing.T) {
		golden.Check(t, "large.tight.md", []byte(render(t, Options{Limit: MinLimit}, fixture.Large(256))))
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

// wide makes every count of characters differ: 4 bytes, 2 UTF-16 units, 1 code point.
func wide(n int) string { return strings.Repeat("𝔘", n) }

func TestLimitHoldsHoweverCharactersAreCounted(t *testing.T) {
	worst := make([]string, 12)
	for i := range worst {
		worst[i] = fmt.Sprint(i, strings.Repeat("&<`", 300), wide(300))
	}
	big := append(fixture.All(),
		fixture.Named{Name: "escaped", Summary: fixture.Carrying([]string{strings.Repeat("&$<", 400)})},
		fixture.Named{Name: "wide", Summary: fixture.Carrying([]string{wide(1000), strings.Repeat("`", 1000)})},
		fixture.Named{Name: "many", Summary: fixture.Carrying(worst)})
	for _, f := range big {
		for _, limit := range []int{MinLimit, 20_000, DefaultLimit} {
			text := render(t, Options{Limit: limit, Marker: "chart-matrix"}, f.Summary)
			if len(text) > limit || len(utf16.Encode([]rune(text))) > limit {
				t.Errorf("%s: %d bytes under a limit of %d", f.Name, len(text), limit)
			}
			if !strings.HasPrefix(text, "<!-- chart-matrix -->\n## ") {
				t.Errorf("%s under %d does not begin with marker and verdict", f.Name, limit)
			}
			if !f.Summary.Verdict.Passed && !strings.Contains(text, "\n### 1. ") {
				t.Errorf("%s under %d lacks the first finding", f.Name, limit)
			}
		}
	}
}

func TestTooSmallALimitIsRefused(t *testing.T) {
	var b bytes.Buffer
	err := New(Options{Limit: 100}).Render(&b, fixture.AllGreen())
	if err == nil || !strings.Contains(err.Error(), "at least 16384") || b.Len() > 0 {
		t.Errorf("err %v, %d bytes written", err, b.Len())
	}
}

// TestWhatGivesWayFirst shrinks the limit and looks at the order in which parts
// disappear.
func TestWhatGivesWayFirst(t *testing.T) {
	s := fixture.EveryState()
	for i := range 60 { // enough text for the smallest limit to bite
		f := s.Findings[0]
		f.Title = fmt.Sprintf("Another fault %d", i)
		s.Findings = append(s.Findings, f)
	}
	s.Origin = fixture.LostJobs().Origin
	for i, c := range s.Cells {
		s.Origin.Jobs[c.ID] = fmt.Sprintf("%s/job/%d", s.Origin.URL, i)
	}
	parts := []string{
		"<summary>Layers and durations", "<summary>Omitted from the plan", "<summary>Skipped", "<summary>Notes",
		"<summary>Advice", "| [❌", "more rows: all pass", "<summary>Expected failures", "<summary>Failed before", "<summary>Further findings",
	}
	gone := make([]int, len(parts))
	full := render(t, Options{}, s)
	for limit := len(full); limit >= MinLimit; limit -= 200 {
		text := render(t, Options{Limit: limit}, s)
		for i, p := range parts {
			if gone[i] == 0 && !strings.Contains(text, p) {
				gone[i] = limit
			}
		}
		if limit < len(full) && !strings.Contains(text, "Left out to fit the size limit: durations") {
			t.Fatalf("under %d the text does not say what was left out", limit)
		}
	}
	for i := 1; i < len(parts); i++ {
		if gone[i] > gone[i-1] {
			t.Errorf("%q went under %d, before %q under %d", parts[i], gone[i], parts[i-1], gone[i-1])
		}
	}
	if gone[0] == 0 {
		t.Error("nothing gave way; the test no longer tests anything")
	}
}

func TestMarkerCannotEndItsComment(t *testing.T) {
	for _, marker := range []string{"--> <script>alert(1)</script>", "a--b", "-", "->x", "a\nb", "--", "x--->y", "\x00"} {
		got := hidden(marker)
		if got == "" {
			continue
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "<!-- "), " -->\n")
		if strings.ContainsAny(inner, "<>\n") || strings.Contains(inner, "--") || strings.HasPrefix(inner, "-") || strings.HasSuffix(inner, "-") {
			t.Errorf("marker %q gives %q", marker, got)
		}
	}
}

func TestFastForManyAssertions(t *testing.T) {
	if testing.Short() {
		t.Skip("renders 128,000 assertions")
	}
	s := fixture.WithAssertions(256, 500)
	start := time.Now()
	text := render(t, Options{}, s)
	t.Logf("%d bytes in %s", len(text), time.Since(start)) // asserted nowhere: machines differ
}

func BenchmarkRender(b *testing.B) {
	s := fixture.WithAssertions(256, 500)
	for b.Loop() {
		render(b, Options{}, s)
	}
}
