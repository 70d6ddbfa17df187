package findings

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Options are all that an explanation depends on besides the run.
type Options struct {
	// Now decides which expected failures have expired.
	Now  time.Time
	Gate Gate
	// Command is how a user calls the program for this chart, to which
	// Finding.Reproduce adds the selection: "chart-matrix check charts/posthog".
	// Where it is empty, findings name no command.
	Command string
	// Baseline is an earlier run of the same chart. A failure that it has in
	// the same cells is PreExisting. Nil: everything is New.
	Baseline *result.Run
}

// Explain groups the failures of a run into causes, says where each occurs,
// and judges the run. It never fails and leaves the run as it is: what makes no
// sense in a result becomes a finding or an anomaly.
func Explain(run *result.Run, opt Options) Summary {
	plan := run.Plan
	if plan == nil {
		plan = &matrix.Plan{}
	}
	cells := settle(run.Cells)
	rules, notes := readExpectations(plan.Expect, opt.Now)
	groups := collect(cells, run.Earlier, rules)
	if opt.Baseline != nil {
		groups = compare(groups, cells, opt.Baseline)
	}
	counts, layers, skips := count(plan, cells)
	order := make([]string, 0, len(layers))
	for _, l := range layers {
		order = append(order, l.Layer)
	}
	groups = foldEchoes(groups, order)

	w := &writer{plan: plan, cells: cells, command: opt.Command, space: newSpace(plan.Axes, cells)}
	found := make([]Finding, 0, len(groups))
	matched := map[int]bool{}
	for _, g := range groups {
		f := w.finding(g)
		if g.rule >= 0 {
			matched[g.rule] = true
			rules[g.rule].judge(&f)
		}
		found = append(found, f)
	}
	found = append(found, w.overdue(rules, matched)...)
	sortFindings(found, order)

	s := Summary{
		Schema: SummarySchema, Name: plan.Name, Chart: plan.Chart, Event: plan.Event, Findings: found,
		Grid: grid(plan, cells, found), Counts: counts, Layers: layers, Omissions: plan.Omissions, Notes: plan.Notes,
		Anomalies: slices.Concat(notes, run.Anomalies), Skips: skips, Cells: cells, Axes: plan.Axes,
	}
	for _, l := range layers {
		s.Seconds += l.Seconds
	}
	s.Verdict = judge(opt.Gate, &s)
	return s
}

// writer states groups as findings.
type writer struct {
	plan    *matrix.Plan
	cells   []result.Cell
	command string
	space   *space
}

// maxLocations bounds the places that one finding lists.
const maxLocations = 100

func (w *writer) finding(g *failureGroup) Finding {
	f := Finding{
		Fingerprint: g.fingerprint(), Layer: g.layer, Code: g.code, Severity: g.severity, Status: g.status,
		Blame: g.blame(), State: g.state, Title: title(g), Locations: g.places(), Also: g.also,
		Excerpt: excerpt(g.first.excerpt), Hint: oneLine(g.first.hint), Remark: g.remark,
	}
	f.Locations = f.Locations[:min(len(f.Locations), maxLocations)]
	failing := newBitset(len(w.cells))
	for _, i := range g.cells {
		failing.set(i)
		f.Cells = append(f.Cells, w.cells[i].ID)
	}
	w.place(&f, failing)
	if g.status == result.Failed || g.status == result.Passed {
		f.Reproduce = w.reproduce(g)
	}
	return f
}

// place says on which cells a finding occurs.
func (w *writer) place(f *Finding, failing bitset) {
	asked := w.asked(f).or(failing)
	c := w.space.explain(asked, failing)
	f.Conditions = c.conditions
	f.Where = whereWords(w.space, c, asked, failing, f.Layer, w.cells)
	if f.State == Overdue && f.Status == result.Passed {
		return // nothing fails, so there is no evidence to count
	}
	matching := asked // without a pattern, nothing sets the failing cells apart
	if c.conditions != nil {
		matching = c.matching
	}
	f.Support = Support{
		Matching: matching.count(), MatchingFailing: matching.and(failing).count(),
		Others: asked.minus(matching).count(), OthersFailing: failing.minus(matching).count(),
	}
}

// asked gives the cells in which the finding could have shown itself: where
// its layer was asked and answered. Where the finding is that there is no
// answer, cells without one were asked, too.
func (w *writer) asked(f *Finding) bitset {
	out := newBitset(len(w.cells))
	for i := range w.cells {
		if f.Layer == "" {
			out.set(i)
			continue
		}
		for _, s := range w.cells[i].Steps {
			if s.Layer != f.Layer {
				continue
			}
			if s.Status == result.Passed || s.Status == result.Failed || f.State == Unanswered && s.Status == result.Errored {
				out.set(i)
			}
		}
		// Of what stands in front of all layers, passing leaves no trace.
		if f.Layer == valuesLayer && w.cells[i].Status != result.Lost {
			out.set(i)
		}
	}
	return out
}

// readingOrder is that of the states: what asks most of the reader first.
var readingOrder = []State{New, Overdue, PreExisting, Leak, NothingRan, Unanswered, Expected, Flaky, Advice}

// sortFindings puts what concerns most cells first among findings of one state.
func sortFindings(found []Finding, layers []string) {
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(readingOrder, a.State), slices.Index(readingOrder, b.State)),
			cmp.Compare(len(b.Cells), len(a.Cells)),
			cmp.Compare(slices.Index(layers, a.Layer), slices.Index(layers, b.Layer)),
			strings.Compare(a.Title, b.Title), strings.Compare(a.Fingerprint, b.Fingerprint),
		)
	})
}
