package diagnosis

import (
	"math/bits"
	"strings"

	"github.com/posthog/chart-matrix/findings/mask"
)

// maxKnown bounds what is read of each sibling, in bytes: half from its
// beginning, half from its end.
const maxKnown = 4 << 20

// known is what the logs of a cell that passed say. A line is compared by its
// in two places, no log holds all combinations, but each pair occurs.
type known struct {
	any   bool
	pairs map[uint64]struct{} // hashes of words, and of two neighbours; at the ends of a line one of them is 0
	words []uint64            // a buffer
}

func newKnown(siblings []Source) *known {
	k := &known{any: len(siblings) > 0, pairs: map[uint64]struct{}{}}
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
		k.words = mask.Words(k.words[:0], strings.TrimSuffix(line, "\n"))
		last := uint64(0)
		for _, w := range k.words {
			k.pairs[w] = struct{}{}
			k.pairs[pairOf(last, w)] = struct{}{}
			last = w
		}
		k.pairs[pairOf(last, 0)] = struct{}{}
	}
}

func pairOf(left, right uint64) uint64 { return bits.RotateLeft64(left, 23)*0x9e3779b97f4a7c15 ^ right }

// novelty says how much of a line the sibling does not say: from 0, all of it is
// known, to 1. Without a sibling everything is new.
func (k *known) novelty(line string) float64 {
	if !k.any {
		return 1
	}
	k.words = mask.Words(k.words[:0], line)
	if len(k.words) == 0 {
		return 0
	}
	fresh, last := 0.0, uint64(0)
	for i := range len(k.words) + 1 {
		w := uint64(0)
		if i < len(k.words) {
			w = k.words[i]
		}
		if !k.has(pairOf(last, w)) {
			fresh += newPair
			if w != 0 && !k.has(w) {
				fresh += 1 - newPair
			}
		}
		last = w
	}
	return fresh / float64(len(k.words)+1)
}

func (k *known) has(hash uint64) bool {
	_, ok := k.pairs[hash]
	return ok
}

// newPair is how new a new pair of known words is.
const newPair = 0.5

// isNew is novelty above what a rare name in a known template gives.
const isNew = 0.3

// isForeign is novelty of a line that the sibling has nothing like.
const isForeign = 0.5

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
