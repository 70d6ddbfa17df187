package store

import (
	"fmt"
	"regexp"
	"strconv"
)

// Artifact is what the name of an artifact says, which is also that of the
// folder that it is downloaded to: chart-matrix.CHART.PART.ATTEMPT.
type Artifact struct {
	Chart string // letters, digits and "._-", which a chart's own name need not keep to
	// Part is PlanArtifact, FollowUpArtifact, ReportArtifact or the ID of a job.
	Part    string
	Attempt int // from 1 up
}

// ArtifactPrefix begins the name of every artifact.
const ArtifactPrefix = "chart-matrix."

// The parts that are no job's.
const (
	PlanArtifact     = "plan"
	FollowUpArtifact = "follow-up"
	ReportArtifact   = "report"
)

// The name of a chart may hold dots; a part and an attempt hold none.
var artifactPattern = regexp.MustCompile(`^chart-matrix\.([A-Za-z0-9._-]{1,100})\.(plan|follow-up|report|[a-z0-9]{8})\.([1-9][0-9]{0,3})$`)

func (a Artifact) String() string {
	return fmt.Sprintf("%s%s.%s.%d", ArtifactPrefix, a.Chart, a.Part, a.Attempt)
}

// ParseArtifact reads a name, and tells whether it is one of ours.
func ParseArtifact(name string) (Artifact, bool) {
	m := artifactPattern.FindStringSubmatch(name)
	if m == nil {
		return Artifact{}, false
	}
	attempt, err := strconv.Atoi(m[3])
	return Artifact{Chart: m[1], Part: m[2], Attempt: attempt}, err == nil
}
