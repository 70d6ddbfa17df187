package terminal

import (
	"fmt"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/reporters/internal/fixture"
)

// TestManyFindingsStayReadable: a chart may have hundreds of distinct faults.
func TestManyFindingsStayReadable(t *testing.T) {
	s := fixture.TwoFindings()
	first := s.Findings[0]
	for i := range 500 {
		f := first
		f.Title, f.Fingerprint = fmt.Sprintf("fault number %d", i), fmt.Sprint(i)
		s.Findings = append(s.Findings, f)
		s.Verdict.Reasons = append(s.Verdict.Reasons, fmt.Sprintf("%s: %s (%s)", findings.New, f.Title, f.Where))
	}
	text := render(t, Options{}, s)
	if n := strings.Count(text, "\n"); n > 150 {
		t.Errorf("%d lines", n)
	}
	if !strings.Contains(text, "and 492 more findings; --format html shows them all") {
		t.Errorf("does not say how many there are more:\n%s", text)
	}
}
