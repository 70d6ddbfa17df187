package present

import (
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/findings"
)

func TestReasonsTellOnlyWhatIsNotOpenBelow(t *testing.T) {
	s := findings.Summary{
		Verdict: findings.Verdict{
			ExitCode: 1,
			Reasons:  []string{"new: a is broken (on EKS)", "pre-existing: b: is broken (everywhere)", "no cell was planned"},
			Warnings: []string{"expected: c is broken (in scenario ha)", "expected: e (on GKE)", "flaky: f (on k3s)", "unknown: d"},
		},
		Findings: []findings.Finding{
			{State: findings.New, Title: "a is broken", Where: "on EKS"},
			{State: findings.PreExisting, Title: "b: is broken", Where: "everywhere"},
			{State: findings.Expected, Title: "c is broken", Where: "in scenario ha"},
			{State: findings.Expected, Title: "e", Where: "on GKE"},
			{State: findings.Flaky, Title: "f", Where: "on k3s"},
		},
	}
	got := Reasons(s, Groups(s))
	want := []string{"pre-existing: b: is broken (everywhere)", "no cell was planned", "warning: unknown: d", "Let pass: 2 expected failures, 1 flaky"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	s.Findings = s.Findings[1:2] // now the known failure is opened
	if got := Reasons(s, Groups(s)); slices.Contains(got, want[0]) {
		t.Errorf("%q is told twice", want[0])
	}
}
