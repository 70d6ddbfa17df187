package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
)

// warning is a remark about the file that does not make it wrong.
type warning struct {
	line, column int
	message      string
}

func (d *decoder) warn(n *node, format string, args ...any) {
	if len(d.warnings) < maxErrors {
		d.warnings = append(d.warnings, warning{n.line, n.column, fmt.Sprintf(format, args...)})
	}
}

func (d *decoder) sortedWarnings() []string {
	slices.SortStableFunc(d.warnings, func(a, b warning) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var out []string
	for _, w := range d.warnings {
		out = append(out, fmt.Sprintf("%s:%d:%d: %s", d.file, w.line, w.column, w.message))
	}
	return out
}

// ruleName names a rule by its place. The folder is left out: it differs from
// machine to machine, and a plan's digest must not.
func (d *decoder) ruleName(section string, n *node) string {
	return fmt.Sprintf("%s at %s:%d", section, filepath.Base(d.file), n.line)
}
