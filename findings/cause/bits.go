package cause

import "math/bits"

// set is a set of small numbers: cells or units.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

func (s set) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set) equal(t set) bool {
	for i, w := range s {
		if w != t[i] {
			return false
		}
	}
	return true
}

// within tells whether t holds all of s.
func within(s, t set) bool {
	for i, w := range s {
		if w&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) clone() set { return append(set(nil), s...) }

func (s set) clear() {
	for i := range s {
		s[i] = 0
	}
}

func (s set) or(t set) {
	for i, w := range t {
		s[i] |= w
	}
}

func (s set) and(t set) {
	for i, w := range t {
		s[i] &= w
	}
}

func (s set) minus(t set) {
	for i, w := range t {
		s[i] &^= w
	}
}

// both counts what two sets share.
func both(s, t set) int {
	n := 0
	t = t[:len(s)]
	for i, w := range s {
		n += bits.OnesCount64(w & t[i])
	}
	return n
}

// both2 counts what s shares with t, and with u.
func both2(s, t, u set) (a, b int) {
	t, u = t[:len(s)], u[:len(s)]
	for i, w := range s {
		if w == 0 {
			continue
		}
		a += bits.OnesCount64(w & t[i])
		b += bits.OnesCount64(w & u[i])
	}
	return a, b
}

// each calls f with every member, rising.
func (s set) each(f func(i int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			f(i*64 + bits.TrailingZeros64(w))
		}
	}
}

// list gives the members, rising.
func (s set) list() []int {
	out := make([]int, 0, s.count())
	s.each(func(i int) { out = append(out, i) })
	return out
}

// hash mixes the words; equal sets have equal hashes on every machine.
func (s set) hash() uint64 {
	h := uint64(0x9e3779b97f4a7c15)
	for _, w := range s {
		h ^= w
		h *= 0xff51afd7ed558ccd
		h ^= h >> 32
	}
	return h
}
