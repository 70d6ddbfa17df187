package findings

import (
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// tellsOfJob tells whether a step has no answer for a reason that is the whole
// cell's: its job was lost, or its word is in doubt. Such a reason is told once
// for the cell, however many layers the job had to run.
func tellsOfJob(c *result.Cell, s result.Step) bool {
	return c.Job != "" && c.Reason != "" && s.Reason == c.Reason && (s.Status == result.Lost || s.Status == result.Errored)
}

// aboutJob is what became of a cell's job.
func aboutJob(c *result.Cell) occurrence {
	o := occurrence{code: codeJob, status: result.Lost, state: Unanswered, message: c.Reason}
	if c.Status == result.Errored {
		o.status = result.Errored
	}
	known := ofJob(c.Reason)
	o.blame, o.hint = known.blame, known.hint
	return o
}

const rerun = `choose "Re-run failed jobs" in the run`

type jobReason struct {
	words string
	blame Blame
	hint  string
	lost  bool // the machine went away, or was stopped, before it had delivered
}

// jobReasons knows the reasons that result.Join gives for jobs, whose fault they
// are and what to do, by words of each.
var jobReasons = []jobReason{
	{"results say it passed", BlameRunner, "look for the step that failed in the job's log, then " + rerun, false},
	{"yet there are results", BlameRunner, "find out who wrote these results; then " + rerun, false},
	{"there was no such attempt", BlameRunner, "find out who wrote these results; then " + rerun, false},
	{"nobody vouches", BlameRunner, "let the jobs' names begin as planned, and shorten the caller's: names are cut at 100 characters", false},
	{"has its job's name", BlameRunner, "see whether the run's jobs started; names are cut at 100 characters, so shorten the caller's", false},
	{"own plan leaves it out", BlameChart, "see in the change of the matrix why; whoever merges it decides whether that is right", false},
	{"was cancelled", BlameRunner, rerun, true},
	{"timed out", BlameRunner, "see in the job's log what it waited for; raise the provider's time limit or give a job fewer cells, then " + rerun, true},
	{"stopped answering", BlameRunner, rerun + "; where it happens again, see whether the machine has memory and disk enough", true},
	{"never started", BlameRunner, "see whether a runner with its labels is there, then " + rerun, true},
	{"was skipped", BlameRunner, "see which job before it did not pass, then " + rerun, false},
	{"passed, but its results are missing", BlameRunner, "look at the upload in the job's log, and run all jobs again", true},
	{"has not ended", BlameRunner, "make the report again when every job has ended", false},
	{"its results are missing", BlameRunner, "look at the job's log, then " + rerun, true},
	{"no result of its job came back", BlameRunner, "look at the job's log, then " + rerun, true},
	{"", BlameRunner, "look at the job's log, then " + rerun, false},
}

// jobEnds are the words for jobs that something ended from outside, whatever
// their results say.
var jobEnds = []string{"was cancelled", "timed out", "stopped answering"}

// ofJob finds what is known of a reason. What GitHub says of the job is no part of
// that: a workflow can add to it.
func ofJob(reason string) jobReason {
	reason, said, _ := strings.Cut(reason, result.SaidByGitHub)
	r := byWords(reason)
	if d := diagnosis.Diagnose(diagnosis.Input{Layer: "runner", Message: said}); said != "" && d.Class == diagnosis.DiskFull {
		r.hint = "free space before the job, or take a machine with more; then " + rerun
	}
	return r
}

func byWords(reason string) jobReason {
	i := slices.IndexFunc(jobReasons, func(r jobReason) bool { return strings.Contains(reason, r.words) })
	return jobReasons[i]
}

// jobLost tells whether a reason is that the job's runner was lost.
func jobLost(reason string) bool {
	r := ofJob(reason)
	return r.lost || strings.HasSuffix(r.words, "say it passed") && slices.ContainsFunc(jobEnds, func(end string) bool { return strings.Contains(reason, end) })
}

// unended notes that the report came before its jobs had ended.
func unended(run *result.Run) []string {
	if run.Plan == nil {
		return nil
	}
	last, running := run.LastJobs(), 0
	for _, job := range run.Plan.Jobs {
		if last[job.ID].State == result.JobRunning {
			running++
		}
	}
	if running == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %s %s not ended yet; make the report again when %s",
		running, plural(len(run.Plan.Jobs), "job"), agree(running, "has", "have"), agree(running, "it has", "they have"))}
}

// unexplained doubts jobs that did not pass although all that failed in them is
// accepted: accepted failures do not fail a job, so something else did.
func (c *collector) unexplained(run *result.Run, cells []result.Cell, gate Gate) {
	if run.Plan == nil || len(run.Jobs) == 0 || gate.Level(Expected) == Fail {
		return
	}
	explained := map[int]bool{}
	for _, o := range c.found {
		accepted := o.rule >= 0 && !c.rules[o.rule].over
		if o.state != Advice && !accepted && (o.layer == "" || slices.Contains(run.Plan.JobLayers, o.layer)) {
			explained[o.cell] = true
		}
	}
	byID := make(map[string]int, len(cells))
	for i := range cells {
		byID[cells[i].ID] = i
	}
	last := run.LastJobs()
	for _, job := range run.Plan.Jobs {
		var of []int
		for _, id := range job.Cells {
			if i, ok := byID[id]; ok && cells[i].Job == job.ID {
				of = append(of, i)
			}
		}
		state, known := last[job.ID]
		if !known || state.State == result.JobPassed || state.State == result.JobRunning || slices.ContainsFunc(of, func(i int) bool { return explained[i] }) {
			continue
		}
		for _, i := range of {
			o := aboutJob(&result.Cell{Status: result.Errored, Reason: state.State.Words() + ", and its results say it passed but for what is accepted"})
			c.add(i, &cells[i], o)
		}
	}
	sortOccurrences(c.found)
}
