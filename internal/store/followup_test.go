package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// followed makes the plan of the collection the first one: the last of its cells
// is left out of it, and asked in a follow-up.
func (c *collection) followed(attempt int) *collection {
	c.Helper()
	whole := *c.plan
	first := whole
	last := whole.Cells[len(whole.Cells)-1]
	first.Omit(matrix.NotSelected, "event push", "it asks for others", func(cell matrix.Cell) bool { return cell.ID == last.ID })
	first.Jobs = whole.Jobs[:len(whole.Jobs)-1]
	first.Seal()
	c.plan = &first
	c.ofPlan(attempt)
	up, err := matrix.NewFollowUp(&first, &whole, [][]matrix.Wanted{{{At: last.At, Because: "it tells"}}}, matrix.FollowUpLimits{Cells: 1})
	if err != nil {
		c.Fatal(err)
	}
	up.Jobs = whole.Jobs[len(whole.Jobs)-1:]
	up.Seal()
	return &collection{c.TB, c.dir, up}
}

func (c *collection) upFolder(attempt int) string {
	return filepath.Join(c.dir, Artifact{c.plan.Name, FollowUpArtifact, attempt}.String())
}

// ofUp adds the follow-up's part, and that of its only job.
func (c *collection) ofUp(attempt int, status result.Status) {
	c.Helper()
	c.write(c.upFolder(attempt), c.part("", attempt), c.plan, staticResults(c.plan, attempt))
	c.ofJobs(attempt, status, 0)
}

func TestCollectFollowUp(t *testing.T) {
	c := aCollection(t)
	all := len(c.plan.Cells)
	up := c.followed(1)
	c.ofJobs(1, result.Passed, 0, 1, 2)
	up.ofUp(1, result.Failed)
	got := c.collect()
	anomalies(t, got)
	if len(got.Plan.Cells) != all || len(got.Plan.Jobs) != all || got.First.Digest != c.plan.Digest || got.FollowUp.Digest != up.plan.Digest {
		t.Errorf("%d cells, %d jobs of both plans, first %s", len(got.Plan.Cells), len(got.Plan.Jobs), got.First.Digest)
	}
	if b := brief(got, up.plan.Cells[0].ID); b != "plan@1 passed, job@1 failed" {
		t.Errorf("the followed cell: %s", b)
	}
	for _, cell := range c.plan.Cells {
		if b := brief(got, cell.ID); b != "plan@1 passed, job@1 passed" {
			t.Errorf("%s: %s", cell.Slug, b)
		}
	}
	// All together fit the joined plan, and a job finds either plan.
	if run := result.Join(got.Plan, got.Cells, nil); len(run.Anomalies) > 0 || len(run.Cells) != all {
		t.Errorf("%d cells, %q", len(run.Cells), run.Anomalies)
	}
	for dir, want := range map[string]string{c.dir: c.plan.Digest, up.upFolder(1): up.plan.Digest} {
		plan, err := CollectPlan(dir, "")
		if err != nil || plan.Digest != want {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// TestCollectFollowUpAgain: of several attempts the newest follow-up counts; one
// of the same cells keeps what an earlier attempt's jobs left.
func TestCollectFollowUpAgain(t *testing.T) {
	c := aCollection(t)
	up := c.followed(1)
	c.ofJobs(1, result.Passed, 0, 1, 2)
	up.ofUp(1, result.Failed)
	up.write(up.upFolder(2), up.part("", 2), up.plan, staticResults(up.plan, 2))
	got := c.collect()
	anomalies(t, got)
	if b := brief(got, up.plan.Cells[0].ID); !strings.Contains(b, "job@1 failed") || !strings.Contains(b, "plan@2 passed") {
		t.Errorf("the followed cell: %s", b)
	}
}

// TestCollectFollowUpOfOldFailures: when the jobs ran again and nothing was left to
// follow up, an earlier follow-up does not keep the run red.
func TestCollectFollowUpOfOldFailures(t *testing.T) {
	c := aCollection(t)
	up := c.followed(1)
	c.ofJobs(1, result.Passed, 0, 1)
	c.ofJobs(1, result.Failed, 2)
	up.ofUp(1, result.Failed)
	c.ofJobs(2, result.Passed, 2)
	got := c.collect()
	if got.FollowUp != nil || got.Plan != got.First || len(got.Plan.Cells) != len(c.plan.Cells) {
		t.Errorf("%d cells", len(got.Plan.Cells))
	}
	if len(got.Anomalies) != 1 || !strings.Contains(got.Anomalies[0], "results of a follow-up are left out") {
		t.Errorf("%q", got.Anomalies)
	}
	if run := result.Join(got.Plan, got.Cells, nil); len(run.Anomalies) > 0 {
		t.Errorf("%q", run.Anomalies)
	}
}

// TestCollectForeignFollowUp: what does not follow the plan at hand adds nothing.
func TestCollectForeignFollowUp(t *testing.T) {
	for name, change := range map[string]func(*matrix.Plan){
		"it follows the plan sha256:0": func(p *matrix.Plan) { p.FollowUp.Of = "sha256:0" },
		"not one that it may add":      func(p *matrix.Plan) { p.FollowUp.Cells = nil },
		"another chart":                func(p *matrix.Plan) { p.Chart.Digest = "sha256:1" },
	} {
		c := aCollection(t)
		up := c.followed(1)
		c.ofJobs(1, result.Passed, 0, 1, 2)
		change(up.plan)
		up.plan.Seal()
		up.ofUp(1, result.Passed)
		got := c.collect()
		if len(got.Plan.Cells) != len(c.plan.Cells) || got.FollowUp != nil || !strings.Contains(strings.Join(got.Anomalies, "\n"), name) {
			t.Errorf("%s: %d cells, %q", name, len(got.Plan.Cells), got.Anomalies)
		}
		if b := brief(got, up.plan.Cells[0].ID); b != "" {
			t.Errorf("%s: %s", name, b)
		}
	}
}

// TestFollowUpPart: the part and the plan in it say the same.
func TestFollowUpPart(t *testing.T) {
	c := aCollection(t)
	up := c.followed(1)
	up.write(up.folder("", 2), up.part("", 2), up.plan, nil) // under the plan's name
	got := c.collect()
	if len(got.Plan.Cells) != len(c.plan.Cells) || !strings.Contains(strings.Join(got.Anomalies, "\n"), "it is the part of the follow-up") {
		t.Errorf("%q", got.Anomalies)
	}
}
