package githubtest

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
)

// maxSearched is how many runs a list with filters reaches.
// https://docs.github.com/rest/actions/workflow-runs
const maxSearched = 1000

func getRun(c *call) (any, *refusal) {
	run, no := c.run()
	if no != nil {
		return nil, no
	}
	return c.runJSON(*run), nil
}

// getAttempt answers with what the run was at one of its attempts.
func getAttempt(c *call) (any, *refusal) {
	run, no := c.attempt()
	if no != nil {
		return nil, no
	}
	return c.runJSON(*run), nil
}

func (c *call) run() (*Run, *refusal) {
	run := c.repo.Run(c.number("run_id"))
	if run == nil {
		return nil, notFound()
	}
	return run, nil
}

func (c *call) attempt() (*Run, *refusal) {
	run, no := c.run()
	if no != nil {
		return nil, no
	}
	n := int(c.number("attempt_number"))
	if n < 1 || n > run.Attempt {
		return nil, notFound()
	}
	copied := *run
	if n < run.Attempt {
		copied.Attempt, copied.Status, copied.Conclusion = n, "completed", run.Earlier[n-1]
	}
	return &copied, nil
}

func listRuns(c *call) (any, *refusal) { return c.listRuns(func(Run) bool { return true }) }

func listWorkflowRuns(c *call) (any, *refusal) {
	of, no := c.workflow()
	if no != nil {
		return nil, no
	}
	return c.listRuns(func(r Run) bool { return r.WorkflowID == of.WorkflowID })
}

// workflow finds a run of the workflow that is named by its ID or its file.
func (c *call) workflow() (Run, *refusal) {
	wanted := c.values["workflow_id"]
	i := slices.IndexFunc(c.repo.Runs, func(r Run) bool {
		return strconv.FormatInt(r.WorkflowID, 10) == wanted || path.Base(r.Path) == wanted
	})
	if i < 0 {
		return Run{}, notFound()
	}
	return c.repo.Runs[i], nil
}

func getWorkflow(c *call) (any, *refusal) {
	of, no := c.workflow()
	if no != nil {
		return nil, no
	}
	return object{
		"id": of.WorkflowID, "name": of.Name, "path": of.Path, "state": "active",
		"url": c.path(fmt.Sprint("/actions/workflows/", of.WorkflowID)),
	}, nil
}

// listRuns lists runs newest first, narrowed by the query.
func (c *call) listRuns(keep func(Run) bool) (any, *refusal) {
	var found []Run
	for _, run := range c.repo.Runs {
		if keep(run) && c.asked(run) {
			found = append(found, run)
		}
	}
	slices.SortStableFunc(found, func(a, b Run) int {
		if n := b.Created.Compare(a.Created); n != 0 {
			return n
		}
		return int(b.ID - a.ID)
	})
	total := len(found)
	found = found[:min(total, maxSearched)]
	return object{"total_count": total, "workflow_runs": paged(c, found, (*call).runJSON)}, nil
}

// asked says whether a run fits the filters of the query. status looks at the
// conclusion, too.
func (c *call) asked(run Run) bool {
	if _, ranged := c.request.URL.Query()["created"]; ranged && !c.created(run) {
		return false
	}
	status := c.query("status", run.Status)
	return c.query("event", run.Event) == run.Event &&
		c.query("branch", run.HeadBranch) == run.HeadBranch &&
		c.query("head_sha", run.HeadSHA) == run.HeadSHA &&
		equalFold(c.query("actor", run.Actor), run.Actor) &&
		(status == run.Status || status == run.Conclusion)
}

// created understands the forms ">=DAY", "<=DAY" and "DAY..DAY" of a range.
// https://docs.github.com/search-github/getting-started-with-searching-on-github/understanding-the-search-syntax
func (c *call) created(run Run) bool {
	wanted, at := c.query("created", ""), run.Created.UTC().Format("2006-01-02T15:04:05Z")
	if from, to, ok := strings.Cut(wanted, ".."); ok {
		return (from == "*" || at >= from) && (to == "*" || at[:min(len(at), len(to))] <= to)
	}
	if from, ok := strings.CutPrefix(wanted, ">="); ok {
		return at >= from
	}
	if to, ok := strings.CutPrefix(wanted, "<="); ok {
		return at[:min(len(at), len(to))] <= to
	}
	return strings.HasPrefix(at, wanted)
}

func (c *call) runJSON(run Run) object {
	self := fmt.Sprint("/actions/runs/", run.ID)
	var previous any
	if run.Attempt > 1 {
		previous = c.path(fmt.Sprint(self, "/attempts/", run.Attempt-1))
	}
	out := object{
		"id": run.ID, "name": run.Name, "path": run.Path, "workflow_id": run.WorkflowID,
		"run_number": run.Number, "run_attempt": run.Attempt, "previous_attempt_url": previous,
		"event": run.Event, "status": run.Status, "conclusion": orNull(run.Conclusion), "display_title": run.Name,
		"head_branch": orNull(run.HeadBranch), "head_sha": run.HeadSHA,
		"head_repository": c.repositoryJSON(run.HeadRepository), "repository": c.repositoryJSON(c.repo.FullName()),
		"actor": c.userJSON(run.Actor, "User"), "triggering_actor": c.userJSON(run.Actor, "User"),
		"created_at": stamp(run.Created), "updated_at": stamp(run.Updated), "run_started_at": stamp(run.Created),
		"url": c.path(self), "html_url": c.page(self), "jobs_url": c.path(self + "/jobs"), "logs_url": c.path(self + "/logs"),
		"artifacts_url": c.path(self + "/artifacts"), "cancel_url": c.path(self + "/cancel"), "rerun_url": c.path(self + "/rerun"),
		"workflow_url": c.path(fmt.Sprint("/actions/workflows/", run.WorkflowID)), "pull_requests": c.runPulls(run),
	}
	if c.query("exclude_pull_requests", "false") == "true" {
		out["pull_requests"] = []any{}
	}
	return out
}

// runPulls are the open pull requests of a run's branch. GitHub names none whose
// head is a fork.
func (c *call) runPulls(run Run) []any {
	out := []any{}
	if !equalFold(run.HeadRepository, c.repo.FullName()) {
		return out
	}
	for _, pull := range c.repo.PullRequests {
		if pull.State == "open" && equalFold(pull.Head.Repository, run.HeadRepository) && pull.Head.Branch == run.HeadBranch {
			out = append(out, c.minimalPull(pull))
		}
	}
	return out
}

func listJobs(c *call) (any, *refusal) {
	run, no := c.run()
	if no != nil {
		return nil, no
	}
	all := c.query("filter", "latest") == "all"
	return c.jobs(run, func(j Job) bool { return all || j.Attempt == run.Attempt })
}

func listAttemptJobs(c *call) (any, *refusal) {
	run, no := c.attempt()
	if no != nil {
		return nil, no
	}
	return c.jobs(run, func(j Job) bool { return j.Attempt == run.Attempt })
}

func (c *call) jobs(run *Run, keep func(Job) bool) (any, *refusal) {
	var found []Job
	for _, job := range run.Jobs {
		if keep(job) {
			found = append(found, job)
		}
	}
	jobJSON := func(c *call, job Job) object { return c.jobJSON(run, job) }
	return object{"total_count": len(found), "jobs": paged(c, found, jobJSON)}, nil
}

func (c *call) jobJSON(run *Run, job Job) object {
	steps := []any{}
	for i, step := range job.Steps {
		steps = append(steps, object{
			"name": step.Name, "number": i + 1, "status": step.Status, "conclusion": orNull(step.Conclusion),
			"started_at": stamp(step.Started), "completed_at": stamp(step.Completed),
		})
	}
	labels := []any{}
	for _, label := range job.Labels {
		labels = append(labels, label)
	}
	self := fmt.Sprint("/actions/jobs/", job.ID)
	return object{
		"id": job.ID, "name": job.Name, "run_id": run.ID, "run_attempt": job.Attempt,
		"run_url": c.path(fmt.Sprint("/actions/runs/", run.ID)), "workflow_name": run.Name,
		"head_sha": run.HeadSHA, "head_branch": run.HeadBranch,
		"status": job.Status, "conclusion": orNull(job.Conclusion), "labels": labels, "runner_name": orNull(job.Runner),
		"created_at": stamp(job.Created), "started_at": stamp(job.Started), "completed_at": stamp(job.Completed), "steps": steps,
		"url": c.path(self), "html_url": c.page(fmt.Sprintf("/actions/runs/%d/job/%d", run.ID, job.ID)),
		"check_run_url": c.path(fmt.Sprint("/check-runs/", job.ID)),
	}
}

// jobCheck finds the job whose check run has this ID.
func (c *call) jobCheck(id int64) (*Run, *Job) {
	for i := range c.repo.Runs {
		run := &c.repo.Runs[i]
		for j := range run.Jobs {
			if run.Jobs[j].ID == id {
				return run, &run.Jobs[j]
			}
		}
	}
	return nil, nil
}
