package diagnosis

import (
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
)

// Bounds on what is read of one source, in bytes: its beginning and its end.
// What lies between is counted, so that line numbers hold, and not looked at.
const (
	maxHead = 16 << 20
	maxTail = 48 << 20
)

// maxCandidates bounds how many lines of one source are looked at closely.
const maxCandidates = 200_000

// reading is a source in which the lines that hold words of rules are found.
type reading struct {
	name       string
	text       string
	candidates []candidate
}

// candidate is a line that holds the literals of some signs.
type candidate struct {
	start, end int // in text; a longer line is cut
	number     int
	words      []uint16 // of the engine
}

// read finds the candidates of a source.
func read(s Source, l *literals, active []bool) *reading {
	r := &reading{name: s.Name, text: s.Text}
	if strings.IndexByte(r.text, 0x1b) >= 0 {
		r.text = withoutEscapes(r.text)
	}
	if len(r.text) <= maxHead+maxTail {
		r.scan(l, active, 0, len(r.text), 1)
		return r
	}
	tail := len(r.text) - maxTail
	number := r.scan(l, active, 0, maxHead, 1)
	number += strings.Count(r.text[maxHead:tail], "\n")
	r.scan(l, active, tail, len(r.text), number)
	return r
}

// withoutEscapes takes ANSI sequences out, line by line: a colour within a word
// would hide it. Lines stay as many as they were.
func withoutEscapes(text string) string {
	var b strings.Builder
	b.Grow(len(text))
	for len(text) > 0 {
		line := text
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			line = text[:i]
		}
		rest := text[len(line):]
		if strings.IndexByte(line, 0x1b) >= 0 {
			if len(line) > mask.MaxLine {
				line = line[:mask.MaxLine]
			}
			line = mask.StripEscapes(line)
		}
		b.WriteString(line)
		if rest != "" {
			b.WriteByte('\n')
			rest = rest[1:]
		}
		text = rest
	}
	return b.String()
}

// scan looks at text[from:to], the first line of which has the given number, and
// gives the number of the line that it ends in.
func (r *reading) scan(l *literals, active []bool, from, to, number int) int {
	text, class, next, wide := r.text, &l.class, l.next, l.wide
	for start := from; start < to; number++ {
		end := to
		if i := strings.IndexByte(text[start:to], '\n'); i >= 0 {
			end = start + i
		}
		cut := min(end, start+mask.MaxLine)
		state := 0
		var words []uint16
		for i := start; i < cut; i++ {
			state = int(next[state*wide+int(class[text[i]])])
			if !l.ends[state] {
				continue
			}
			for _, word := range l.found[state] {
				if active[word] && !slices.Contains(words, word) {
					words = append(words, word)
				}
			}
		}
		if words != nil && len(r.candidates) < maxCandidates {
			r.candidates = append(r.candidates, candidate{start: start, end: cut, number: number, words: words})
		}
		if end == to {
			break
		}
		start = end + 1
	}
	return number
}
