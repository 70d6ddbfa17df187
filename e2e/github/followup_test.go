//go:build e2e

package github

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github/githubtest"
	"github.com/posthog/chart-matrix/matrix"
)

// TestFollowUp plays a pull request on the oldest and the newest version alone,
// of which the newest fails. A second fan-out finds where that begins.
func TestFollowUp(t *testing.T) {
	s := newStage(t)
	p := s.followed()
	api := hub(t, p, "acme")
	r := s.during(api, workflowRun{
		workflow: matrixWorkflow, event: "pull_request", payload: pullRequest(p, "acme"), id: 1001, attempt: 1, token: githubtest.WriteToken,
	}, p.head, newerFail)
	expect(t, r.output("plan.plan.jobs"), "4")
	expect(t, r.output("plan.plan.follow-up"), "6")
	expect(t, r.output("triage.triage.jobs"), "3")
	expect(t, r.output("report.report.verdict"), "failed")
	summary := r.summary(t)
	if summary.Counts.Planned != 7 || summary.Counts.Lost != 0 || len(summary.Anomalies) > 0 {
		t.Errorf("%+v, %q", summary.Counts, summary.Anomalies)
	}
	contains(t, strings.Join(summary.Notes, "\n"), "follow-up: 3 cells were run to tell", "on Kubernetes 1.34 and later")
	comments := api.State().Repository(shop).Comments
	contains(t, comments[len(comments)-1].Body, "on Kubernetes 1.34 and later")
}

// TestTriageFails: the run has its report, which says that it is without a follow-up.
func TestTriageFails(t *testing.T) {
	s := newStage(t)
	p := s.followed(`
runs:
  using: composite
  steps:
    - if: github.job == 'triage'
      shell: bash
      run: echo the machine has no disk left; exit 1
`)
	api := hub(t, p, "acme")
	r := s.during(api, workflowRun{
		workflow: matrixWorkflow, event: "pull_request", payload: pullRequest(p, "acme"), id: 1001, attempt: 1, token: githubtest.WriteToken,
	}, p.head, newerFail)
	expect(t, r.output("report.report.verdict"), "failed")
	summary := r.summary(t)
	if summary.Counts.Planned != 4 || summary.Counts.Lost != 0 || len(summary.Anomalies) > 0 {
		t.Errorf("%+v, %q", summary.Counts, summary.Anomalies)
	}
	contains(t, strings.Join(summary.Notes, "\n"), `the follow-up could not be planned: the job "triage" ended with "failure"`)
	comments := api.State().Repository(shop).Comments
	contains(t, comments[len(comments)-1].Body, "the follow-up could not be planned")
}

// followed is a pull request on the oldest and the newest version alone, whose
// newest versions fail, and its tools.
func (s *stage) followed(setup ...string) pull {
	return s.caller(`
follow-up: {cells: 6}
layers:
  command:
    needs: nothing
    run: |
      case $KUBERNETES_VERSION in *1.34*|*1.35*) echo the pods are refused; exit 1;; esac
`, func() {
		s.configure(`(?m)^  kubernetes: \[.*\]$`, "  kubernetes: [1.30, 1.32, 1.33, 1.34, 1.35]\n  zone: {one: {}, two: {}}")
		s.configure(`(?m)^  scenario: \[.*\]$`, "  scenario: [default]")
		s.configure(`only: \{provider: \[kind\]\}`, "only: {provider: [kind], kubernetes: [1.30, 1.35]}")
		for _, text := range setup {
			write(s.t, s.path("caller", ".github", "actions", "chart-matrix-setup", "action.yml"), "name: setup\ndescription: Tools\n"+text, 0o644)
		}
	})
}

// newerFail is how the jobs of its cells end.
func newerFail(job matrix.Job, _ int) string {
	if strings.Contains(job.Name, "-1.34-") || strings.Contains(job.Name, "-1.35-") {
		return "failure"
	}
	return "success"
}

// summary reads the report of a run.
func (r ran) summary(t *testing.T) findings.Summary {
	t.Helper()
	var summary findings.Summary
	must(t, json.Unmarshal([]byte(r.file("chart-matrix.hogwatch.report.1", "summary.json")), &summary))
	return summary
}
