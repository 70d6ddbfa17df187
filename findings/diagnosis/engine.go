package diagnosis

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// engine is the table of rules made ready: the literal by which each sign is
// found, and the signs by literal.
type engine struct {
	literals *literals
	byWord   [][]*compiled
}

// compiled is a sign, ready to be tried.
type compiled struct {
	sign
	rule  *rule
	order int // of the rule in the list: less is stronger
	rank  int // of the sign in its rule: less is more quotable
	parts []string
}

// theEngine is made on first use, from constants.
var theEngine = sync.OnceValue(func() *engine { return newEngine(rules()) }) //nolint:gochecknoglobals // a constant, made once

func newEngine(rules []*rule) *engine {
	e := &engine{}
	ids := map[string]int{}
	var words []string
	for order, r := range rules {
		for rank, s := range r.signs {
			c := &compiled{sign: s, rule: r, order: order, rank: rank, parts: s.parts()}
			word := slices.MaxFunc(c.parts, func(a, b string) int { return cmp.Compare(len(a), len(b)) })
			if len(word) > maxLiteral {
				word = word[:maxLiteral]
			}
			id, ok := ids[word]
			if !ok {
				id = len(words)
				ids[word] = id
				words = append(words, word)
				e.byWord = append(e.byWord, nil)
			}
			e.byWord[id] = append(e.byWord[id], c)
		}
	}
	e.literals = newLiterals(words)
	return e
}

// hit is a line that shows a rule.
type hit struct {
	*compiled
	log    int // index of the reading
	start  int // of the line in it
	end    int
	number int
}

// find gives the lines that show rules, the strongest rule first; of one line
// and rule the most quotable sign.
func (e *engine) find(layer string, logs []*reading) []hit {
	var hits []hit
	for i, log := range logs {
		for _, c := range log.candidates {
			hits = append(hits, e.tryLine(layer, i, log.text, c)...)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.order, b.order) })
	return hits
}

func (e *engine) tryLine(layer string, log int, text string, c candidate) []hit {
	line := text[c.start:c.end]
	lower := strings.ToLower(line)
	best := map[int]*compiled{}
	for _, word := range c.words {
		for _, s := range e.byWord[word] {
			if b := best[s.order]; b != nil && b.rank <= s.rank {
				continue
			}
			if s.rule.holdsIn(layer) && s.holds(s.parts, line, lower) {
				best[s.order] = s
			}
		}
	}
	hits := make([]hit, 0, len(best))
	for _, s := range best {
		hits = append(hits, hit{compiled: s, log: log, start: c.start, end: c.end, number: c.number})
	}
	slices.SortFunc(hits, func(a, b hit) int { return cmp.Compare(a.order, b.order) })
	return hits
}
