package result

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// jobPlan plans the cells a, b and c with a static layer, lint, and a layer that
// jobs run, command. The job j has a and b; c is in none.
func jobPlan() *matrix.Plan {
	p := planOf("a", "b", "c")
	p.Layers, p.JobLayers = []string{"lint", "command"}, []string{"command"}
	p.Jobs = []matrix.Job{{ID: "j", Name: "j a and b", Cells: []string{"a", "b"}, TimeoutMinutes: 30}}
	return p
}

// part gives a result of the plan's job ("") or of another, with one step.
func part(job, id string, attempt int, status Status) Cell {
	layer := "lint"
	if job != "" {
		layer = "command"
	}
	c := cellOf(id, attempt, status)
	c.Job, c.Seconds = job, 1
	c.Steps = []Step{{Layer: layer, Status: status, Seconds: 1, Assertions: []Assertion{{Name: "check", Status: status}}}}
	return c
}

// home gives the plan's part: a and b passed, c failed and so is in no job.
func home(attempt int) []Cell {
	return []Cell{part("", "a", attempt, Passed), part("", "b", attempt, Passed), part("", "c", attempt, Failed)}
}

// spelled shows a cell: "a2 lost [lint passed, command lost] its job was cancelled".
func spelled(c Cell) string {
	steps := make([]string, len(c.Steps))
	for i, s := range c.Steps {
		steps[i] = s.Layer + " " + string(s.Status)
	}
	return strings.TrimSpace(fmt.Sprintf("%s%d %s [%s] %s", c.ID, c.Attempt, c.Status, strings.Join(steps, ", "), c.Reason))
}

func state(attempt int, s JobState) Job { return Job{ID: "j", Attempt: attempt, State: s} }

const cBlocked = "c1 failed [lint failed, command blocked]"

func TestJoinOfJobs(t *testing.T) {
	then := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	copied := []Job{{ID: "j", Attempt: 1, State: JobFailed, Started: then}, {ID: "j", Attempt: 2, State: JobFailed, Started: then}}
	whole := part("", "a", 1, Passed)
	whole.Steps = append(whole.Steps, part("j", "a", 1, Passed).Steps...)
	broken := Cell{Schema: CellSchema, ID: "a", At: map[string]string{"x": "a"}, Attempt: 1, Job: "j", Status: Errored, Reason: "no cluster"}
	empty := Cell{Schema: CellSchema, ID: "a", At: map[string]string{"x": "a"}, Attempt: 1, Job: "j", Status: Passed}
	both := []Cell{part("j", "a", 1, Passed), part("j", "b", 1, Passed)}
	overruling := part("j", "a", 1, Passed)
	overruling.Steps = append(overruling.Steps, Step{Layer: "lint", Status: Failed}, Step{Layer: "unplanned", Status: Passed})
	for _, c := range []struct {
		name    string
		results []Cell
		jobs    []Job
		want    []string // cells, then earlier ones, then anomalies
	}{
		{"put together", both, []Job{state(1, JobPassed)}, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"nobody asked for states", both, nil, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"a failure", []Cell{part("j", "a", 1, Failed), part("j", "b", 1, Passed)}, []Job{state(1, JobFailed)}, []string{
			"a1 failed [lint passed, command failed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"an accepted failure leaves the job green", []Cell{part("j", "a", 1, Failed), part("j", "b", 1, Passed)}, []Job{state(1, JobPassed)}, []string{
			"a1 failed [lint passed, command failed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"nothing came, nobody asked", nil, nil, lostBoth("planned, but no result of its job came back")},
		{"no such job", nil, []Job{}, lostBoth("no job of the run has its job's name")},
		{"cancelled", nil, []Job{state(1, JobCancelled)}, lostBoth("its job was cancelled")},
		{"cancelled by its time limit", nil, []Job{{ID: "j", Attempt: 1, State: JobCancelled, Seconds: 1801}}, lostBoth("its job timed out after 30 minutes")},
		{"timed out", nil, []Job{state(1, JobTimedOut)}, lostBoth("its job timed out after 30 minutes")},
		{"runner lost", nil, []Job{state(1, JobRunnerLost)}, lostBoth("the runner of its job stopped answering")},
		{"never started", nil, []Job{state(1, JobNeverStarted)}, lostBoth("its job never started")},
		{"skipped", nil, []Job{state(1, JobSkipped)}, lostBoth("its job was skipped")},
		{"running", nil, []Job{state(1, JobRunning)}, lostBoth("its job has not ended")},
		{"failed without a word", nil, []Job{state(1, JobFailed)}, lostBoth("its job failed, and its results are missing")},
		{"passed without a word", nil, []Job{state(1, JobPassed)}, lostBoth("its job passed, but its results are missing")},
		{"a state that there is not", nil, []Job{state(1, "splendid")}, lostBoth("its job ended in a way that nobody knows")},
		{"half of it was lost", both[:1], []Job{state(1, JobTimedOut)}, []string{
			"a1 passed [lint passed, command passed]", "b1 lost [lint passed, command lost] its job timed out after 30 minutes", cBlocked}},
		{"failed, and says there was nothing to ask", []Cell{part("j", "a", 1, Skipped), part("j", "b", 1, Passed)}, []Job{state(1, JobFailed)},
			doubtBoth("the job failed on GitHub, and its results say it passed")},
		{"failed, and says it passed", both, []Job{state(1, JobFailed)}, doubtBoth("the job failed on GitHub, and its results say it passed")},
		{"cancelled, and says it passed", both, []Job{state(1, JobCancelled)}, doubtBoth("the job was cancelled, and its results say it passed")},
		{"timed out, and says it passed", both, []Job{state(1, JobTimedOut)}, doubtBoth("the job timed out, and its results say it passed")},
		{"runner lost, and says it passed", both, []Job{state(1, JobRunnerLost)}, doubtBoth("the runner of the job stopped answering, and its results say it passed")},
		{"never started, and left results", both, []Job{state(1, JobNeverStarted)}, doubtBoth("its job never started, and yet there are results of it")},
		{"was skipped, and left results", both, []Job{state(1, JobSkipped)}, doubtBoth("its job was skipped, and yet there are results of it")},
		{"results without a job", both, []Job{}, doubtBoth("no job of the run has the name of its job, so that nobody vouches for its results")},
		{"results of an attempt that there was not", []Cell{part("j", "a", 2, Passed), part("j", "b", 2, Passed)}, []Job{state(1, JobPassed)}, []string{
			"a2 errored [lint passed, command errored] there are results of attempt 2 at its job, and there was no such attempt",
			"b2 errored [lint passed, command errored] there are results of attempt 2 at its job, and there was no such attempt", cBlocked,
			"earlier a1 lost [lint passed, command lost] its job passed, but its results are missing",
			"earlier b1 lost [lint passed, command lost] its job passed, but its results are missing"}},
		{"running, with results", both, []Job{state(1, JobRunning)}, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"failed, then passed", append(slices.Clone(both[1:]), part("j", "a", 1, Failed), part("j", "a", 2, Passed), part("j", "b", 2, Passed)),
			[]Job{state(1, JobFailed), state(2, JobPassed)}, []string{
				"a2 passed [lint passed, command passed]", "b2 passed [lint passed, command passed]", cBlocked,
				"earlier a1 failed [lint passed, command failed]", "earlier b1 passed [lint passed, command passed]"}},
		{"lost, then passed", []Cell{part("j", "a", 2, Passed), part("j", "b", 2, Passed)}, []Job{state(2, JobPassed), state(1, JobRunnerLost)}, []string{
			"a2 passed [lint passed, command passed]", "b2 passed [lint passed, command passed]", cBlocked,
			"earlier a1 lost [lint passed, command lost] the runner of its job stopped answering",
			"earlier b1 lost [lint passed, command lost] the runner of its job stopped answering"}},
		{"passed, then lost: the earlier result no longer counts", both, []Job{state(1, JobFailed), state(2, JobCancelled)}, []string{
			"a2 lost [lint passed, command lost] its job was cancelled", "b2 lost [lint passed, command lost] its job was cancelled", cBlocked,
			"earlier a1 passed [lint passed, command passed]", "earlier b1 passed [lint passed, command passed]"}},
		{"still runs again", both, []Job{state(1, JobPassed), state(2, JobRunning)}, []string{
			"a2 lost [lint passed, command lost] its job has not ended", "b2 lost [lint passed, command lost] its job has not ended", cBlocked,
			"earlier a1 passed [lint passed, command passed]", "earlier b1 passed [lint passed, command passed]"}},
		{"listed again, since other jobs were run again", both, []Job{state(1, JobPassed), state(2, JobPassed)}, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"only the copy is listed", both, []Job{state(2, JobPassed)}, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"a failure is listed again, with its times", []Cell{part("j", "a", 1, Failed), both[1]}, copied, []string{
			"a1 failed [lint passed, command failed]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"failed, then passed without a word", both, []Job{state(1, JobFailed), state(2, JobPassed)}, []string{
			"a2 lost [lint passed, command lost] its job passed, but its results are missing",
			"b2 lost [lint passed, command lost] its job passed, but its results are missing", cBlocked,
			"earlier a1 passed [lint passed, command passed]", "earlier b1 passed [lint passed, command passed]"}},
		{"the plan was made again, and the job was lost", append(home(2), both...), []Job{state(1, JobPassed), state(2, JobNeverStarted)}, []string{
			"a2 lost [lint passed, command lost] its job never started", "b2 lost [lint passed, command lost] its job never started",
			"c2 failed [lint failed, command blocked]",
			"earlier a1 passed [lint passed, command passed]", "earlier b1 passed [lint passed, command passed]",
			"earlier " + cBlocked}},
		{"the job could not begin", []Cell{broken, both[1]}, []Job{state(1, JobFailed)}, []string{
			"a1 errored [lint passed, command errored] no cluster", "b1 passed [lint passed, command passed]", cBlocked}},
		{"it passed nothing", []Cell{empty, both[1]}, []Job{state(1, JobPassed)}, []string{
			"a1 lost [lint passed, command lost]", "b1 passed [lint passed, command passed]", cBlocked}},
		{"a job speaks for its own layers alone", []Cell{overruling, both[1]}, []Job{state(1, JobPassed)}, []string{
			"a1 passed [lint passed, command passed, unplanned passed]", "b1 passed [lint passed, command passed]", cBlocked,
			"the results of job j for cell a speak of layers that no job runs; those are not used"}},
		{"twice", []Cell{both[0], both[1], part("j", "a", 1, Failed)}, nil, []string{
			"a1 failed [lint passed, command failed]", "b1 passed [lint passed, command passed]", cBlocked,
			"two results for attempt 1 of cell a (slug-a); the worse one counts"}},
		{"two jobs of one name", both, []Job{state(1, JobPassed), state(1, JobFailed)}, append(
			doubtBoth("the job failed on GitHub, and its results say it passed"), "there are two jobs j of attempt 1; the worse one counts")},
		{"two jobs of one name, one with a state that there is not", both, []Job{state(1, "splendid"), state(1, JobPassed)}, append(
			doubtBoth("the job failed on GitHub, and its results say it passed"), "there are two jobs j of attempt 1; the worse one counts")},
		{"of another job", append(slices.Clone(both), part("k", "a", 1, Failed), part("j", "c", 1, Passed)), nil, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked,
			`a result of cell a (slug-a) is of job "k", which the plan does not give it to`,
			`a result of cell c (slug-c) is of job "j", which the plan does not give it to`}},
		{"a job that is not planned", both, []Job{state(1, JobPassed), {ID: "k", Attempt: 1, State: JobFailed}}, []string{
			"a1 passed [lint passed, command passed]", "b1 passed [lint passed, command passed]", cBlocked,
			`the state of job "k" is known, which is not in the plan`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			run := Join(jobPlan(), append(home(1), c.results...), c.jobs)
			if got := spelledRun(run); !slices.Equal(got, c.want) {
				t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(c.want, "\n\t"))
			}
			again := Join(jobPlan(), append(slices.Clone(run.Cells), run.Earlier...), nil)
			again.Anomalies, again.Jobs = run.Anomalies, run.Jobs
			if !reflect.DeepEqual(again, run) {
				t.Errorf("joined again:\n\t%s\nwant\n\t%s", strings.Join(spelledRun(again), "\n\t"), strings.Join(spelledRun(run), "\n\t"))
			}
		})
	}
	t.Run("on one machine", func(t *testing.T) {
		got := spelledRun(Join(jobPlan(), []Cell{whole, part("", "b", 1, Passed), part("", "c", 1, Failed)}, nil))
		want := []string{"a1 passed [lint passed, command passed]", "b1 lost [lint passed, command lost] planned, but no result of its job came back", cBlocked}
		if !slices.Equal(got, want) {
			t.Errorf("got\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
		}
	})
}

func spelledRun(run *Run) []string {
	var out []string
	for _, c := range run.Cells {
		out = append(out, spelled(c))
	}
	for _, c := range run.Earlier {
		out = append(out, "earlier "+spelled(c))
	}
	return append(out, run.Anomalies...)
}

func lostBoth(reason string) []string {
	return []string{"a1 lost [lint passed, command lost] " + reason, "b1 lost [lint passed, command lost] " + reason, cBlocked}
}

func doubtBoth(reason string) []string {
	return []string{"a1 errored [lint passed, command errored] " + reason, "b1 errored [lint passed, command errored] " + reason, cBlocked}
}
