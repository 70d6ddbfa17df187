package present

import (
	"slices"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// Outcome is what one square of the grid shows: a cell's status, told apart
// further where a failure is expected or a cell does not exist.
type Outcome string

// The outcomes beyond the statuses.
const (
	Accepted Outcome = "expected" // it fails, and every failure in it is expected
	Retried  Outcome = "flaky"    // it passes, but only since something was tried again
	Omitted  Outcome = "omitted"  // not in the plan
)

// Outcomes lists all outcomes in the order of a legend.
func Outcomes() []Outcome {
	return []Outcome{
		Outcome(result.Passed), Retried, Outcome(result.Failed), Accepted, Outcome(result.Errored),
		Outcome(result.Lost), Outcome(result.Blocked), Outcome(result.Skipped), Omitted,
	}
}

// OutcomeOf judges nothing: it reads the cell's status and the state of its findings.
func OutcomeOf(c findings.GridCell, all []findings.Finding) Outcome {
	if c.ID == "" {
		return Omitted
	}
	if !c.Status.Valid() {
		return Outcome(result.Lost)
	}
	if c.Status == result.Passed && slices.ContainsFunc(c.Findings, func(i int) bool { return i >= 0 && i < len(all) && all[i].State == findings.Flaky }) {
		return Retried
	}
	if c.Status != result.Failed {
		return Outcome(c.Status)
	}
	accepted := false
	for _, i := range c.Findings {
		if i < 0 || i >= len(all) || all[i].State == findings.Advice {
			continue
		}
		if all[i].State != findings.Expected {
			return Outcome(result.Failed)
		}
		accepted = true
	}
	if accepted {
		return Accepted
	}
	return Outcome(result.Failed)
}

// Words says what an outcome is, in a legend and for those who do not see colours.
func (o Outcome) Words() string {
	switch o {
	case Outcome(result.Passed), Outcome(result.Failed), Outcome(result.Lost), Outcome(result.Skipped):
		return string(o)
	case Retried:
		return "passed when tried again"
	case Accepted:
		return "fails as expected"
	case Outcome(result.Errored):
		return "could not be asked"
	case Outcome(result.Blocked):
		return "blocked by a cheaper layer"
	}
	return "omitted"
}

// Quiet tells whether the outcome asks nothing of the reader.
func (o Outcome) Quiet() bool {
	return o == Outcome(result.Passed) || o == Omitted || o == Outcome(result.Skipped)
}
