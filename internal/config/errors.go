package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// maxErrors bounds how many mistakes of one file are reported. A file with more
// is not a configuration, and nobody reads on.
const maxErrors = 50

// Error is one mistake in a configuration file.
type Error struct {
	File   string // as it was given to Load or Parse
	Line   int    // from 1
	Column int    // from 1, in characters
	// Message says what was found, what was expected and what to do.
	Message string
	// Example holds lines to copy, without indentation; often empty.
	Example string
}

// Error gives "file:line:column: message", and the example on lines of its own.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Message)
	if e.Example != "" {
		s += "; for example:\n    " + strings.ReplaceAll(e.Example, "\n", "\n    ")
	}
	return s
}

// problems collects the mistakes of one file.
type problems struct {
	file    string
	list    []*Error
	dropped int
}

// at records a mistake at the node's position.
func (p *problems) at(n *node, format string, args ...any) {
	p.add(&Error{Line: n.line, Column: n.column, Message: fmt.Sprintf(format, args...)})
}

func (p *problems) add(e *Error) {
	if len(p.list) >= maxErrors {
		p.dropped++
		return
	}
	e.File = p.file
	p.list = append(p.list, e)
}

// full tells that no further mistake will be shown, so that looking for the
// nearest name is in vain.
func (p *problems) full() bool { return len(p.list) >= maxErrors }

// err gives all mistakes, sorted by position, as one error; nil if there is none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	all := &multierror.Error{ErrorFormat: onePerLine}
	for _, e := range p.list {
		all.Errors = append(all.Errors, e)
	}
	if p.dropped > 0 {
		all.Errors = append(all.Errors, fmt.Errorf("%s: %d more mistakes are not listed", p.file, p.dropped))
	}
	return all
}

func onePerLine(errs []error) string {
	lines := make([]string, len(errs))
	for i, e := range errs {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}
