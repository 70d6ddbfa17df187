package findings

import (
	"cmp"
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// weigh tells which findings a maintainer should look at, and of the others why
// not. A gate may be red by what is folded; where nothing else is left to look
// at, what makes it red is.
func weigh(all []Finding, gate Gate) {
	for i := range all {
		all[i].Folded = fold(&all[i])
		all[i].Notable = all[i].Folded == ""
	}
	if slices.ContainsFunc(all, func(f Finding) bool { return f.Notable }) {
		return
	}
	for i := range all {
		if gate.levelOf(&all[i]) == Fail {
			all[i].Notable, all[i].Folded = true, ""
		}
	}
}

// fold gives the reason not to look at a finding; "" where there is none.
func fold(f *Finding) string {
	switch f.State {
	case PreExisting:
		return "the baseline fails in the same way"
	case Expected:
		if f.Expected != nil && f.Expected.Issue != "" {
			return "it is accepted, see " + plain(f.Expected.Issue)
		}
		return "it is accepted"
	case Flaky:
		return cmp.Or(f.Remark, "it comes and goes")
	case Fixed:
		return "it passes now"
	case Advice:
		return "it is advice"
	case Leak, NothingRan, Overdue:
		return ""
	}
	switch {
	case f.Blame == BlameInfrastructure:
		return "the infrastructure failed, not the chart"
	case f.Blame == BlameRunner:
		return "the machine that ran the job failed, not the chart"
	case f.Layer == "lint" && everywhereIn(f):
		return "it fails everywhere, and lint says why"
	}
	return ""
}

// everywhereIn tells whether a finding is in all of several cells: the matrix
// says nothing about it that one cell would not.
func everywhereIn(f *Finding) bool {
	return len(f.Conditions) == 1 && len(f.Conditions[0]) == 0 && len(f.Cells) > 1
}

// merit counts what makes a finding worth looking at first: it is notable, the
// chart is blamed for it, it occurs in a part of the matrix alone, several tests
// see it.
func merit(f *Finding) int {
	n := 0
	for _, has := range []bool{
		f.Blame == BlameChart || f.Blame == BlameChartOrEnv,
		f.Status == result.Failed && !everywhereIn(f),
		len(f.Also)+len(f.Consequences) > 0 || len(f.Locations) > 1,
	} {
		n += count1(has)
	}
	if f.Notable {
		n += 4 // before all of the others together
	}
	return n
}
