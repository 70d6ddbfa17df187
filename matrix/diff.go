package matrix

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// maxChanges bounds what Diff says: a comment has room for so much.
const maxChanges = 10

// Diff says how a plan differs from that of the base commit, in sentences whose
// subject is the change: "removes 12 cells (Kubernetes 1.25)". What makes the
// tests ask less comes first. There are at most maxChanges sentences, and the
// same plans always give the same. Names of the user's are cut and hold no
// control characters; reporters have to escape them as all other text. Nothing
// is said where either plan is nil.
func Diff(base, head *Plan) []string {
	if base == nil || head == nil {
		return nil
	}
	d := &differ{base: base, head: head}
	d.all()
	out := slices.Concat(d.less, d.more)
	if rest := len(out) - maxChanges + 1; rest > 1 {
		out = append(out[:maxChanges-1], fmt.Sprintf("and %d more changes", rest))
	}
	return out
}

// Strengthens tells whether a sentence of Diff says that more is asked than
// before, or nothing by itself ("and 3 more changes"). Every other text may hide a failure.
func Strengthens(change string) bool { return strengthens.MatchString(change) }

var strengthens = regexp.MustCompile(`^(?:tightens the gate: |adds |selects |no longer excludes |runs |covers all instead of ` +
	`|has something to test in |removes (?:one|\d+) expect-failures?\b|accepts a failure only until |and \d+ more changes$)`)

// differ gathers sentences.
type differ struct {
	base, head *Plan
	less, more []string // less and more is asked than before
}

func (d *differ) all() {
	d.gate()
	d.layers()
	d.cells()
	d.skips()
	d.expectations()
}

func (d *differ) say(less bool, format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if less {
		d.less = append(d.less, text)
	} else {
		d.more = append(d.more, text)
	}
}

func (d *differ) gate() {
	before, now := or(d.base.Gate.Mode, "all"), or(d.head.Gate.Mode, "all")
	if before != now {
		d.gateChange(now == "new", now != "new", clean(now), clean(before))
	}
	for _, kind := range sortedKeys(d.base.Gate.Overrides, d.head.Gate.Overrides) {
		before, now := d.base.Gate.Overrides[kind], d.head.Gate.Overrides[kind]
		if before == now {
			continue
		}
		was, is := gateRank[before], gateRank[now]
		looser, stricter := is < was, is > was
		if was == 0 || is == 0 { // what the mode does is not milder than ignore, nor stricter than fail
			looser, stricter = now == "ignore" || before == "fail", now == "fail" || before == "ignore"
		}
		d.gateChange(looser, stricter, clean(kind)+" "+gateLevel(now), gateLevel(before))
	}
}

// gateRank orders what the gate does. What is not set follows the mode, and
// has no place among them.
var gateRank = map[string]int{"ignore": 1, "warn": 2, "fail": 3}

func (d *differ) gateChange(looser, stricter bool, now, before string) {
	verb := "changes"
	if looser != stricter {
		verb = map[bool]string{true: "loosens", false: "tightens"}[looser]
	}
	d.say(verb != "tightens", "%s the gate: %s instead of %s", verb, now, before)
}

func gateLevel(level string) string { return clean(or(level, "as the mode says")) }

func (d *differ) layers() {
	if gone := without(d.base.Layers, d.head.Layers); len(gone) > 0 {
		d.say(true, "drops the %s %s", agree(len(gone), "layer", "layers"), list(gone))
	}
	if added := without(d.head.Layers, d.base.Layers); len(added) > 0 {
		d.say(false, "adds the %s %s", agree(len(added), "layer", "layers"), list(added))
	}
}

// cells says which cells went and came, and by what rule.
func (d *differ) cells() {
	lost, gained := without(names(d.base.Axes), names(d.head.Axes)), without(names(d.head.Axes), names(d.base.Axes))
	if len(lost)+len(gained) > 0 {
		// Every cell has another coordinate, and so another ID, than before.
		if len(lost) > 0 {
			d.say(true, "removes the %s %s", agree(len(lost), "axis", "axes"), list(lost))
		}
		if len(gained) > 0 {
			d.say(false, "adds the %s %s", agree(len(gained), "axis", "axes"), list(gained))
		}
		switch more := len(d.head.Cells) - len(d.base.Cells); {
		case more > 0:
			d.say(false, "adds %s", count(more, "cell"))
		case more < 0:
			d.say(true, "removes %s", count(-more, "cell"))
		}
		return
	}
	gone, came := missingCells(d.base, d.head), missingCells(d.head, d.base)
	if len(gone) > 0 && len(d.head.Cells) == 0 {
		d.say(true, "removes %s", agree(len(gone), "the only cell", fmt.Sprintf("all %d cells", len(gone))))
		return
	}
	if before, now := or(d.base.Cover, "all"), or(d.head.Cover, "all"); before != now {
		d.say(now != "all", "covers %s instead of %s", clean(now), clean(before))
	}
	for _, g := range byRule(gone, d.head) {
		d.say(true, "%s%s%s", fmt.Sprintf(goneWords[g.kind], count(len(g.cells), "cell")), where(g.cells, d.base, d.head), because(g.because))
	}
	for _, g := range byRule(came, d.base) {
		d.say(false, "%s%s", fmt.Sprintf(cameWords[g.kind], count(len(g.cells), "cell")), where(g.cells, d.head, d.base))
	}
}

// The sentences about cells by the rule that takes them out on one side.
var (
	goneWords = map[OmissionKind]string{
		"": "removes %s", Excluded: "excludes %s", OutsideWindow: "leaves out %s",
		NotSelected: "no longer selects %s", Represented: "lets others stand for %s",
		NothingToTest: "has nothing to test in %s",
	}
	cameWords = map[OmissionKind]string{
		"": "adds %s", Excluded: "no longer excludes %s", OutsideWindow: "adds %s",
		NotSelected: "selects %s more", Represented: "runs %s that others stood for",
		NothingToTest: "has something to test in %s more",
	}
)

// cellGroup is cells that one rule takes out.
type cellGroup struct {
	kind    OmissionKind
	because string
	cells   []Cell
}

// byRule groups cells by what the plan that lacks them says of them. Omissions
// that are too large to list their cells say nothing.
func byRule(cells []Cell, lacking *Plan) []*cellGroup {
	rules := map[string]*Omission{}
	for i := range lacking.Omissions {
		for _, id := range lacking.Omissions[i].Cells {
			rules[id] = &lacking.Omissions[i]
		}
	}
	var out []*cellGroup
	index := map[[2]string]*cellGroup{}
	for _, c := range cells {
		g := &cellGroup{}
		if o := rules[c.ID]; o != nil && goneWords[o.Kind] != "" {
			g.kind, g.because = o.Kind, o.Because
		}
		key := [2]string{string(g.kind), g.because}
		if index[key] == nil {
			index[key] = g
			out = append(out, g)
		}
		index[key].cells = append(index[key].cells, c)
	}
	return out
}

func missingCells(from, in *Plan) []Cell {
	have := make(map[string]bool, len(in.Cells))
	for _, c := range in.Cells {
		have[c.ID] = true
	}
	return slices.DeleteFunc(slices.Clone(from.Cells), func(c Cell) bool { return have[c.ID] })
}

// skips says in which cells that stay a layer is no longer run, or is again.
func (d *differ) skips() {
	before := make(map[string]map[string]LayerSkip, len(d.base.Cells))
	for _, c := range d.base.Cells {
		before[c.ID] = c.Skip
	}
	type key struct{ layer, because string }
	less, more := map[key][]Cell{}, map[key][]Cell{}
	for _, c := range d.head.Cells {
		was, ok := before[c.ID]
		if !ok {
			continue
		}
		for _, layer := range d.head.Layers {
			if !slices.Contains(d.base.Layers, layer) {
				continue
			}
			_, skipped := was[layer]
			switch s, skips := c.Skip[layer]; {
			case skips && !skipped:
				less[key{layer, s.Because}] = append(less[key{layer, s.Because}], c)
			case skipped && !skips:
				more[key{layer, ""}] = append(more[key{layer, ""}], c)
			}
		}
	}
	order := func(a, b key) int { return strings.Compare(a.layer+"\x00"+a.because, b.layer+"\x00"+b.because) }
	for _, k := range slices.SortedFunc(maps.Keys(less), order) {
		d.say(true, "no longer runs %s in %s%s%s", clean(k.layer), count(len(less[k]), "cell"), where(less[k], d.head, nil), because(k.because))
	}
	for _, k := range slices.SortedFunc(maps.Keys(more), order) {
		d.say(false, "runs %s in %s more%s", clean(k.layer), count(len(more[k]), "cell"), where(more[k], d.head, nil))
	}
}

// expectations says which failures are accepted now and were not, or longer.
func (d *differ) expectations() {
	added, removed := slices.Clone(d.head.Expect), slices.Clone(d.base.Expect)
	// What is equal but for the day, or at least has the same issue, is the same rule.
	for _, same := range []func(a, b Expectation) bool{sameExpectation, sameIssue} {
		removed = slices.DeleteFunc(removed, func(before Expectation) bool {
			i := slices.IndexFunc(added, func(now Expectation) bool { return same(before, now) })
			if i < 0 {
				return false
			}
			d.changed(before, added[i])
			added = slices.Delete(added, i, i+1)
			return true
		})
	}
	if n := len(added); n > 0 {
		d.say(true, "accepts %s%s", count(n, "more failure"), issues(added))
	}
	if n := len(removed); n > 0 {
		d.say(false, "removes %s%s", count(n, "expect-failure"), issues(removed))
	}
}

func sameExpectation(a, b Expectation) bool {
	return sameIssue(a, b) && a.Matching == b.Matching && a.Cells == b.Cells && slices.Equal(a.Layers, b.Layers)
}

func sameIssue(a, b Expectation) bool { return a.Issue == b.Issue }

func (d *differ) changed(before, now Expectation) {
	if !sameExpectation(before, now) {
		d.say(true, "changes which failure is accepted%s", issues([]Expectation{now}))
	}
	if !before.Until.Equal(now.Until) {
		only := "only "
		if now.Until.IsZero() || !before.Until.IsZero() && now.Until.After(before.Until) {
			only = ""
		}
		d.say(only == "", "accepts a failure %s%s instead of %s%s", only, until(now.Until), until(before.Until), issues([]Expectation{now}))
	}
}

func until(t time.Time) string {
	if t.IsZero() {
		return "for ever"
	}
	return "until " + t.UTC().Format(time.DateOnly)
}
