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
	p := s.caller(`
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
	})
	api := hub(t, p, "acme")
	r := s.during(api, workflowRun{
		workflow: matrixWorkflow, event: "pull_request", payload: pullRequest(p, "acme"), id: 1001, attempt: 1, token: githubtest.WriteToken,
	}, p.head, func(job matrix.Job, _ int) string {
		if strings.Contains(job.Name, "-1.34-") || strings.Contains(job.Name, "-1.35-") {
			return "failure"
		}
		return "success"
	})
	expect(t, r.output("plan.plan.jobs"), "4")
	expect(t, r.output("plan.plan.follow-up"), "6")
	expect(t, r.output("triage.triage.jobs"), "3")
	expect(t, r.output("report.report.verdict"), "failed")
	var summary findings.Summary
	must(t, json.Unmarshal([]byte(r.file("chart-matrix.hogwatch.report.1", "summary.json")), &summary))
	if summary.Counts.Planned != 7 || summary.Counts.Lost != 0 || len(summary.Anomalies) > 0 {
		t.Errorf("%+v, %q", summary.Counts, summary.Anomalies)
	}
	contains(t, strings.Join(summary.Notes, "\n"), "follow-up: 3 cells were run to tell", "on Kubernetes 1.34 and later")
	comments := api.State().Repository(shop).Comments
	contains(t, comments[len(comments)-1].Body, "on Kubernetes 1.34 and later")
}
