package result

import (
	"fmt"
	"slices"

	"github.com/posthog/chart-matrix/matrix"
)

// Run is a plan together with what happened: one Cell for each planned cell,
// in the plan's order.
type Run struct {
	Plan  *matrix.Plan
	Cells []Cell
	// Earlier holds the results of attempts that a later one of the same cell
	// replaced, in the plan's order, then by attempt: what failed here and
	// passed there is flaky.
	Earlier []Cell
	// Jobs are the planned jobs as seen from outside, every attempt; empty where
	// nobody was asked.
	Jobs []Job
	// Anomalies are results that do not fit the plan. They are shown, and
	// never counted as cells.
	Anomalies []string
}

// Join brings results to their plan. A planned cell without a result is Lost;
// of several attempts the last one counts; results of cells that were not
// planned, or that contradict the plan, become anomalies.
//
// A cell of a planned job has two results: that of the layers which are asked
// where the plan is made, and its job's. Join puts them together; the layers of
// a part that is missing are Lost, and the cell with them. What was put
// together once may be joined again, and stays the same.
//
// The jobs are what the system that ran them says of them, every attempt; nil
// where nobody was asked. They tell why a result is missing. Where they and the
// results contradict each other, such as a job that failed and left nothing but
// passed results, its cells are Errored.
//
// Nothing that was given is changed, and the order of results and jobs does not matter.
func Join(plan *matrix.Plan, results []Cell, jobs []Job) *Run {
	j := newJoiner(plan, jobs)
	j.file(results)
	for _, c := range plan.Cells {
		if job := j.jobOf[c.ID]; job != nil {
			j.inJob(c, job)
		} else {
			j.alone(c)
		}
	}
	j.contradict()
	slices.Sort(j.run.Anomalies)
	return j.run
}

// joiner is the state of one Join.
type joiner struct {
	run    *Run
	jobOf  map[string]*matrix.Job // by cell
	layers map[string]bool        // every planned layer; true for those that jobs run
	states map[string][]Job       // by job: what is known from outside, a Job for each attempt
	asked  bool                   // somebody asked for the states
	filed  map[string][]Cell      // results by cell
	said   map[string]bool        // cells for which their job has spoken for its last attempt
}

func newJoiner(plan *matrix.Plan, jobs []Job) *joiner {
	j := &joiner{
		run:   &Run{Plan: plan, Cells: make([]Cell, 0, len(plan.Cells)), Jobs: sortedJobs(plan, jobs)},
		jobOf: map[string]*matrix.Job{}, layers: map[string]bool{}, said: map[string]bool{},
		filed: make(map[string][]Cell, len(plan.Cells)), asked: jobs != nil,
	}
	for _, l := range plan.Layers {
		j.layers[l] = false
	}
	for _, l := range plan.JobLayers {
		j.layers[l] = true
	}
	for i := range plan.Jobs {
		job := &plan.Jobs[i]
		for _, id := range job.Cells {
			if other := j.jobOf[id]; other != nil {
				j.anomaly("the plan gives cell %s to two jobs, %s and %s; the first one counts", id, other.ID, job.ID)
				continue
			}
			j.jobOf[id] = job
		}
	}
	j.states = j.statesOf(j.run.Jobs)
	return j
}

// file sorts the results by cell, and leaves out those that do not fit.
func (j *joiner) file(results []Cell) {
	planned := make(map[string]*matrix.Cell, len(j.run.Plan.Cells))
	for i := range j.run.Plan.Cells {
		planned[j.run.Plan.Cells[i].ID] = &j.run.Plan.Cells[i]
	}
	for _, r := range results {
		want, ok := planned[r.ID]
		switch {
		case !ok:
			j.anomaly("a result for cell %s (%s), which is not in the plan", r.ID, r.Slug)
		case !sameCoordinate(want.At, r.At):
			j.anomaly("the result of cell %s says it ran at another coordinate than planned (%s)", r.ID, want.Slug)
		case !j.fromItsJob(r):
			j.anomaly("a result of cell %s (%s) is of job %.60q, which the plan does not give it to", r.ID, want.Slug, r.Job)
		default:
			r.Slug = want.Slug // the plan's word counts, not the reporter's
			j.filed[r.ID] = append(j.filed[r.ID], r)
		}
	}
}

// fromItsJob tells whether the result is of the job that the plan gives the cell
// to, or of none. A plan without jobs does not care.
func (j *joiner) fromItsJob(r Cell) bool {
	if r.Job == "" || len(j.run.Plan.Jobs) == 0 {
		return true
	}
	job := j.jobOf[r.ID]
	return job != nil && job.ID == r.Job
}

func (j *joiner) anomaly(format string, args ...any) {
	j.run.Anomalies = append(j.run.Anomalies, fmt.Sprintf(format, args...))
}

// alone joins a cell that no job has.
func (j *joiner) alone(c matrix.Cell) {
	of := j.distinct(j.filed[c.ID])
	if len(of) == 0 {
		j.run.Cells = append(j.run.Cells, lostCell(c, "planned, but no result came back"))
		return
	}
	for i := range of {
		j.withoutJob(c, &of[i])
	}
	last := len(of) - 1
	j.run.Earlier = append(j.run.Earlier, of[:last]...)
	j.run.Cells = append(j.run.Cells, of[last])
}

func lostCell(c matrix.Cell, reason string) Cell {
	return Cell{Schema: CellSchema, ID: c.ID, Slug: c.Slug, At: c.At, Status: Lost, Reason: reason}
}

// withoutJob says of a cell that no job has why the layers of jobs were not
// asked in it: a cheaper layer kept it from them, or nobody knows.
func (j *joiner) withoutJob(c matrix.Cell, r *Cell) {
	missing := missingLayers(j.run.Plan.JobLayers, c.Skip, r.Steps)
	if len(missing) == 0 || len(r.Steps) == 0 && r.Status == Lost {
		return
	}
	step := Step{Status: Lost, Reason: "the plan gives its cell to no job"}
	for _, s := range slices.Backward(r.Steps) {
		if s.Status != Passed && s.Status != Skipped {
			step = Step{Status: Blocked, Reason: s.Layer + " did not pass"} // the first one
		}
	}
	r.Steps = withSteps(r.Steps, missing, step)
	r.Status = Worst(r.Status, step.Status)
}

func sameCoordinate(a matrix.Coordinate, b map[string]string) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		if w, ok := b[k]; !ok || w != v {
			return false
		}
	}
	return true
}
