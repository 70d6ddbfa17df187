package diagnosis

import (
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
)

// maxKnown bounds what is read of each sibling, in bytes: half from its
// beginning, half from its end.
const maxKnown = 4 << 20

// pair is two neighbouring words of a masked line; the first and the last word
// have an empty neighbour.
type pair struct{ left, right string }

// known is what the logs of a cell that passed say. A line is compared by its
// pairs of words, not as a whole: where one template is filled with a dozen names
// in two places, no log holds all combinations, but each pair occurs.
type known struct {
	any   bool
	lines map[string]bool
	pairs map[pair]bool
	words []string // a buffer
}

func newKnown(siblings []Source) *known {
	k := &known{any: len(siblings) > 0, lines: map[string]bool{}, pairs: map[pair]bool{}}
	for _, s := range siblings {
		text := s.Text
		if len(text) > maxKnown {
			k.learn(text[:maxKnown/2])
			text = text[len(text)-maxKnown/2:]
		}
		k.learn(text)
	}
	return k
}

func (k *known) learn(text string) {
	for line := range strings.Lines(text) {
		masked := mask.Line(line)
		if k.lines[masked] {
			continue
		}
		k.lines[masked] = true
		k.eachPair(masked, func(p pair) { k.pairs[p] = true })
	}
}

func (k *known) eachPair(masked string, visit func(pair)) {
	k.words = mask.Tokens(k.words[:0], masked)
	last := ""
	for _, w := range k.words {
		visit(pair{last, w})
		last = w
	}
	visit(pair{last, ""})
}

// novelty says how much of a line the sibling does not say: from 0, all of it is
// known, to 1. Without a sibling everything is new.
func (k *known) novelty(line string) float64 {
	if !k.any {
		return 1
	}
	masked := mask.Line(line)
	if masked == "" || k.lines[masked] {
		return 0
	}
	all, fresh := 0, 0
	k.eachPair(masked, func(p pair) {
		all++
		if !k.pairs[p] {
			fresh++
		}
	})
	return float64(fresh) / float64(all)
}

// isNew is novelty above what a rare name in a known template gives.
const isNew = 0.3

// Where there is no sibling, a log that is long enough is its own: what it says
// far from the failure as well is not about the failure.
const (
	away      = 60        // lines before and after the failure that are not learnt
	longLog   = 5 * away  // lines from which a log is its own sibling
	maxLearnt = 512 << 10 // bytes that are learnt of it, on either side
)

func elsewhere(text string, number int) *known {
	before, after := cutAround(text, number)
	k := newKnown(nil)
	if strings.Count(before, "\n")+strings.Count(after, "\n") < longLog {
		return k
	}
	k.any = true
	k.learn(before[max(0, len(before)-maxLearnt):])
	k.learn(after[:min(len(after), maxLearnt)])
	return k
}

// cutAround gives what stands in text more than away lines before and after a line.
func cutAround(text string, number int) (before, after string) {
	start, end, n := 0, len(text), 1
	for i := 0; i < len(text); n++ {
		if n == number-away {
			start = i
		}
		if n == number+away {
			end = i
			break
		}
		next := strings.IndexByte(text[i:], '\n')
		if next < 0 {
			break
		}
		i += next + 1
	}
	return text[:start], text[end:]
}
