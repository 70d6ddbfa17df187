package html

import (
	"html/template"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/reporters/internal/present"
	"github.com/posthog/chart-matrix/result"
)

// view is what the template shows.
type view struct {
	Policy             string
	Style              template.CSS
	Script             template.JS
	Title              string
	Tone               string // passed, failed, errored or skipped
	Symbol             string
	Headline           string
	Facts              []string
	From               present.Provenance
	Answers            []present.Answer
	Reasons            []string
	Open, Folded       []group
	Axes               []matrix.Axis
	Grid               gridView
	Legend             []legend
	Skips              []skipView
	Omissions          []matrix.Omission
	Notes, Anomalies   []string
	Layers             []layerView
	OmittedCount       string
	Data               data
	HasGrid, HasFolded bool
}

type group struct {
	Kind  present.Kind
	Title string
	Items []finding
}

type gridView struct {
	Axis    string
	Columns []string
	RowAxes string
	Fixed   string
	Rows    []rowView
}

type rowView struct {
	Label string
	Cells []cellView
}

type cellView struct {
	Index   int // in data.Cells; -1 for a square without a cell
	Tone    present.Outcome
	Symbol  string
	Numbers string
	Label   string // for screen readers and the tooltip
}

type legend struct {
	Tone         present.Outcome
	Symbol, Word string
	Count        int
}

type layerView struct{ Name, Cells, Questions, Time string }

func newView(s findings.Summary) view {
	groups := present.Groups(s)
	v := view{
		Policy: policy(), Style: template.CSS(styleSource), Script: template.JS(scriptSource),
		Title: present.Chart(s), Headline: present.Line(s.Verdict.Headline), Facts: facts(s), From: present.ProvenanceOf(s), Axes: s.Axes,
		Skips: skipViews(s.Skips), Omissions: s.Omissions, Notes: s.Notes, Anomalies: s.Anomalies,
		OmittedCount: present.Plural(s.Counts.Omitted, "cell"),
	}
	v.Tone, v.Symbol = "failed", "✗"
	switch {
	case s.Verdict.Passed && s.Counts.Passed == 0 && s.Counts.Planned > 0:
		v.Tone, v.Symbol = "skipped", "–"
	case s.Verdict.Passed:
		v.Tone, v.Symbol = "passed", "✓"
	case s.Verdict.ExitCode == 3:
		v.Tone, v.Symbol = "errored", "!"
	}
	logs, files := present.LogsOf(s), present.FilesOf(s)
	v.Answers = present.Answers(groups)
	v.Reasons = present.Reasons(s, groups)
	for _, g := range groups {
		out := group{Kind: g.Kind, Title: g.Title}
		for _, it := range g.Items {
			out.Items = append(out.Items, newFinding(it, logs, files))
		}
		if g.Open {
			v.Open = append(v.Open, out)
		} else {
			v.Folded = append(v.Folded, out)
		}
	}
	v.Data = newData(s, groups, logs)
	v.Grid, v.Legend = newGrid(s, groups, v.Data)
	v.HasGrid = len(v.Grid.Rows) > 0
	v.HasFolded = len(v.Folded) > 0
	for _, l := range s.Layers {
		v.Layers = append(v.Layers, newLayer(l))
	}
	return v
}

func facts(s findings.Summary) []string {
	out := []string{present.Chart(s)}
	if event := present.Line(s.Event); event != "" {
		out = append(out, event)
	}
	if s.Counts.Planned > 0 {
		cells := present.Plural(s.Counts.Planned, "cell")
		if tally := present.Tally(s.Counts); tally != "" {
			cells += ": " + tally
		}
		out = append(out, cells)
	}
	if s.Counts.Questions > 0 {
		out = append(out, present.Plural(s.Counts.Questions, "question")+" asked")
	}
	if s.Seconds > 0 {
		out = append(out, present.Duration(s.Seconds))
	}
	return out
}

func newLayer(l findings.LayerCount) layerView {
	total := 0
	var parts []string
	for _, status := range slices.Backward(result.Statuses()) {
		if n := l.Cells[status]; n > 0 {
			total += n
			parts = append(parts, present.Number(n)+" "+string(status))
		}
	}
	return layerView{Name: present.Line(l.Layer), Cells: strings.Join(parts, ", "), Questions: present.Number(l.Questions), Time: present.Duration(l.Seconds)}
}

type skipView struct {
	findings.Skip
	Part string // "28 checks of ", where the layer itself ran
}

func skipViews(skips []findings.Skip) []skipView {
	out := make([]skipView, len(skips))
	for i, s := range skips {
		out[i] = skipView{s, present.Part(s)}
	}
	return out
}
