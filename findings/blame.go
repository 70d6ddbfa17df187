package findings

import (
	"slices"
	"strings"
)

// staticLayers judge the chart alone: no cluster, nobody else to blame.
var staticLayers = []string{"lint", "render", "schema", "unit"}

// blameFailed says whose fault a failed check of a layer is.
func blameFailed(layer string) Blame {
	if slices.Contains(staticLayers, layer) {
		return BlameChart
	}
	return BlameChartOrEnv
}

// runnerSigns are words of reasons that speak of the machine which ran the
// check, rather than of what it talked to.
var runnerSigns = []string{
	"executable file not found", "not found in $path", "cannot run", "is not installed",
	"context canceled", "interrupt", "no space left on device", "cannot allocate memory", "out of memory",
	"permission denied", "signal: killed",
}

// blameErrored says whose fault it is that a question could not be asked. The
// static layers talk to nothing but the machine that they run on.
func blameErrored(layer, reason string) Blame {
	if slices.Contains(staticLayers, layer) {
		return BlameRunner
	}
	reason = strings.ToLower(reason)
	if slices.ContainsFunc(runnerSigns, func(sign string) bool { return strings.Contains(reason, sign) }) {
		return BlameRunner
	}
	return BlameInfrastructure
}
