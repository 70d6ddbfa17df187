package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
)

// parseOnly reads the --only flags: axis=value, axis=a,b or axis=RANGE. Flags
// for one axis add up, flags for different axes must all hold.
func parseOnly(flags []string, axes []matrix.Axis) ([]matrix.Selection, error) {
	var where matrix.Selector
	for _, flag := range flags {
		name, text, ok := strings.Cut(flag, "=")
		if !ok || text == "" {
			return nil, fmt.Errorf("--only %q: expected AXIS=VALUE, such as kubernetes=1.34 or scenario=ha", flag)
		}
		i := slices.IndexFunc(axes, func(a matrix.Axis) bool { return a.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("--only %q: there is no axis %q; have %s", flag, name, strings.Join(axisNames(axes), ", "))
		}
		term, err := parseTerm(axes[i], text)
		if err != nil {
			return nil, fmt.Errorf("--only %q: %w", flag, err)
		}
		j := slices.IndexFunc(where, func(t matrix.Term) bool { return t.Axis == name })
		if j < 0 {
			where = append(where, term)
			continue
		}
		where[j].Values = append(where[j].Values, term.Values...)
		where[j].Ranges = append(where[j].Ranges, term.Ranges...)
	}
	if len(where) == 0 {
		return nil, nil
	}
	return []matrix.Selection{{Where: where, Rule: "--only"}}, nil
}

// onlyCell narrows a selection to one cell of the plan, named by its ID or slug.
func onlyCell(plan *matrix.Plan, only []matrix.Selection, name string) ([]matrix.Selection, error) {
	for _, c := range plan.Cells {
		if c.ID != name && c.Slug != name {
			continue
		}
		var where matrix.Selector
		for _, a := range plan.Axes {
			where = append(where, matrix.Term{Axis: a.Name, Values: []string{c.At[a.Name]}})
		}
		return append(slices.Clone(only), matrix.Selection{Where: where, Rule: "--cell"}), nil
	}
	return nil, fmt.Errorf("--cell: there is no cell %q in the plan; give an ID or a slug as `plan --format json` lists them", name)
}

func parseTerm(axis matrix.Axis, text string) (matrix.Term, error) {
	term := matrix.Term{Axis: axis.Name}
	if axis.Ordered && matrix.IsVersionRange(text) && !strings.Contains(text, ",") {
		r, err := matrix.ParseVersionRange(text)
		if err != nil {
			return term, err
		}
		term.Ranges = []matrix.VersionRange{r}
		return term, nil
	}
	values := strings.Split(text, ",")
	if slices.Contains(axis.Values, text) {
		values = []string{text} // which may hold a comma itself
	}
	for _, value := range values {
		if !slices.Contains(axis.Values, value) {
			return term, fmt.Errorf("axis %s has no value %q; have %s", axis.Name, value, strings.Join(axis.Values, ", "))
		}
		term.Values = append(term.Values, value)
	}
	return term, nil
}

// withIncluded gives the axes with the values that only included cells have.
func withIncluded(axes []matrix.Axis, include []matrix.Coordinates) []matrix.Axis {
	out := slices.Clone(axes)
	for i := range out {
		for _, inc := range include {
			out[i] = out[i].With(inc.At[out[i].Name]...)
		}
	}
	return out
}

func axisNames(axes []matrix.Axis) []string {
	names := make([]string, 0, len(axes))
	for _, a := range axes {
		names = append(names, a.Name)
	}
	return names
}
