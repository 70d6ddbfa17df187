package diagnosis

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/posthog/chart-matrix/findings/mask"
)

// A message is broken into several lines by terminals, by columns and boxes, and by
// programs that print a list of causes. Signs of several words are looked for in
// the whole of it, too.

// maxWrapped bounds how many lines before and after one are taken to belong to it.
const maxWrapped = 3

// message is some lines of a reading, and their text with blanks for the breaks.
type message struct {
	lines       []place
	starts      []int // where each line begins in text
	text, lower []byte
}

// wrapped gives the message that a candidate is a line of; of one line where it
// is alone.
func (r *reading) wrapped(log int, c candidate) *message {
	p := place{log, c.start, c.end, c.number}
	first, last := p, p
	for range maxWrapped {
		prev, ok := r.before(first)
		if !ok || !continues(r.text[prev.start:prev.end], r.text[first.start:first.end]) {
			break
		}
		first = prev
	}
	m := &message{}
	for at, n := first, 0; ; n++ {
		m.add(at, r.text[at.start:at.end])
		if at.number >= last.number+maxWrapped {
			break
		}
		next, ok := r.after(at)
		if !ok || next.number > last.number && !continues(r.text[at.start:at.end], r.text[next.start:next.end]) {
			break
		}
		at = next
	}
	m.lower = appendLower(nil, m.text)
	return m
}

// headOf gives the line that begins the message which a line is a later one of, where
// that says it is an error.
func (r *reading) headOf(p place) (place, bool) {
	head := r.wrapped(p.log, candidate{start: p.start, end: p.end, number: p.number}).lines[0]
	if head.number == p.number {
		return p, false
	}
	_, line := carried(r.text[head.start:head.end])
	return head, strings.HasPrefix(strings.ToLower(strings.TrimLeft(line, boxes)), "error")
}

func (m *message) add(p place, line string) {
	if len(m.lines) > 0 {
		m.text = append(m.text, ' ')
	}
	m.lines = append(m.lines, p)
	m.starts = append(m.starts, len(m.text))
	_, line = carried(line)
	m.text = appendPlain(m.text, strings.Trim(line, boxes))
}

// lineOf gives the line that holds a part of the message.
func (m *message) lineOf(part []byte) place {
	at := max(bytes.Index(m.lower, part), 0)
	k := 0
	for k+1 < len(m.starts) && m.starts[k+1] <= at {
		k++
	}
	return m.lines[k]
}

// boxes are what stands around a line without being of it: blanks, terraform's frame, a
// comment's sign, a shell's sign of more to come.
const boxes = " \t\r│╷╵|#\\"

func (r *reading) before(p place) (place, bool) {
	if p.start == 0 {
		return p, false
	}
	from := max(0, p.start-1-mask.MaxLine)
	start := from + strings.LastIndexByte(r.text[from:p.start-1], '\n') + 1
	if start == from && from > 0 {
		return p, false
	}
	return place{p.log, start, p.start - 1, p.number - 1}, true
}

func (r *reading) after(p place) (place, bool) {
	start := p.end + 1
	if p.end >= len(r.text) || r.text[p.end] != '\n' || start >= len(r.text) {
		return p, false
	}
	return place{p.log, start, lineEnd(r.text, start), p.number + 1}, true
}

// continues tells whether a line goes on with what the one before began: it is
// indented more, in the same box, or the other ends in the middle; and it does not begin as log lines do.
func continues(prev, line string) bool {
	from, prev := carried(prev)
	source, line := carried(line)
	if source != from {
		return false
	}
	body := strings.TrimLeft(line, boxes)
	end := strings.TrimRight(prev, boxes)
	if body == "" || end == "" || begins(body) {
		return false
	}
	if len(line)-len(body) > len(prev)-len(strings.TrimLeft(prev, boxes)) {
		return true
	}
	if strings.HasPrefix(strings.TrimLeft(prev, " "), "│") && strings.HasPrefix(strings.TrimLeft(line, " "), "│") {
		return true
	}
	switch last, _ := utf8.DecodeLastRuneInString(end); {
	case strings.ContainsRune(":,(\"'=", last):
		return true
	case last >= 'a' && last <= 'z' || last >= '0' && last <= '9':
		return len(end) >= 40 && !isCommand(end)
	}
	return false
}

func isCommand(line string) bool {
	return strings.HasPrefix(line, "$ ") || strings.Contains(line, ":~") || strings.HasPrefix(line, "> ")
}

// begins tells whether a line begins a record of its own: with a time, a
// level, a source, a mark of a list.
func begins(line string) bool {
	switch c := line[0]; {
	case strings.IndexByte("{[<*-+=$>✓✗", c) >= 0:
		return true
	case c >= '0' && c <= '9':
		return clock(line)
	case strings.IndexByte("IWEF", c) >= 0 && len(line) > 5 && digits(line[1:5]):
		return true
	}
	word, _, _ := strings.Cut(line, " ")
	word = strings.ToLower(strings.TrimRight(word, ":"))
	switch word {
	case "warning", "normal", "error", "warn", "info", "fatal", "debug", "panic", "name", "namespace", "kubectl", "helm", "make":
		return true
	}
	return strings.HasPrefix(word, "time=") || strings.HasPrefix(word, "level=") || strings.HasPrefix(word, "ts=") || strings.Contains(word, ".go:")
}

// clock tells whether a line that begins with a digit begins with a date or a time.
func clock(line string) bool {
	head := line[:min(len(line), 10)]
	return len(head) >= 5 && (digits(head[:2]) && head[2] == ':' || digits(head[:4]) && (head[4] == '-' || head[4] == '/')) ||
		strings.Count(head, ".") >= 2
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
