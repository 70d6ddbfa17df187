//go:build e2e

package github

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
)

// layer is a command that fails at the first attempt in one of the cells that the
// static layers leave over, and in all of them if the caller's set-up action did not run.
const layer = `
layers:
  command:
    needs: nothing
    run: |
      echo "1..2"
      if [ "$HEDGEHOGS" = 3 ]; then echo "ok 1 - tools"; else echo "not ok 1 - tools"; fi
      if [ "$SCENARIO" = ha ] && [ "$GITHUB_RUN_ATTEMPT" = 1 ]; then
        echo "not ok 2 - two replicas share one volume"
        exit 1
      fi
      echo "ok 2 - volumes"
`

// noLayer is the same command before the change that makes it a test. Naming a
// layer that needs no cluster also keeps clusters out of these tests.
const noLayer = `
layers:
  command: {needs: nothing, run: "true"}
`

// setup is the caller's own action, which runs before every plan and cell.
const setup = `name: Tools
description: What the scripts of the cells need
runs:
  using: composite
  steps:
    - run: echo HEDGEHOGS=3 >> "$GITHUB_ENV"
      shell: bash
`

// conclude is how the jobs with that layer end.
func conclude(job matrix.Job, attempt int) string {
	if strings.Contains(job.Name, "-ha-") && attempt == 1 {
		return "failure"
	}
	return "success"
}

// TestPullRequest plays a pull request whose first run has nothing to compare
// with, a night on the main branch, and a second run that is compared with it.
func TestPullRequest(t *testing.T) {
	s := newStage(t)
	write(t, s.path("caller", ".github", "actions", "chart-matrix-setup", "action.yml"), setup, 0o644)
	p := s.caller(noLayer, func() { s.configure(`(?s)\nlayers:.*$`, layer) })
	api := hub(t, p, "acme")
	run := workflowRun{
		workflow: matrixWorkflow, event: "pull_request", payload: pullRequest(p, "acme"), id: 1001, attempt: 1, token: githubtest.WriteToken,
	}

	one := s.during(api, run, p.head, conclude)
	t.Run("plan", func(t *testing.T) { planned(t, one) })
	t.Run("calls", func(t *testing.T) { called(t, s.calls()) })
	t.Run("files", func(t *testing.T) { files(t, one) })
	t.Run("outputs", func(t *testing.T) {
		expect(t, one.output("report.report.verdict"), "failed")
		expect(t, one.output("report.report.findings"), "3")
		contains(t, one.output("report.report.html-url"), "https://github.com/acme/shop/actions/runs/1001/artifacts/")
		contains(t, one.output("report.report.comment-url"), "https://github.com/acme/shop/pull/3#issuecomment-")
	})
	t.Run("summary", func(t *testing.T) {
		contains(t, read(t, s.path("summary.deliver.md")), "two replicas share one volume", "No baseline")
	})
	t.Run("comment", func(t *testing.T) {
		comments := api.State().Repository(shop).Comments
		if len(comments) != 2 || comments[1].Author.Login != githubtest.ActionsBot {
			t.Fatalf("expected one comment of the bot: %+v", comments)
		}
		contains(t, comments[1].Body, "<!-- chart-matrix:hogwatch run=1001 attempt=1 -->\n", "## ❌ 3 causes of failure in 4 of 6 cells; 2 cells pass.",
			"two replicas share one volume", "autoscaling/v2beta2 was removed in Kubernetes 1.26", "DATABASE_PORT", one.output("report.report.html-url"))
		contains(t, one.output("report.report.comment-url"), fmt.Sprint("#issuecomment-", comments[1].ID))
	})
	t.Run("check run", func(t *testing.T) {
		checks := api.State().Repository(shop).CheckRuns
		if len(checks) != 1 || checks[0].HeadSHA != p.head || checks[0].Conclusion != "failure" {
			t.Fatalf("%+v", checks)
		}
		for _, a := range checks[0].Annotations {
			// GitHub drops an annotation whose file the commit does not have.
			if _, err := s.tryGit("cat-file", "-e", p.head+":"+a.Path); err != nil {
				t.Errorf("the annotation on %s: %v", a.Path, err)
			}
		}
		if len(checks[0].Annotations) == 0 {
			t.Error("no annotations")
		}
	})
	t.Run("requests", func(t *testing.T) {
		if n := api.Count(""); n >= 20 {
			t.Errorf("%d requests, expected fewer than 20", n)
		}
	})

	// Meanwhile somebody quotes the comment, and the night on main finds two of the
	// three, too: the test that finds the third is new.
	api.Update(func(state *githubtest.State) {
		repo := state.Repository(shop)
		quote := githubtest.Comment{Number: 3, Author: githubtest.User{Login: "hedgehog"}, Body: repo.Comments[1].Body + "\nIs this right?"}
		repo.Comments = slices.Insert(repo.Comments, 1, quote)
	})
	before := api.State().Repository(shop).Comments
	s.git("checkout", "--quiet", "main")
	night := s.during(api, workflowRun{
		workflow: matrixWorkflow, event: "schedule", id: 1002, attempt: 1, token: githubtest.WriteToken,
		payload: map[string]any{"schedule": "23 4 * * *", "repository": repository("acme")},
	}, p.base, func(matrix.Job, int) string { return "success" })
	t.Run("night", func(t *testing.T) {
		expect(t, night.output("plan.plan.jobs"), "5")
		expect(t, night.output("report.report.verdict"), "failed")
		expect(t, night.output("report.report.comment-url"), "")
		if comments := api.State().Repository(shop).Comments; !slices.Equal(comments, before) {
			t.Errorf("comments changed: %+v", comments)
		}
	})

	s.git("checkout", "--quiet", "merge")
	run.id = 1003
	fetched := api.Count("GET /blob/*")
	two := s.during(api, run, p.head, conclude)
	t.Run("edited", func(t *testing.T) {
		comments := api.State().Repository(shop).Comments
		if len(comments) != 3 || comments[0] != before[0] || comments[1] != before[1] || comments[2].ID != before[2].ID {
			t.Fatalf("expected the bot's comment alone to change: %+v", comments)
		}
		contains(t, comments[2].Body, "<!-- chart-matrix:hogwatch run=1003 attempt=1 -->\n", "two replicas share one volume",
			"Failed before this change too (2)", "/actions/runs/1002", "/actions/runs/1003")
		expect(t, two.output("report.report.comment-url"), one.output("report.report.comment-url"))
		if api.Count("POST /repos/*/*/issues/*/comments") != 1 || api.Count("PATCH /repos/*/*/issues/comments/*") != 1 {
			t.Errorf("expected one comment made and one edit: %+v", api.Requests())
		}
	})
	t.Run("baseline", func(t *testing.T) {
		expect(t, two.output("report.report.verdict"), "failed")
		var summary findings.Summary
		must(t, json.Unmarshal([]byte(two.file("chart-matrix.hogwatch.report.1", "summary.json")), &summary))
		if len(summary.Verdict.Reasons) != 1 || !strings.Contains(summary.Verdict.Reasons[0], "two replicas share one volume") {
			t.Errorf("expected one reason to be red, the new one: %q", summary.Verdict.Reasons)
		}
		if n := api.Count("GET /blob/*") - fetched; n != 1 {
			t.Errorf("%d archives were fetched, expected the baseline's alone", n)
		}
	})
	t.Run("at home", func(t *testing.T) {
		text, code := s.atHome(api, "report", "gh:acme/shop/runs/1003")
		contains(t, text, "two replicas share one volume", "autoscaling/v2beta2", "Failed before this change too (2)")
		if code != 1 {
			t.Errorf("exit code %d, expected 1:\n%s", code, text)
		}
		if n := len(api.State().Repository(shop).Comments); n != 3 {
			t.Errorf("a report at home has written a comment; there are %d", n)
		}
	})
}

// TestRerun plays a run that is repeated: what failed once and passes then is
// flaky, and the report of the first attempt is replaced.
func TestRerun(t *testing.T) {
	s := newStage(t)
	write(t, s.path("caller", ".github", "actions", "chart-matrix-setup", "action.yml"), setup, 0o644)
	p := s.caller("", func() { s.configure(`$`, layer) })
	api := hub(t, p, "acme")
	run := workflowRun{
		workflow: matrixWorkflow, event: "pull_request", payload: pullRequest(p, "acme"), id: 1001, attempt: 1, token: githubtest.WriteToken,
	}
	one := s.during(api, run, p.head, conclude)
	run.attempt = 2
	two := s.during(api, run, p.head, conclude)
	expect(t, two.output("report.report.comment-url"), one.output("report.report.comment-url"))
	comments := api.State().Repository(shop).Comments
	if len(comments) != 2 {
		t.Fatalf("%+v", comments)
	}
	contains(t, comments[1].Body, "<!-- chart-matrix:hogwatch run=1001 attempt=2 -->\n", "2 causes of failure in 3 of 6 cells; 3 cells pass",
		"Flaky: passed when tried again (1)", "two replicas share one volume")
	contains(t, two.file("chart-matrix.hogwatch.report.2", "summary.json"), "run 1001, attempt 2")
	if names := two.artifacts(); len(names) != 12 { // none of the first attempt's was written over
		t.Errorf("artifacts: %v", names)
	}
}

// TestNothingToTest plays a push to the main branch, on which the configuration
// runs nothing. The plan's artifact is then the only one, and download-artifact
// puts it where otherwise a folder for each would be.
func TestNothingToTest(t *testing.T) {
	s := newStage(t)
	p := s.caller("", func() { s.configure(`$`, layer) })
	api := hub(t, p, "acme")
	r := s.during(api, workflowRun{
		workflow: matrixWorkflow, event: "push", id: 1001, attempt: 1, token: githubtest.WriteToken,
		payload: map[string]any{"ref": "refs/heads/main", "before": p.base, "after": p.head, "repository": repository("acme")},
	}, p.head, conclude)
	expect(t, r.output("plan.plan.jobs"), "0")
	expect(t, r.output("plan.plan.cells"), "0")
	expect(t, r.output("report.report.verdict"), "passed")
	var order []string
	for _, c := range s.calls() {
		order = append(order, c.command)
	}
	expect(t, strings.Join(order, " "), "plan report deliver")
	contains(t, read(t, s.path("summary.deliver.md")), "Nothing to test for this event")
	contains(t, r.file("report.hogwatch.1.html", "report.hogwatch.1.html"), "Nothing to test for this event")
	if n := len(api.State().Repository(shop).Comments); n != 1 {
		t.Errorf("%d comments, expected none of ours", n)
	}
}

// TestFork plays a pull request from a fork, whose run may not write, and the
// run on the main branch that then comments for it.
func TestFork(t *testing.T) {
	s := newStage(t)
	write(t, s.path("caller", ".github", "actions", "chart-matrix-setup", "action.yml"), setup, 0o644)
	p := s.caller(layer, func() { s.configure(`(?m)^  scenario: \[.*\]$`, "  scenario: [default]") })
	api := hub(t, p, "mallory")
	first := workflowRun{
		workflow: matrixWorkflow, event: "pull_request", payload: pullRequest(p, "mallory"), id: 1001, attempt: 1,
		token: githubtest.ReadToken, fork: "mallory",
	}
	one := s.during(api, first, p.head, conclude)
	t.Run("its own run", func(t *testing.T) {
		// It believes its own plan, says what that lacks, and cannot comment.
		expect(t, one.output("report.report.verdict"), "passed")
		expect(t, one.output("report.report.comment-url"), "")
		contains(t, read(t, s.path("summary.deliver.md")), "All 2 cells pass", "removes 4 cells (scenario ha and external-db)")
		contains(t, one.readable(), "the token may not write here")
		state := api.State().Repository(shop)
		if len(state.Comments) != 1 || len(state.CheckRuns) != 0 {
			t.Errorf("%+v %+v", state.Comments, state.CheckRuns)
		}
	})
	second := workflowRun{
		workflow: commentWorkflow, event: "workflow_run", id: 1002, attempt: 1, token: githubtest.WriteToken,
		payload: map[string]any{
			"action": "completed", "repository": repository("acme"), "workflow": map[string]any{"path": matrixWorkflow},
			"workflow_run": map[string]any{
				"id": first.id, "run_attempt": 1, "event": "pull_request", "head_branch": "topic", "head_sha": p.head, "path": matrixWorkflow,
				"head_repository": repository("mallory"), "repository": repository("acme"), "pull_requests": []any{},
			},
		},
	}
	two := s.during(api, second, p.base, conclude)
	t.Run("the comment's run", func(t *testing.T) {
		// The plan of the main branch misses the cells that the fork has removed.
		expect(t, two.output("comment.report.verdict"), "errored")
		comments := api.State().Repository(shop).Comments
		if len(comments) != 2 || comments[1].Author.Login != githubtest.ActionsBot {
			t.Fatalf("%+v", comments)
		}
		contains(t, comments[1].Body, "<!-- chart-matrix:hogwatch run=1001 attempt=1 -->\n", "No answer from 4 cells; 2 cells pass",
			"Self-reported", "removes 4 cells (scenario ha and external-db)")
		contains(t, two.output("comment.report.comment-url"), fmt.Sprint("#issuecomment-", comments[1].ID))
		checks := api.State().Repository(shop).CheckRuns
		if len(checks) != 1 || checks[0].HeadSHA != p.head || checks[0].Conclusion == "success" {
			t.Errorf("%+v", checks)
		}
		if !slices.ContainsFunc(api.Requests(), func(r githubtest.Request) bool {
			return r.Path == "/repos/acme/shop/pulls" && strings.Contains(r.Query, "head=mallory%3Atopic")
		}) {
			t.Error("the pull request was not looked for by its head")
		}
	})
}
