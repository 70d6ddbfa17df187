package matrix

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
)

// Version is a Kubernetes version as people and providers write it: 1.31,
// v1.31.4, 1.32.9-gke.100, v1.33.4-eks-1a2b3c4, v1.33.4+k3s1 or 1.37.0-rc.1.
//
// It is not a semantic version. Semantic versioning calls every suffix behind
// a hyphen a pre-release, so that 1.32.9-gke.100 would come before 1.32.9; but
// only alpha, beta and rc are pre-releases of Kubernetes
// (https://kubernetes.io/releases/version-skew-policy/ and
// https://github.com/kubernetes/sig-release/blob/master/release-engineering/versioning.md),
// every other suffix is a provider's build of that release.
type Version struct {
	Major, Minor int
	// Patch is -1 where only the minor is named: "1.31" means the newest
	// patch of 1.31, whichever that is.
	Patch int
	// Suffix is what follows the patch, with its leading "-" or "+": the two
	// mean different things to the semantic versioning that charts are judged by.
	Suffix string
}

var versionPattern = regexp.MustCompile(`^v?(0|[1-9][0-9]{0,4})\.(0|[1-9][0-9]{0,4})(?:\.(0|[1-9][0-9]{0,8})([-+][0-9A-Za-z][0-9A-Za-z.+_-]*)?)?$`)

// ParseVersion reads a Kubernetes version. The error says what a version looks like.
func ParseVersion(text string) (Version, error) {
	m := versionPattern.FindStringSubmatch(text)
	if m == nil {
		return Version{}, fmt.Errorf("%q is not a Kubernetes version; expected one like 1.31, 1.31.4 or v1.31.4-gke.100", text)
	}
	v := Version{Patch: -1, Suffix: m[4]}
	v.Major, _ = strconv.Atoi(m[1]) // the pattern bounds the digits
	v.Minor, _ = strconv.Atoi(m[2])
	if m[3] != "" {
		v.Patch, _ = strconv.Atoi(m[3])
	}
	return v, nil
}

var preReleasePattern = regexp.MustCompile(`^-(alpha|beta|rc)\.([0-9]{1,6})(?:[-+]|$)`)

// preRelease ranks alpha < beta < rc < released, and gives the number behind
// the word.
func (v Version) preRelease() (rank, number int) {
	m := preReleasePattern.FindStringSubmatch(v.Suffix)
	if m == nil {
		return 3, 0
	}
	number, _ = strconv.Atoi(m[2])
	switch m[1] {
	case "alpha":
		return 0, number
	case "beta":
		return 1, number
	}
	return 2, number
}

// Compare orders two versions: -1, 0 or +1. A version without a patch stands
// for the newest patch of its minor and so comes after every numbered one. A
// provider's suffix does not move a version, but ties are broken by it, so
// that the order is total.
func (v Version) Compare(w Version) int {
	if c := v.compareRelease(w); c != 0 {
		return c
	}
	return cmp.Compare(v.Suffix, w.Suffix)
}

// compareRelease is Compare without the tie-break on the suffix.
func (v Version) compareRelease(w Version) int {
	if c := cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor)); c != 0 {
		return c
	}
	if v.Patch != w.Patch {
		if v.Patch < 0 {
			return 1
		}
		if w.Patch < 0 {
			return -1
		}
		return cmp.Compare(v.Patch, w.Patch)
	}
	vr, vn := v.preRelease()
	wr, wn := w.preRelease()
	return cmp.Or(cmp.Compare(vr, wr), cmp.Compare(vn, wn))
}

// String gives the version without a leading v: 1.31, 1.31.4, 1.32.9-gke.100.
func (v Version) String() string {
	s := v.MinorString()
	if v.Patch >= 0 {
		s += "." + strconv.Itoa(v.Patch) + v.Suffix
	}
	return s
}

// MinorString gives the minor alone: "1.31".
func (v Version) MinorString() string {
	return strconv.Itoa(v.Major) + "." + strconv.Itoa(v.Minor)
}
