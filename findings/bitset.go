package findings

import "math/bits"

// bitset is a set of cells, by their index in the plan.
type bitset []uint64

func newBitset(n int) bitset { return make(bitset, (n+63)/64) }

func (b bitset) set(i int) { b[i/64] |= 1 << (i % 64) }

func (b bitset) has(i int) bool { return b[i/64]>>(i%64)&1 == 1 }

func (b bitset) count() int {
	n := 0
	for _, w := range b {
		n += bits.OnesCount64(w)
	}
	return n
}

func (b bitset) empty() bool {
	for _, w := range b {
		if w != 0 {
			return false
		}
	}
	return true
}

func (b bitset) and(c bitset) bitset { return b.combine(c, func(x, y uint64) uint64 { return x & y }) }
func (b bitset) or(c bitset) bitset  { return b.combine(c, func(x, y uint64) uint64 { return x | y }) }
func (b bitset) minus(c bitset) bitset {
	return b.combine(c, func(x, y uint64) uint64 { return x &^ y })
}

func (b bitset) combine(c bitset, f func(x, y uint64) uint64) bitset {
	out := make(bitset, len(b))
	for i := range b {
		out[i] = f(b[i], c[i])
	}
	return out
}

func (b bitset) equal(c bitset) bool { return !b.differs(c) }

func (b bitset) differs(c bitset) bool {
	for i := range b {
		if b[i] != c[i] {
			return true
		}
	}
	return false
}

// meets tells whether the sets share a cell.
func (b bitset) meets(c bitset) bool {
	for i := range b {
		if b[i]&c[i] != 0 {
			return true
		}
	}
	return false
}

// first gives the lowest index in the set, or -1.
func (b bitset) first() int {
	for i, w := range b {
		if w != 0 {
			return i*64 + bits.TrailingZeros64(w)
		}
	}
	return -1
}

// each calls f with every index, rising.
func (b bitset) each(f func(i int)) {
	for i, w := range b {
		for ; w != 0; w &= w - 1 {
			f(i*64 + bits.TrailingZeros64(w))
		}
	}
}
