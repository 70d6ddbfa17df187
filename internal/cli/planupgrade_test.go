package cli

import (
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestOwnWordLeavesOutUpgradesAlone: a run that says that it has nothing to test
// is believed of upgrades, and the report says whose word that is. That its chart
// is the one here is its own word, too.
func TestOwnWordLeavesOutUpgradesAlone(t *testing.T) {
	made := func() *matrix.Plan {
		p, err := matrix.Expand(matrix.Spec{
			Axes:   []matrix.Axis{{Name: matrix.Kubernetes, Values: []string{"1.34"}, Ordered: true}, {Name: matrix.Operation, Values: []string{"install", "upgrade"}}},
			Layers: []string{"render"},
		}, 1)
		if err != nil {
			t.Fatal(err)
		}
		p.Chart.Digest = "sha256:the-same"
		return p
	}
	own, plan := made(), made()
	own.Omit(matrix.NothingToTest, upgradeRule("upgrade"), "nothing to upgrade", func(c matrix.Cell) bool { return c.At[matrix.Operation] == "upgrade" })
	own.Omit(matrix.NothingToTest, upgradeRule("install"), "nothing to install", func(matrix.Cell) bool { return true })
	omitAsIn(plan, own)
	if len(plan.Cells) != 1 || plan.Cells[0].At[matrix.Operation] != "install" || len(plan.Omissions) != 1 {
		t.Fatalf("%+v, %+v", plan.Cells, plan.Omissions)
	}
	if because := plan.Omissions[0].Because; because != ownWord+"nothing to upgrade" {
		t.Errorf("because %q", because)
	}
	passed := []result.Cell{{
		Schema: result.CellSchema, ID: plan.Cells[0].ID, At: plan.Cells[0].At, Attempt: 1, Status: result.Passed,
		Steps: []result.Step{{Layer: "render", Status: result.Passed, Assertions: []result.Assertion{{Name: "renders", Status: result.Passed}}}},
	}}
	for _, c := range []struct {
		layers []string
		want   string
	}{{[]string{"render"}, "The only cell passes"}, {nil, "Nothing to test for this change, as the run itself says."}} {
		if c.layers == nil {
			plan.Cells, passed = nil, nil
		}
		s := findings.Explain(result.Join(plan, passed, nil), findings.Options{Now: time.Now(), Origin: findings.Origin{SelfReported: true}})
		if !strings.HasPrefix(s.Verdict.Headline, c.want) {
			t.Errorf("headline %q, want %q", s.Verdict.Headline, c.want)
		}
	}
}
