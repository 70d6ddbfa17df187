package findings

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Options are all that Explain knows besides the run itself.
type Options struct {
	// Now decides which expect-failure rules are over.
	Now time.Time
	// Gate says which findings make the run red.
	Gate Gate
	// Command is how this chart is checked from a shell, without selection:
	// "chart-matrix check charts/posthog". Findings get no command to
	// reproduce them where it is empty.
	Command string
	// JobCommand is the same for the layers that jobs run: "chart-matrix run
	// charts/posthog". Findings in those layers get no command where it is empty.
	JobCommand string
	// History holds earlier runs to compare with, newest first. The first is the
	// baseline; where there is none, every failure counts as new.
	History []*Past
	// Origin is copied to the summary.
	Origin Origin
	// Clusters says where clusters can be made to reproduce a failure.
	Clusters Clusters
	// Evidence gives what was kept of cells; nil for nothing.
	Evidence Evidence
}

// Explain says what a run means: each cause of failure once, where it occurs,
// and whether the run passes. It never fails; what is odd in the results shows
// up as a finding or an anomaly.
func Explain(run *result.Run, opts Options) Summary {
	plan := run.Plan
	if plan == nil {
		plan = &matrix.Plan{}
	}
	cells := settlePlanned(plan, withEarlier(run))
	rules, notes := readExpectations(plan.Expect, opts.Now)
	c := &collector{rules: rules}
	for i := range cells {
		c.cell(i, cells[i])
	}
	c.unexplained(run, cells, opts.Gate)
	c.earlier(cells)
	looked := c.swallowed(cells, opts.Evidence)
	sortOccurrences(c.found)
	groups := apart(merge(group(c.found), cells))
	failing := printsOf(groups, cells)
	before := newHistory(opts.History, plan, cells)
	stateOf := func(g *failureGroup) State {
		f := Finding{State: g.first.state, Status: g.first.status}
		before.compare(&f, g, cells)
		return f.State
	}
	groups = foldSurplus(foldAlike(groups, stateOf), stateOf)
	groups = foldEchoes(groups, plan.Layers)
	groups = foldConsequences(groups, plan.Layers, cells)

	s := Summary{
		Schema: SummarySchema, Name: plan.Name, Chart: plan.Chart, Event: plan.Event,
		Omissions: plan.Omissions, Axes: plan.Axes, Cells: cells,
		Notes:     slices.Concat(plan.Notes, notes, before.notes(), notTried(cells), unended(run), unfollowed(plan, cells)),
		Anomalies: run.Anomalies, Changes: plan.Changes, Origin: opts.Origin,
	}
	w := newWriter(plan, cells, opts)
	w.looked, w.prices = looked, newPrices(run, cells)
	if len(opts.History) > 0 && opts.History[0] != nil {
		w.prices.before = opts.History[0].prices
	}
	w.located = w.explainNoisy(groups)
	w.consultAll(groups)
	s.Findings = make([]Finding, 0, len(groups))
	for _, g := range groups {
		s.Findings = append(s.Findings, w.finding(g, rules, before))
	}
	s.Findings = append(s.Findings, w.overdue(rules, c.matched)...)
	s.Findings = append(s.Findings, w.thinned(before)...)
	s.Findings = append(s.Findings, w.fixed(before, failing)...)
	markAdded(s.Findings, plan)
	weigh(s.Findings, opts.Gate)
	sortFindings(s.Findings, plan.Layers)
	s.Counts, s.Layers, s.Skips = count(plan, cells)
	s.Counts.Flaky = flakyCells(s.Findings, cells)
	for _, l := range s.Layers {
		s.Seconds += l.Seconds
	}
	s.Grid = grid(plan, cells, s.Findings)
	s.Verdict = judge(opts.Gate, &s)
	return s
}

// stateOrder is the order in which findings are told: what makes a run red first.
var stateOrder = []State{New, Overdue, Leak, NothingRan, Unanswered, PreExisting, Flaky, Expected, Fixed, Advice}

func sortFindings(all []Finding, layers []string) {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(
			cmp.Compare(slices.Index(stateOrder, a.State), slices.Index(stateOrder, b.State)),
			cmp.Compare(merit(&b), merit(&a)),
			cmp.Compare(len(b.Cells), len(a.Cells)),
			cmp.Compare(slices.Index(layers, a.Layer), slices.Index(layers, b.Layer)),
			strings.Compare(a.Title, b.Title),
			strings.Compare(a.Fingerprint, b.Fingerprint),
			strings.Compare(a.Where, b.Where),
		)
	})
}

// writer turns groups into findings.
type writer struct {
	plan  *matrix.Plan
	cells []result.Cell
	space *space
	opts  Options
	asked map[askedKey]bitset
	// located says where the failures of layers that know chance occur.
	located map[*failureGroup]located
	// consulted holds what is known of failures beside their messages.
	consulted map[*failureGroup]*consulted
	// alike remembers of pairs of cells whether their values are the same.
	alike map[[2]string]bool
	// prices tells what more cells would cost.
	prices *prices
	// looked are the cells whose Jobs' logs were searched.
	looked bitset
	// read is how much evidence was read, in bytes; kept is the last of it.
	read int
	kept map[cellTry][]diagnosis.Source
}

func newWriter(plan *matrix.Plan, cells []result.Cell, opts Options) *writer {
	return &writer{plan: plan, cells: cells, space: newSpace(plan.Axes, cells), opts: opts, asked: map[askedKey]bitset{}, kept: map[cellTry][]diagnosis.Source{}, alike: map[[2]string]bool{}}
}

func (w *writer) finding(g *failureGroup, rules []expectRule, before history) Finding {
	first := g.first
	f := Finding{
		Fingerprint: g.fingerprint(), Layer: g.layer, Code: g.code,
		Severity: first.severity, Status: first.status, Blame: first.blame, State: first.state,
		Title: title(g), Locations: g.places(), Also: g.also,
		Excerpt: excerpt(first.excerpt), Hint: cut(oneLine(first.hint), maxLine),
	}
	f.Cells = make([]string, 0, len(g.cells))
	failing := newBitset(len(w.cells))
	for _, i := range g.cells {
		f.Cells = append(f.Cells, w.cells[i].ID)
		failing.set(i)
	}
	switch {
	case g.rule >= 0:
		rules[g.rule].judge(&f)
	case f.State == Flaky:
		f.Remark = "passed when it was tried again"
	}
	before.compare(&f, g, w.cells)
	l := w.locatedOf(g)
	w.diagnose(&f, g, l)
	w.place(&f, l, failing)
	f.Consequences = w.consequencesOf(g)
	f.Kind = kind(&f)
	w.reproduce(&f, g, l)
	return f
}

// locatedOf says where a failure occurs.
func (w *writer) locatedOf(g *failureGroup) located {
	l, ok := w.located[g]
	if !ok {
		failing := newBitset(len(w.cells))
		for _, i := range g.cells {
			failing.set(i)
		}
		l = w.exactly(g, failing)
		w.located[g] = l
	}
	return l
}

// exactly locates a failure that knows no chance.
func (w *writer) exactly(g *failureGroup, failing bitset) located {
	asked := w.askedCells(g.layer, g.code, g.status).or(failing)
	return located{pattern: w.space.explain(asked, failing), asked: asked, strays: newBitset(len(w.cells))}
}

// place says where the finding occurs, in words and as data.
func (w *writer) place(f *Finding, l located, failing bitset) {
	f.Conditions, f.Confidence, f.Rivals, f.Next = l.conditions, round(l.confidence), l.rivals, l.next
	matching := failing
	if l.conditions != nil {
		matching = l.matching
	}
	f.Support = Support{
		Matching: matching.count(), MatchingFailing: matching.and(failing).count(),
		Others: l.asked.minus(matching).count(), OthersFailing: failing.minus(matching).count(),
	}
	p := &spot{
		pattern: l.pattern, space: w.space, cells: w.cells, asked: l.asked, failing: failing, strays: l.strays,
		layer: f.Layer, unanswered: f.State == Unanswered,
	}
	if f.Where = p.where(); p.single() && len(l.rivals) == 0 {
		f.Where = p.named()
	}
	f.Where = unbracketed.Replace(f.Where)
	f.Sentence = sentence(f, p)
}

type askedKey struct {
	layer         string
	errored, jobs bool
}

// askedCells gives the cells in which a layer's question was asked: those that
// were answered and, for findings about questions without an answer, those that
// were not. The layer "" stands for the cell as a whole, and there findings
// about jobs concern the cells that a job has.
func (w *writer) askedCells(layer, code string, status result.Status) bitset {
	key := askedKey{layer, status == result.Errored || status == result.Lost, layer == "" && code == codeJob}
	if asked, ok := w.asked[key]; ok {
		return asked
	}
	if code == codeSwallowed {
		return w.looked
	}
	asked := newBitset(len(w.cells))
	for i, c := range w.cells {
		if layer == "" {
			if !key.jobs || c.Job != "" {
				asked.set(i)
			}
			continue
		}
		for _, s := range c.Steps {
			if s.Layer == layer && (s.Status == result.Passed || s.Status == result.Failed || key.errored && (s.Status == result.Errored || s.Status == result.Lost)) {
				asked.set(i)
			}
		}
	}
	w.asked[key] = asked
	return asked
}
