package cluster

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// The sizes, in bytes, to which texts of the cluster are cut.
const (
	maxName   = 200
	maxReason = 600
	maxLine   = 400
	maxLines  = 8 // of a Blocker
)

// clean makes one line of a text that anybody may have written: valid UTF-8,
// without control characters and what turns the direction of text around, with
// single spaces, and at most limit bytes long.
func clean(s string, limit int) string {
	// The reading of a very long text is bounded before anything else is.
	if len(s) > 8*limit {
		s = s[:8*limit]
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
