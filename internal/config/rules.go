package config

import (
	"errors"
	"regexp/syntax"
	"slices"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// exclude reads the rules that take cells, or layers of cells, out.
func (d *decoder) exclude(n *node) {
	for _, r := range n.scalars() {
		rule := matrix.Exclusion{
			Where:   d.selector(r, excludeShape.item),
			Layers:  words(r.get("layer")),
			Because: r.get("because").string(),
			Rule:    d.ruleName("exclude", r),
		}
		if len(rule.Where) == 0 && len(rule.Layers) == 0 && !r.damaged {
			d.at(r, "this rule names no axis and no layer and would exclude every cell; add a condition, such as provider: eks")
		}
		d.config.exclude = append(d.config.exclude, rule)
	}
}

// expectFailure reads the failures that are accepted.
func (d *decoder) expectFailure(n *node) {
	for _, r := range n.scalars() {
		where := d.selector(r, expectFailureShape.item)
		rule := matrix.Expectation{
			Where: where, Cells: where.String(),
			Layers:   words(r.get("layer")),
			Matching: d.regexp(r.get("matching")),
			Issue:    r.get("issue").string(),
			Until:    d.date(r.get("until")),
			Rule:     d.ruleName("expect-failure", r),
		}
		if len(where) == 0 {
			rule.Cells = "every cell"
		}
		d.config.expect = append(d.config.expect, rule)
	}
}

// regexp checks a pattern without compiling it, which for a hostile one takes
// a hundred times the memory.
func (d *decoder) regexp(n *node) string {
	if n == nil {
		return ""
	}
	if _, err := syntax.Parse(n.text, syntax.Perl); err != nil {
		what := err.Error()
		var bad *syntax.Error
		if errors.As(err, &bad) {
			what = bad.Code.String() + " at " + quote(bad.Expr)
		}
		d.at(n, `%s is not a regular expression (%s); put a backslash before a character that is meant literally, as in "\\("`, n.shown(), what)
	}
	return n.text
}

func (d *decoder) date(n *node) time.Time {
	if n == nil {
		return time.Time{}
	}
	t, err := time.Parse(time.DateOnly, n.text)
	if err != nil {
		d.at(n, "there is no day %s; expected a date like 2027-01-31", n.text)
	}
	return t
}

// include reads the cells to add. Values that an axis lacks are fine where
// they need no definition.
func (d *decoder) include(n *node) {
	for _, r := range n.scalars() {
		rule := matrix.Coordinates{
			At:      map[string][]string{},
			Because: r.get("because").string(),
			Rule:    d.ruleName("include", r),
		}
		named := false
		for _, e := range d.conditions(r, includeShape.item) {
			named = true
			a := d.axes[e.key.text]
			for _, v := range e.value.scalars() {
				for _, text := range d.includedValue(a, v) {
					if !slices.Contains(rule.At[a.Name], text) {
						rule.At[a.Name] = append(rule.At[a.Name], text)
					}
					a.has[text] = true
				}
			}
		}
		if !named && !r.damaged {
			d.at(r, "this rule names no axis and would add nothing; name values, such as provider: eks")
		}
		d.config.include = append(d.config.include, rule)
	}
}

func (d *decoder) includedValue(a *axis, n *node) []string {
	switch {
	case a.Name == matrix.Kubernetes:
		values, _ := d.versions(n)
		return values
	case a.has[n.text]:
		return []string{n.text}
	case !slices.Contains(matrix.BuiltinAxes(), a.Name):
		d.unknownValue(a, n)
		return nil
	case d.validValue(a.Name, n):
		return []string{n.text}
	}
	return nil
}

// words gives the texts of "x" and of "[x, y]" alike.
func words(n *node) []string {
	var out []string
	for _, s := range n.scalars() {
		out = append(out, s.text)
	}
	return out
}
