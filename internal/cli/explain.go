package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// explainCell writes what one cell is made of, or which rule took it out. The
// error says that there is no such cell.
func (p *project) explainCell(plan *matrix.Plan, flags planFlags, name string) (func(io.Writer) error, error) {
	for _, c := range plan.Cells {
		if c.ID == name || c.Slug == name || matches(c.At, name) {
			return func(w io.Writer) error { return p.writeCell(w, plan, c) }, nil
		}
	}
	// Look among all coordinates for one that was left out.
	spec, err := p.spec(flags)
	if err != nil {
		return nil, err
	}
	everything := spec
	everything.Exclude, everything.Windows, everything.Only, everything.Cover = nil, nil, nil, nil
	whole, err := matrix.Expand(everything, seed)
	if err != nil {
		return nil, err
	}
	for _, c := range whole.Cells {
		if c.ID != name && c.Slug != name && !matches(c.At, name) {
			continue
		}
		o, ok := matrix.LeftOut(spec, c.At)
		for _, listed := range plan.Omissions { // by the covering, which judges all cells together
			if !ok && slices.Contains(listed.Cells, c.ID) {
				o, ok = listed, true
			}
		}
		if !ok {
			return nil, fmt.Errorf("--explain: the cell %s was left out by one of several rules; `plan` lists them", c.ID)
		}
		return func(w io.Writer) error {
			_, err := io.WriteString(w, inert(fmt.Sprintf("%s  %s\nleft out by %s: %s\n", c.ID, c.Slug, o.Rule, o.Because)))
			return err
		}, nil
	}
	return nil, fmt.Errorf("--explain: there is no cell %q; give an ID or a slug as `plan --format json` lists them, or AXIS=VALUE,…", name)
}

// matches tells whether "axis=value,axis=value" names the coordinate's values.
func matches(at matrix.Coordinate, text string) bool {
	for _, part := range strings.Split(text, ",") {
		axis, value, ok := strings.Cut(part, "=")
		if !ok || at[axis] != value {
			return false
		}
	}
	return true
}

func (p *project) writeCell(w io.Writer, plan *matrix.Plan, c matrix.Cell) error {
	version, _, err := p.kubeVersion(c.At)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n\n", c.ID, printable(c.Slug))
	for _, a := range plan.Axes {
		fmt.Fprintf(&b, "  %-12s %s\n", a.Name, printable(c.At[a.Name]))
	}
	fmt.Fprintf(&b, "\n  %-12s %s, as %s reports it\n  %-12s %s in namespace %s\n",
		"cluster", version, c.At[matrix.Provider], "release", p.release(), p.namespace())

	b.WriteString("\nValues, the later wins; every file comes before every set:\n  the chart's own\n")
	for _, l := range p.config.ValueLayers(c.At) {
		for _, f := range l.Files {
			fmt.Fprintf(&b, "  %-24s %s\n", printable(l.Source), printable(f))
		}
		for _, s := range l.Set {
			fmt.Fprintf(&b, "  %-24s --set %s\n", printable(l.Source), printable(s))
		}
		for _, s := range l.SetString {
			fmt.Fprintf(&b, "  %-24s --set-string %s\n", printable(l.Source), printable(s))
		}
	}
	values, err := p.valuesAt(c.At)
	switch {
	case err != nil:
		fmt.Fprintf(&b, "\nThe values cannot be used: %s\n", printable(err.Error()))
	case len(values.Overrides) > 0:
		b.WriteString("\nKeys that several of them set:\n")
		for _, o := range values.Overrides {
			fmt.Fprintf(&b, "  %s\n", printable(o.Path))
			for i, s := range o.Set {
				mark := " "
				if i == len(o.Set)-1 {
					mark = "→"
				}
				fmt.Fprintf(&b, "    %s %-20s %s\n", mark, printable(s.Source), printable(s.Value))
			}
		}
	}
	b.WriteString("\nLayers:\n")
	for _, l := range plan.Layers {
		if skip, ok := c.Skip[l]; ok {
			what := "skipped"
			if skip.Blocked {
				what = "blocked"
			}
			fmt.Fprintf(&b, "  %-8s %s by %s: %s\n", l, what, printable(skip.Rule), printable(skip.Because))
			continue
		}
		fmt.Fprintf(&b, "  %s\n", l)
	}
	explainLasting(&b, plan, c)
	_, err = io.WriteString(w, inert(b.String()))
	return err
}

// explainLasting tells what a cell leaves behind, since only cells that leave
// the same share a cluster.
func explainLasting(b *strings.Builder, plan *matrix.Plan, c matrix.Cell) {
	for _, set := range plan.Lasting {
		if set.ID != c.Leaves {
			continue
		}
		b.WriteString("\nWhat outlives its release; it shares a cluster with cells that leave the same:\n")
		for _, o := range set.Objects {
			fmt.Fprintf(b, "  %s: %s\n", printable(o.Object), printable(o.Because))
		}
	}
}
