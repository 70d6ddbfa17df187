package findings

import (
	"cmp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// count tells how many cells, checks and questions there were, in all and by
// layer, and why layers did not run.
func count(plan *matrix.Plan, cells []result.Cell) (Counts, []LayerCount, []Skip) {
	n := Counts{Planned: len(cells)}
	for _, o := range plan.Omissions {
		n.Omitted += o.Count
	}
	layers := make([]LayerCount, 0, len(plan.Layers))
	index := map[string]int{}
	layer := func(name string) *LayerCount {
		i, ok := index[name]
		if !ok {
			i = len(layers)
			index[name] = i
			layers = append(layers, LayerCount{Layer: name, Cells: map[result.Status]int{}})
		}
		return &layers[i]
	}
	for _, name := range plan.Layers {
		layer(name)
	}
	skips := map[Skip]int{}
	for _, c := range cells {
		n.add(c.Status)
		for _, s := range c.Steps {
			l := layer(s.Layer)
			l.Cells[s.Status]++
			n.Assertions += len(s.Assertions)
			switch s.Status {
			case result.Skipped, result.Blocked:
				skips[Skip{Layer: s.Layer, Status: s.Status, Reason: oneLine(s.Reason)}]++
				continue
			}
			if !s.Shared {
				l.Questions++
				l.Seconds += s.Seconds
				n.Questions++
			}
		}
	}
	return n, layers, sortSkips(skips, plan.Layers)
}

func (n *Counts) add(s result.Status) {
	switch s {
	case result.Passed:
		n.Passed++
	case result.Failed:
		n.Failed++
	case result.Errored:
		n.Errored++
	case result.Skipped:
		n.Skipped++
	case result.Blocked:
		n.Blocked++
	case result.Lost:
		n.Lost++
	}
}

func sortSkips(counted map[Skip]int, layers []string) []Skip {
	var out []Skip
	for s, cells := range counted {
		s.Cells = cells
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Skip) int {
		return cmp.Or(
			cmp.Compare(slices.Index(layers, a.Layer), slices.Index(layers, b.Layer)),
			strings.Compare(a.Layer, b.Layer), strings.Compare(string(a.Status), string(b.Status)),
			cmp.Compare(b.Cells, a.Cells), strings.Compare(a.Reason, b.Reason),
		)
	})
	return out
}
