package findings

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestFollowUpWithoutAnswers: what a follow-up was to decide stays open, and that
// alone makes no run red. What fails in it, and what it leaves behind, does.
func TestFollowUpWithoutAnswers(t *testing.T) {
	lost := func(c *result.Cell) {
		*c = result.Cell{Schema: c.Schema, ID: c.ID, Slug: c.Slug, At: c.At, Status: result.Lost, Reason: "planned, but no result came back"}
	}
	for _, c := range []struct {
		name    string
		happen  func(c *result.Cell)
		in      []int // the cells of the run; the last two are the follow-up's
		code    int
		warned  bool
		unheard string
	}{
		{"lost", lost, []int{3}, ExitPassed, true, "1 of the 2 cells of the follow-up gave no answer, so what it was to decide"},
		{"errored", func(c *result.Cell) { breakUp(c, "schema", "connection refused") }, []int{2, 3}, ExitPassed, true, "2 of the 2 cells"},
		{"lost in the run itself, too", lost, []int{1, 3}, ExitInfrastructure, false, "1 of the 2 cells"},
		{"failed", func(c *result.Cell) {
			fail(c, "schema", result.Problem{Severity: result.Error, Code: "wrong-type", Message: "no"})
		}, []int{3}, ExitChart, false, ""},
		{"leaked", func(c *result.Cell) {
			fail(c, "schema", result.Problem{Severity: result.Error, Code: "leak", Message: "the disk is left"})
		}, []int{3}, ExitInfrastructure, false, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := planOf(t, axesOf(fourteen[:4], "kind", "default", "install"))
			p.FollowUp = &matrix.FollowUp{Cells: []matrix.FollowUpCell{{ID: p.Cells[2].ID}, {ID: p.Cells[3].ID}}}
			run := runOf(p, nil)
			for _, i := range c.in {
				c.happen(&run.Cells[i])
			}
			s := Explain(result.Join(p, run.Cells, nil), Options{Now: day})
			if len(s.Findings) != 1 || s.Verdict.ExitCode != c.code || (len(s.Verdict.Warnings) > 0) != c.warned {
				t.Errorf("%+v\n%+v", s.Verdict, s.Findings)
			}
			if c.warned && (!s.Findings[0].FollowUp || s.Findings[0].Remark == "") {
				t.Errorf("it does not say why it is not red: %+v", s.Findings[0])
			}
			if notes := strings.Join(s.Notes, "; "); !strings.Contains(notes, c.unheard) || c.unheard == "" && notes != "" {
				t.Errorf("notes %q", notes)
			}
		})
	}
}

// breakUp makes a layer give no answer.
func breakUp(c *result.Cell, layer, reason string) {
	for i := range c.Steps {
		if c.Steps[i].Layer == layer {
			c.Steps[i] = result.Step{Layer: layer, Status: result.Errored, Reason: reason}
		}
	}
	c.Status = result.Errored
}
