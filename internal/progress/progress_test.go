package progress

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/result"
)

// screen emulates the little of a terminal that the display uses: line feed,
// carriage return, cursor to the start of a line above, erase to the end of the
// line and of the screen.
type screen struct {
	t        *testing.T
	width    int
	lines    []string
	row      int
	highest  int // rows that the display ever used
	sequence string
}

func (s *screen) Write(data []byte) (int, error) {
	for text := string(data); text != ""; {
		switch {
		case strings.HasPrefix(text, "\x1b["):
			end := strings.IndexAny(text, "FKJ")
			if end < 0 {
				s.t.Fatalf("unknown escape sequence in %q", text)
			}
			n, _ := strconv.Atoi(text[2:end])
			switch text[end] {
			case 'F':
				s.row -= n
				if s.row < 0 {
					s.t.Fatalf("the cursor left the screen")
				}
				s.lines[s.row] += "" // the text is replaced by what follows
				s.sequence = ""
			case 'K':
				s.lines[s.row] = s.sequence
			case 'J':
				s.lines = append(s.lines[:s.row], "")
			}
			text = text[end+1:]
		case text[0] == '\n':
			if len(s.lines) > s.row && s.sequence != "" {
				s.lines[s.row] = s.sequence
			}
			s.row++
			s.sequence = ""
			for len(s.lines) <= s.row {
				s.lines = append(s.lines, "")
			}
			s.highest = max(s.highest, s.row)
			text = text[1:]
		default:
			end := strings.IndexAny(text, "\x1b\n")
			if end < 0 {
				end = len(text)
			}
			for len(s.lines) <= s.row {
				s.lines = append(s.lines, "")
			}
			s.sequence += text[:end]
			if len([]rune(s.sequence)) >= s.width {
				s.t.Errorf("a line of %d columns on a screen of %d: %q", len([]rune(s.sequence)), s.width, s.sequence)
			}
			text = text[end:]
		}
	}
	return len(data), nil
}

func (s *screen) text() string { return strings.TrimRight(strings.Join(s.lines, "\n"), "\n") }

// ticking is a clock that moves when it is told to.
type ticking struct{ now time.Time }

func (c *ticking) Now() time.Time { return c.now }

func (c *ticking) pass(d time.Duration) { c.now = c.now.Add(d) }

func TestLiveScreen(t *testing.T) {
	s, c := &screen{t: t, width: 40}, &ticking{now: time.Unix(0, 0)}
	p := New(s, Options{Live: true, Width: 40, Workers: 2, Total: 8, Now: c.Now})
	p.Start(0, "kind-1.34-default")
	c.pass(time.Second)
	p.Start(1, "eks-1.34-a-scenario-with-a-name-longer-than-the-screen")
	if want := " 1  0:01  kind-1.34-default\n 2  0:00  eks-1.34-a-scenario-with-a-n…\n0 of 8 (0%) done, 0:01"; s.text() != want {
		t.Errorf("screen:\n%s\nwant:\n%s", s.text(), want)
	}
	for i := range 3 {
		c.pass(time.Second)
		p.Done(0, "kind-1.34-default", result.Passed)
		p.Start(0, fmt.Sprintf("kind-1.3%d-default", i))
	}
	c.pass(time.Second)
	p.Done(1, "eks-1.34", result.Failed)
	if want := "failed  eks-1.34\n 1  0:01  kind-1.32-default\n 2  idle\n4 of 8 (50%) done, 1 not passed, 0:05,…"; s.text() != want {
		t.Errorf("screen:\n%s\nwant:\n%s", s.text(), want)
	}
	p.Finish()
	if want := "failed  eks-1.34"; s.text() != want {
		t.Errorf("after Finish the screen holds:\n%s\nwant:\n%s", s.text(), want)
	}
	p.Start(0, "late")
	p.Done(0, "late", result.Failed)
	p.Finish()
	if want := "failed  eks-1.34"; s.text() != want {
		t.Errorf("calls after Finish wrote:\n%s", s.text())
	}
}

func TestPlainLinesAreFewAndPlain(t *testing.T) {
	var b bytes.Buffer
	c := &ticking{now: time.Unix(0, 0)}
	p := New(&b, Options{Workers: 2, Total: 1000, Now: c.Now})
	for i := range 1000 {
		p.Start(i%2, "cell")
		c.pass(30 * time.Millisecond)
		p.Done(i%2, "cell", result.Passed)
	}
	p.Finish()
	want := "334 of 1000 (33%) done, 0:10, about 0:20 left\n668 of 1000 (66%) done, 0:20, about 0:10 left\n1000 of 1000 (100%) done, 0:30\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestEstimateIsHonest(t *testing.T) {
	for _, c := range []struct {
		done, total, workers int
		elapsed, want        time.Duration
		ok                   bool
	}{
		{0, 10, 2, time.Second, 0, false},
		{2, 10, 2, time.Second, 0, false}, // too few to tell
		{3, 12, 2, 3 * time.Second, 9 * time.Second, true},
		{5, 100, 8, time.Second, 0, false}, // some workers have not finished one
		{8, 16, 8, 4 * time.Second, 4 * time.Second, true},
		{10, 10, 2, time.Second, 0, false},
		{12, 10, 2, time.Second, 0, false},
		{5, 0, 2, time.Second, 0, false},
	} {
		got, ok := estimate(c.done, c.total, c.workers, c.elapsed)
		if got != c.want || ok != c.ok {
			t.Errorf("%+v: got %s, %v", c, got, ok)
		}
	}
}

func TestHostileNames(t *testing.T) {
	for _, live := range []bool{true, false} {
		var b bytes.Buffer
		p := New(&b, Options{Live: live, Workers: 1, Total: 1})
		p.Start(0, "a\x1b[2Jb\nc\u009b1m ##[error]x")
		p.Start(7, "no such worker")
		p.Done(0, "::error::x\r\n::warning::y\xff", result.Failed)
		p.Done(-1, "x", result.Passed)
		p.Finish()
		for line := range strings.Lines(b.String()) {
			if strings.Contains(line, "\x1b[2J") || strings.HasPrefix(strings.TrimSpace(line), "::") || strings.Contains(line, "##[") {
				t.Errorf("live %v: %q", live, line)
			}
		}
	}
}

type broken struct{ writes int }

func (b *broken) Write([]byte) (int, error) { b.writes++; return 0, errors.New("gone") }

func TestBrokenWriterEndsTheDisplay(t *testing.T) {
	b := &broken{}
	p := New(b, Options{Live: true, Workers: 1, Total: 3})
	for range 3 {
		p.Start(0, "x")
		p.Done(0, "x", result.Failed)
	}
	p.Finish()
	if b.writes != 1 {
		t.Errorf("%d writes to a broken writer", b.writes)
	}
}

func TestClockRunsWhileNothingHappens(t *testing.T) {
	s := &screen{t: t, width: 80}
	p := New(s, Options{Live: true, Workers: 1, Total: 1, tick: time.Millisecond})
	p.Start(0, "long")
	p.mu.Lock()
	first := p.last
	p.mu.Unlock()
	for range 500 {
		p.mu.Lock()
		moved := p.last.After(first)
		p.mu.Unlock()
		if moved {
			p.Finish()
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the display stands still while a worker is busy")
}

func TestManyWorkers(t *testing.T) {
	for _, live := range []bool{true, false} {
		s := &screen{t: t, width: 80}
		p := New(s, Options{Live: live, Workers: 16, Total: 1600})
		var group sync.WaitGroup
		for w := range 16 {
			group.Go(func() {
				for i := range 100 {
					what := fmt.Sprintf("cell-%d-%d", w, i)
					p.Start(w, what)
					p.Done(w, what, result.Passed)
				}
			})
		}
		group.Wait()
		p.Finish()
		if live && s.text() != "" {
			t.Errorf("the screen is not clean:\n%s", s.text())
		}
		if !live && !strings.HasPrefix(s.text(), "1600 of 1600 (100%) done") {
			t.Errorf("last line:\n%s", s.text())
		}
	}
}

func TestFailuresCanBeCountedAlone(t *testing.T) {
	var out bytes.Buffer
	c := &ticking{now: time.Unix(0, 0)}
	p := New(&out, Options{Live: true, Width: 60, Workers: 1, CountFailures: true, Now: c.Now})
	p.Plan(2)
	for _, what := range []string{"render a", "render b"} {
		p.Start(0, what)
		c.pass(time.Second)
		p.Done(0, what, result.Failed)
	}
	p.Finish()
	if text := out.String(); strings.Contains(text, "failed  render") || !strings.Contains(text, "2 not passed") {
		t.Errorf("want failures counted and not named, got %q", text)
	}
}
