package cause

import (
	"encoding/binary"
	"math"
)

// covered counts the failures and passes that a group covers.
type covered struct{ failed, passed uint16 }

// uncounted is what nobody has counted yet, or what is too much to be kept.
const uncounted = math.MaxUint16

// coverage is what each group of the pool covers of a unit's results, as far as
// they are open.
type coverage struct {
	failed, passed set
	of             []covered // by place in pool
}

// coverages keeps what was counted last. From one step of the walk to the next
// most of what is open stays so, and what changes often changes back.
type coverages struct {
	kept [][]coverage // by unit, the latest first
	most int          // of a unit
}

// coverageRoom bounds the counts that are kept, of all units and groups, and the
// sets that they are of: 16 MiB.
const coverageRoom = 1 << 22 // of four bytes

func newCoverages(units, cells, pool int) *coverages {
	each := pool + 4*len(newSet(cells))
	return &coverages{kept: make([][]coverage, units), most: max(1, min(12, coverageRoom/max(1, units*each)))}
}

// covers finds what is known of these results of a unit. The answer holds until
// the next call for the unit.
func (m *sampler) covers(u int, failed, passed set) *coverage {
	kept := m.coverages.kept[u]
	at := 0
	for at < len(kept) && !(kept[at].failed.equal(failed) && kept[at].passed.equal(passed)) {
		at++
	}
	if at == len(kept) {
		if len(kept) < m.coverages.most {
			kept = append(kept, coverage{failed: newSet(m.cells), passed: newSet(m.cells), of: make([]covered, len(m.pool))})
			m.coverages.kept[u] = kept
		} else {
			at--
		}
		c := &kept[at]
		copy(c.failed, failed)
		copy(c.passed, passed)
		for j := range c.of {
			c.of[j].failed = uncounted
		}
	}
	if at > 0 {
		found := kept[at]
		copy(kept[1:at+1], kept[:at])
		kept[0] = found
	}
	return &kept[0]
}

// by counts what the group at a place in the pool covers.
func (m *sampler) by(c *coverage, place int) (failed, passed int) {
	if n := c.of[place]; n.failed != uncounted {
		return int(n.failed), int(n.passed)
	}
	return m.count2(c, place)
}

func (m *sampler) count2(c *coverage, place int) (failed, passed int) {
	failed, passed = both2(m.groups[m.pool[place]].mask, c.failed, c.passed)
	if failed < uncounted && passed < uncounted {
		c.of[place] = covered{uint16(failed), uint16(passed)}
	}
	return failed, passed
}

// answers keeps lists of numbers, each of which follows from a state: the walk
// comes back to most of them. The oldest make room.
type answers struct {
	of     map[string][]float64
	keys   []string // a ring
	next   int
	length int
	most   int
}

// answerRoom bounds the numbers that one kind of answers keeps, and their keys: 4 MiB.
const answerRoom = 1 << 19 // of eight bytes

// newAnswers makes room for answers of so many numbers, and for keys of so many.
func newAnswers(length, key int) *answers {
	return &answers{of: map[string][]float64{}, length: length, most: max(1, min(1<<12, answerRoom/(length+key)))}
}

// get gives the numbers that belong to a key; where they are not known, the
// caller has to fill them in.
func (a *answers) get(key []byte) (numbers []float64, known bool) {
	if v, ok := a.of[string(key)]; ok {
		return v, true
	}
	if len(a.keys) < a.most {
		numbers = make([]float64, a.length)
		a.keys = append(a.keys, string(key))
	} else {
		numbers = a.of[a.keys[a.next]]
		delete(a.of, a.keys[a.next])
		a.keys[a.next] = string(key)
		a.next = (a.next + 1) % a.most
	}
	a.of[string(key)] = numbers
	return numbers, false
}

// keyLength is about how long a key is, in eight bytes.
func (m *sampler) keyLength() int {
	const causes = 8
	return len(m.upset) + causes*len(m.wasFlaky)
}

// key writes the state without the group of cause k (-1: with all), so that
// equal states have equal keys, whatever the order of their causes. It is good
// until the next call. No two causes have the same group.
func (m *sampler) key(k int) []byte {
	order, key := m.order[:0], m.keyed[:0]
	write := func(s set) {
		for _, w := range s {
			key = binary.LittleEndian.AppendUint64(key, w)
		}
	}
	for j := range m.causes {
		if j == k {
			write(m.causes[k].units)
			continue
		}
		order = append(order, j)
		for i := len(order) - 1; i > 0 && m.causes[order[i]].group < m.causes[order[i-1]].group; i-- {
			order[i], order[i-1] = order[i-1], order[i]
		}
	}
	write(m.upset)
	m.wasFlaky.clear()
	for u, flaky := range m.flaky {
		if flaky {
			m.wasFlaky.add(u)
		}
	}
	write(m.wasFlaky)
	for _, j := range order {
		key = binary.LittleEndian.AppendUint64(key, uint64(m.causes[j].group))
		write(m.causes[j].units)
	}
	m.order, m.keyed = order, key
	return key
}
