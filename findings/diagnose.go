package findings

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// classes are those of the problems that layers know by themselves: they have
// seen more than a log can tell.
var classes = map[string]diagnosis.Class{
	"template-invalid": diagnosis.TemplateInvalid, "template-refuses": diagnosis.TemplateInvalid, "template-runaway": diagnosis.TemplateInvalid,
	"required-value": diagnosis.TemplateInvalid, "lint": diagnosis.TemplateInvalid, "duplicate-key": diagnosis.TemplateInvalid, "wrong-type": diagnosis.TemplateInvalid,
	"values-schema": diagnosis.ValuesSchema, "values-file": diagnosis.ValuesSchema, "unit-test": diagnosis.RenderMismatch,
	"api-removed": diagnosis.APIRemoved, "api-missing": diagnosis.APIRemoved,
	"object-invalid": diagnosis.TemplateInvalid, "upgrade-immutable": diagnosis.UpgradeImmutable, "admission-denied": diagnosis.AdmissionDenied,
	"pod-refused": diagnosis.AdmissionDenied, "webhook-failed": diagnosis.APIServerUnavailable, "webhook": diagnosis.APIServerUnavailable,
	"object-exists": diagnosis.ReleaseState, "apply-conflict": diagnosis.ReleaseState, "release-too-big": diagnosis.ReleaseState, "release-state": diagnosis.ReleaseState,
	"hook-failed": diagnosis.HookFailed, "hook-timeout": diagnosis.HookFailed, "job-failed": diagnosis.HookFailed,
	"image-pull": diagnosis.ImagePull, "crash-loop": diagnosis.CrashLoop, "restarts": diagnosis.CrashLoop, "unstable": diagnosis.CrashLoop,
	"container-start": diagnosis.CrashLoop, "container-config": diagnosis.CrashLoop, "pod-failed": diagnosis.CrashLoop, "oom": diagnosis.OOM,
	"probe": diagnosis.RolloutTimeout, "rollout": diagnosis.RolloutTimeout, "custom-resource": diagnosis.RolloutTimeout, "missing": diagnosis.RolloutTimeout,
	"unschedulable": diagnosis.Scheduling, "volume-mount": diagnosis.Storage, "pvc-pending": diagnosis.Storage, "storage-class": diagnosis.Storage,
	"no-address": diagnosis.LoadBalancer, "api-server": diagnosis.APIServerUnavailable, "node": diagnosis.ClusterBootstrap, "dns": diagnosis.ClusterBootstrap,
}

// chartClasses are failures that the chart alone can mend.
var chartClasses = []diagnosis.Class{
	diagnosis.TemplateInvalid, diagnosis.ValuesSchema, diagnosis.RenderMismatch, diagnosis.APIRemoved, diagnosis.UpgradeImmutable,
}

// blameDiagnosed takes the blame of a diagnosis. What could not be asked is
// never the chart's fault, whatever its log says.
func blameDiagnosed(f *Finding, blame Blame) Blame {
	machinery := blame == BlameInfrastructure || blame == BlameRunner
	if f.Status != result.Failed && !machinery {
		return f.Blame
	}
	return blame
}

// vague are codes that say no more than that something ended badly; what the
// program said tells them apart.
var vague = []string{codeFailed, codeErrored, codeLost, "command", "exit", "test-failed", "hook", "scenario-script", "hook-failed", "job-failed", "evicted"}

// testLayers ask the chart's own tests: what fails there, and nobody can say
// more of, is a test that failed.
var testLayers = []string{"test", "kubetest"}

// diagnose says what kind of failure a finding is, quotes what shows it, and
// compares the cell with the nearest one that passed.
func (w *writer) diagnose(f *Finding, g *failureGroup, l located) {
	if f.State == Advice {
		return
	}
	leak := f.State == Leak // of which nothing is known but that
	class, known := classes[g.code]
	c := w.consulted[g]
	if c == nil { // it became worth it since
		var judge func() diagnosis.Diagnosis
		c, judge = w.consult(g, l)
		c.diagnosis = judge()
	}
	d := c.diagnosis
	switch {
	case g.status != result.Failed && lostRunner(g):
		f.Class, f.Retryable, f.Blame = string(diagnosis.RunnerLost), true, BlameRunner
		f.Hint = cmp.Or(f.Hint, oneLine(diagnosis.RunnerLost.Fix()))
	case d.Class != "" && d.Class != diagnosis.Unclassified && !(slices.Contains(staticLayers, g.layer) && d.Blame != diagnosis.BlameChart):
		f.Class, f.Retryable = string(d.Class), d.Retryable
		f.Blame = blameDiagnosed(f, d.Blame)
		f.Hint = cmp.Or(f.Hint, oneLine(d.Fix))
	case slices.Contains(testLayers, g.layer) && f.Status == result.Failed && !known && !leak:
		f.Class = string(diagnosis.TestAssertion)
	case known:
		f.Class = string(class)
		f.Retryable = f.Blame == BlameInfrastructure || f.Blame == BlameRunner
		if f.Status == result.Failed && slices.Contains(chartClasses, class) {
			f.Blame = BlameChart
		}
		advise(f, g, class)
	}
	if f.Status == result.Failed && f.Retryable && w.systematic(g, l) {
		// What strikes all cells of one kind, and no other, is no chance.
		f.Retryable = false
		if f.Hint == diagnosis.NetworkFlake.Fix() {
			f.Hint = noFlake
		}
		if f.Blame == BlameInfrastructure {
			f.Blame = BlameChartOrEnv
		}
	}
	f.Evidence, f.More = w.quoted(g, d, g.seenIn(c.failing))
	f.Neighbour = c.neighbour
}

// noFlake is what to do about a network that fails in all cells of one kind alone.
const noFlake = "All such cells fail, so trying again changes nothing: look at what names, addresses, ports and network policies are like there."

// advise says what to do about a failure of a class that its layer knows, and
// whose fault it is: what the words in it ask for, where a rule knows them, or
// what the class does. A registry that lets nobody pull more is not the chart's.
func advise(f *Finding, g *failureGroup, class diagnosis.Class) {
	if g.status != result.Failed {
		return
	}
	d := diagnosis.Diagnose(diagnosis.Input{Layer: g.layer, Message: said(g)})
	if d.Class != class {
		if !slices.Contains(staticLayers, g.layer) { // these name the line and what is wrong with it
			f.Hint = cmp.Or(f.Hint, oneLine(class.Fix()))
		}
		return
	}
	f.Hint = cmp.Or(f.Hint, oneLine(d.Fix))
	if d.Rule != "" && f.Blame != BlameChart && f.State != Leak {
		f.Blame, f.Retryable = blameDiagnosed(f, d.Blame), d.Retryable
	}
}

// said is what the layer tells of a failure.
func said(g *failureGroup) string {
	lines := append([]string{g.first.message}, g.first.excerpt...)
	if g.first.detail != "" {
		lines = append(lines, g.first.detail)
	}
	return strings.Join(lines, "\n")
}

// systematic tells whether a failure follows the axes: two cells or more, all
// that meet its conditions, and not all that were asked.
func (w *writer) systematic(g *failureGroup, l located) bool {
	if len(g.cells) < 2 || l.conditions == nil || !l.strays.empty() {
		return false
	}
	n := l.matching.count()
	return n == len(g.cells) && n < l.asked.count()
}

// quoted gives the lines that show a failure: those that the layer chose where
// it knew what it saw, else those of the diagnosis. What the message says is not
// said again, and lines of which nobody knows what they mean are quoted only
// where there is nothing better.
func (w *writer) quoted(g *failureGroup, d diagnosis.Diagnosis, seen cellTry) (lines, more []EvidenceLine) {
	heard := slices.ContainsFunc(d.Lines, func(l diagnosis.Line) bool { return l.Source == "" })
	if len(g.first.excerpt) > 0 && (d.Rule == "" || !heard) {
		source, line := splitSource(g.first.source)
		for n, text := range excerpt(g.first.excerpt) {
			e := EvidenceLine{Cell: w.cells[g.first.cell].ID, Try: w.tryWords(cellTry{g.first.cell, g.first.seen}), Source: source, Text: text}
			if n == 0 {
				e.Line = line
			}
			lines = append(lines, e)
		}
		if others := g.otherReasons(w, lines); len(others) > 0 {
			lines = append(lines[:min(len(lines), maxExcerpt-len(others))], others...)
		}
		return lines, w.contextOf(seen, d, lines)
	}
	told := title(g)
	if d.Rule == "" && g.first.message != "" && !slices.Contains(vague, g.code) && !strings.HasSuffix(told, "…") {
		return nil, nil
	}
	for _, l := range d.Lines {
		e := w.evidenceLine(seen, l)
		if e.Source != "" || !strings.Contains(strings.ToLower(told), strings.ToLower(oneLine(e.Text))) {
			lines = append(lines, e)
		}
	}
	lines = lines[:min(len(lines), maxExcerpt)]
	return lines, w.contextOf(seen, d, lines)
}

// contextOf gives the lines around those that are quoted, in the files that
// these are from: what else the message says has been told.
func (w *writer) contextOf(seen cellTry, d diagnosis.Diagnosis, quoted []EvidenceLine) []EvidenceLine {
	var more []EvidenceLine
	for _, l := range d.More {
		e := w.evidenceLine(seen, l)
		if e.Source != "" && slices.ContainsFunc(quoted, func(q EvidenceLine) bool { return q.Source == e.Source }) {
			more = append(more, e)
		}
	}
	return more
}

func (w *writer) evidenceLine(seen cellTry, l diagnosis.Line) EvidenceLine {
	e := EvidenceLine{Cell: w.cells[seen.cell].ID, Try: w.tryWords(seen), Source: plain(l.Source), Text: cut(printable(l.Text), maxLine)}
	if l.Source != "" {
		e.Line = l.Number
	}
	return e
}

// splitSource reads "logs/web-0.app.log:12".
func splitSource(source string) (file string, line int) {
	i := strings.LastIndexByte(source, ':')
	if i < 0 {
		return plain(source), 0
	}
	n, err := strconv.Atoi(source[i+1:])
	if err != nil || n < 0 {
		return plain(source), 0
	}
	return plain(source[:i]), n
}

// neighbours gives the pair of a failing and a passing cell that differ in the
// fewest axes; on ordered axes, closer values count as less different. The
// second is -1 where none passed.
func (w *writer) neighbours(g *failureGroup, l located) (failing, passing int) {
	failing, passing = w.simplest(g, l.strays), -1
	if l.asked == nil {
		return failing, passing
	}
	var passed []int
	fails := newBitset(len(w.cells))
	for _, i := range g.cells {
		fails.set(i)
	}
	l.asked.minus(fails).each(func(i int) {
		if w.passes(g, i) {
			passed = append(passed, i)
		}
	})
	// A thousand failing cells tell no more than a few; of equals, the plainest.
	// What may be chance stands for the others only where there is nothing else.
	typical := slices.DeleteFunc(append([]int{failing}, g.cells...), l.strays.has)
	candidates := typical[:min(len(typical), maxPairs)]
	best := -1
	for _, i := range candidates {
		for _, j := range passed {
			if d := w.distance(i, j); best < 0 || d < best {
				best, failing, passing = d, i, j
			}
		}
	}
	return failing, passing
}

// maxPairs bounds the failing cells whose neighbours are sought.
const maxPairs = 20

// The parts of a distance. Any axis more weighs more than all else. Then a cell
// of another version is closer than one of another scenario, and that closer than
// one of another provider, where nearly everything is different.
const (
	differsAtAll   = 1_000_000
	otherValue     = 1_000
	otherProvider  = 10_000
	furthestValues = 500 // apart, on ordered axes
)

// distance says how much two cells differ.
func (w *writer) distance(i, j int) int {
	total := 0
	for a := range w.space.axes {
		axis := &w.space.axes[a]
		x, y := axis.of[i], axis.of[j]
		switch {
		case x == y:
		case axis.Ordered:
			total += differsAtAll + min(max(x-y, y-x), furthestValues)
		case axis.Name == matrix.Provider:
			total += differsAtAll + otherProvider
		default:
			total += differsAtAll + otherValue
		}
	}
	return total
}

// compare says in what two cells differ.
func (w *writer) compare(g *failureGroup, failing, passing cellTry) *Neighbour {
	a, b := &w.cells[failing.cell], &w.cells[passing.cell]
	n := &Neighbour{Failing: a.ID, Passing: b.ID}
	for i := range w.space.axes {
		name := w.space.axes[i].Name
		if x, y := a.At[name], b.At[name]; x != y {
			n.Differs = append(n.Differs, plain(name)+": "+shown(name, x)+", not "+shown(name, y))
		}
	}
	// The axis says as much, unless one version comes in two builds.
	if a.At[matrix.Kubernetes] == b.At[matrix.Kubernetes] && a.KubeVersion != b.KubeVersion && a.KubeVersion != "" && b.KubeVersion != "" {
		n.Differs = append(n.Differs, "the cluster's version: "+plain(a.KubeVersion)+", not "+plain(b.KubeVersion))
	}
	if w.opts.Evidence != nil {
		var about []string
		for _, l := range g.places() {
			about = append(about, l.Object)
		}
		n.Differs = append(n.Differs, differences(w.sources(failing), w.sources(passing), about...)...)
	}
	return n
}
