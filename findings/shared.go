package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// view is an earlier run as seen from the cells of this one.
type view struct {
	*Past
	of    [][]int // by cell: the earlier run's cells that it is compared with
	notes []string
}

// newView finds for each cell those of an earlier run that stand for it: the
// ones with the same values on all axes that both runs have. So an axis that was
// added or removed in between, and a version that was retired, leave the rest
// comparable.
func newView(past *Past, axes []matrix.Axis, cells []result.Cell) *view {
	v := &view{Past: past, of: make([][]int, len(cells))}
	type sharedAxis struct {
		name    string
		renamed map[string]string // a value of the earlier run, and what it is called now
	}
	var shared []sharedAxis
	for _, now := range axes {
		i := slices.IndexFunc(past.axes, func(a matrix.Axis) bool { return a.Name == now.Name })
		if i < 0 {
			continue
		}
		s := sharedAxis{name: now.Name}
		if before, after, ok := renamed(past.axes[i], now); ok {
			s.renamed = map[string]string{before: after}
			v.notes = append(v.notes, fmt.Sprintf("For the comparison with the baseline, the %s %s is taken for what was called %s there",
				plain(now.Name), plain(after), plain(before)))
		}
		shared = append(shared, s)
	}
	if len(shared) == 0 {
		return v
	}
	at := map[string][]int{}
	for n, c := range past.cells {
		var key strings.Builder
		for _, s := range shared {
			value := c.at[s.name]
			if after, ok := s.renamed[value]; ok {
				value = after
			}
			key.WriteString(value + "\x00")
		}
		at[key.String()] = append(at[key.String()], n)
	}
	for i := range cells {
		var key strings.Builder
		for _, s := range shared {
			key.WriteString(cells[i].At[s.name] + "\x00")
		}
		v.of[i] = at[key.String()]
	}
	return v
}

// renamed recognises a value that has another name now, where there is no doubt:
// one value of the axis is gone, one is new, and it stands in the same place.
// Kubernetes versions, providers and operations mean what their names say.
func renamed(before, now matrix.Axis) (from, to string, ok bool) {
	if now.Ordered || slices.Contains([]string{matrix.Kubernetes, matrix.Provider, matrix.Operation}, now.Name) || len(before.Values) != len(now.Values) {
		return "", "", false
	}
	for i := range now.Values {
		if before.Values[i] == now.Values[i] {
			continue
		}
		if ok {
			return "", "", false
		}
		from, to, ok = before.Values[i], now.Values[i], true
	}
	return from, to, ok && !slices.Contains(before.Values, to) && !slices.Contains(now.Values, from)
}
