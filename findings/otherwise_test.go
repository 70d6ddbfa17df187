package findings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// wheres tells of each finding what it says of its place, by title.
func wheres(s findings.Summary) []string {
	var out []string
	for _, f := range s.Findings {
		out = append(out, f.Title+": "+f.Where)
	}
	slices.Sort(out)
	return out
}

// TestFailsInOtherWays: cells that fail for another reason are no proof that a
// failure is everywhere.
func TestFailsInOtherWays(t *testing.T) {
	crash := trouble("crash-loop", "Deployment/web", "container web ended with exit code 1")
	image := trouble("image-pull", "Deployment/web", "image web:9 cannot be pulled")
	crowd := trouble("unschedulable", "Deployment/web", "no node has room")
	worker := trouble("crash-loop", "Deployment/worker", "container worker ended with exit code 1")
	ingress := trouble("no-address", "Ingress/web", "it has no address")
	tests := []struct {
		name   string
		happen func(at map[string]string, c *result.Cell)
		want   []string
	}{
		{"each provider in its own", func(at map[string]string, c *result.Cell) {
			stops(c, "install", map[string]result.Problem{"k3s": crash, "eks": image, "gke": crowd}[at["provider"]])
		}, []string{
			"Deployment/web: container web ended with exit code 1: on k3s", "Deployment/web: image web:9 cannot be pulled: on EKS",
			"Deployment/web: no node has room: on GKE",
		}},
		{"one everywhere, and one more of another object", func(at map[string]string, c *result.Cell) {
			if at["provider"] == "eks" {
				stops(c, "install", worker, ingress)
			} else {
				stops(c, "install", worker)
			}
		}, []string{"Deployment/worker: container worker ended with exit code 1: everywhere", "Ingress/web: it has no address: on EKS"}},
		{"one beside another that is wider", func(at map[string]string, c *result.Cell) {
			switch {
			case at["provider"] == "gke" && at["kubernetes"] == "1.31":
				stops(c, "install", ingress, worker)
			case at["provider"] == "gke":
				stops(c, "install", ingress)
			}
		}, []string{"Deployment/worker: container worker ended with exit code 1: on Kubernetes 1.31, on GKE", "Ingress/web: it has no address: on GKE"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := wheres(explain(t, clusterScene(test.happen), findings.Gate{})); !slices.Equal(got, test.want) {
				t.Errorf("got\n%q\nwant\n%q", got, test.want)
			}
		})
	}
}

// TestOnlyPassingCellsAreNeighbours: a cell that failed in another way is not
// shown as one that passed.
func TestOnlyPassingCellsAreNeighbours(t *testing.T) {
	s := explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		code := map[string]string{"k3s": "oom", "eks": "image-pull", "gke": "crash-loop"}[at["provider"]]
		stops(c, "install", trouble(code, "Deployment/web", "it ended with "+code))
	}), findings.Gate{})
	for _, f := range s.Findings {
		if f.Neighbour != nil {
			t.Errorf("%s: %+v", f.Title, f.Neighbour)
		}
	}
}

// TestOneFailureIsNamed: a failure in one cell of many is told by that cell, and
// not as if it were known what it depends on.
func TestOneFailureIsNamed(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(_ map[string]string, c *result.Cell) {
		if c.Slug == "eks-1.32-ha-upgrade" {
			stops(c, "install", trouble("rollout", "Deployment/web", "it is not ready"))
		}
	}), findings.Gate{}))
	if want := "Fails only in eks-1.32-ha-upgrade (1 of 48 cells): Deployment/web: it is not ready"; f.Sentence != want || f.Kind != findings.KindCluster {
		t.Errorf("%s: got %s, want %s", f.Kind, f.Sentence, want)
	}
}

// TestTwoFailuresAreNamed: two cells need no four conditions that hold in them alone.
func TestTwoFailuresAreNamed(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(_ map[string]string, c *result.Cell) {
		if c.Slug == "k3s-1.31-ha-install" || c.Slug == "k3s-1.33-ha-install" {
			c.Schema = "" // its result never came
		}
	}), findings.Gate{}))
	if want := "Gives no result in k3s-1.31-ha-install and k3s-1.33-ha-install (2 of 48 cells): Planned, but no result came back"; f.Sentence != want {
		t.Errorf("got %s", f.Sentence)
	}
}

// TestChanceIsNoSecondCause: the failures beside a cause are not told as if they
// were causes, and none of them stands for the others.
func TestChanceIsNoSecondCause(t *testing.T) {
	small := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" || c.Slug == "gke-1.31-ha" {
			stops(c, "install", trouble("crash-loop", "Deployment/web", "container web ended with exit code 1"))
		}
	}, "kubernetes: 1.30 1.31 1.32 1.33", "provider: k3s eks gke", "scenario: default ha")
	f := one(t, explain(t, small, findings.Gate{}))
	if want := "on EKS, and once in gke-1.31-ha, perhaps by chance"; f.Where != want || f.Confidence < 0.9 {
		t.Errorf("%v: got %s, want %s", f.Confidence, f.Where, want)
	}
	if f.Neighbour == nil || !slices.Equal(f.Neighbour.Differs, []string{"provider: EKS, not k3s"}) {
		t.Errorf("neighbour %+v", f.Neighbour)
	}
}

// TestRivalsHoldTheFailures: what explains a part of the failures is no rival,
// and where all fail nothing is guessed.
func TestRivalsHoldTheFailures(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["kubernetes"] > "1.30" && at["kubernetes"] < "1.34" {
			stops(c, "install", trouble("rollout", "Deployment/web", "it is not ready"))
		}
	}, "kubernetes: 1.30 1.31 1.32 1.33 1.34", "provider: k3s eks", "scenario: default ha"), findings.Gate{}))
	if f.Where != "on Kubernetes 1.31 to 1.33" && f.Where != "on Kubernetes 1.31 to 1.33, in every scenario" || len(f.Rivals) != 0 {
		t.Errorf("%s, rivals %+v", f.Where, f.Rivals)
	}
	f = one(t, explain(t, clusterScene(func(_ map[string]string, c *result.Cell) {
		stops(c, "install", trouble("rollout", "Deployment/web", "it is not ready"))
	}, "kubernetes: 1.32 1.33"), findings.Gate{}))
	if want := "Fails everywhere: Deployment/web: it is not ready"; f.Sentence != want || len(f.Rivals) != 0 || len(f.Next) != 0 {
		t.Errorf("got %s, rivals %+v, next %+v", f.Sentence, f.Rivals, f.Next)
	}
}

// TestManyFailuresOfOneCell: however many they are, they are in that cell and
// nobody knows what it takes to have them.
func TestManyFailuresOfOneCell(t *testing.T) {
	s := explain(t, clusterScene(func(_ map[string]string, c *result.Cell) {
		for n := range 6 {
			if c.Slug == "eks-1.32-ha-upgrade" {
				report(c, "install", trouble("rollout", "Deployment/"+string(rune('a'+n)), "it does not like "+string(rune('a'+n))+string(rune('q'+n))))
			}
		}
	}), findings.Gate{})
	for _, f := range s.Findings {
		if !strings.HasPrefix(f.Sentence, "Fails only in eks-1.32-ha-upgrade (1 of 48 cells): ") || f.Where != "only in eks-1.32-ha-upgrade, 1 of 48 cells" {
			t.Errorf("%v %s (%s)", f.Confidence, f.Sentence, f.Where)
		}
	}
}

// ends takes the first and the last of four versions.
type ends struct{}

func (ends) Name() string { return "ends" }

func (ends) Cover(_ []matrix.Axis, cells []matrix.Cell, _ int64) (keep []bool, why string) {
	keep = make([]bool, len(cells))
	for i, c := range cells {
		keep[i] = c.At["kubernetes"] == "1.31" || c.At["kubernetes"] == "1.34"
	}
	return keep, "the ends stand for all"
}

// TestNoRivalOfItself: where nobody asked between two versions, the sentence names
// one explanation, and the rivals are the others, each once.
func TestNoRivalOfItself(t *testing.T) {
	s := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["kubernetes"] == "1.34" {
			stops(c, "install", trouble("crash-loop", "Deployment/web", "container web ended with exit code 1"))
		}
	}, "kubernetes: 1.31 1.32 1.33 1.34", "provider: kind eks", "scenario: default ha")
	s.spec.Cover = ends{}
	f := one(t, explain(t, s, findings.Gate{}))
	var got []string
	for _, r := range f.Rivals {
		got = append(got, r.Where)
	}
	if want := []string{"on Kubernetes 1.32 and later", "on Kubernetes 1.33 and later"}; !strings.Contains(f.Where, "only on Kubernetes 1.34") || !slices.Equal(got, want) {
		t.Errorf("%s, or %q; want %q", f.Where, got, want)
	}
}
