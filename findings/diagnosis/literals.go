package diagnosis

// literals finds many words in a text in one pass, whatever the case of ASCII
// letters: the automaton of Aho and Corasick (CACM 18(6), 1975), as a table of
// states by classes of bytes.
type literals struct {
	class [256]uint8 // of each byte; 0 is none that any word has
	wide  int        // how many classes
	next  []uint16   // by state*wide+class
	found [][]uint16 // by state: the words that end here
	ends  []bool     // by state: whether any does; small, so that it stays in the cache
}

// maxLiteral bounds the words: longer ones are found by their beginning, and
// looked at in full afterwards. It keeps the table in the processor's cache.
const maxLiteral = 16

// newLiterals builds the automaton; words are in small letters, at most 16 bytes.
func newLiterals(words []string) *literals {
	l := &literals{wide: 1}
	for _, w := range words {
		for i := range len(w) {
			if c := w[i]; l.class[c] == 0 {
				l.class[c] = uint8(l.wide)
				if c >= 'a' && c <= 'z' {
					l.class[c-'a'+'A'] = uint8(l.wide)
				}
				l.wide++
			}
		}
	}
	add := func() {
		l.next = append(l.next, make([]uint16, l.wide)...)
		l.found = append(l.found, nil)
	}
	add()
	for id, w := range words {
		state := 0
		for i := range len(w) {
			k := state*l.wide + int(l.class[w[i]])
			if l.next[k] == 0 {
				l.next[k] = uint16(len(l.found))
				add()
			}
			state = int(l.next[k])
		}
		l.found[state] = append(l.found[state], uint16(id))
	}
	l.link()
	return l
}

// link makes of the tree an automaton: breadth first, each state takes what it
// lacks from the state of its longest proper suffix.
func (l *literals) link() {
	suffix := make([]uint16, len(l.found))
	queue := []uint16{}
	for c := range l.wide {
		if s := l.next[c]; s != 0 {
			queue = append(queue, s)
		}
	}
	for len(queue) > 0 {
		s := int(queue[0])
		queue = queue[1:]
		back := int(suffix[s])
		l.found[s] = append(l.found[s], l.found[back]...)
		for c := range l.wide {
			k := s*l.wide + c
			if t := l.next[k]; t != 0 {
				suffix[t] = l.next[back*l.wide+c]
				queue = append(queue, t)
			} else {
				l.next[k] = l.next[back*l.wide+c]
			}
		}
	}
	l.ends = make([]bool, len(l.found))
	for s, found := range l.found {
		l.ends[s] = len(found) > 0
	}
}
