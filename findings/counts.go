package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// maxSkips bounds the reasons that are listed for skipped checks: charts write
// parts of them.
const maxSkips = 50

// count tells how many cells, checks and questions there were, in all and by
// layer, and why layers or checks did not run.
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
	skips := skipCount{}
	for _, c := range cells {
		n.add(c.Status)
		for _, s := range c.Steps {
			l := layer(s.Layer)
			l.Cells[s.Status]++
			n.Assertions += len(s.Assertions)
			switch s.Status {
			case result.Skipped, result.Blocked:
				skips.add(Skip{Layer: s.Layer, Status: s.Status, Reason: oneLine(s.Reason)}, 0)
				continue
			}
			skips.addChecks(&s)
			if !s.Shared && s.Status != result.Lost {
				l.Questions++
				l.Seconds += s.Seconds
				n.Questions++
			}
		}
		for _, t := range c.Retried {
			for _, s := range t.Steps {
				if t.Attempt == c.Attempt { // earlier ones repeat what was asked where the plan was made
					layer(s.Layer).Seconds += s.Seconds // the question is the same
				}
			}
		}
	}
	return n, layers, skips.sorted(plan.Layers)
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

// skipCount counts skips by layer, status and reason. Whole layers and checks
// are counted apart.
type skipCount map[skipKey]*Skip

type skipKey struct {
	layer  string
	status result.Status
	reason string
	part   bool
}

// add counts one cell, and the checks that it left out.
func (n skipCount) add(s Skip, checks int) {
	k := skipKey{s.Layer, s.Status, s.Reason, checks > 0}
	if n[k] == nil {
		n[k] = &s
	}
	n[k].Cells++
	n[k].Checks += checks
}

// addChecks counts the checks that were skipped in a layer that ran.
func (n skipCount) addChecks(s *result.Step) {
	var reasons map[string]int // most steps have none
	for i := range s.Assertions {
		if a := &s.Assertions[i]; a.Status == result.Skipped {
			if reasons == nil {
				reasons = map[string]int{}
			}
			reasons[a.Reason]++
		}
	}
	if reasons == nil {
		return
	}
	lines := map[string]int{} // reasons that differ in blanks alone are one
	for reason, checks := range reasons {
		lines[oneLine(reason)] += checks
	}
	for reason, checks := range lines {
		n.add(Skip{Layer: s.Layer, Status: result.Skipped, Reason: reason}, checks)
	}
}

// sorted lists whole layers first, in the order in which they run, and then
// checks, at most maxSkips of them.
func (n skipCount) sorted(layers []string) []Skip {
	var out, parts []Skip
	for k, s := range n {
		if k.part {
			parts = append(parts, *s)
		} else {
			out = append(out, *s)
		}
	}
	for _, list := range [][]Skip{out, parts} {
		slices.SortFunc(list, func(a, b Skip) int {
			return cmp.Or(
				cmp.Compare(slices.Index(layers, a.Layer), slices.Index(layers, b.Layer)),
				strings.Compare(a.Layer, b.Layer), strings.Compare(string(a.Status), string(b.Status)),
				cmp.Compare(b.Cells, a.Cells), strings.Compare(a.Reason, b.Reason),
			)
		})
	}
	if more := len(parts) - maxSkips; more > 0 {
		last := &parts[maxSkips-1]
		last.Reason += fmt.Sprintf("; and %s", plural(more, "more reason"))
		parts = parts[:maxSkips]
	}
	return append(out, parts...)
}
