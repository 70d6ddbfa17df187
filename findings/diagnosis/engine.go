package diagnosis

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// engine is the table of rules made ready: the literal by which each sign is
// found, and the signs by literal.
type engine struct {
	literals *literals
	byWord   [][]*compiled
	// active tells by layer which literals belong to a rule that holds there; ""
	// is any layer that is not named.
	active map[string][]bool
}

// compiled is a sign, ready to be tried.
type compiled struct {
	rule   *rule
	order  int // of the rule in the list: less is stronger
	rank   int // of the sign in its rule: less is more quotable
	parts  [][]byte
	unless [][]byte
	match  *regexp.Regexp
}

// theEngine is made on first use, from constants.
var theEngine = sync.OnceValue(func() *engine { return newEngine(rules()) }) //nolint:gochecknoglobals // a constant, made once

func newEngine(rules []*rule) *engine {
	e := &engine{}
	ids := map[string]int{}
	var words []string
	for order, r := range rules {
		for rank, s := range r.signs {
			parts := s.parts()
			c := &compiled{rule: r, order: order, rank: rank, match: s.match, parts: toBytes(parts), unless: toBytes(s.unless)}
			word := slices.MaxFunc(unquoted(parts), func(a, b string) int { return cmp.Compare(len(a), len(b)) })
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
	e.active = map[string][]bool{}
	for _, layer := range append([]string{""}, layers...) {
		active := make([]bool, len(words))
		for id, signs := range e.byWord {
			active[id] = slices.ContainsFunc(signs, func(c *compiled) bool { return c.rule.holdsIn(layer) })
		}
		e.active[layer] = active
	}
	return e
}

// unquoted splits words at what may be escaped in a log.
func unquoted(parts []string) []string {
	var out []string
	for _, p := range parts {
		out = append(out, strings.FieldsFunc(p, func(r rune) bool { return strings.ContainsRune(`"<>&`, r) })...)
	}
	return out
}

// activeIn gives the literals that matter in a layer.
func (e *engine) activeIn(layer string) []bool {
	if active, ok := e.active[layer]; ok {
		return active
	}
	return e.active[""]
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
	var (
		hits        []hit
		line, lower []byte
		best        []*compiled
	)
	for i, log := range logs {
		for _, c := range log.candidates {
			line = appendPlain(line[:0], log.text[c.start:c.end])
			lower = appendLower(lower[:0], line)
			best = e.try(best[:0], layer, c.words, line, lower)
			for _, s := range best {
				hits = append(hits, hit{compiled: s, log: i, start: c.start, end: c.end, number: c.number})
			}
			hits = e.findWrapped(hits, layer, log, i, c, best)
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int { return cmp.Compare(a.order, b.order) })
	return hits
}

// findWrapped appends the hits of rules that hold for the message which a line is
// one of, and not for the line: where the first words of the sign stand, and the line.
func (e *engine) findWrapped(hits []hit, layer string, log *reading, i int, c candidate, best []*compiled) []hit {
	var m *message
	for _, word := range c.words {
		for _, s := range e.byWord[word] {
			if len(s.parts) == 1 && len(s.parts[0]) <= maxLiteral || !s.rule.holdsIn(layer) || slices.ContainsFunc(best, func(b *compiled) bool { return b.rule == s.rule }) {
				continue
			}
			if m == nil {
				m = log.wrapped(i, c)
			}
			if len(m.lines) < 2 || !s.holds(m.text, m.lower) {
				continue
			}
			first := m.lineOf(s.parts[0])
			hits = append(hits, hit{compiled: s, log: i, start: first.start, end: first.end, number: first.number})
			if first.number != c.number {
				hits = append(hits, hit{compiled: s, log: i, start: c.start, end: c.end, number: c.number})
			}
			best = append(best, s)
		}
	}
	return hits
}

// try appends the signs that hold for a line, one for each rule.
func (e *engine) try(best []*compiled, layer string, words []uint16, line, lower []byte) []*compiled {
	for _, word := range words {
		for _, s := range e.byWord[word] {
			at := slices.IndexFunc(best, func(b *compiled) bool { return b.rule == s.rule })
			if at >= 0 && best[at].rank <= s.rank || !s.rule.holdsIn(layer) || !s.holds(line, lower) {
				continue
			}
			if at >= 0 {
				best[at] = s
			} else {
				best = append(best, s)
			}
		}
	}
	return best
}

// appendLower makes ASCII letters small and leaves all other bytes where they are.
func appendLower(to, line []byte) []byte {
	for _, c := range line {
		if c-'A' < 26 {
			c += 'a' - 'A'
		}
		to = append(to, c)
	}
	return to
}

func toBytes(words []string) [][]byte {
	out := make([][]byte, len(words))
	for i, w := range words {
		out[i] = []byte(w)
	}
	return out
}
