package kube

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Minor is a minor version of Kubernetes, such as 1.30.
type Minor struct{ Major, Minor int }

// String writes the minor as "1.30".
func (m Minor) String() string { return fmt.Sprintf("%d.%d", m.Major, m.Minor) }

// Compare returns -1, 0 or 1 as m is older than, equal to or newer than other.
func (m Minor) Compare(other Minor) int {
	if c := cmp.Compare(m.Major, other.Major); c != 0 {
		return c
	}
	return cmp.Compare(m.Minor, other.Minor)
}

// ParseMinor reads the major and minor number of a Kubernetes version:
// "1.30", "v1.30.2" and "v1.32.9-gke.100" all have one.
func ParseMinor(version string) (Minor, error) {
	parts := strings.SplitN(strings.TrimPrefix(version, "v"), ".", 3)
	if len(parts) >= 2 {
		parts[1], _, _ = strings.Cut(parts[1], "-") // 1.31-rc.1
		parts[1], _, _ = strings.Cut(parts[1], "+")
		major, err1 := strconv.ParseUint(parts[0], 10, 16)
		minor, err2 := strconv.ParseUint(parts[1], 10, 16)
		if err1 == nil && err2 == nil {
			return Minor{int(major), int(minor)}, nil
		}
	}
	return Minor{}, fmt.Errorf("expected a Kubernetes version such as 1.30 or v1.30.2, got %q", version)
}

// minor1 is the minor 1.n: every Kubernetes release so far has major version 1.
func minor1(n int) Minor { return Minor{1, n} }
