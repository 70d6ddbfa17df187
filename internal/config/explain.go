package config

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text that means something else to YAML unless it is quoted: a version range,
// or a name that starts with a reserved character.
var (
	unquotedRange = regexp.MustCompile(`^(?:[^"'#]*[:,\[{-])?\s*((?:>=|<=|!=|>|<|=)\s*v?[0-9]+\.[0-9][^,\]}#"']*)`)
	unquotedName  = regexp.MustCompile("^(?:[^\"'#]*(?:[:,-]\\s|[\\[{]))?\\s*([@`%&!|][^,\\]}#\"']*)")
	unknownAnchor = regexp.MustCompile(`unknown anchor '([^']*)' referenced`)
	twoColons     = regexp.MustCompile(`^[^"'#{\[]*?:\s+([^"'#{\[\s][^"'#]*:\s.*)$`)
)

const rangeAdvice = "a version range must be quoted, since > and ! mean something else in YAML; write %q"

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:line ([0-9]+): )?`)

// syntaxError gives the YAML library's error a column and, where the text shows
// a common mistake, a better message.
func syntaxError(data []byte, err error) *Error {
	lines := strings.Split(strings.ReplaceAll(string(data), "\r", ""), "\n")
	m := yamlLine.FindStringSubmatch(err.Error())
	message := strings.TrimSpace(err.Error()[len(m[0]):])
	at := 1
	if m[1] != "" {
		at, _ = strconv.Atoi(m[1]) // digits; an overflow is put in bounds below
		at = min(max(at, 1), len(lines))
	}
	if name := unknownAnchor.FindStringSubmatch(message); name != nil {
		return missingAnchor(lines, name[1])
	}
	// The library names the line on which it noticed: the right one, the one
	// after, or, where it counts from zero, the one before.
	for _, i := range []int{at, at - 1, at + 1, at - 2} {
		if i < 1 || i > len(lines) {
			continue
		}
		if e := commonMistake(lines[i-1]); e != nil {
			e.Line = i
			return e
		}
	}
	if e := structure(lines, at, message); e != nil {
		return e
	}
	return &Error{Line: at, Column: indentOf(lines[at-1]) + 1, Message: "this is not YAML: " + message + "; look at the indentation, the colons and the quotes here and on the line before"}
}

// commonMistake finds text in a line that has to be quoted.
func commonMistake(line string) *Error {
	if m := unquotedRange.FindStringSubmatchIndex(line); m != nil {
		return &Error{Column: columnOf(line, m[2]), Message: fmt.Sprintf(rangeAdvice, strings.TrimSpace(line[m[2]:m[3]]))}
	}
	if m := unquotedName.FindStringSubmatchIndex(line); m != nil {
		text := strings.TrimSpace(line[m[2]:m[3]])
		return &Error{Column: columnOf(line, m[2]), Message: fmt.Sprintf("text that starts with %q must be quoted; write %s", text[:1], quote(text))}
	}
	return nil
}

func missingAnchor(lines []string, name string) *Error {
	for i, line := range lines {
		if j := strings.Index(line, "*"+name); j >= 0 {
			return &Error{Line: i + 1, Column: columnOf(line, j), Message: fmt.Sprintf("there is no anchor &%s before this alias; define it, or put the text in quotes if it is no alias", name)}
		}
	}
	return &Error{Line: 1, Column: 1, Message: fmt.Sprintf("there is no anchor &%s; define it before it is used", name)}
}

// structure explains what the library says of brackets, quotes and colons.
func structure(lines []string, at int, message string) *Error {
	switch {
	case strings.Contains(message, "',' or ']'"):
		return unclosed(lines, at, "[", "]")
	case strings.Contains(message, "',' or '}'"):
		return unclosed(lines, at, "{", "}")
	case strings.Contains(message, "unexpected end of stream"):
		for _, q := range []string{`"`, "'"} {
			if strings.Count(lines[at-1], q)%2 == 1 {
				return &Error{Line: at, Column: columnOf(lines[at-1], strings.LastIndex(lines[at-1], q)), Message: "the quote that opens here is not closed; write " + q + " at the end of the text"}
			}
		}
	case strings.Contains(message, "mapping values are not allowed"):
		return strayColon(lines, at)
	}
	return nil
}

func unclosed(lines []string, at int, open, shut string) *Error {
	for _, i := range []int{at, at + 1} {
		if i <= len(lines) && strings.Count(lines[i-1], open) > strings.Count(lines[i-1], shut) {
			return &Error{Line: i, Column: columnOf(lines[i-1], strings.LastIndex(lines[i-1], open)), Message: fmt.Sprintf("the %s that opens here is not closed, or a comma is missing behind it; write %s at the end", open, shut)}
		}
	}
	return nil
}

// strayColon explains a colon where YAML expects none: in text, behind a line
// that lacks its own, or on a line that is indented too far.
func strayColon(lines []string, at int) *Error {
	line := lines[at-1]
	if m := twoColons.FindStringSubmatchIndex(line); m != nil {
		return &Error{Line: at, Column: columnOf(line, m[2]), Message: "text with a colon in it must be quoted; write " + quote(strings.TrimSpace(line[m[2]:m[3]]))}
	}
	for i := at - 1; i >= 1; i-- {
		before := lines[i-1]
		if strings.TrimSpace(before) == "" || strings.HasPrefix(strings.TrimSpace(before), "#") {
			continue
		}
		if indentOf(line) > indentOf(before) {
			return &Error{Line: at, Column: indentOf(line) + 1, Message: fmt.Sprintf("this line is indented further than line %d, which has a value already; give both the same indentation", i)}
		}
		if !strings.Contains(before, ":") {
			return &Error{Line: i, Column: indentOf(before) + 1, Message: "a colon is missing behind the key; write key: value"}
		}
		break
	}
	return nil
}

func indentOf(line string) int { return len(line) - len(strings.TrimLeft(line, " \t")) }

// columnOf counts characters, from 1.
func columnOf(line string, offset int) int { return utf8.RuneCountInString(line[:offset]) + 1 }
