package terminal

import (
	"strings"

	"github.com/olekukonko/tablewriter/pkg/twwidth"

	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// page collects lines of at most width columns.
type page struct {
	style
	width int
	logs  present.Logs
	files present.Files
	out   strings.Builder
}

func (p *page) blank() { p.out.WriteByte('\n') }

func (p *page) line(s string) {
	p.out.WriteString(strings.TrimRight(s, " "))
	p.out.WriteByte('\n')
}

// wrap writes text between the prefixes and the right edge, broken at blanks;
// a word that is longer than a line is broken anywhere.
func (p *page) wrap(first, rest, text string, t tone) {
	prefix := first
	for _, l := range breakLines(text, p.width-twwidth.Width(rest)) {
		p.line(prefix + p.paint(t, l))
		prefix = rest
	}
}

func breakLines(text string, width int) []string {
	width = max(width, 10)
	var lines []string
	var line strings.Builder
	used := 0
	flush := func() {
		if used > 0 {
			lines = append(lines, line.String())
			line.Reset()
			used = 0
		}
	}
	for _, word := range strings.Fields(text) {
		size := twwidth.Width(word)
		if used > 0 && used+1+size > width {
			flush()
		}
		for size > width {
			head, tail := splitAt(word, width)
			lines = append(lines, head)
			word, size = tail, twwidth.Width(tail)
		}
		if used > 0 {
			line.WriteByte(' ')
			used++
		}
		line.WriteString(word)
		used += size
	}
	flush()
	return lines
}

// splitAt cuts a word after at most width columns, and at least one character.
func splitAt(word string, width int) (head, tail string) {
	used := 0
	for i, r := range word {
		used += twwidth.Width(string(r))
		if used > width && i > 0 {
			return word[:i], word[i:]
		}
	}
	return word, ""
}

const (
	indent     = "    "
	labelWidth = 7
)

// field writes a labelled text of a finding; an empty text is left out.
func (p *page) field(label, text string, t tone) {
	if text == "" {
		return
	}
	pad := strings.Repeat(" ", labelWidth-len(label))
	p.wrap(indent+p.paint(grey, label)+pad, indent+strings.Repeat(" ", labelWidth), present.Shorten(text, 600), t)
}

// excerpt writes one line of evidence; a long one goes on below, further in, and
// a very long one is cut.
func (p *page) excerpt(text string) {
	margin := indent + strings.Repeat(" ", labelWidth) + p.paint(grey, "│") + " "
	room := p.width - len(indent) - labelWidth - 2
	for n := 1; ; n++ {
		if twwidth.Width(text) <= room {
			p.line(margin + text)
			return
		}
		if n == maxBroken {
			text, _ = splitAt(text, room-1)
			p.line(margin + text + "…")
			return
		}
		head, tail := splitAt(text, room)
		if i := strings.LastIndexByte(head, ' '); i > len(head)/2 {
			head, tail = text[:i], text[i+1:]
		}
		p.line(margin + head)
		text = "  " + tail
	}
}

// maxBroken is how many rows of the screen one line of evidence may take.
const maxBroken = 4

func (p *page) heading(title string, count int) {
	p.blank()
	if count > 0 {
		title += " (" + present.Number(count) + ")"
	}
	p.line(p.paint(plain.bold(), title))
}

// tone is a colour of the standard 16, which every theme makes readable.
type tone string

const (
	plain  tone = ""
	red    tone = "31"
	green  tone = "32"
	yellow tone = "33"
	cyan   tone = "36"
	grey   tone = "2" // faint, so that it suits light and dark backgrounds
)

func (t tone) bold() tone {
	if t == plain {
		return "1"
	}
	return "1;" + t
}

type style struct{ color, ascii bool }

func (s style) paint(t tone, text string) string {
	if !s.color || t == plain || text == "" {
		return text
	}
	return "\x1b[" + string(t) + "m" + text + "\x1b[0m"
}

type mark struct {
	unicode, ascii string
	tone           tone
}

func markOf(o present.Outcome) mark {
	switch o {
	case present.Outcome(result.Passed):
		return mark{"✓", "ok", green}
	case present.Outcome(result.Failed):
		return mark{"✗", "X", red}
	case present.Retried:
		return mark{"↻", "~", yellow}
	case present.Accepted:
		return mark{"≈", "x", cyan}
	case present.Outcome(result.Errored):
		return mark{"!", "!", yellow}
	case present.Outcome(result.Lost):
		return mark{"?", "?", yellow}
	case present.Outcome(result.Blocked):
		return mark{"■", "#", yellow}
	case present.Outcome(result.Skipped):
		return mark{"–", "-", grey}
	}
	return mark{"·", ".", grey}
}

func (s style) symbol(o present.Outcome) string {
	m := markOf(o)
	if s.ascii {
		return s.paint(m.tone, m.ascii)
	}
	return s.paint(m.tone, m.unicode)
}

// transliterate replaces what the page itself draws, for screens that have
// ASCII only. Letters of the chart's own text stay as they are.
var transliterate = strings.NewReplacer("·", "-", "–", "-", "…", "...", "│", "|", "▪", "*", "─", "-", "×", "x")
