package kube

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Kind classifies a violation.
type Kind string

// The kinds of violations.
const (
	WrongType       Kind = "wrong-type"       // another JSON type than the field's, or a number that does not fit
	MissingRequired Kind = "missing-required" // a needed field is absent or empty
	NullValue       Kind = "null"             // null where a value is needed
	UnknownField    Kind = "unknown-field"    // a field that the kind does not have
	BadFormat       Kind = "format"           // a string that is no quantity, time or base64
	NotInEnum       Kind = "enum"             // none of the allowed values
	BadPattern      Kind = "pattern"          // a string that does not match a custom resource's pattern
	OutOfRange      Kind = "range"            // too small or large, short or long
	TooDeep         Kind = "too-deep"         // nested deeper than the API server reads
)

// Severity says what the API server does about a violation.
type Severity int

// The severities.
const (
	// Warning: the object is accepted, but not as it is written: an unknown
	// field is dropped, a null becomes an empty value. (With server-side apply,
	// Helm 4's default, an unknown field of a built-in kind is refused.)
	Warning Severity = iota
	// Error: the object is refused.
	Error
)

// String names the severity as reports do.
func (s Severity) String() string {
	if s == Error {
		return "error"
	}
	return "warning"
}

// Violation is one way in which a document does not fit its schema.
type Violation struct {
	Path     string // a JSON pointer (RFC 6901) into the document; "" is all of it
	Kind     Kind
	Severity Severity
	Expected string // what belongs there, in a few words
	Got      string // what is there, in a few words
	Message  string // the sentence to show, without the path
}

// String writes the violation in one line.
func (v Violation) String() string {
	path := v.Path
	if path == "" {
		path = "document"
	}
	return fmt.Sprintf("%s: %s: %s", path, v.Severity, v.Message)
}

// sortViolations orders by place in the document, list items by number.
func sortViolations(all []Violation) {
	slices.SortStableFunc(all, func(a, b Violation) int {
		if c := comparePaths(a.Path, b.Path); c != 0 {
			return c
		}
		return strings.Compare(string(a.Kind), string(b.Kind))
	})
}

func comparePaths(a, b string) int {
	for a != "" && b != "" {
		var x, y string
		x, a, _ = strings.Cut(a[1:], "/")
		y, b, _ = strings.Cut(b[1:], "/")
		if a != "" {
			a = "/" + a
		}
		if b != "" {
			b = "/" + b
		}
		if x == y {
			continue
		}
		m, err1 := strconv.Atoi(x)
		n, err2 := strconv.Atoi(y)
		if err1 == nil && err2 == nil && m != n {
			return m - n
		}
		return strings.Compare(x, y)
	}
	return len(a) - len(b)
}

// place is where a value stands: a path that is written out only when needed.
type place struct {
	parent *place
	key    string
	index  int // -1 for a field
	depth  int
}

func (p *place) field(key string) *place {
	return &place{parent: p, key: key, index: -1, depth: p.depth + 1}
}

func (p *place) item(i int) *place { return &place{parent: p, index: i, depth: p.depth + 1} }

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// pointer writes the place as a JSON pointer.
func (p *place) pointer() string {
	var parts []string
	for ; p.parent != nil; p = p.parent {
		if p.index >= 0 {
			parts = append(parts, strconv.Itoa(p.index))
		} else {
			parts = append(parts, pointerEscapes.Replace(p.key))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Reverse(parts)
	return "/" + strings.Join(parts, "/")
}
