package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// maxWanted bounds how many cells of a summary are looked at: it may be anybody's.
const maxWanted = 10_000

// wantedCells lists, for each finding of a summary that has several
// explanations, the cells whose results would tell them apart.
func wantedCells(s findings.Summary) [][]matrix.Wanted {
	var out [][]matrix.Wanted
	total := 0
	for _, f := range s.Findings {
		var list []matrix.Wanted
		for _, n := range f.Next {
			if total++; total > maxWanted {
				break
			}
			list = append(list, matrix.Wanted{At: n.At, Because: n.Because})
		}
		if len(list) > 0 {
			out = append(out, list)
		}
	}
	return out
}

// followUp plans a follow-up of the first plan, which the flags gave, with what
// is known of its cells without a cluster. It has no jobs and is not sealed yet.
func (p *project) followUp(ctx context.Context, of *matrix.Plan, f planFlags, static staticFlags, wanted [][]matrix.Wanted, limit int) (*matrix.Plan, error) {
	up, err := p.chooseFollowUp(of, f, wanted, limit)
	if err != nil || len(up.Cells) == 0 {
		return up, err
	}
	return up, p.lookAhead(ctx, up, static)
}

// chooseFollowUp is followUp that looks at nothing but the configuration.
func (p *project) chooseFollowUp(of *matrix.Plan, f planFlags, wanted [][]matrix.Wanted, limit int) (*matrix.Plan, error) {
	spec, err := p.spec(f)
	if err != nil {
		return nil, err
	}
	whole, err := p.unselected(of, spec, f.provider)
	if err != nil {
		return nil, err
	}
	return matrix.NewFollowUp(of, whole, wanted, matrix.FollowUpLimits{
		Cells: limit, Providers: p.config.FollowUp.Providers,
		Cost: func(c matrix.Cell) float64 {
			return findings.CostOf(cmp.Or(f.provider, c.At[matrix.Provider])).Weight()
		},
		LeftOut: func(at matrix.Coordinate) (matrix.Omission, bool) { return matrix.LeftOut(spec, at) },
	})
}

// unselected gives the plan without what an event, a flag or a covering set has
// left out of it. Cells that need a layer which the first plan does not have are
// left out: nothing would be asked in them.
func (p *project) unselected(first *matrix.Plan, spec matrix.Spec, override string) (*matrix.Plan, error) {
	spec.Only, spec.Cover = nil, nil
	whole, err := matrix.Expand(spec, first.Seed)
	if err != nil {
		return nil, err
	}
	whole.JobLayers = slices.DeleteFunc(slices.Clone(whole.Layers), func(l string) bool { return !isJobLayer(l) })
	if len(whole.JobLayers) > 0 {
		p.withClusters(whole, override)
	}
	for _, pair := range [][2]string{{layer.InstallName, layer.UpgradeName}, {layer.UpgradeName, layer.InstallName}} {
		name, other := pair[0], pair[1]
		if slices.Contains(first.JobLayers, name) || !slices.Contains(first.JobLayers, other) {
			continue
		}
		whole.Omit(matrix.NothingToTest, "layer "+name, "the first plan does not have it", func(c matrix.Cell) bool {
			return layerOf(c.At[matrix.Operation]) == name
		})
	}
	return whole, nil
}

// followedUp says what the follow-up of a run has decided, for each finding that
// it was for: after is the summary of all results, made with the options.
func followedUp(run *result.Run, o findings.Options, after findings.Summary) []string {
	plan := run.Plan
	if plan.FollowUp == nil || len(plan.FollowUp.Cells) == 0 {
		return nil
	}
	before := findings.Explain(result.Join(plan.Before(), run.Cells, run.Jobs), o)
	// Of the added cells: whether each gave an answer. What there was nothing to
	// test in is none of them.
	ran := map[string]bool{}
	for _, c := range run.Cells {
		if slices.ContainsFunc(plan.FollowUp.Cells, func(f matrix.FollowUpCell) bool { return f.ID == c.ID }) {
			ran[c.ID] = c.Status == result.Passed || c.Status == result.Failed
		}
	}
	var out []string
	for _, f := range before.Findings {
		asked, n := 0, 0
		for _, next := range f.Next {
			answered, added := ran[matrix.CellID(next.At)]
			if added {
				asked++
			}
			if answered {
				n++
			}
		}
		switch {
		case n > 0:
			out = append(out, fmt.Sprintf("follow-up: %s run to tell %s: %s", were(n), tellApart(f), decided(f, after)))
		case asked > 0:
			out = append(out, fmt.Sprintf("follow-up: %s to tell %s, and gave no answer", were(asked), tellApart(f)))
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func were(n int) string {
	if n == 1 {
		return "1 cell was"
	}
	return fmt.Sprintf("%d cells were", n)
}

// tellApart names the explanations of a finding. Some differ only in cells that
// were not asked, and are called the same.
func tellApart(f findings.Finding) string {
	rivals := otherPlaces(f)
	if len(rivals) == 0 {
		return fmt.Sprintf("how far %q reaches", oneLine(f.Where))
	}
	const most = 3
	if more := len(rivals) - most; more > 0 {
		rivals = append(rivals[:most], fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("%q from %s", oneLine(f.Where), strings.Join(rivals, ", "))
}

// otherPlaces lists, each once, where else a failure might lie.
func otherPlaces(f findings.Finding) []string {
	var out []string
	for _, r := range f.Rivals {
		if where := fmt.Sprintf("%q", oneLine(r.Where)); r.Where != f.Where && !slices.Contains(out, where) {
			out = append(out, where)
		}
	}
	return out
}

// decided says what is known of a finding now.
func decided(f findings.Finding, after findings.Summary) string {
	i := slices.IndexFunc(after.Findings, func(g findings.Finding) bool { return g.Fingerprint == f.Fingerprint })
	if i < 0 {
		return "with their results, it is part of another finding"
	}
	now := after.Findings[i]
	switch others := otherPlaces(now); {
	case len(others) == 0:
		return fmt.Sprintf("it is %q", oneLine(now.Where))
	case now.Where == f.Where && len(others) >= len(otherPlaces(f)) && now.Confidence <= f.Confidence:
		return "their results do not decide"
	default:
		return fmt.Sprintf("it is most likely %q, and otherwise %s", oneLine(now.Where), strings.Join(others[:min(len(others), 3)], " or "))
	}
}
