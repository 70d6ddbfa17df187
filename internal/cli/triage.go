package cli

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// triage is how the job of a workflow ended that plans the follow-up, and how many
// jobs it planned, as GitHub has it: "success 3", "failure".
type triage struct {
	result string
	jobs   int
}

// triageResults are what GitHub calls the end of a job in the context needs
// (https://docs.github.com/actions/reference/workflows-and-actions/contexts#needs-context).
var triageResults = []string{"success", "failure", "cancelled", "skipped"}

// parseTriage reads a triage; "" is that there was no such job.
func parseTriage(text string) (triage, error) {
	words := strings.Fields(text)
	var t triage
	if len(words) == 0 {
		return t, nil
	}
	t.result = words[0]
	err := errors.New("expected how the job ended, and how many jobs it planned: \"success 3\", \"failure\"")
	if !slices.Contains(triageResults, t.result) || len(words) > 2 {
		return t, err
	}
	if len(words) == 2 {
		n, e := strconv.Atoi(words[1])
		if e != nil || n < 0 {
			return t, err
		}
		t.jobs = n
	}
	return t, nil
}

// notes say that the report is without a follow-up that there was to be, and why.
// That makes no run red: what was asked for has its answers.
func (t triage) notes(got gathered) []string {
	const alone = "so the report is of the first plan alone, and what its findings leave open stays open"
	switch {
	case t.result == "failure" || t.result == "cancelled":
		return []string{fmt.Sprintf("the follow-up could not be planned: the job \"triage\" ended with %q, and its log says why; %s", t.result, alone)}
	case t.jobs > 0 && got.FollowUp == nil && got.Plan != nil && got.Plan.FollowUp == nil:
		return []string{fmt.Sprintf("a follow-up of %s was planned, and no plan of it that can be used is among the results; %s", count(t.jobs, "job"), alone)}
	}
	return nil
}
