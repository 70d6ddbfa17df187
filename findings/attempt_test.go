package findings

import (
	"testing"

	"github.com/posthog/chart-matrix/result"
)

func TestWhatAnEarlierAttemptTells(t *testing.T) {
	broken := result.Problem{Severity: result.Error, Code: "hook-failed", Message: "the migration timed out"}
	leak := result.Problem{Severity: result.Error, Code: "leak", Message: "the disk pvc-1 is left"}
	tests := []struct {
		name    string
		problem result.Problem
		again   bool // the later attempt fails, too
		want    State
	}{
		{"failed, then passed", broken, false, Flaky},
		{"failed twice", broken, true, New},
		{"leaked, then passed", leak, false, Leak},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := planOf(t, axesOf(fourteen[:1], "kind", "default", "install"))
			first := runOf(p, func(_ at, c *result.Cell) { fail(c, "schema", test.problem) }).Cells[0]
			second := runOf(p, func(_ at, c *result.Cell) {
				c.Attempt = 2
				if test.again {
					fail(c, "schema", test.problem)
				}
			}).Cells[0]
			s := Explain(result.Join(p, []result.Cell{second, first}, nil), Options{Now: day})
			if len(s.Findings) != 1 || s.Findings[0].State != test.want {
				t.Errorf("findings %+v, want one that is %s", s.Findings, test.want)
			}
		})
	}
}

func TestAnAttemptWithoutItsPredecessorIsFlaky(t *testing.T) {
	p := planOf(t, axesOf(fourteen[:1], "kind", "default", "install"))
	run := runOf(p, func(_ at, c *result.Cell) { c.Attempt = 2 })
	s := Explain(run, Options{Now: day})
	if len(s.Findings) != 1 || s.Findings[0].State != Flaky || !s.Verdict.Passed {
		t.Errorf("findings %+v, verdict %+v; want one flaky finding, green", s.Findings, s.Verdict)
	}
}
