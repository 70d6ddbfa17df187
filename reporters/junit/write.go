package junit

import (
	"bufio"
	"encoding/xml"
	"math"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// writer writes XML as it goes. bufio keeps the first error until Flush.
type writer struct {
	out       *bufio.Writer
	depth     int
	explained map[asked][]*findings.Finding
}

type attr struct{ name, value string }

func (x *writer) raw(s string) {
	_, _ = x.out.WriteString(s) // the error comes back from Flush
}

// escape also replaces what XML 1.0 cannot hold by U+FFFD; see
// https://www.w3.org/TR/xml/#charsets.
func (x *writer) escape(s string) {
	if plain(s) { // nearly all
		x.raw(s)
		return
	}
	_ = xml.EscapeText(x.out, []byte(s)) // the error comes back from Flush
}

// plain tells whether the text means itself, so that it needs no copy.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~', c == '<', c == '>', c == '&', c == '"', c == '\'':
			return false
		}
	}
	return true
}

func (x *writer) tag(name string, attrs []attr) {
	for range x.depth {
		x.raw("  ")
	}
	x.raw("<")
	x.raw(name)
	for _, a := range attrs {
		x.raw(" ")
		x.raw(a.name)
		x.raw(`="`)
		x.escape(a.value)
		x.raw(`"`)
	}
}

func (x *writer) open(name string, attrs ...attr) {
	x.tag(name, attrs)
	x.raw(">\n")
	x.depth++
}

func (x *writer) empty(name string, attrs ...attr) {
	x.tag(name, attrs)
	x.raw("/>\n")
}

func (x *writer) text(name, text string, attrs ...attr) {
	x.tag(name, attrs)
	x.raw(">")
	x.escape(text)
	x.raw("</" + name + ">\n")
}

func (x *writer) close(name string) {
	x.depth--
	for range x.depth {
		x.raw("  ")
	}
	x.raw("</" + name + ">\n")
}

func num(n int) string { return strconv.Itoa(n) }

// seconds writes a duration as JUnit has it: seconds with three decimals.
func seconds(s float64) string {
	if math.IsNaN(s) || math.IsInf(s, 0) || s < 0 {
		s = 0
	}
	return strconv.FormatFloat(s, 'f', 3, 64)
}

func position(problems []result.Problem) (file string, line int) {
	for _, p := range problems {
		if p.Location.File != "" {
			return p.Location.File, p.Location.Line
		}
	}
	return "", 0
}

// describe lists the problems in full, for the body of a failure.
func describe(problems []result.Problem) string {
	var b strings.Builder
	for _, p := range problems {
		b.WriteString("\n" + string(p.Severity))
		if p.Code != "" {
			b.WriteString(" [" + p.Code + "]")
		}
		b.WriteString(": " + p.Message + "\n")
		if at := place(p.Location); at != "" {
			b.WriteString("  at " + at + "\n")
		}
		for _, line := range p.Excerpt {
			b.WriteString("  | " + line + "\n")
		}
		if p.Hint != "" {
			b.WriteString("  fix: " + p.Hint + "\n")
		}
	}
	return b.String()
}

func place(l result.Location) string {
	file := l.File
	if file != "" && l.Line > 0 {
		file += ":" + num(l.Line)
		if l.Column > 0 {
			file += ":" + num(l.Column)
		}
	}
	var parts []string
	for _, s := range []string{file, l.Object, l.Path} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
