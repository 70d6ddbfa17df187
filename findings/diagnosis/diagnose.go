package diagnosis

import (
	"cmp"
	"slices"
	"time"
)

// Source is one log, or one file of evidence.
type Source struct {
	Name string // as it is shown: "logs/web-0.log"; may be empty
	Text string // bytes as they were read: any encoding, any length
}

// Input is what is known of one failure.
type Input struct {
	Layer string // the layer that failed, such as "install"; empty is unknown
	// Message is what the failed assertion says; its lines are looked at first.
	Message string
	Sources []Source
	// Siblings are the same logs of the nearest cell that passed. Lines which
	// stand there, too, explain nothing. None is allowed.
	Siblings []Source
	// At is when it failed; zero is unknown. Of lines that say as much, those
	// closer to it are quoted.
	At time.Time
}

// Line is one quoted line.
type Line struct {
	Source string `json:"source,omitempty"` // the name of its Source; empty for Message
	Number int    `json:"number"`           // counted from 1
	Text   string `json:"text"`             // valid UTF-8, no control characters, at most 4 KiB
}

// Diagnosis is what a failure is.
type Diagnosis struct {
	Class     Class  `json:"class"`
	Blame     Blame  `json:"blame"`
	Retryable bool   `json:"retryable"` // the same again may pass without any change
	Rule      string `json:"rule,omitempty"`
	Fix       string `json:"fix,omitempty"` // what to do, where the class has an answer
	// Lines are the one to three lines that a maintainer would quote, in their
	// order in the log; More are up to twenty around them. Both are empty when
	// there is no text, or none that the siblings lack.
	Lines []Line `json:"lines"`
	More  []Line `json:"more,omitempty"`
}

// Diagnose says what a failure is. The same input gives the same answer.
func Diagnose(in Input) Diagnosis {
	e := theEngine()
	k := newKnown(in.Siblings)
	logs := make([]*reading, 0, len(in.Sources)+1)
	active := e.activeIn(in.Layer)
	logs = append(logs, read(Source{Text: in.Message}, e.literals, active))
	for _, s := range in.Sources {
		logs = append(logs, read(s, e.literals, active))
	}
	hits := fresh(e.find(in.Layer, logs), logs, k)
	// What a line only informs of is believed where no other line says anything.
	slices.SortStableFunc(hits, func(a, b hit) int { return a.informs(logs) - b.informs(logs) })
	d := Diagnosis{Class: Unclassified, Blame: blameUnknown(in.Layer)}
	if len(hits) > 0 {
		r := hits[0].rule
		d = Diagnosis{Class: r.class, Blame: r.blame, Retryable: r.retryable, Rule: r.name, Fix: cmp.Or(r.fix, r.class.Fix())}
	}
	d.Lines, d.More = quote(logs, hits, k, in.At)
	return d
}

// informs is 1 where the line of a hit says that it reports no failure.
func (h hit) informs(logs []*reading) int {
	if informs(logs[h.log].text[h.start:h.end]) {
		return 1
	}
	return 0
}

// maxHits bounds how many lines that show rules are weighed.
const maxHits = 1000

// fresh keeps the hits which the sibling does not have, too. What the message
// says is never taken for known.
func fresh(hits []hit, logs []*reading, k *known) []hit {
	var out []hit
	for _, h := range hits {
		if len(out) == maxHits {
			break
		}
		if h.log == 0 || k.novelty(logs[h.log].text[h.start:h.end]) > isNew {
			out = append(out, h)
		}
	}
	return out
}
