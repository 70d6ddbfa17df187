package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// facts are what is known of a run from elsewhere than its own results.
type facts struct {
	jobs    []result.Job     // what became of each job; empty where it is not known
	past    []*findings.Past // earlier runs, newest first
	origin  findings.Origin
	notes   []string
	unknown error // why the states of the jobs are not known, where they were asked for
}

// unknownStates ends each note that says why GitHub was not asked.
const unknownStates = "so what became of the jobs rests on the results alone"

// ask asks GitHub about a run. It never fails: what cannot be asked is noted.
func (c *reportCommand) ask(ctx context.Context, on *connection, got gathered, plan *matrix.Plan) facts {
	var f facts
	switch {
	case on == nil && len(got.Parts) == 0:
		return f // a run of this machine, in which GitHub had no part
	case on == nil && c.offline:
		f.note("GitHub was not asked (--offline), " + unknownStates)
		return f
	case on == nil:
		f.note("It is not known which run on GitHub the results are of, " + unknownStates + "; --run names it")
		return f
	}
	f.origin = origin(on)
	if on.err != nil {
		f.origin.NoBaseline = "GitHub could not be asked"
		if f.unknown = on.err; on.jobs {
			f.note(fmt.Sprintf("GitHub could not be asked, %s: %v", unknownStates, on.err))
		}
		return f
	}
	ids := make([]string, 0, len(plan.Jobs))
	for _, j := range plan.Jobs {
		ids = append(ids, j.ID)
	}
	if on.jobs && len(ids) > 0 {
		jobs, err := on.hub.Jobs(ctx, on.run, ids)
		if err != nil {
			f.unknown = err
			f.note(fmt.Sprintf("GitHub did not tell the states of the jobs, %s: %v", unknownStates, err))
		} else {
			f.remarks(ctx, on, got, jobs)
			f.origin.Jobs = (&result.Run{Plan: plan, Jobs: jobs}).JobURLs()
			jobs = append(jobs, unplanned(plan, got.Plan, jobs)...) // never nil: they were asked for
			f.jobs = jobs
		}
	}
	if on.run.Fork && c.planFrom == "" {
		f.note("The run is of a fork: its plan and its results were made by the fork's own code")
	}
	if !c.baseline.given() {
		f.compare(c.seek(ctx, on, artifactName(plan.Name)))
	}
	return f
}

// remarks asks what GitHub says of the jobs that ended without results: of the last
// attempt at each. They are filled in where they stand.
func (f *facts) remarks(ctx context.Context, on *connection, got gathered, jobs []result.Job) {
	type try struct {
		job     string
		attempt int
	}
	has, last := map[try]bool{}, map[string]int{}
	for _, c := range got.Cells {
		has[try{c.Job, c.Attempt}] = true
	}
	for _, j := range jobs {
		last[j.ID] = max(last[j.ID], j.Attempt)
	}
	var checks []int64
	for _, j := range jobs {
		switch j.State {
		case result.JobPassed, result.JobRunning, result.JobSkipped:
			continue
		}
		if j.Check != 0 && j.Attempt == last[j.ID] && !has[try{j.ID, j.Attempt}] {
			checks = append(checks, j.Check)
		}
	}
	if len(checks) == 0 {
		return
	}
	said, err := on.hub.Remarks(ctx, on.run.Ref, checks)
	if err != nil {
		f.note(fmt.Sprintf("GitHub did not tell why %s left no results: %v", count(len(checks), "job"), err))
	}
	for i := range jobs {
		jobs[i].Said = said[jobs[i].Check]
	}
}

func (f *facts) note(text string) { f.notes = append(f.notes, text) }

func origin(on *connection) findings.Origin {
	if on.run.Ref.ID == 0 {
		return findings.Origin{}
	}
	o := findings.Origin{Run: fmt.Sprintf("run %d", on.run.Ref.ID), URL: on.run.URL, Commit: on.run.HeadSHA}
	if on.run.Attempt > 1 {
		o.Run += fmt.Sprintf(", attempt %d", on.run.Attempt)
	}
	return o
}

// unplanned gives the jobs that the plan of the run itself lacks, and so never
// made: a fork that takes cells out of the matrix. It is nil where that plan is
// the one that counts, or not known.
func unplanned(plan, own *matrix.Plan, known []result.Job) []result.Job {
	if own == nil || own == plan {
		return nil
	}
	has := func(id string) bool {
		return slices.ContainsFunc(own.Jobs, func(j matrix.Job) bool { return j.ID == id }) ||
			slices.ContainsFunc(known, func(j result.Job) bool { return j.ID == id })
	}
	var out []result.Job
	for _, j := range plan.Jobs {
		if !has(j.ID) {
			out = append(out, result.Job{ID: j.ID, Attempt: 1, State: result.JobUnplanned})
		}
	}
	return out
}

// compare takes over what the run is compared with.
func (f *facts) compare(c compared) {
	f.past = c.past
	f.notes = append(f.notes, c.notes...)
	c.to(&f.origin)
}

// why gives the reason alone, without the words that every such error has.
func why(err error) string {
	text := err.Error()
	if errors.Is(err, github.ErrNoBaseline) {
		text = strings.TrimPrefix(text, github.ErrNoBaseline.Error()+": ")
	}
	return text
}
