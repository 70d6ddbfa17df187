package catalog

import (
	"fmt"
	"math/bits"
	"strconv"
	"strings"
)

// Set is a set of minor numbers, 0 to 63.
type Set uint64

// maxMinor is the highest minor number that a Set holds.
const maxMinor = 63

// Range returns the set of the minors from first to last, both included.
func Range(first, last int) Set {
	var s Set
	for m := max(first, 0); m <= min(last, maxMinor); m++ {
		s |= 1 << m
	}
	return s
}

// Has reports whether the set holds a minor.
func (s Set) Has(minor int) bool {
	return minor >= 0 && minor <= maxMinor && s&(1<<minor) != 0
}

// First returns the lowest minor of the set, or -1 if it is empty.
func (s Set) First() int {
	if s == 0 {
		return -1
	}
	return bits.TrailingZeros64(uint64(s))
}

// Last returns the highest minor of the set, or -1 if it is empty.
func (s Set) Last() int { return bits.Len64(uint64(s)) - 1 }

// String writes the set as "24-26,28".
func (s Set) String() string {
	var parts []string
	for m := 0; m <= maxMinor; m++ {
		if !s.Has(m) {
			continue
		}
		end := m
		for s.Has(end + 1) {
			end++
		}
		if end == m {
			parts = append(parts, strconv.Itoa(m))
		} else {
			parts = append(parts, fmt.Sprintf("%d-%d", m, end))
		}
		m = end
	}
	return strings.Join(parts, ",")
}

// ParseSet reads what String writes. An empty set is an error.
func ParseSet(text string) (Set, error) {
	var s Set
	for part := range strings.SplitSeq(text, ",") {
		low, high, isRange := strings.Cut(part, "-")
		if !isRange {
			high = low
		}
		first, err1 := strconv.Atoi(low)
		last, err2 := strconv.Atoi(high)
		if err1 != nil || err2 != nil || first < 0 || last < first || last > maxMinor {
			return 0, fmt.Errorf("expected minors such as 24-26,28, got %q", text)
		}
		s |= Range(first, last)
	}
	return s, nil
}
