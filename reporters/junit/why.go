package junit

import (
	"slices"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// asked is what a finding explains: a layer's failure in a cell.
type asked struct{ cell, layer string }

func explainedBy(all []findings.Finding) map[asked][]*findings.Finding {
	by := map[asked][]*findings.Finding{}
	for i := range all {
		f := &all[i]
		if f.State == findings.Advice || f.State == findings.Fixed {
			continue
		}
		for _, id := range f.Cells {
			at := asked{id, f.Layer}
			by[at] = append(by[at], f)
		}
	}
	return by
}

// why writes what the report says of a case that did not pass as its properties,
// which most readers show and the others pass over: the finding that explains it,
// the class of the failure and whom it blames. A case that several findings
// might explain has only those in which they agree.
func (x *writer) why(cell string, tc testcase) {
	if tc.status != result.Failed && tc.status != result.Errored && tc.status != result.Lost {
		return
	}
	layer := tc.layer
	if layer == "" && tc.name != "cell" {
		layer = tc.name // it stands for the layer
	}
	var of []*findings.Finding
	for _, f := range x.explained[asked{cell, layer}] {
		if len(tc.problems) == 0 || slices.ContainsFunc(tc.problems, func(p result.Problem) bool { return p.Code == f.Code }) {
			of = append(of, f)
		}
	}
	if len(of) == 0 {
		return
	}
	var attrs [][]attr
	for _, p := range []struct {
		name  string
		value func(*findings.Finding) string
	}{
		{"finding", func(f *findings.Finding) string { return f.Fingerprint }},
		{"class", func(f *findings.Finding) string { return f.Class }},
		{"blame", func(f *findings.Finding) string { return string(f.Blame) }},
	} {
		value := p.value(of[0])
		if value != "" && !slices.ContainsFunc(of, func(f *findings.Finding) bool { return p.value(f) != value }) {
			attrs = append(attrs, []attr{{"name", p.name}, {"value", value}})
		}
	}
	if len(attrs) == 0 {
		return
	}
	x.open("properties")
	for _, a := range attrs {
		x.empty("property", a...)
	}
	x.close("properties")
}
