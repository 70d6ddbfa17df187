package present

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// escapeSequence matches the terminal control sequences of ECMA-48: CSI, the
// string sequences (OSC, DCS, SOS, PM, APC) up to their terminator, and the
// two-character ones. Both the 7-bit and the 8-bit introducers are matched.
var escapeSequence = regexp.MustCompile(
	"(?:\x1b\\[|\u009b)[0-?]*[ -/]*[@-~]" +
		"|(?:\x1b[\\]PX^_]|[\u009d\u0090\u0098\u009e\u009f])[^\x07\x1b\u009c\n]*(?:\x07|\x1b\\\\|\u009c)" +
		"|\x1b[ -/]*[0-~]?")

// Line makes text from a log, a chart or a configuration safe to show on one
// line: no control characters or escape sequences, no invisible or
// direction-changing characters, every run of white space one blank.
func Line(s string) string {
	return strings.Join(strings.Fields(strip(s)), " ")
}

// Code makes one line of an excerpt or a command safe to show and keeps its
// blanks. A tab becomes two blanks, a line break one.
func Code(s string) string {
	s = strings.ReplaceAll(s, "\t", "  ")
	return strings.TrimRightFunc(strip(s), unicode.IsSpace)
}

// strip removes what would act on the reader's screen and not be read there.
func strip(s string) string {
	if plain(s) {
		return s
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	s = escapeSequence.ReplaceAllString(s, "")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\u200c' || r == '\u200d':
			return r // joiners shape letters and emoji
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
}

func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// Shorten cuts the text to at most limit characters and marks the cut.
func Shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	return strings.TrimRightFunc(string(runes[:limit-1]), unicode.IsSpace) + "…"
}

// zeroWidth is U+200B: it takes no room and parts what must not be read as one
// token.
const zeroWidth = "\u200b"

// Inert takes the force from workflow commands in text that may be printed to
// the log of a GitHub Actions job. The runner obeys a line that starts with
// "::" after blanks, and one that holds "##[" anywhere
// (github.com/actions/runner, src/Runner.Common/ActionCommand.cs).
func Inert(text string) string {
	text = strings.ReplaceAll(text, "##[", "##"+zeroWidth+"[")
	if !strings.Contains(text, "::") {
		return text
	}
	lines := strings.SplitAfter(text, "\n")
	for i, line := range lines {
		trimmed := strings.TrimLeftFunc(line, unicode.IsSpace)
		if strings.HasPrefix(trimmed, "::") {
			blanks := line[:len(line)-len(trimmed)]
			lines[i] = blanks + ":" + zeroWidth + trimmed[1:]
		}
	}
	return strings.Join(lines, "")
}
