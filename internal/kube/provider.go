package kube

import (
	"fmt"
	"time"
)

// suffixes are what providers add to the version that their API server
// reports, in the form that they typically have. To Helm's version ranges a
// suffix with "-" is a pre-release, which ">=1.25.0" does not match; that is a
// common fault of a chart's kubeVersion. A provider that is not listed reports
// the plain version: aks, doks, kind.
var suffixes = map[string]string{
	"eks": "-eks-1a2b3c4",
	"gke": "-gke.100",
	"k3s": "+k3s1",
}

// ProviderVersion returns a minor's version string as a provider's API server
// reports it, such as "v1.33.13-eks-1a2b3c4". The patch number is that of the
// release whose source this package read, or 0 for an unknown minor.
func ProviderVersion(provider string, m Minor) string {
	version := fmt.Sprintf("v%s.0", m)
	if api, err := Lookup(m); err == nil {
		version = api.Source()
	}
	return version + suffixes[provider]
}

// windowsAsOf is the day on which the table below was true.
const windowsAsOf = "2026-02-14"

// windows says when a provider lets users create clusters of a minor, from
// the day of its first offer to the last day of (extended) support. Only what a
// provider has published is here; whatever is not restricts nothing, as GKE,
// AKS and DOKS differ by release channel, support plan and region.
//
// Source: Amazon EKS user guide, "Understand the Kubernetes version lifecycle
// on EKS", release calendar, as collected by endoflife.date.
var windows = []struct {
	provider    string
	minor       int
	from, until string // 2006-01-02; empty if not published
}{
	{"eks", 24, "2022-11-15", "2025-01-31"},
	{"eks", 25, "2023-02-21", "2025-05-01"},
	{"eks", 26, "2023-04-11", "2025-06-11"},
	{"eks", 27, "2023-05-24", "2025-07-24"},
	{"eks", 28, "2023-09-26", "2025-11-26"},
	{"eks", 29, "2024-01-23", "2026-03-23"},
	{"eks", 30, "2024-05-23", "2026-07-23"},
	{"eks", 31, "2024-09-26", "2026-11-26"},
	{"eks", 32, "2025-01-25", "2027-03-23"},
	{"eks", 33, "2025-05-28", "2027-07-29"},
	{"eks", 34, "2025-10-06", "2027-12-02"},
	{"eks", 35, "2026-01-28", "2028-03-27"},
}

// Offered reports whether a provider lets users create clusters of a minor at
// a time, and if not, why. What is not known counts as offered.
func Offered(provider string, m Minor, now time.Time) (offered bool, reason string) {
	day := now.UTC().Format(time.DateOnly)
	for _, w := range windows {
		if w.provider != provider || minor1(w.minor) != m {
			continue
		}
		if day < w.from {
			return false, fmt.Sprintf("%s offers Kubernetes %s from %s on", provider, m, w.from)
		}
		if w.until != "" && day > w.until {
			return false, fmt.Sprintf("%s ended its support of Kubernetes %s on %s (known as of %s)", provider, m, w.until, windowsAsOf)
		}
	}
	return true, ""
}
