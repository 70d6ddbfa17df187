package mask

import "strings"

// scan masks a clean line.
func scan(s string) string {
	var b strings.Builder
	kept := 0 // s[:kept] is written
	for i := 0; i < len(s); {
		n, word := 0, ""
		switch class[s[i]] {
		case digitClass:
			w := wordAt(s, i)
			if n, word = atDigit(s, i, w); n == 0 {
				i += w.len
			}
		case letterClass:
			w := wordAt(s, i)
			if n, word = atLetter(s, i, w); n == 0 {
				i += w.len
			}
		case markClass:
			if n, word = atMark(s, i); n == 0 {
				i++
			}
		default:
			i++
		}
		if n > 0 {
			if kept == 0 {
				b.Grow(len(s) + 16)
			}
			b.WriteString(s[kept:i])
			b.WriteString(word)
			i += n
			kept = i
		}
	}
	if kept == 0 {
		return s
	}
	b.WriteString(s[kept:])
	return b.String()
}

// A recogniser looks at s from i, where a word begins, and gives the length of
// what it takes and the word for it; 0 when it takes nothing. It takes whole
// words only, and possibly more than one.
type recogniser func(s string, i int) (int, string)

// digitFirst are tried in this order where a word begins with a digit.
var digitFirst = [...]recogniser{timestamp, ipv4, uuid, ipv6, duration, size, pointer}

func atDigit(s string, i int, w word) (int, string) {
	for _, recognise := range digitFirst {
		if n, word := recognise(s, i); n > 0 {
			return n, word
		}
	}
	if is := hash(s, i, w); is != "" {
		return w.len, is
	}
	return 0, ""
}

// atLetter looks at the word first, so that ordinary words cost one look.
func atLetter(s string, i int, w word) (int, string) {
	if w.hex == w.len && i+w.len < len(s) {
		switch {
		case w.len == 8 && s[i+8] == '-':
			if n, word := uuid(s, i); n > 0 {
				return n, word
			}
		case w.len <= 4 && s[i+w.len] == ':':
			if n, word := ipv6(s, i); n > 0 {
				return n, word
			}
		}
	}
	switch {
	case w.digits > 0:
		if is := hash(s, i, w); is != "" {
			return w.len, is
		}
		switch s[i] {
		case 'I', 'W', 'E', 'F':
			return klogHeader(s, i)
		case 's':
			return digest(s, i)
		case 'x':
			return repeats(s, i)
		}
	case w.len == 3 && s[i] == 't':
		return tempName(s, i)
	case w.len == 3 && w.upper == 1:
		return writtenDate(s, i)
	case w.len == 2 && s[i] == 'i':
		return nodeName(s, i)
	}
	return 0, ""
}

func atMark(s string, i int) (int, string) {
	switch s[i] {
	case '-':
		if n := podSuffix(s, i); n > 0 {
			return n, "-" + podWord
		}
	case ':':
		if n := port(s, i); n > 0 {
			return n, ":" + numberWord
		}
	case '[':
		return bracketed(s, i)
	}
	return 0, ""
}

// A word is a run of letters, digits and underscores, and what it consists of.
type word struct{ len, digits, hex, lower, upper int }

func wordAt(s string, i int) word {
	var w word
	for ; i < len(s); i++ {
		c := s[i]
		k := class[c]
		if k != letterClass && k != digitClass {
			break
		}
		w.len++
		switch {
		case k == digitClass:
			w.digits++
			w.hex++
		case c >= 'a':
			w.lower++
			if c <= 'f' {
				w.hex++
			}
		default:
			w.upper++
			if c <= 'F' {
				w.hex++
			}
		}
	}
	return w
}

// Classes of bytes, by what may begin there.
const (
	letterClass = 1 + iota
	digitClass
	markClass
)

// class gives the class of each byte.
var class = classes() //nolint:gochecknoglobals // a constant, computed

func classes() (table [256]uint8) {
	for i := range table {
		c := byte(i)
		switch {
		case isDigit(c):
			table[i] = digitClass
		case isWord(c):
			table[i] = letterClass
		case c == '-' || c == ':' || c == '[':
			table[i] = markClass
		}
	}
	return table
}

func isDigit(c byte) bool  { return c-'0' < 10 }
func isLetter(c byte) bool { return c|0x20-'a' < 26 }
func isWord(c byte) bool   { return isDigit(c) || isLetter(c) || c == '_' }
func isHex(c byte) bool    { return isDigit(c) || c|0x20-'a' < 6 }

// ends tells whether no word goes on at i.
func ends(s string, i int) bool { return i >= len(s) || !isWord(s[i]) }

// run gives the length of the bytes from i of which ok is true, up to limit.
func run(s string, i, limit int, ok func(byte) bool) int {
	n := 0
	for n < limit && i+n < len(s) && ok(s[i+n]) {
		n++
	}
	return n
}

// literal tells whether word stands at i.
func literal(s string, i int, word string) bool {
	return i <= len(s) && strings.HasPrefix(s[i:], word)
}
