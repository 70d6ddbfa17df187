package config

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// shape says what may stand at one place of the file: a scalar, a list, a
// mapping, or any of these. Which one is meant shows from what is written, so
// that an error can speak of that one.
type shape struct {
	// define names a shape that is used in several places, for the JSON Schema.
	define string
	what   string // in errors, behind "expected": "a list of paths"
	// example is shown where something else was written; at most three lines.
	example string
	scalar  *scalar
	item    *shape // of a list; nil: no list
	minimum int    // of items
	keys    []key  // of a mapping
	others  *shape // under keys that the table does not name; nil: there are none
	other   string // what those keys are: "axis"
	limit   int    // of characters in such a key; 0: maxName
}

// key is a key that the table names.
type key struct {
	name     string
	doc      string // one or two sentences; the first line of the reference
	required bool
	shape    *shape
}

// scalar says what a scalar may be. The zero scalar is any text of one line
// that is not empty.
type scalar struct {
	words   []string       // one of these
	boolean bool           // true or false
	whole   bool           // a whole number
	decimal bool           // a number, perhaps with decimals
	low     int            // of a number
	high    int            // of a number; 0: no bound
	pattern *regexp.Regexp // of text
	says    string         // the pattern in words: "a date like 2027-01-31"
	date    bool
	lines   bool // several lines are fine
	blank   bool // nothing at all is fine
	limit   int  // of characters; 0: maxText
}

// Bounds of text, in characters.
const (
	maxName = 100    // names of axes and of their values: they become job names and table cells
	maxText = 65_536 // scripts
)

func (s *shape) nameLimit() int { return cmp.Or(s.limit, maxName) }

func (s *scalar) textLimit() int { return cmp.Or(s.limit, maxText) }

func (s *shape) mapping() bool { return s.keys != nil || s.others != nil }

// checker compares a tree with the table.
type checker struct{ *problems }

// check gives the node without the parts that do not fit, or nil if nothing
// fits. Whatever it takes out it has reported.
func (c checker) check(n *node, s *shape) *node {
	switch {
	case n.empty() && s.scalar == nil && s.item != nil:
		n.kind = listNode
		return c.list(n, s)
	case n.empty() && s.scalar == nil && s.mapping():
		n.kind = mapNode
		return c.mapping(n, s)
	case n.kind == scalarNode && s.scalar != nil:
		if message := s.scalar.check(n); message != "" {
			c.add(&Error{Line: n.line, Column: n.column, Message: message})
			return nil
		}
		return n
	case n.kind == listNode && s.item != nil:
		return c.list(n, s)
	case n.kind == mapNode && s.mapping():
		return c.mapping(n, s)
	}
	c.add(&Error{Line: n.line, Column: n.column, Message: fmt.Sprintf("expected %s, have %s", s.what, n.shown()), Example: s.example})
	return nil
}

func (c checker) list(n *node, s *shape) *node {
	if len(n.items) < s.minimum && !n.damaged {
		c.add(&Error{Line: n.line, Column: n.column, Message: fmt.Sprintf("expected %s, have an empty list", s.what), Example: s.example})
		return nil
	}
	kept := n.items[:0]
	for _, item := range n.items {
		if item = c.check(item, s.item); item != nil {
			kept = append(kept, item)
			n.damaged = n.damaged || item.damaged
		} else {
			n.damaged = true
		}
	}
	n.items = kept
	return n
}

func (c checker) mapping(n *node, s *shape) *node {
	if len(n.entries) < s.minimum && !n.damaged {
		c.add(&Error{Line: n.line, Column: n.column, Message: fmt.Sprintf("expected %s, have an empty mapping", s.what), Example: s.example})
		return nil
	}
	kept := n.entries[:0]
	seen := map[string]bool{}
	for _, e := range n.entries {
		seen[e.key.text] = true
		value := c.entry(e, s)
		if value == nil {
			n.damaged = true
			n.lost = append(n.lost, e.key.text)
			continue
		}
		n.damaged = n.damaged || value.damaged
		kept = append(kept, entry{e.key, value})
	}
	n.entries = kept
	var missing []key
	for _, k := range s.keys {
		if k.required && !seen[k.name] {
			missing = append(missing, k)
		}
	}
	if missing != nil {
		c.missing(n, missing, s)
		return nil
	}
	return n
}

// missing reports required keys. Where the keys are axes too, a misspelt key
// looks like an axis.
func (c checker) missing(n *node, keys []key, s *shape) {
	var absent []string
	for _, k := range keys {
		if e, ok := misspelt(n, k.name, s); ok {
			c.at(e.key, "unknown key %s; did you mean %s?", quote(e.key.text), k.name)
			continue
		}
		absent = append(absent, fmt.Sprintf("%s (%s)", k.name, sentence(k.doc)))
	}
	if absent != nil {
		c.add(&Error{Line: n.line, Column: n.column, Message: "missing " + strings.Join(absent, ", "), Example: s.example})
	}
}

func misspelt(n *node, name string, s *shape) (entry, bool) {
	for _, e := range n.entries {
		if _, near := nearest(e.key.text, []string{name}); near && !slices.Contains(keyNames(s.keys), e.key.text) {
			return e, true
		}
	}
	return entry{}, false
}

func (c checker) entry(e entry, s *shape) *node {
	i := slices.IndexFunc(s.keys, func(k key) bool { return k.name == e.key.text })
	if i >= 0 {
		return c.check(e.value, s.keys[i].shape)
	}
	if s.others == nil {
		if !c.full() {
			c.at(e.key, "%s", unknown("key", e.key.text, keyNames(s.keys)))
		}
		return nil
	}
	if message := checkText(e.key.text, s.nameLimit(), false); message != "" {
		c.at(e.key, "the name of the %s %s", s.other, message)
		return nil
	}
	return c.check(e.value, s.others)
}

func keyNames(keys []key) []string {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.name
	}
	return names
}

// sentence gives the first sentence of a key's documentation, for an error.
func sentence(doc string) string {
	first, _, _ := strings.Cut(doc, ". ")
	return strings.ToLower(first[:1]) + strings.TrimSuffix(first[1:], ".")
}

// check says what is wrong with a scalar, "" if nothing is.
func (s *scalar) check(n *node) string {
	if n.empty() && !s.blank || n.text == "" && !s.blank {
		return "expected " + s.expected() + ", have " + n.shown()
	}
	have := ", have " + n.shown()
	switch {
	case s.boolean:
		if n.tag != "!!bool" {
			return "expected true or false" + have
		}
		return ""
	case slices.Contains(s.words, n.text):
		return ""
	case s.whole || s.decimal:
		return s.checkNumber(n)
	case s.words != nil:
		return "expected " + s.expected() + have + s.nearWord(n.text)
	case s.pattern != nil && !s.pattern.MatchString(n.text):
		return "expected " + s.expected() + have
	}
	if message := checkText(n.text, s.textLimit(), s.lines); message != "" {
		return "the text " + message
	}
	return ""
}

// Numbers are decimal. 010 is eight to some readers of YAML and ten to others,
// so it is neither here.
var (
	wholeNumber   = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)
	decimalNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})(\.[0-9]{1,9})?$`)
)

func (s *scalar) checkNumber(n *node) string {
	form := wholeNumber
	if s.decimal {
		form = decimalNumber
	}
	numeric := n.tag == "!!int" || s.decimal && n.tag == "!!float"
	if numeric && form.MatchString(n.text) {
		value, err := strconv.ParseFloat(n.text, 64)
		if err == nil && value >= float64(s.low) && (s.high == 0 || value <= float64(s.high)) {
			return ""
		}
	}
	return "expected " + s.expected() + ", have " + n.shown() + s.nearWord(n.text)
}

// nearWord suggests one of the words.
func (s *scalar) nearWord(text string) string {
	if near, ok := nearest(text, s.words); ok {
		return "; did you mean " + near + "?"
	}
	return ""
}

// expected says in words what the scalar may be.
func (s *scalar) expected() string {
	var number string
	switch {
	case s.whole && s.high > 0:
		number = fmt.Sprintf("a whole number from %d to %d", s.low, s.high)
	case s.whole:
		number = fmt.Sprintf("a whole number from %d on, without quotes", s.low)
	case s.decimal:
		number = "a number such as 5 or 2.50, without quotes"
	}
	switch {
	case s.boolean:
		return "true or false"
	case s.words != nil && number != "":
		return strings.Join(s.words, ", ") + " or " + number
	case s.words != nil:
		return "one of " + strings.Join(s.words, ", ")
	case number != "":
		return number
	case s.says != "":
		return s.says
	}
	return "text"
}

// checkText says what is wrong with text, "" if nothing is. Any printable
// character is fine, however odd: who prints it has to escape it.
func checkText(text string, limit int, lines bool) string {
	if utf8.RuneCountInString(text) > limit {
		return fmt.Sprintf("is longer than %d characters; shorten it", limit)
	}
	for _, r := range text {
		if unprintable(r) && !(lines && (r == '\n' || r == '\t' || r == '\r')) {
			if r == '\n' {
				return "has several lines; write it on one"
			}
			return fmt.Sprintf("holds the control character U+%04X; remove it", r)
		}
	}
	return ""
}

// unprintable tells whether a character breaks a line or steers a terminal: the
// C0 and C1 controls, the line and paragraph separators, and the marks that
// turn the direction of writing, with which text can show as what it is not
// (https://www.unicode.org/reports/tr36/).
func unprintable(r rune) bool {
	return r < 0x20 || r >= 0x7f && r < 0xa0 ||
		r == 0x2028 || r == 0x2029 || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069
}
