package findings

import (
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// consulted is what is known of a failure beside its message: the failing and the
// passing cell that tell most of it, in what they differ, and the diagnosis.
type consulted struct {
	failing, passing int
	neighbour        *Neighbour
	diagnosis        diagnosis.Diagnosis
}

// mostAtOnce bounds the diagnoses that are made at the same time: each holds
// evidence in memory.
const mostAtOnce = 4

// consultAll consults the rules about every failure, on all processors. Evidence
// is read in the failures' order, since what is read of it is bounded.
func (w *writer) consultAll(groups []*failureGroup) {
	w.consulted = make(map[*failureGroup]*consulted, len(groups))
	room := make(chan struct{}, min(runtime.GOMAXPROCS(0), mostAtOnce))
	var all sync.WaitGroup
	for _, g := range groups {
		if g.first.state == Advice {
			continue
		}
		room <- struct{}{}
		c, judge := w.consult(g, w.locatedOf(g))
		w.consulted[g] = c
		all.Go(func() {
			c.diagnosis = judge()
			<-room
		})
	}
	all.Wait()
}

// consult reads what was kept of the cells that tell most of a failure. The
// diagnosis, which takes longest, is made by judge, at any later time.
func (w *writer) consult(g *failureGroup, l located) (c *consulted, judge func() diagnosis.Diagnosis) {
	c = &consulted{}
	c.failing, c.passing = w.neighbours(g, l)
	judge = w.question(g, c)
	if c.passing >= 0 {
		c.neighbour = w.compare(g, g.seenIn(c.failing), lastIn(c.passing))
	}
	return c, judge
}

// question asks the rules what kind of failure this is, by what its layer tells
// and what was kept of the cell. Where the layer has seen for itself what it was
// and quotes it, nobody is asked.
func (w *writer) question(g *failureGroup, c *consulted) func() diagnosis.Diagnosis {
	class, known := classes[g.code]
	known = known && !slices.Contains(vague, g.code)
	if g.code == codeJob || known && (g.status == result.Failed || len(g.first.excerpt) > 0) { // of a job these are our own words
		return func() diagnosis.Diagnosis { return diagnosis.Diagnosis{} }
	}
	in := w.evidenceOf(g, c.failing, c.passing)
	return func() diagnosis.Diagnosis {
		if g.status == result.Failed || g.layer == clusterLayer {
			return withPlaces(diagnosis.Diagnose(in), in.Sources)
		}
		d := unanswered(in)
		if known && d.Class != class {
			return diagnosis.Diagnosis{}
		}
		return withPlaces(d, in.Sources)
	}
}

// unanswered says why a question could not be asked. What was said of that
// comes first: a cell's logs tell of much else, such as pods that restart. They
// show what was said; and where that says nothing, they may name what none but
// the machinery does.
func unanswered(in diagnosis.Input) diagnosis.Diagnosis {
	alone := diagnosis.Diagnose(diagnosis.Input{Layer: in.Layer, Message: in.Message})
	if len(in.Sources) == 0 {
		return alone
	}
	all := diagnosis.Diagnose(in)
	switch {
	case all.Rule == "":
		return alone // new lines of which nobody knows what they mean
	case all.Class == alone.Class:
		return all
	case alone.Rule == "" && slices.Contains(machinery, all.Class):
		return all
	case slices.Contains(echoes, alone.Class) && slices.Contains(ends, all.Class):
		return all
	}
	return alone
}

// machinery are the classes that keep a question from being asked: what fails in
// these ways is not what was to be tested.
var machinery = []diagnosis.Class{
	diagnosis.ClusterBootstrap, diagnosis.CloudQuota, diagnosis.CloudAuth, diagnosis.DiskFull, diagnosis.RunnerLost,
	diagnosis.APIServerUnavailable, diagnosis.NetworkFlake,
}

// echoes are classes that may follow from those in ends: the API server does not
// answer, since its disk is full.
var (
	echoes = []diagnosis.Class{diagnosis.NetworkFlake, diagnosis.APIServerUnavailable}
	ends   = []diagnosis.Class{diagnosis.DiskFull, diagnosis.RunnerLost}
)

// withPlaces says of lines that a message repeats from a file where in it they
// stand: the last of those that are the same.
func withPlaces(d diagnosis.Diagnosis, sources []diagnosis.Source) diagnosis.Diagnosis {
	for i := range d.Lines {
		l := &d.Lines[i]
		wanted := strings.TrimSpace(l.Text)
		if l.Source != "" || len(wanted) < minSame {
			continue
		}
		for _, s := range sources {
			n := 0
			for line := range strings.Lines(s.Text) {
				if n++; len(line) < maxMessage && strings.TrimSpace(line) == wanted {
					l.Source, l.Number = s.Name, n
				}
			}
			if l.Source != "" {
				break
			}
		}
	}
	return d
}

// lostRunner tells whether a question has no answer since the machine that was
// to ask it went away, or was stopped.
func lostRunner(g *failureGroup) bool {
	switch g.code {
	case codeJob:
		return jobLost(g.first.message)
	case codeLost:
		return g.layer == "" // of one layer, its result says nothing
	}
	// How internal/runner says that a signal, or the job's time, ended it.
	return strings.Contains(g.first.message, "the run was interrupted") ||
		strings.Contains(g.first.message, "before the job's ") && strings.Contains(g.first.message, " were over; raise ")
}
