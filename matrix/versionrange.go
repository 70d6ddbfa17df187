package matrix

import (
	"fmt"
	"strings"
)

// VersionRange is a condition on Kubernetes versions: comparators that all
// have to hold, as in ">=1.31 <1.34" or "1.30 - 1.33"; a bare version means
// equality.
//
// A comparator that names a minor speaks of the whole minor: "<=1.31" holds
// for 1.31.9, ">1.31" does not, "1.31" holds for every 1.31. Semantic
// versioning would read them as 1.31.0.
type VersionRange struct {
	comparators []comparator
	text        string
}

type comparator struct {
	op string
	v  Version
}

// comparisonOperators stand longest first, so that ">=" is not read as ">".
var comparisonOperators = []string{">=", "<=", "!=", "==", ">", "<", "="}

// IsVersionRange tells whether the text has the form of a range rather than of
// one version. It does not say that the range is valid.
func IsVersionRange(text string) bool {
	return strings.ContainsAny(text, "<>=! ,")
}

// ParseVersionRange reads a range. Comparators are separated by blanks or commas.
func ParseVersionRange(text string) (VersionRange, error) {
	r := VersionRange{text: strings.TrimSpace(text)}
	bad := func(why string) (VersionRange, error) {
		return VersionRange{}, fmt.Errorf(`%q is not a version range (%s); expected one like ">=1.31", ">=1.31 <1.34" or "1.30 - 1.33"`, text, why)
	}
	if from, to, ok := strings.Cut(r.text, " - "); ok {
		low, errLow := ParseVersion(strings.TrimSpace(from))
		high, errHigh := ParseVersion(strings.TrimSpace(to))
		if errLow != nil || errHigh != nil {
			return bad("both ends must be versions")
		}
		if low.compareRelease(high) > 0 {
			return bad("the first version is newer than the second")
		}
		r.comparators = []comparator{{">=", low}, {"<=", high}}
		return r, nil
	}
	// "> = 1.31" is not an operator; ">= 1.31" is: join operators to what follows.
	fields := strings.Fields(strings.ReplaceAll(r.text, ",", " "))
	for i := 0; i < len(fields); i++ {
		op, rest := "=", fields[i]
		for _, o := range comparisonOperators {
			if strings.HasPrefix(fields[i], o) {
				op, rest = o, fields[i][len(o):]
				break
			}
		}
		if rest == "" && i+1 < len(fields) {
			i++
			rest = fields[i]
		}
		v, err := ParseVersion(rest)
		if err != nil {
			return bad(fmt.Sprintf("%q is not a version", rest))
		}
		if op == "==" {
			op = "="
		}
		r.comparators = append(r.comparators, comparator{op, v})
	}
	if len(r.comparators) == 0 {
		return bad("it is empty")
	}
	if equalities(r.comparators) > 1 {
		return bad("no version equals two; versions to choose from are a list, as [1.31, 1.32]")
	}
	return r, nil
}

func equalities(comparators []comparator) int {
	n := 0
	for _, c := range comparators {
		if c.op == "=" {
			n++
		}
	}
	return n
}

// Contains tells whether every comparator holds for the version.
func (r VersionRange) Contains(v Version) bool {
	for _, c := range r.comparators {
		if !c.holds(v) {
			return false
		}
	}
	return true
}

// String gives the range as it was written.
func (r VersionRange) String() string { return r.text }

// MarshalText gives the range as it was written, so that a plan carries it.
func (r VersionRange) MarshalText() ([]byte, error) { return []byte(r.text), nil }

// UnmarshalText reads what MarshalText writes; the empty text is the range
// without a condition.
func (r *VersionRange) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*r = VersionRange{}
		return nil
	}
	parsed, err := ParseVersionRange(string(text))
	if err != nil {
		return err
	}
	*r = parsed
	return nil
}

func (c comparator) holds(v Version) bool {
	if c.v.Patch < 0 { // the comparator speaks of the whole minor
		v = Version{Major: v.Major, Minor: v.Minor, Patch: -1}
	}
	n := v.compareRelease(c.v)
	if n == 0 && c.v.Suffix != "" && (c.op == "=" || c.op == "!=") {
		n = v.Compare(c.v) // this build, and no other of the release
	}
	switch c.op {
	case ">=":
		return n >= 0
	case "<=":
		return n <= 0
	case ">":
		return n > 0
	case "<":
		return n < 0
	case "!=":
		return n != 0
	}
	return n == 0
}
