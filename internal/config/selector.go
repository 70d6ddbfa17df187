package config

import (
	"maps"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// conditions gives the entries of a rule that name an axis. What is neither an
// axis nor a key of the rule is a mistake.
func (d *decoder) conditions(n *node, s *shape) []entry {
	var out []entry
	known := keyNames(s.keys)
	for _, e := range n.entries {
		if slices.Contains(known, e.key.text) {
			continue
		}
		if _, ok := d.axes[e.key.text]; !ok {
			n.damaged = true
			if !d.full() && !d.axesDoubtful {
				d.at(e.key, "%s", unknown("axis", e.key.text, append(d.axisNames(), known...)))
			}
			continue
		}
		out = append(out, e)
	}
	return out
}

func (d *decoder) axisNames() []string { return slices.Sorted(maps.Keys(d.axes)) }

// selector reads the conditions of a rule. All have to hold; of the values of
// one axis, any.
func (d *decoder) selector(n *node, s *shape) matrix.Selector {
	if n == nil {
		return nil
	}
	var where matrix.Selector
	for _, e := range d.conditions(n, s) {
		term := matrix.Term{Axis: e.key.text}
		a := d.axes[e.key.text]
		for _, v := range e.value.scalars() {
			d.condition(&term, a, v)
		}
		where = append(where, term)
	}
	return where
}

// condition adds one value to a term. A value that matches no cell is a
// mistake: such a rule does nothing, and nobody would notice.
func (d *decoder) condition(term *matrix.Term, a *axis, n *node) {
	switch {
	case a.Name == matrix.Kubernetes:
		d.versionCondition(term, a, n)
	case a.has[n.text]:
		term.Values = append(term.Values, n.text)
	default:
		d.unknownValue(a, n)
	}
}

func (d *decoder) unknownValue(a *axis, n *node) {
	if d.full() || a.doubtful {
		return
	}
	values := slices.Collect(maps.Keys(a.has))
	slices.Sort(values)
	d.at(n, "the axis %s has no value %s%s", quote(a.Name), quote(n.text), suggestion(n.text, values))
}

func (d *decoder) versionCondition(term *matrix.Term, a *axis, n *node) {
	switch {
	case n.text == "supported":
		for _, v := range d.config.vocab.Supported {
			if a.has[v] {
				term.Values = append(term.Values, v)
			}
		}
		return
	case n.text == "newest" || strings.HasPrefix(n.text, "newest "):
		values := sortedVersions(a)
		count := d.newest(n, len(values))
		term.Values = append(term.Values, values[len(values)-count:]...)
		return
	case isVersionList(n.text):
		d.at(n, "several versions are a list; write %s", bracketed(n.text))
		return
	}
	text := n.text
	if !matrix.IsVersionRange(text) {
		v, ok := d.version(n)
		if !ok {
			return
		}
		text = v
	}
	r, err := matrix.ParseVersionRange(text)
	if err != nil {
		d.at(n, "%v", err)
		return
	}
	term.Ranges = append(term.Ranges, r)
	for value := range a.has {
		if v, err := matrix.ParseVersion(value); err == nil && r.Contains(v) {
			return
		}
	}
	if a.doubtful {
		return
	}
	message := "no version of the axis kubernetes is %s, so this matches nothing; have %s"
	have := listed(sortedVersions(a))
	if a.moving {
		d.warn(n, message, n.shown(), have)
	} else {
		d.at(n, message, n.shown(), have)
	}
}

// sortedVersions gives the axis's values, oldest first.
func sortedVersions(a *axis) []string {
	values := slices.Sorted(maps.Keys(a.has))
	slices.SortFunc(values, func(x, y string) int {
		// Every value of this axis was parsed before it came here.
		vx, _ := matrix.ParseVersion(x)
		vy, _ := matrix.ParseVersion(y)
		return vx.Compare(vy)
	})
	return values
}
