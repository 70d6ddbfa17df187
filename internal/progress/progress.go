// Package progress shows what a pool of workers is doing: on a terminal one
// live line for each worker and one for the whole, elsewhere a plain line now
// and then.
package progress

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/mattn/go-runewidth"

	"github.com/posthog/chart-matrix/result"
)

// Options of a Progress.
type Options struct {
	// Live redraws lines in place; for terminals only.
	Live bool
	// Width is the terminal's, in columns; 0 means 80.
	Width int
	// Workers is how many Start will name, from 0 to Workers-1.
	Workers int
	// Total is how many Done calls are expected; 0 is unknown.
	Total int
	// CountFailures counts failures without naming each as it comes, for runs
	// whose summary follows within seconds.
	CountFailures bool
	// Now is the clock; nil means time.Now, and live lines then also move while
	// nothing happens.
	Now func() time.Time

	tick time.Duration // tests shorten it
}

// How often lines are written. A redraw more often than the eye can follow
// costs processor time; plain lines stay in a log for ever.
const (
	redrawEvery = 100 * time.Millisecond
	plainEvery  = 10 * time.Second
	tickEvery   = time.Second
)

// Progress may be used by many goroutines at once. Errors of the writer end
// the display and nothing else: progress is never a reason to fail.
type Progress struct {
	mu      sync.Mutex
	w       io.Writer
	opts    Options
	started time.Time
	last    time.Time // of the last redraw or plain line
	busy    []string  // what each worker does; "" is idle
	since   []time.Time
	done    int
	bad     int  // failed, errored or lost
	drawn   int  // lines on the screen that belong to the display
	ended   bool // nothing is written any more

	finished bool
	stop     chan struct{}
	ticker   sync.WaitGroup
}

// New starts the clock. Nothing is written yet. Finish must be called.
func New(w io.Writer, o Options) *Progress {
	ticks := o.Live && o.Now == nil
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.tick <= 0 {
		o.tick = tickEvery
	}
	if o.Width <= 0 {
		o.Width = 80
	}
	o.Workers = max(o.Workers, 0)
	now := o.Now()
	p := &Progress{
		w: w, opts: o, started: now, last: now,
		busy: make([]string, o.Workers), since: make([]time.Time, o.Workers), stop: make(chan struct{}),
	}
	if ticks {
		p.ticker.Go(p.keepMoving)
	}
	return p
}

// keepMoving redraws the lines once a second while they are on the screen.
func (p *Progress) keepMoving() {
	t := time.NewTicker(p.opts.tick)
	defer t.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-t.C:
		}
		p.mu.Lock()
		if p.drawn > 0 && !p.ended {
			p.redraw(false)
		}
		p.mu.Unlock()
	}
}

// Plan says that more Done calls are expected, where that becomes known on the way.
func (p *Progress) Plan(more int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.opts.Total += more
}

// Start says that a worker begins something. A worker out of range is ignored.
func (p *Progress) Start(worker int, what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if worker >= 0 && worker < len(p.busy) {
		p.busy[worker], p.since[worker] = clean(what), p.opts.Now()
	}
	if p.opts.Live {
		p.redraw(false)
	}
}

// Done says what became of it. A failure is written at once and stays, unless
// failures are only counted.
func (p *Progress) Done(worker int, what string, status result.Status) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.ended {
		return
	}
	if worker >= 0 && worker < len(p.busy) {
		p.busy[worker] = ""
	}
	p.done++
	failed := status == result.Failed || status == result.Errored || status == result.Lost
	if failed {
		p.bad++
	}
	switch {
	case p.opts.Live && failed && !p.opts.CountFailures:
		p.erase()
		p.write(fit(string(status)+"  "+clean(what), p.opts.Width-1) + "\n")
		p.redraw(true)
	case p.opts.Live:
		p.redraw(false)
	default:
		p.plain()
	}
}

// Finish removes the live lines, or writes the last plain line. Calls after it
// do nothing.
func (p *Progress) Finish() {
	p.mu.Lock()
	if !p.ended {
		if p.opts.Live {
			p.erase()
		} else if p.done > 0 {
			p.write(p.overall() + "\n")
		}
	}
	p.ended = true
	if !p.finished {
		p.finished = true
		close(p.stop)
	}
	p.mu.Unlock()
	p.ticker.Wait()
}

func (p *Progress) plain() {
	now := p.opts.Now()
	if now.Sub(p.last) < plainEvery || p.done == p.opts.Total {
		return // Finish writes the last line
	}
	p.last = now
	p.write(p.overall() + "\n")
}

// redraw replaces the lines in one write, so that a terminal never shows half
// of them.
func (p *Progress) redraw(force bool) {
	now := p.opts.Now()
	if !force && p.drawn > 0 && now.Sub(p.last) < redrawEvery {
		return
	}
	p.last = now
	lines := make([]string, 0, len(p.busy)+1)
	for i, what := range p.busy {
		line := fmt.Sprintf("%2d  idle", i+1)
		if what != "" {
			line = fmt.Sprintf("%2d  %s  %s", i+1, clock(now.Sub(p.since[i])), what)
		}
		lines = append(lines, line)
	}
	lines = append(lines, p.overall())
	var b strings.Builder
	b.WriteString(p.up())
	for _, l := range lines {
		// The last column stays free: a full line would wrap on some terminals.
		b.WriteString(fit(l, p.opts.Width-1) + "\x1b[K\n")
	}
	p.drawn = len(lines)
	p.write(b.String())
}

// up moves to the first of the drawn lines (ECMA-48: CPL).
func (p *Progress) up() string {
	if p.drawn == 0 {
		return ""
	}
	return fmt.Sprintf("\x1b[%dF", p.drawn)
}

// erase removes the drawn lines (ECMA-48: ED).
func (p *Progress) erase() {
	if p.drawn > 0 {
		p.write(p.up() + "\x1b[J")
		p.drawn = 0
	}
}

func (p *Progress) write(s string) {
	if _, err := io.WriteString(p.w, s); err != nil {
		p.ended = true
	}
}

// overall is the line for the whole: 42 of 252 (17%), 3 not passed, 0:12, about 0:58 left.
func (p *Progress) overall() string {
	elapsed := p.opts.Now().Sub(p.started)
	var b strings.Builder
	fmt.Fprintf(&b, "%d", p.done)
	if p.opts.Total > 0 {
		fmt.Fprintf(&b, " of %d (%d%%)", p.opts.Total, min(100*p.done/p.opts.Total, 100))
	}
	b.WriteString(" done")
	if p.bad > 0 {
		fmt.Fprintf(&b, ", %d not passed", p.bad)
	}
	b.WriteString(", " + clock(elapsed))
	if left, ok := estimate(p.done, p.opts.Total, p.opts.Workers, elapsed); ok {
		b.WriteString(", about " + clock(left) + " left")
	}
	return b.String()
}

// estimate gives the time that is left if the rest takes as long on average as
// what is done. It keeps silent until every worker has finished one piece, and
// at least three are done: before that the first, quick pieces would promise
// too much.
func estimate(done, total, workers int, elapsed time.Duration) (time.Duration, bool) {
	if total <= 0 || done >= total || done < max(workers, 3) {
		return 0, false
	}
	return time.Duration(float64(elapsed) / float64(done) * float64(total-done)), true
}

// clock writes a duration as 0:07, 12:34 or 1:02:03.
func clock(d time.Duration) string {
	s := int(max(d, 0).Round(time.Second) / time.Second)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// clean keeps what would move the cursor, or command the runner whose log the
// line stands in, out of a name.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u2028' || r == '\u2029' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "##[", "## [")), " ")
}

func fit(s string, width int) string { return runewidth.Truncate(s, max(width, 1), "…") }
