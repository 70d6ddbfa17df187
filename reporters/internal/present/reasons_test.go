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
			Warnings: []string{"expected: c is broken (in scenario ha)"},
		},
		Findings: []findings.Finding{
			{State: findings.New, Title: "a is broken", Where: "on EKS"},
			{State: findings.PreExisting, Title: "b: is broken", Where: "everywhere"},
			{State: findings.Expected, Title: "c is broken", Where: "in scenario ha"},
		},
	}
	got := Reasons(s, Groups(s))
	want := []string{"pre-existing: b: is broken (everywhere)", "no cell was planned", "warning: expected: c is broken (in scenario ha)"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	s.Findings = s.Findings[1:2] // now the known failure is opened
	if got := Reasons(s, Groups(s)); slices.Contains(got, want[0]) {
		t.Errorf("%q is told twice", want[0])
	}
}
