package cli

import (
	"strings"
	"unicode"
)

// zeroWidth is U+200B: it takes no room and parts what must not be read as one.
const zeroWidth = "\u200b"

// printable makes text from outside safe for a terminal: no control characters,
// and none that turn the direction of writing.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029' {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}

// inert makes text of several lines safe for a terminal and for the log of a
// GitHub Actions job, whose runner obeys lines that begin with "::" after
// blanks, or that hold "##["
// (github.com/actions/runner, src/Runner.Common/ActionCommand.cs).
func inert(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		line = strings.ReplaceAll(printable(line), "##[", "##"+zeroWidth+"[")
		words := strings.TrimLeftFunc(line, unicode.IsSpace)
		if strings.HasPrefix(words, "::") {
			line = line[:len(line)-len(words)] + ":" + zeroWidth + words[1:]
		}
		lines[i] = line
	}
	return strings.Join(lines, "\n")
}
