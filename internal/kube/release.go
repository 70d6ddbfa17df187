package kube

import "time"

// supportMonths is how long a minor is supported after its release: twelve
// months and two of maintenance (the Kubernetes version skew and patch release
// policies; KEP-1498).
const supportMonths = 14

// endOfLifeDay is the day of the month on which support ends: patch releases
// are planned so that the last one precedes it.
const endOfLifeDay = 28

// Release is the span in which Kubernetes' own project supports a minor.
type Release struct {
	Minor     Minor
	Released  time.Time // the day of the .0 release, UTC
	EndOfLife time.Time // the last day of support, UTC; the schedule may differ by a day
}

// Releases returns the release of every known minor, oldest first. The day of
// release is the publication time of module k8s.io/kubernetes v1.N.0; the end
// of life follows from it by the project's 14-month rule.
func Releases() []Release {
	table := load().table
	out := make([]Release, 0, len(table.Minors))
	for _, m := range table.Minors {
		released, err := time.Parse(time.DateOnly, m.Released)
		if err != nil {
			continue // a test reads every date of the table
		}
		out = append(out, Release{minor1(m.Number), released, endOfLife(released)})
	}
	return out
}

// endOfLife is the 28th of the fourteenth month after a release. time.Date
// would turn the 31st of a short month into the next one; the day is fixed.
func endOfLife(released time.Time) time.Time {
	y, m, _ := released.Date()
	return time.Date(y, m+supportMonths, endOfLifeDay, 0, 0, 0, 0, time.UTC)
}

// Supported returns the minors that Kubernetes' project supports at a time,
// oldest first. It cannot know minors that were released after this program:
// if now lies beyond the support of all of them, the newest is returned alone.
func Supported(now time.Time) []Minor {
	var out []Minor
	releases := Releases()
	for _, r := range releases {
		if !now.Before(r.Released) && now.Before(r.EndOfLife.AddDate(0, 0, 1)) {
			out = append(out, r.Minor)
		}
	}
	if len(out) == 0 && len(releases) > 0 && now.After(releases[0].EndOfLife) {
		out = append(out, releases[len(releases)-1].Minor)
	}
	return out
}
