package diagnosis

import "strings"

// A line of a log comes with what those that carried it put before it: times,
// the name of the pod, the mark of an error. Signs are looked for in what is left,
// and lines are put together only where they came the same way.

// maxPrefixes bounds how many are taken off: a runner's time, kubectl's, a pod's name.
const maxPrefixes = 4

// carried takes off what was put before a line. source is the pod or container that
// was named, empty where none was.
func carried(line string) (source, body string) {
	for range maxPrefixes {
		name, rest := unprefixed(line)
		if len(rest) == len(line) {
			break
		}
		if name != "" {
			source = name
		}
		line = rest
	}
	return source, line
}

// unprefixed takes one prefix off a line; rest is the whole line where there is none.
func unprefixed(line string) (source, rest string) {
	s := strings.TrimLeft(line, " \t\ufeff")
	if s == "" {
		return "", line
	}
	switch c := s[0]; {
	case c == '#':
		for _, mark := range [...]string{"##[error]", "##[warning]", "# "} {
			if rest, ok := strings.CutPrefix(s, mark); ok {
				return "", rest
			}
		}
	case c == '[':
		return bracketed(s, line)
	case c == '{':
		// Docker's own files.
		if rest, ok := strings.CutPrefix(s, `{"log":"`); ok {
			return "", rest
		}
	case c >= '0' && c <= '9':
		if n := stampLen(s); n >= len("2026-01-02T10:00:00.000000Z ") {
			return "", withoutStream(s[n:])
		}
	}
	return named(s, line)
}

// bracketed takes off `[pod/web-0/web] ` and `[2026-01-02T10:00:00.000Z] `.
func bracketed(s, line string) (source, rest string) {
	head, _, ok := strings.Cut(s[:min(len(s), 300)], "] ")
	if !ok {
		return "", line
	}
	rest = s[len(head)+len("] "):]
	switch {
	case strings.HasPrefix(head, "[pod/"):
		return head[1:], rest
	case stampLen(head[1:]+" ") == len(head):
		return "", rest
	}
	return "", line
}

// named takes off `web-1  | `, as docker compose has it, `logger.go:66: `, as Go's
// tests have it, and `job<tab>step<tab>time `, as gh has it.
func named(s, line string) (source, rest string) {
	head := s[:min(len(s), 200)]
	if name, _, ok := strings.Cut(head, "| "); ok {
		if bare := strings.TrimRight(name, " "); len(bare) < len(name) && isName(bare) {
			return bare, s[len(name)+2:]
		}
	}
	if _, after, ok := strings.Cut(head, "logger.go:"); ok {
		number, _, ok := strings.Cut(after, ": ")
		if ok && number != "" && digits(number) {
			rest := s[len(head)-len(after)+len(number)+2:]
			return "", rest[stampLen(rest):]
		}
	}
	if i := strings.LastIndexByte(head, '\t'); i > 0 && strings.Count(head[:i], "\t") == 1 {
		if n := stampLen(s[i+1:]); n > 0 {
			return "", s[i+1+n:]
		}
	}
	return "", line
}

// isName tells whether something may be the name of a container: small letters, a
// dash, a number.
func isName(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' {
			return false
		}
	}
	return s != ""
}

// stampLen is how long the time and the blank are that a line begins with, 0 where it
// does not: `2026-01-02T10:00:00`, parts of a second, `Z` or an offset.
func stampLen(s string) int {
	const shape = "dddd-dd-ddTdd:dd:dd"
	if !shaped(s, shape) {
		return 0
	}
	i := len(shape)
	if i < len(s) && s[i] == '.' {
		for i++; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
		}
	}
	switch {
	case i < len(s) && s[i] == 'Z':
		i++
	case shaped(s[i:], "+dd:dd") || shaped(s[i:], "-dd:dd"):
		i += len("+00:00")
	}
	if i >= len(s) || s[i] != ' ' {
		return 0
	}
	return i + 1
}

// withoutStream takes off GitLab's `01O ` and `00E+`: which section, which stream.
func withoutStream(s string) string {
	if len(s) >= 4 && digits(s[:2]) && (s[2] == 'O' || s[2] == 'E') && (s[3] == ' ' || s[3] == '+') {
		return s[4:]
	}
	return s
}

// angle are the signs that Go's JSON writes by their numbers.
var angle = map[string]byte{"u003c": '<', "u003e": '>', "u0026": '&'}

// appendPlain appends a line as signs are looked for in it: what was put before it
// taken off, and the escapes of JSON and of quoted text.
func appendPlain(to []byte, line string) []byte {
	_, line = carried(line)
	i := strings.IndexByte(line, '\\')
	if i < 0 {
		return append(to, line...)
	}
	for ; i >= 0; i = strings.IndexByte(line, '\\') {
		to = append(to, line[:i]...)
		n := i
		for n < len(line) && line[n] == '\\' {
			n++
		}
		switch {
		case n < len(line) && line[n] == '"':
		case n+5 <= len(line) && angle[line[n:n+5]] != 0:
			to = append(to, angle[line[n:n+5]])
			n += 5
		case n < len(line) && (line[n] == 'n' || line[n] == 't'):
			to = append(to, ' ', ' ')
			n++
		default:
			to = append(to, line[i:n]...)
		}
		line = line[n:]
	}
	return append(to, line...)
}
