package findings

import (
	"regexp"
	"slices"

	"github.com/posthog/chart-matrix/result"
)

// makers are the layers that make what the others are asked about.
var makers = []string{clusterLayer, "install", "upgrade"}

// absent are the words for a release, or a cluster, that is not there: those of
// Helm, and those of our own layers.
var absent = regexp.MustCompile(`(?i)\bno (?:such )?(?:release|cluster)\b|\brelease:? (?:name )?(?:"[^"]{0,100}" )?(?:was |is )?not (?:found|installed|there)|` +
	`\bhas no deployed releases|\bneeds a cluster\b|\bno deployed release`)

// baseless makes what has no answer since what it asks about is not there a
// consequence of what did not make it: "no release to test" says nothing that
// the failure of install has not said. It is blocked, then, as a layer is that
// was not even tried.
func baseless(steps []result.Step) {
	maker := ""
	for i := range steps {
		s := &steps[i]
		if s.Status == result.Passed || s.Status == result.Skipped || slices.Contains(staticLayers, s.Layer) {
			continue
		}
		if maker != "" && (s.Status == result.Errored || s.Status == result.Failed) {
			if why := onlyAbsent(s); why != "" {
				*s = result.Step{Layer: s.Layer, Status: result.Blocked, Reason: maker + " did not pass: " + why, Seconds: s.Seconds, Key: s.Key, Shared: s.Shared}
			}
		}
		if maker == "" && slices.Contains(makers, s.Layer) {
			maker = s.Layer
		}
	}
}

// onlyAbsent gives the words in which a step says that what it asks about is not
// there; "" where anything else is wrong with it.
func onlyAbsent(s *result.Step) string {
	why := ""
	for n := range s.Assertions {
		a := &s.Assertions[n]
		switch {
		case a.Status == result.Passed:
			return ""
		case a.Status != result.Errored && a.Status != result.Failed:
			continue
		}
		said := a.Reason
		for _, p := range a.Problems {
			if p.Severity == result.Error {
				if said = p.Message; !absent.MatchString(said) {
					return ""
				}
			}
		}
		if !absent.MatchString(said) {
			return ""
		}
		why = said
	}
	if s.Reason != "" && why == "" && absent.MatchString(s.Reason) {
		why = s.Reason
	}
	return cut(oneLine(why), maxLine)
}
