package findings

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// history holds earlier runs, newest first. The first is the baseline, which
// tells what is new; all together tell what comes and goes. It is nil where there
// is nothing to compare with.
type history []*view

func newHistory(past []*Past, plan *matrix.Plan, cells []result.Cell) history {
	var h history
	for _, p := range past {
		if p != nil {
			h = append(h, newView(p, plan.Axes, cells))
		}
	}
	return h
}

// notes are what readers of the comparison must know.
func (h history) notes() []string {
	if len(h) == 0 {
		return nil
	}
	return h[0].notes
}

// alpha is the level below which chance is no longer taken for the reason why
// something flaky fails.
const alpha = 0.05

// compare places a failure against earlier runs. What came and went there, and
// fails now no more often than that, is flaky. What the baseline fails with is
// known, unless it has spread to cells that passed there: a change that takes a
// fault of one version to all of them must not pass as nothing new.
func (h history) compare(f *Finding, g *failureGroup, cells []result.Cell) {
	if len(h) == 0 || f.Status != result.Failed {
		return
	}
	prints := g.fingerprints(cells)
	t := h.record(g.layer, g.cells, prints, true)
	f.History = t.history()
	if f.State != New {
		return
	}
	oftener := ""
	if t.flaky() {
		p := fisher(t.failedNow, t.askedNow, t.failedBefore, t.askedBefore)
		f.History.PValue = significant(p)
		if p > alpha-1e-9 { // sums of logarithms are right to some twelve digits
			f.State, f.Remark = Flaky, "it comes and goes: it "+t.rate()
			return
		}
		oftener = fmt.Sprintf("it %s, and fails oftener now than chance explains (p = %s)", t.rate(), strconv.FormatFloat(significant(p), 'g', -1, 64))
	}
	f.Remark = oftener
	spread, known := h[0].spread(g.layer, g.cells, prints)
	switch {
	case !known:
	case spread > 0:
		f.Remark = join(fmt.Sprintf("the baseline fails in the same way, but not in %s where this fails now", plural(spread, "cell")), oftener)
	default:
		f.State, f.Remark = PreExisting, join("the baseline fails in the same way", oftener)
	}
}

func join(a, b string) string {
	if b == "" {
		return a
	}
	return a + "; " + b
}

// spread tells whether a run fails in the same way anywhere, and in how many of
// the cells it had passed. Where several of its cells stand for one, because an
// axis is gone, one that fails is enough.
func (v *view) spread(layer string, cells []int, prints []string) (spread int, known bool) {
	for _, print := range prints {
		for n := range v.failing[print] {
			known = known || v.answers[n].last
		}
	}
	for _, i := range cells {
		passed, failed := false, false
		for _, c := range v.of[i] {
			f, asked := v.outcome(v.cells[c].answers[0], layer, prints)
			failed, passed = failed || f, passed || asked && !f
		}
		if passed && !failed {
			spread++
		}
	}
	return spread, known
}

// record counts how a failure fared in earlier runs.
type record struct {
	runs          int // in which it was asked for
	failed, asked int // answers
	// The answers since it began to fail without a break, those of this run
	// included, stand against those before.
	failedNow, askedNow, failedBefore, askedBefore int
	recoveries                                     int  // runs in which it failed and after which it passed
	proof                                          bool // it failed and passed in one run's tries at one cell
}

// record goes through the answers to a layer's question in some cells, which all
// fail now or all pass, and in those that stand for them in earlier runs.
func (h history) record(layer string, cells []int, prints []string, fails bool) *record {
	t := &record{failedNow: len(cells) * count1(fails), askedNow: len(cells)}
	type sofar struct{ failing, passed bool }
	since := slices.Repeat([]sofar{{fails, !fails}}, len(cells)) // by cell: it failed in all answers since, it passed in the next one
	for _, v := range h {
		asked, recovered := false, false
		for n, i := range cells {
			for _, c := range v.of[i] {
				passedLater := false
				for _, answer := range v.cells[c].answers {
					failed, told := v.outcome(answer, layer, prints)
					if !told {
						continue
					}
					asked = true
					recovered = recovered || failed && since[n].passed
					t.proof = t.proof || failed && passedLater
					passedLater = passedLater || !failed
					since[n] = sofar{since[n].failing && failed, !failed}
					t.add(failed, since[n].failing)
				}
			}
		}
		t.runs += count1(asked)
		t.recoveries += count1(recovered)
	}
	return t
}

func (t *record) add(failed, unbroken bool) {
	t.asked++
	t.failed += count1(failed)
	if unbroken {
		t.askedNow++
		t.failedNow++
		return
	}
	t.askedBefore++
	t.failedBefore += count1(failed)
}

func count1(is bool) int {
	if is {
		return 1
	}
	return 0
}

// minRecoveries is how often something has to come and go before it counts as
// flaky: what failed for some time and passed then may have been mended.
const minRecoveries = 2

// flaky tells whether it failed and passed again without being mended, as far as
// anybody can know.
func (t *record) flaky() bool { return t.proof || t.recoveries >= minRecoveries }

// rate says how often: "failed in 3 of the last 20 runs".
func (t *record) rate() string {
	if t.asked == t.runs {
		return fmt.Sprintf("failed in %d of the last %s", t.failed, plural(t.runs, "run"))
	}
	return fmt.Sprintf("failed in %d of %s in the last %s", t.failed, plural(t.asked, "answer"), plural(t.runs, "run"))
}

// history says it; the state alone says as much of a single run.
func (t *record) history() *History {
	if t.runs < 2 && !t.flaky() {
		return nil
	}
	return &History{Runs: t.runs, Failed: t.failed, Asked: t.asked}
}

// significant keeps two digits of a probability.
func significant(p float64) float64 {
	if p <= 0 {
		return math.SmallestNonzeroFloat64
	}
	shift := math.Pow(10, 1-math.Floor(math.Log10(p)))
	if math.IsInf(shift, 0) {
		return p
	}
	return math.Round(p*shift) / shift
}
