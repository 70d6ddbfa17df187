package diagnosis

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/findings/mask"
)

// Bounds of what is quoted.
const (
	maxLines = 3
	maxMore  = 20
	near     = 4  // lines before and after a quoted one that may belong to it
	nearHit  = 40 // the same for lines that show another rule
)

// place is a line of a reading.
type place struct{ log, start, end, number int }

// quoter chooses lines: at most limit, none twice, not even with other times in it.
type quoter struct {
	logs   []*reading
	known  *known
	masked map[string]bool
	taken  []place
}

func (q *quoter) text(p place) string { return q.logs[p.log].text[p.start:p.end] }

func (q *quoter) take(p place, limit int) {
	if len(q.taken) >= limit {
		return
	}
	masked := mask.Line(q.text(p))
	if masked == "" || q.masked[masked] {
		return
	}
	q.masked[masked] = true
	q.taken = append(q.taken, p)
}

func (q *quoter) lines() []Line {
	places := slices.Clone(q.taken)
	slices.SortFunc(places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.log, b.log), cmp.Compare(a.number, b.number))
	})
	out := make([]Line, 0, len(places))
	for _, p := range places {
		out = append(out, Line{Source: q.logs[p.log].name, Number: p.number, Text: shown(q.text(p))})
	}
	return out
}

// shown is a line as it is quoted: as it was, without what a terminal would obey.
func shown(line string) string {
	line = strings.ToValidUTF8(line, "?")
	line = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return r
		case r < ' ' || r >= 0x7f && r < 0xa0:
			return -1
		}
		return r
	}, line)
	return strings.TrimRight(line, " \t")
}

// quote chooses the lines to show, and more of them to unfold.
func quote(logs []*reading, hits []hit, k *known, at time.Time) (lines, more []Line) {
	q := &quoter{logs: logs, known: k, masked: map[string]bool{}}
	if len(hits) > 0 {
		q.fromHits(hits, at, maxLines)
	} else {
		q.fromNovelty(at, maxLines)
	}
	lines = q.lines()
	for _, h := range hits {
		q.take(h.place(), maxMore)
	}
	for _, p := range slices.Clone(q.taken[:min(len(q.taken), maxLines)]) {
		for _, n := range q.around(p, near) {
			q.take(n, maxMore)
		}
	}
	if more = q.lines(); len(more) == len(lines) {
		more = nil
	}
	return lines, more
}

func (h hit) place() place { return place{h.log, h.start, h.end, h.number} }

// fromHits quotes the most quotable line of the rule that was chosen; then its
// last one, since what ends a log sums it up, and others of it; then lines close by.
// Of a message broken into lines its beginning is quoted, too.
func (q *quoter) fromHits(hits []hit, at time.Time, limit int) {
	chosen := hits[0].rule
	var own, rest []hit
	for _, h := range hits {
		if h.rule == chosen {
			own = append(own, h)
		} else {
			rest = append(rest, h)
		}
	}
	slices.SortStableFunc(own, func(a, b hit) int {
		return cmp.Or(a.informs(q.logs)-b.informs(q.logs), cmp.Compare(a.rank, b.rank), cmp.Compare(q.distance(a.place(), at), q.distance(b.place(), at)))
	})
	key := own[0].place()
	if !q.known.any {
		q.known = elsewhere(q.logs[key.log].text, key.number)
	}
	q.take(key, limit)
	if head, ok := q.logs[key.log].headOf(key); ok && q.isNew(head) {
		q.take(head, limit)
	}
	if at.IsZero() {
		last := own[0]
		for _, h := range own {
			if h.rank == last.rank {
				last = h
			}
		}
		q.take(last.place(), limit)
	}
	for _, h := range own[1:] {
		q.take(h.place(), limit)
	}
	for _, h := range rest {
		if h.log == key.log && abs(h.number-key.number) <= nearHit && q.isNew(h.place()) && !isCalm(q.text(h.place())) {
			q.take(h.place(), limit)
		}
	}
	for _, loudOnly := range [...]bool{true, false} {
		for _, n := range q.around(key, near) {
			if q.belongs(n, key, loudOnly) {
				q.take(n, limit)
			}
		}
	}
}

func (q *quoter) isNew(p place) bool {
	return !q.known.any || q.known.novelty(q.text(p)) > isNew
}

// belongs tells whether a line close to the key says more about it: new, and
// loud, or, when those are done, in words.
func (q *quoter) belongs(p, key place, loudOnly bool) bool {
	line := q.text(p)
	if !q.isNew(p) || isCalm(line) {
		return false
	}
	if severity(line) > 0 {
		return true
	}
	if q.known.any && q.known.novelty(line) < isForeign {
		return false
	}
	return !loudOnly && letters(line) > 8 && (q.known.any || p.number > key.number && indent(line) > indent(q.text(key)))
}

func letters(line string) int {
	n := 0
	for i := range len(line) {
		if c := line[i] | 0x20; c >= 'a' && c <= 'z' {
			n++
		}
	}
	return n
}

func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

func abs(n int) int { return max(n, -n) }

// around gives the n lines after p and before it, in turns, closest first.
func (q *quoter) around(p place, n int) []place {
	text := q.logs[p.log].text
	var out []place
	back, ahead := p, p
	for range n {
		if i := strings.IndexByte(text[ahead.start:], '\n'); i >= 0 && ahead.start+i+1 < len(text) {
			start := ahead.start + i + 1
			ahead = place{p.log, start, lineEnd(text, start), ahead.number + 1}
			out = append(out, ahead)
		}
		if back.start > 0 {
			from := max(0, back.start-1-maxBack)
			start := from + strings.LastIndexByte(text[from:back.start-1], '\n') + 1
			if start == from && from > 0 { // a line too long to be looked at
				break
			}
			back = place{p.log, start, lineEnd(text, start), back.number - 1}
			out = append(out, back)
		}
	}
	return out
}

// maxBack bounds how far the beginning of a line is looked for, in bytes.
const maxBack = 1 << 20

// lineEnd is where the line that begins at start ends, or is cut.
func lineEnd(text string, start int) int {
	end := min(len(text), start+mask.MaxLine)
	if i := strings.IndexByte(text[start:end], '\n'); i >= 0 {
		return start + i
	}
	return end
}
