// Package mask takes out of text what differs between two occurrences of the
// same thing: times, hashes, the suffixes of generated names, addresses, ports,
// durations, sizes. What is left can be compared from run to run.
//
// No regular expressions: the time is proportional to the length of a line, and
// a line is cut at MaxLine. Masking twice is masking once.
package mask

import (
	"strings"
	"unicode/utf8"
)

// MaxLine bounds what is read of a line, and what is given back, in bytes.
const MaxLine = 4096

// The words that stand for what was taken out.
const (
	timeWord     = "<time>"
	uuidWord     = "<uuid>"
	hashWord     = "<hash>"
	addressWord  = "<address>"
	podWord      = "<pod>"
	numberWord   = "<number>"
	durationWord = "<duration>"
	sizeWord     = "<size>"
	pointerWord  = "<pointer>"
	nameWord     = "<name>"
	tokenWord    = "<token>"
)

// Line masks one line of text. The answer is valid UTF-8 without control
// characters, with single blanks, and Line of it is the same again. Line breaks
// are blanks, too, so that a message of several lines can be given whole.
func Line(s string) string {
	s = cut(Clean(cut(s)))
	// What was masked may let its neighbour be seen as a whole word; almost always
	// the first pass finds all, and the second one nothing.
	for range 4 {
		if !maskable(s) {
			return s
		}
		next := cut(scan(s))
		if next == s {
			return s
		}
		s = next
	}
	return s
}

// cut shortens s to at most MaxLine bytes. Where it cuts, the last word goes, too:
// half a word may look like something that the whole one is not.
func cut(s string) string {
	if len(s) <= MaxLine {
		return s
	}
	end := MaxLine
	for end > 0 && (isWord(s[end-1]) || !utf8.RuneStart(s[end])) {
		end--
	}
	if end == 0 { // one word without end
		return ""
	}
	return strings.TrimRight(s[:end], " ")
}

// maskable tells in one quick look whether a line holds anything that could be
// masked: all of it has a digit, but for the IPv6 address [::].
func maskable(s string) bool {
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) || s[i] == '[' && i+1 < len(s) && s[i+1] == ':' {
			return true
		}
	}
	return false
}

// Clean takes ANSI sequences and control characters out of a line, makes it
// valid UTF-8 ("?" for each stretch of what is not) and its blanks single ones.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	s = strings.ToValidUTF8(s, "?")
	var b strings.Builder
	b.Grow(len(s))
	blank := true // none at the start
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == 0x1b:
			i += escape(s[i:])
		case c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f':
			if !blank {
				b.WriteByte(' ')
			}
			blank = true
			i++
		case c < ' ' || c == 0x7f:
			i++
		default:
			b.WriteByte(c)
			blank = false
			i++
		}
	}
	return strings.TrimSuffix(b.String(), " ")
}

func isClean(s string) bool {
	blank := true
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c < ' ' || c == 0x7f || c == ' ' && blank {
			return false
		}
		if c >= utf8.RuneSelf {
			return utf8.ValidString(s) && isCleanRest(s[i:], blank)
		}
		blank = c == ' '
	}
	return !blank || s == ""
}

func isCleanRest(s string, blank bool) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] == 0x7f || s[i] == ' ' && blank {
			return false
		}
		blank = s[i] == ' '
	}
	return !blank
}

// StripEscapes takes the ANSI sequences out of a text and leaves all else.
func StripEscapes(s string) string {
	var b strings.Builder
	for {
		i := strings.IndexByte(s, 0x1b)
		if i < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		s = s[i+escape(s[i:]):]
	}
}

// escape gives the length of the ANSI sequence that s begins with (ECMA-48: CSI
// up to its final byte; OSC and other strings up to BEL or ST; else two bytes).
func escape(s string) int {
	if len(s) < 2 {
		return len(s)
	}
	switch s[1] {
	case '[':
		for i := 2; i < len(s); i++ {
			if s[i] >= 0x40 && s[i] <= 0x7e {
				return i + 1
			}
			if s[i] < 0x20 || s[i] > 0x7e { // not a sequence after all
				return i
			}
		}
		return len(s)
	case ']', 'P', 'X', '^', '_':
		for i := 2; i < len(s); i++ {
			if s[i] == 0x07 {
				return i + 1
			}
			if s[i] == 0x1b {
				if i+1 < len(s) && s[i+1] == '\\' {
					return i + 2
				}
				return i
			}
		}
		return len(s)
	}
	if s[1] < 0x20 || s[1] > 0x7e {
		return 1
	}
	return 2
}
