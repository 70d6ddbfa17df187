package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
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
	if root == nil || root.empty() || b.halted { // half a tree would only mislead
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
