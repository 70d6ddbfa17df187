//go:build e2e

package github

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
)

// workflowPath is where the caller's workflow is.
const workflowPath = ".github/workflows/chart-matrix.yml"

// hub is GitHub's API with the caller's repository.
func hub(t *testing.T, p pull) *githubtest.Server {
	t.Helper()
	return githubtest.New(t, githubtest.State{Repositories: []githubtest.Repository{{
		Owner: "acme", Name: "shop",
		PullRequests: []githubtest.PullRequest{{
			Number: 3, Head: githubtest.Ref{Branch: "topic", SHA: p.head}, Base: githubtest.Ref{SHA: p.base},
		}},
		Comments: []githubtest.Comment{{Number: 3, Body: "Looks good to me."}},
	}}}, githubtest.Options{})
}

// begin makes the run known to the API. While it runs, its jobs are those of the
// plan that it has uploaded so far, and its artifacts are those on act's disk.
// conclude says what became of a job.
func begin(s *stage, api *githubtest.Server, run workflowRun, p pull, conclude func(matrix.Job) string) {
	api.Update(func(state *githubtest.State) {
		repo := state.Repository("acme/shop")
		for i := range repo.Runs {
			if repo.Runs[i].ID == run.id {
				repo.Runs[i].Attempt, repo.Runs[i].Status, repo.Runs[i].Conclusion = run.attempt, "in_progress", ""
				return
			}
		}
		repo.Runs = append(repo.Runs, githubtest.Run{
			ID: run.id, Attempt: run.attempt, Path: workflowPath, Name: "chart-matrix",
			Event: run.event, Status: "in_progress", HeadBranch: "topic", HeadSHA: p.head,
		})
	})
	refresh := func(state *githubtest.State) {
		known := state.Repository("acme/shop").Run(run.id)
		known.Jobs, known.Artifacts = jobs(s, run, conclude), uploaded(s, run)
	}
	for _, path := range []string{"/jobs", "/artifacts"} {
		api.On(fmt.Sprintf("GET /repos/acme/shop/actions/runs/%d%s", run.id, path), -1, refresh)
	}
}

// jobs are what GitHub would list: names of a called workflow's jobs begin with
// that of the job that calls it.
func jobs(s *stage, run workflowRun, conclude func(matrix.Job) string) []githubtest.Job {
	out := []githubtest.Job{{Name: "matrix / plan", Attempt: run.attempt}}
	of := ran{t: s.t, dir: s.path("artifacts", fmt.Sprint(run.id))}
	for _, name := range of.artifacts() {
		if !strings.HasSuffix(name, fmt.Sprintf(".plan.%d", run.attempt)) {
			continue
		}
		var plan matrix.Plan
		must(s.t, json.Unmarshal([]byte(of.file(name, "plan.json")), &plan))
		for _, job := range plan.Jobs {
			out = append(out, githubtest.Job{
				Name: "matrix / " + job.Name, Attempt: run.attempt, Conclusion: conclude(job), Runner: "GitHub Actions 1",
				Steps: []githubtest.Step{{Name: "Set up job"}, {Name: "chart-matrix run", Conclusion: conclude(job)}},
			})
		}
	}
	return append(out, githubtest.Job{Name: "matrix / report", Attempt: run.attempt, Status: "in_progress"})
}

// uploaded are the artifacts that act has of a run.
func uploaded(s *stage, run workflowRun) []githubtest.Artifact {
	of := ran{t: s.t, dir: s.path("artifacts", fmt.Sprint(run.id))}
	var out []githubtest.Artifact
	for i, name := range of.artifacts() {
		if _, err := os.Stat(s.path("artifacts", fmt.Sprint(run.id), name, name+".zip")); err == nil {
			out = append(out, githubtest.Artifact{ID: run.id*1000 + int64(i), Name: name, Data: of.archive(name)})
		}
	}
	return out
}

// end says that a run is over.
func end(api *githubtest.Server, run workflowRun, conclusion string) {
	api.Update(func(state *githubtest.State) {
		known := state.Repository("acme/shop").Run(run.id)
		known.Status, known.Conclusion = "completed", conclusion
		for i := range known.Jobs {
			if known.Jobs[i].Status != "completed" {
				known.Jobs[i].Status, known.Jobs[i].Conclusion = "completed", conclusion
			}
		}
	})
}
