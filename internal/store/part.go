package store

import (
	"fmt"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// PartSchema names the format of part.json; it changes when a reader of the old
// format would misread the new one.
const PartSchema = "chart-matrix/part/v1"

// Part says what a folder holds of a run that many jobs share: what the job that
// made the plan did, or what one planned job did.
type Part struct {
	Schema string `json:"schema"`
	// Name is the plan's name, which tells the charts of one repository apart.
	Name string `json:"name"`
	// Job is the ID of the planned job; empty for the part that holds the plan
	// and the answers of the layers that were asked where it was made.
	Job string `json:"job"`
	// FollowUp tells that the plan is a second, small one; see matrix.FollowUp. The
	// parts of its jobs name it by Plan, as those of the first do.
	FollowUp bool `json:"followUp,omitempty"`
	// Attempt counts the attempts at the whole run, from 1. A part keeps the
	// attempt that it was made in when a later one does not repeat its job.
	Attempt int `json:"attempt"`
	// Plan is the digest of the plan that was followed.
	Plan string `json:"plan"`
	// Version is that of the chart-matrix that wrote the part.
	Version string `json:"version"`
}

// String names the part for people.
func (p Part) String() string {
	if p.FollowUp {
		return fmt.Sprintf("the follow-up, attempt %d", p.Attempt)
	}
	if p.Job == "" {
		return fmt.Sprintf("the plan, attempt %d", p.Attempt)
	}
	return fmt.Sprintf("job %s, attempt %d", p.Job, p.Attempt)
}

// WritePart keeps a part of a run in the folder dir, as Write does a whole run,
// and with the same promises. The plan is nil for the part of a job. Schema and
// FollowUp are filled in, and in the plan's part Plan as well.
//
// A part that Collect would refuse is an error, and nothing is written.
func WritePart(dir string, part Part, plan *matrix.Plan, cells []result.Cell) error {
	part.Schema = PartSchema
	part.FollowUp = plan != nil && plan.FollowUp != nil
	if plan != nil && part.Plan == "" {
		part.Plan = plan.Digest
	}
	err := checkPart(part)
	if err == nil {
		err = checkWritten(part, plan, cells)
	}
	if err == nil {
		err = write(dir, contents{part: &part, plan: plan, cells: cells})
	}
	if err != nil {
		return fmt.Errorf("writing a part of the results to %s: %w", dir, err)
	}
	return nil
}

// checkWritten tells whether a part is made of what belongs to it.
func checkWritten(part Part, plan *matrix.Plan, cells []result.Cell) error {
	switch {
	case plan == nil && part.Job == "":
		return fmt.Errorf("the plan's part has no plan")
	case plan != nil && part.Job != "":
		return fmt.Errorf("the part of job %s has a plan; only the plan's part holds it", part.Job)
	case plan != nil && plan.Digest != part.Plan:
		return fmt.Errorf("the part names the plan %s, and holds the plan %s", part.Plan, plan.Digest)
	}
	for i := range cells {
		if err := belongs(&cells[i], part); err != nil {
			return fmt.Errorf("cell %s: %w", cells[i].ID, err)
		}
	}
	return nil
}

// belongs tells whether a result says that it was made in the part.
func belongs(c *result.Cell, part Part) error {
	if c.Job != part.Job {
		return fmt.Errorf("it is a result of %s, in the part of %s", ofJob(c.Job), ofJob(part.Job))
	}
	if c.Attempt != part.Attempt {
		return fmt.Errorf("it is a result of attempt %d, in a part of attempt %d", c.Attempt, part.Attempt)
	}
	return nil
}

func ofJob(id string) string {
	if id == "" {
		return "the plan"
	}
	return fmt.Sprintf("job %q", id)
}
