package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"
)

// MaxFileSize bounds a configuration file, in bytes. A YAML value can be as
// short as two characters and takes some 160 bytes of memory, so this bounds
// the memory for reading it, too.
const MaxFileSize = 256 << 10

// readTree turns bytes into a tree. It gives nil for an empty file, and for one
// that is not YAML, whose mistake is then reported.
func readTree(data []byte, p *problems) *node {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if e := checkBytes(data); e != nil {
		p.add(e)
		return nil
	}
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	var first, second yaml.Node
	if err := decodeNode(decoder, &first); err != nil {
		if !errors.Is(err, io.EOF) {
			p.add(syntaxError(data, err))
		}
		return nil
	}
	if err := decodeNode(decoder, &second); err == nil {
		p.add(&Error{Line: max(second.Line, 1), Column: max(second.Column, 1), Message: "a second document starts here; a configuration is one document, so remove the --- and what follows"})
		return nil
	} else if !errors.Is(err, io.EOF) {
		p.add(syntaxError(data, err))
		return nil
	}
	if len(first.Content) == 0 {
		return nil
	}
	b := &builder{problems: p}
	root := b.build(first.Content[0], 0)
	if root == nil || root.empty() {
		return nil
	}
	return root
}

// decodeNode reads one document. The YAML library is fed by strangers here; a
// fault of its own becomes an error like any other.
func decodeNode(d *yaml.Decoder, n *yaml.Node) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the YAML reader gave up: %v", r)
		}
	}()
	return d.Decode(n)
}

// checkBytes finds what no configuration holds and what the YAML library
// reports without a position.
func checkBytes(data []byte) *Error {
	if len(data) > MaxFileSize {
		return &Error{Line: 1, Column: 1, Message: fmt.Sprintf("the file has %d bytes; a configuration has at most %d", len(data), MaxFileSize)}
	}
	line, column, indent := 1, 1, true
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		at := func(message string) *Error { return &Error{Line: line, Column: column, Message: message} }
		switch {
		case r == utf8.RuneError && size == 1:
			return at(fmt.Sprintf("the byte 0x%02x is not UTF-8; save the file as UTF-8", data[i]))
		case r == '\n':
			line, column, indent = line+1, 1, true
			i += size
			continue
		case r == '\t' && indent && startsValue(data[i:]):
			return at("a tab stands in the indentation, where YAML allows spaces only; replace it with spaces")
		case r < ' ' && r != '\t' && r != '\r' || r == 0x7f:
			return at(fmt.Sprintf("the control character U+%04X stands in the text; remove it", r))
		case r != ' ' && r != '\t':
			indent = false
		}
		column++
		i += size
	}
	return nil
}

// startsValue tells whether a line's rest, from its first tab on, holds more
// than blanks and a comment.
func startsValue(rest []byte) bool {
	line, _, _ := bytes.Cut(rest, []byte("\n"))
	line = bytes.TrimLeft(line, " \t\r")
	return len(line) > 0 && line[0] != '#'
}

// unquoted finds text that means something else to YAML unless it is quoted: a
// version range, or a name that starts with a reserved character.
var (
	unquotedRange = regexp.MustCompile(`^(?:[^"'#]*[:,\[{-])?\s*((?:>=|<=|!=|>|<|=)\s*v?[0-9]+\.[0-9][^,\]}#"']*)`)
	unquotedName  = regexp.MustCompile("^(?:[^\"'#]*(?:[:,-]\\s|[\\[{]))?\\s*([@`%*&!|][^,\\]}#\"']*)")
)

const rangeAdvice = "a version range must be quoted, since > and ! mean something else in YAML; write %q"

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?`)

// syntaxError gives the YAML library's error a column and, where the text shows
// a common mistake, a better message.
func syntaxError(data []byte, err error) *Error {
	lines := strings.Split(string(data), "\n")
	m := yamlLine.FindStringSubmatch(err.Error())
	at := 1
	if m[1] != "" {
		at, _ = strconv.Atoi(m[1]) // digits; an overflow is put in bounds below
		at = min(max(at, 1), len(lines))
	}
	// The library names the line on which it noticed, often one too far.
	for _, i := range []int{at, at - 1, at + 1, at - 2} {
		if i < 1 || i > len(lines) {
			continue
		}
		if e := commonMistake(lines[i-1]); e != nil {
			e.Line = i
			return e
		}
	}
	text := lines[at-1]
	indent := len(text) - len(strings.TrimLeft(text, " \t"))
	return &Error{Line: at, Column: indent + 1, Message: "this is not YAML: " + strings.TrimSpace(err.Error()[len(m[0]):]) + "; look at the indentation, the colons and the quotes here and on the line before"}
}

func commonMistake(line string) *Error {
	line = strings.TrimRight(line, "\r")
	position := func(m []int) int { return utf8.RuneCountInString(line[:m[2]]) + 1 }
	if m := unquotedRange.FindStringSubmatchIndex(line); m != nil {
		text := strings.TrimSpace(line[m[2]:m[3]])
		return &Error{Column: position(m), Message: fmt.Sprintf(rangeAdvice, text)}
	}
	if m := unquotedName.FindStringSubmatchIndex(line); m != nil {
		text := strings.TrimSpace(line[m[2]:m[3]])
		return &Error{Column: position(m), Message: fmt.Sprintf("text that starts with %q must be quoted; write %s", text[:1], quote(text))}
	}
	return nil
}
