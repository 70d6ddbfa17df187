package findings

import (
	"testing"

	"github.com/posthog/chart-matrix/result"
)

// TestFirstLineIsTheMessage: what could not be asked is told in its first line,
// also where the lines below it are other ones in each cell.
func TestFirstLineIsTheMessage(t *testing.T) {
	for _, c := range []struct{ reason, title string }{
		{"no kind cluster: Docker does not answer", "no kind cluster: Docker does not answer"},
		{"no kind cluster: the disk is full\n ✗ Preparing nodes\nERROR: no space left on device", "no kind cluster: the disk is full"},
		{"k3s v1.34 is not ready after 1m0s: no node; the end of its log, /tmp/x/k3s.log:\nlevel=info msg=hello", "k3s v1.34 is not ready after 1m0s: no node"},
		{"\n\nno cluster:\n  quota", "no cluster"},
		{
			"no eks cluster: eksctl: exit code 1\nusing region us-east-1\nError: api error VpcLimitExceeded: The maximum number of VPCs has been reached.",
			"no eks cluster: eksctl: exit code 1: Error: api error VpcLimitExceeded: The maximum number of VPCs has been reached.",
		},
		{"no eks cluster: eksctl: exit code 1\nsomething that nobody knows", "no eks cluster: eksctl: exit code 1"},
	} {
		p := planOf(t, axesOf(fourteen[:2], "kind", "default", "install"))
		p.Layers, p.JobLayers = append(p.Layers, "cluster"), []string{"cluster"}
		run := runOf(p, nil)
		for i := range run.Cells {
			breakUp(&run.Cells[i], "cluster", c.reason)
		}
		run.Cells[1].Steps[len(run.Cells[1].Steps)-1].Reason += "\nand another last line"
		s := Explain(result.Join(p, run.Cells, nil), Options{Now: day})
		if len(s.Findings) != 1 || s.Findings[0].Title != c.title {
			t.Errorf("%q: %q, want one: %q", c.reason, told(s), c.title)
		}
	}
}
