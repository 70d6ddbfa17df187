//go:build e2e

package github

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
)

// planned looks at the outputs of the plan job.
func planned(t *testing.T, r ran) {
	expect(t, r.output("plan.plan.cells"), "6")
	expect(t, r.output("plan.plan.jobs"), "3")
	expect(t, r.output("plan.plan.jobs-2"), "0")
	expect(t, r.output("plan.plan.name"), "hogwatch")
	expect(t, r.output("plan.plan.attempt"), "1")
	var fan struct{ Include []map[string]string }
	if err := json.Unmarshal([]byte(r.output("plan.plan.matrix")), &fan); err != nil || len(fan.Include) != 3 {
		t.Fatalf("%v in %s", err, r.output("plan.plan.matrix"))
	}
	for _, job := range fan.Include {
		if job["id"] == "" || !strings.HasPrefix(job["name"], job["id"]+" ") || job["runs-on"] != `["ubuntu-24.04"]` {
			t.Errorf("%v", job)
		}
	}
}

// called looks at what the workflows ran, and at what those could see.
func called(t *testing.T, calls []call) {
	var order []string
	for _, c := range calls {
		order = append(order, c.command)
		secret := slices.Contains(c.environment, "GITHUB_TOKEN") || slices.Contains(c.environment, "GH_TOKEN")
		if delivers := c.command == "report" || c.command == "deliver"; secret != delivers {
			t.Errorf("%s %s has a token: %v", c.command, c.job, secret)
		}
		if (c.command == "run" || c.command == "down") != (c.job != "") {
			t.Errorf("%s with job %q", c.command, c.job)
		}
	}
	expect(t, strings.Join(order, " "), "plan run down run down run down report deliver")
}

// files looks at what the run uploaded.
func files(t *testing.T, r ran) {
	names := r.artifacts()
	if len(names) != 6 || !slices.Contains(names, "chart-matrix.hogwatch.plan.1") || !slices.Contains(names, "report.hogwatch.1.html") {
		t.Fatalf("artifacts: %v", names)
	}
	const report = "chart-matrix.hogwatch.report.1"
	page := r.file("report.hogwatch.1.html", "report.hogwatch.1.html")
	contains(t, page, "<!DOCTYPE html>", "two replicas share one volume")
	expect(t, r.file(report, "report.html"), page)
	contains(t, r.file(report, "summary.md"), "two replicas share one volume")
	contains(t, r.file(report, "junit.xml"), "<testsuites", "two replicas share one volume")
	var summary findings.Summary
	if err := json.Unmarshal([]byte(r.file(report, "summary.json")), &summary); err != nil {
		t.Fatal(err)
	}
	if summary.Verdict.Passed || summary.Verdict.ExitCode != 1 || len(summary.Verdict.Reasons) != 3 || summary.Origin.Run != "run 1001" {
		t.Errorf("%+v", summary.Verdict)
	}
	contains(t, r.file(report, "results/plan.json"), `"hogwatch"`)
	for _, name := range names {
		if strings.HasPrefix(name, "chart-matrix.hogwatch.") && name != report {
			contains(t, r.file(name, "part.json"), "chart-matrix/part/v1")
		}
	}
}

func expect(t *testing.T, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
}

func contains(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("expected %q in\n%.3000s", part, text)
		}
	}
}
