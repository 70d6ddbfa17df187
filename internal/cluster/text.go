package cluster

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The sizes, in bytes, to which texts of the cluster are cut.
const (
	maxName   = 200
	maxReason = 600
	maxLine   = 400
	maxLines  = 8       // of a Blocker
	maxLogged = 4 << 10 // of a line in the evidence
)

// ansi matches the sequences that colour a terminal (ECMA-48, 5.4 and 5.6).
var ansi = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\^_])`)

// clean makes one line of a text that anybody may have written: valid UTF-8,
// without control characters and what turns the direction of text around, with
// single spaces, and at most limit bytes long.
func clean(s string, limit int) string {
	// The reading of a very long text is bounded before anything else is.
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	if strings.ContainsRune(s, 0x1b) {
		s = ansi.ReplaceAllString(s, "")
	}
	var b strings.Builder
	space := false
	for _, r := range s {
		if r == utf8.RuneError || unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			space = b.Len() > 0
			continue
		}
		if space {
			b.WriteByte(' ')
			space = false
		}
		b.WriteRune(r)
		if b.Len() > limit {
			break
		}
	}
	return cut(b.String(), limit)
}

// cut shortens a text to limit bytes, without cutting a character.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	const dots = "…"
	end := limit - len(dots)
	for end > 0 && !utf8.RuneStart(s[end]) {
		end--
	}
	return strings.TrimRight(s[:end], " ") + dots
}

// plain is clean for a line of a log: its spaces are kept.
func plain(s string, limit int) string {
	if len(s) > 8*limit {
		s = s[:8*limit]
	}
	if strings.ContainsRune(s, 0x1b) {
		s = ansi.ReplaceAllString(s, "")
	}
	s = strings.TrimRight(s, " \t\r\n")
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t':
			return ' '
		case r == utf8.RuneError:
			return '\uFFFD'
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029':
			return -1
		}
		return r
	}, s)
	return cut(s, limit)
}
