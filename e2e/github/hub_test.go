//go:build e2e

package github

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
)

// The caller's workflows.
const (
	matrixWorkflow  = ".github/workflows/chart-matrix.yml"
	commentWorkflow = ".github/workflows/chart-matrix-comment.yml"
)

const shop = "acme/shop"

// hub is GitHub's API with the caller's repository and its pull request, whose
// head is in a repository of the owner's.
func hub(t *testing.T, p pull, owner string) *githubtest.Server {
	t.Helper()
	return githubtest.New(t, githubtest.State{Repositories: []githubtest.Repository{
		{
			Owner: "acme", Name: "shop",
			PullRequests: []githubtest.PullRequest{{
				Number: 3, Head: githubtest.Ref{Repository: owner + "/shop", Branch: "topic", SHA: p.head}, Base: githubtest.Ref{SHA: p.base},
			}},
			Comments: []githubtest.Comment{{Number: 3, Body: "Looks good to me."}},
		},
		{Owner: "mallory", Name: "shop", ForkOf: shop},
	}}, githubtest.Options{})
}

// concluder says how GitHub saw an attempt at a job end.
type concluder func(job matrix.Job, attempt int) string

// during plays one run of the workflow and its end. While it runs, the API knows
// the jobs of the plan that was uploaded so far, each as it ended by conclude, and
// the artifacts that are on act's disk.
func (s *stage) during(api *githubtest.Server, run workflowRun, head string, conclude concluder) ran {
	s.t.Helper()
	known := githubtest.Run{ID: run.id, Path: run.workflow, Name: "chart-matrix", Event: run.event, HeadSHA: head}
	switch {
	case run.fork != "":
		known.HeadRepository, known.HeadBranch = run.fork+"/shop", "topic"
	case run.event == "pull_request":
		known.HeadBranch = "topic"
	}
	api.Update(func(state *githubtest.State) {
		repo := state.Repository(shop)
		if repo.Run(run.id) == nil {
			repo.Runs = append(repo.Runs, known)
		}
		again := repo.Run(run.id)
		if again.Conclusion != "" {
			again.Earlier = append(again.Earlier, again.Conclusion)
		}
		again.Attempt, again.Status, again.Conclusion = run.attempt, "in_progress", ""
	})
	refresh := func(state *githubtest.State) {
		known := state.Repository(shop).Run(run.id)
		known.Jobs, known.Artifacts = s.jobs(run, conclude), s.uploaded(run)
	}
	for _, path := range []string{"/jobs", "/artifacts"} {
		api.On(fmt.Sprintf("GET /repos/*/*/actions/runs/%d%s", run.id, path), -1, refresh)
	}
	out := s.act(run, api)
	api.Update(func(state *githubtest.State) {
		known := state.Repository(shop).Run(run.id)
		refresh(state)
		known.Status, known.Conclusion = "completed", "success"
		if out.outputs["report.report.verdict"] != "passed" {
			known.Conclusion = "failure"
		}
	})
	return out
}

// jobs are what GitHub would list of a run: the names of a called workflow's jobs
// begin with that of the job that calls it.
func (s *stage) jobs(run workflowRun, conclude concluder) []githubtest.Job {
	var out []githubtest.Job
	add := func(attempt int, name, conclusion string, steps ...githubtest.Step) {
		out = append(out, githubtest.Job{
			ID: run.id*1000 + int64(len(out)), Name: "matrix / " + name, Attempt: attempt, Conclusion: conclusion,
			Runner: "GitHub Actions 1", Steps: steps,
		})
	}
	of := s.disk(run)
	for attempt := 1; attempt <= run.attempt; attempt++ {
		add(attempt, "plan", "success")
		for _, part := range []string{"plan", "follow-up"} {
			artifact := fmt.Sprintf("chart-matrix.hogwatch.%s.%d", part, attempt)
			if !slices.Contains(of.artifacts(), artifact) {
				continue
			}
			var plan matrix.Plan
			must(s.t, json.Unmarshal([]byte(of.file(artifact, "plan.json")), &plan))
			for _, job := range plan.Jobs {
				how := conclude(job, attempt)
				add(attempt, job.Name, how, githubtest.Step{Name: "Set up job"}, githubtest.Step{Name: "chart-matrix run", Conclusion: how})
			}
		}
	}
	add(run.attempt, "report", "")
	out[len(out)-1].Status = "in_progress"
	return out
}

// uploaded are the artifacts of a run.
func (s *stage) uploaded(run workflowRun) []githubtest.Artifact {
	of := s.disk(run)
	var out []githubtest.Artifact
	for i, name := range of.artifacts() {
		out = append(out, githubtest.Artifact{ID: run.id*1000 + int64(i), Name: name, Data: of.archive(name)})
	}
	return out
}

// disk is what act has of a run.
func (s *stage) disk(run workflowRun) ran {
	dir := s.path("artifacts", fmt.Sprint(run.id))
	must(s.t, os.MkdirAll(dir, 0o755))
	return ran{t: s.t, dir: dir}
}
