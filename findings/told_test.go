package findings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/result"
)

// TestTestFailsForItself: a test that passes beside another failure does not fail
// because of that, unless its words say so.
func TestTestFailsForItself(t *testing.T) {
	for _, test := range []struct {
		name, says string
		passes     bool
		want       int // findings
	}{
		{"it fails wherever install does", "expected 3 shards, got 4", false, 1},
		{"it passes where install fails", "expected 3 shards, got 4", true, 2},
		{"it passes by luck, and says what it waits for", "web: connection refused", true, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
				if at["provider"] != "eks" {
					return
				}
				report(c, "install", trouble("probe", "Deployment/web", "its probe has not succeeded"))
				if at["scenario"] == "ha" || !test.passes {
					report(c, "test", trouble("test-failed", "Pod/smoke", test.says))
				}
			}), findings.Gate{})
			if len(s.Findings) != test.want {
				t.Errorf("%d findings, want %d: %q", len(s.Findings), test.want, wheres(s))
			}
		})
	}
}

// TestBlockedSaysWhy: what was not asked has the reason that its layers give.
func TestBlockedSaysWhy(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["operation"] != "upgrade" {
			return
		}
		c.Status = result.Blocked
		for i := range c.Steps {
			if s := &c.Steps[i]; s.Layer == "install" || s.Layer == "test" {
				*s = result.Step{Layer: s.Layer, Status: result.Blocked, Reason: "the chart that is upgraded from does not render"}
			}
		}
	}), findings.Gate{}))
	if !strings.HasSuffix(f.Sentence, ": The chart that is upgraded from does not render") || f.Folded != "" || f.Blame != findings.BlameChartOrEnv {
		t.Errorf("%s: %s (%s)", f.Blame, f.Sentence, f.Folded)
	}
}

// TestBlameOfKnownClass: a layer knows that an image was not pulled, and its words
// whose fault that is.
func TestBlameOfKnownClass(t *testing.T) {
	for _, test := range []struct {
		says  string
		blame findings.Blame
		retry bool
	}{
		{`image "web:1" cannot be pulled: toomanyrequests: You have reached your pull rate limit`, findings.BlameInfrastructure, true},
		{`image "web:1" cannot be pulled: manifest for web:1 not found: manifest unknown`, findings.BlameChart, false},
		{`image "web:1" cannot be pulled`, findings.BlameChartOrEnv, false},
	} {
		f := one(t, explain(t, clusterScene(func(_ map[string]string, c *result.Cell) {
			stops(c, "install", trouble("image-pull", "Deployment/web", test.says))
		}), findings.Gate{}))
		if f.Blame != test.blame || f.Retryable != test.retry || f.Class != "image-pull" {
			t.Errorf("%s: %s, %s, retryable %v", test.says, f.Class, f.Blame, f.Retryable)
		}
	}
}

// TestSentencesOfTheWhole: what happens everywhere, nowhere or in the only cell.
func TestSentencesOfTheWhole(t *testing.T) {
	crash := func(_ map[string]string, c *result.Cell) {
		stops(c, "install", trouble("crash-loop", "Deployment/web", "it ended"))
	}
	silent := func(_ map[string]string, c *result.Cell) { breaks(c, "install", "the API server does not answer") }
	for _, test := range []struct {
		name  string
		scene scene
		want  string
	}{
		{"one cell", clusterScene(crash, "kubernetes: 1.33", "provider: kind"), "Fails in the only cell: Deployment/web: it ended"},
		{"all cells", clusterScene(crash), "Fails everywhere: Deployment/web: it ended"},
		{"all but one", clusterScene(func(at map[string]string, c *result.Cell) {
			if c.Slug != "gke-1.32-ha-upgrade" {
				crash(at, c)
			}
		}), "Fails everywhere but in gke-1.32-ha-upgrade (47 of 48 cells): Deployment/web: it ended"},
		{"leaks", clusterScene(func(_ map[string]string, c *result.Cell) {
			report(c, "test", trouble("leak", "", "a load balancer is left"))
		}), "Leaves something behind everywhere: a load balancer is left"},
		{"no answer at all", clusterScene(silent), "Could not be checked anywhere: the API server does not answer"},
		{"no answer of one cell", clusterScene(silent, "kubernetes: 1.33"), "Could not be checked in the only cell: the API server does not answer"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if f := one(t, explain(t, test.scene, findings.Gate{})); f.Sentence != test.want || f.State == findings.Leak && f.Class != "" {
				t.Errorf("%s: got %s, want %s", f.Class, f.Sentence, test.want)
			}
		})
	}
}

// TestOrderedAxisOfTheUser: numbers are not later than others.
func TestOrderedAxisOfTheUser(t *testing.T) {
	s := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["replicas"] > "2" {
			stops(c, "install", trouble("unschedulable", "Deployment/web", "no node has room"))
		}
	}, "kubernetes: 1.32 1.33", "provider: k3s eks", "replicas: 1 2 3 5 9")
	s.spec.Axes[2].Ordered = true
	if f := one(t, explain(t, s, findings.Gate{})); f.Where != "with replicas 3 and above" {
		t.Errorf("got %s", f.Where)
	}
}

// TestReasonIsNotItsOwnEvidence: the title is not quoted below itself.
func TestReasonIsNotItsOwnEvidence(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" {
			c.Schema = "" // its result never came
		}
	}), findings.Gate{}))
	if len(f.Evidence) != 0 || f.Title != "Planned, but no result came back" {
		t.Errorf("%s: %+v", f.Title, f.Evidence)
	}
}

// TestVersionOfTheCell: a message that names each cell's version is not quoted as
// if it were about one.
func TestVersionOfTheCell(t *testing.T) {
	for _, test := range []struct {
		name string
		says func(at map[string]string, c *result.Cell) string
		want string
	}{
		{"the minor", func(at map[string]string, _ *result.Cell) string {
			return "it does not run on Kubernetes " + at["kubernetes"]
		},
			"Deployment/web: it does not run on Kubernetes 1.31 (each cell names its own version)"},
		{"in full", func(_ map[string]string, c *result.Cell) string { return "it does not run on " + c.KubeVersion },
			"Deployment/web: it does not run on v1.31.3 (each cell names its own version)"},
		{"always the same", func(_ map[string]string, _ *result.Cell) string { return "it needs Kubernetes 1.31" }, "Deployment/web: it needs Kubernetes 1.31"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
				stops(c, "install", trouble("object-invalid", "Deployment/web", test.says(at, c)))
			}), findings.Gate{}))
			if f.Title != test.want {
				t.Errorf("got %s, want %s", f.Title, test.want)
			}
		})
	}
}

// TestSameCodeOtherReason: a container that ends in the same way for another
// reason elsewhere does not hide that reason.
func TestSameCodeOtherReason(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		ends := func(lines ...string) {
			stops(c, "install", trouble("crash-loop", "Deployment/web", "container web ended with exit code 1", lines...))
		}
		switch {
		case at["provider"] == "eks":
			ends("2026-11-23T10:00:01Z KeyError: 'REDIS_URL'", "started again 3 times")
		case at["provider"] == "gke" && at["kubernetes"] == "1.31" && at["scenario"] == "ha" && at["operation"] == "install":
			ends("a rare last word")
		case at["provider"] == "gke":
			ends("mkdir: cannot create directory '/data': Permission denied", "exit")
		}
	}), findings.Gate{}))
	var got []string
	for _, e := range f.Evidence {
		got = append(got, e.Text)
	}
	want := []string{"2026-11-23T10:00:01Z KeyError: 'REDIS_URL'", "started again 3 times", "mkdir: cannot create directory '/data': Permission denied"}
	if !slices.Equal(got, want) || f.Evidence[0].Cell == f.Evidence[2].Cell {
		t.Errorf("got %q", got)
	}
}

// TestOneAPIInTwoLayers: what schema finds is gone, and the cluster refuses, is
// one failure; what the cluster refuses beside it is another.
func TestOneAPIInTwoLayers(t *testing.T) {
	s := explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["kubernetes"] < "1.33" {
			return
		}
		report(c, "schema", trouble("api-removed", "PodDisruptionBudget/web", "policy/v1beta1 PodDisruptionBudget was removed in Kubernetes 1.33"))
		stops(c, "install",
			trouble("api-missing", "", `no matches for kind "PodDisruptionBudget" in version "policy/v1beta1"`),
			trouble("api-missing", "", `no matches for kind "Certificate" in version "cert-manager.io/v1"`))
	}), findings.Gate{})
	got := wheres(s)
	if len(got) != 2 || !strings.Contains(got[0], "PodDisruptionBudget was removed") && !strings.Contains(got[1], "PodDisruptionBudget was removed") {
		t.Errorf("%q", got)
	}
}

// TestWebhookThatDoesNotAnswer is of the machinery's class, by whichever layer it is told.
func TestWebhookThatDoesNotAnswer(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(_ map[string]string, c *result.Cell) {
		stops(c, "install", trouble("webhook-failed", "Ingress/web",
			`failed calling webhook "validate.nginx.ingress.kubernetes.io": failed to call webhook: Post "https://nginx.svc:443/x": context deadline exceeded`))
	}), findings.Gate{}))
	if f.Class != "apiserver-unavailable" || f.Blame != findings.BlameInfrastructure || !f.Retryable {
		t.Errorf("%s, %s, retryable %v", f.Class, f.Blame, f.Retryable)
	}
}
