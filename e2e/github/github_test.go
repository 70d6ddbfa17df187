//go:build e2e

package github

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
)

// command is a layer that fails in one of the cells that are left: what it
// tests is that a script of the user's sees its cell, and the tools that the
// caller's set-up action has prepared.
const command = `
layers:
  command:
    needs: nothing
    run: |
      echo "1..2"
      [ "$HEDGEHOGS" = 3 ] && echo "ok 1 - tools" || echo "not ok 1 - tools"
      if [ "$SCENARIO" = ha ]; then
        echo "not ok 2 - two replicas share one volume"
        exit 1
      fi
      echo "ok 2 - volumes"
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

func TestPullRequest(t *testing.T) {
	s := newStage(t)
	write(t, s.path("caller", ".github", "actions", "chart-matrix-setup", "action.yml"), setup, 0o644)
	p := s.caller(command)
	api := hub(t, p)
	payload := s.event(pullRequest(p))
	conclude := func(job matrix.Job) string {
		if strings.Contains(job.Name, "-ha-") {
			return "failure"
		}
		return "success"
	}

	first := workflowRun{event: "pull_request", payload: payload, id: 1001, attempt: 1}
	begin(s, api, first, p, conclude)
	one := s.act(first, api)
	end(api, first, "failure")
	t.Log(one.readable())
	for _, c := range s.calls() {
		t.Log(c.command, c.job)
	}
	for k, v := range one.outputs {
		t.Log(k, v)
	}
	for _, r := range api.Requests() {
		t.Log(r.Method, r.Path, r.Query, r.Status)
	}
	comments := api.State().Repository("acme/shop").Comments
	for _, c := range comments {
		t.Log(c.Author, c.Body)
	}
	t.Log(one.artifacts())
	_ = slices.Sorted[string]
	_ = githubtest.WriteToken
}
