package findings_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// clusterScene is a matrix whose layers run in clusters.
func clusterScene(happen func(at map[string]string, c *result.Cell), texts ...string) scene {
	if texts == nil {
		texts = []string{"kubernetes: 1.31 1.32 1.33 1.34", "provider: k3s eks gke", "scenario: default ha", "operation: install upgrade"}
	}
	return scene{spec: matrix.Spec{Axes: axes(texts...), Layers: []string{"lint", "render", "schema", "install", "test"}}, happen: happen}
}

// stops makes a layer fail with problems, and blocks those behind it.
func stops(c *result.Cell, layer string, problems ...result.Problem) {
	failed := false
	for i := range c.Steps {
		s := &c.Steps[i]
		switch {
		case s.Layer == layer:
			failed = true
			*s = result.Step{Layer: layer, Status: result.Failed, Assertions: []result.Assertion{{Name: "becomes ready", Status: result.Failed, Problems: problems}}}
			c.Status = result.Failed
		case failed:
			*s = result.Step{Layer: s.Layer, Status: result.Blocked, Reason: layer + " did not pass"}
		}
	}
}

func trouble(code, object, message string, excerpt ...string) result.Problem {
	return result.Problem{Severity: result.Error, Code: code, Message: message, Location: result.Location{Object: object}, Excerpt: excerpt}
}

var immutable = trouble("upgrade-immutable", "StatefulSet/db", "the spec of a StatefulSet is immutable")

func newer(at map[string]string) bool {
	return at["kubernetes"] == "1.33" || at["kubernetes"] == "1.34"
}

func TestSentences(t *testing.T) {
	tests := []struct {
		name string
		s    scene
		want string
		kind findings.Kind
	}{
		{
			"later versions when upgrading, on two providers of three",
			clusterScene(func(at map[string]string, c *result.Cell) {
				if newer(at) && at["operation"] == "upgrade" && at["provider"] != "k3s" {
					stops(c, "install", immutable)
				}
			}),
			"Fails on Kubernetes 1.33 and later when upgrading, on every provider but k3s: StatefulSet/db: the spec of a StatefulSet is immutable", findings.KindKubernetes,
		},
		{
			"every provider alike",
			clusterScene(func(at map[string]string, c *result.Cell) {
				if newer(at) && at["operation"] == "upgrade" {
					stops(c, "install", immutable)
				}
			}, "kubernetes: 1.31 1.32 1.33 1.34", "provider: eks gke", "scenario: default ha", "operation: install upgrade"),
			"Fails on Kubernetes 1.33 and later when upgrading, on EKS and GKE alike: StatefulSet/db: the spec of a StatefulSet is immutable", findings.KindKubernetes,
		},
		{
			"one provider",
			clusterScene(func(at map[string]string, c *result.Cell) {
				if at["provider"] == "eks" {
					stops(c, "install", trouble("crash-loop", "Deployment/web", "container web ended with exit code 1", "listen EAFNOSUPPORT"))
				}
			}),
			"Fails on EKS: Deployment/web: container web ended with exit code 1", findings.KindProvider,
		},
		{
			"everywhere",
			clusterScene(func(_ map[string]string, c *result.Cell) {
				stops(c, "install", trouble("image-pull", "Deployment/web", "image web:9 cannot be pulled"))
			}),
			"Fails everywhere: Deployment/web: image web:9 cannot be pulled", findings.KindCluster,
		},
		{
			"a template",
			clusterScene(func(at map[string]string, c *result.Cell) {
				if at["scenario"] == "ha" {
					says(c, "render", "nil pointer evaluating interface {}.host")
				}
			}),
			"Fails in scenario ha, on every Kubernetes version: templates/web.yaml: nil pointer evaluating interface {}.host", findings.KindInvalid,
		},
		{
			"no answer",
			clusterScene(func(at map[string]string, c *result.Cell) {
				if at["provider"] == "gke" {
					breaks(c, "install", "the API server does not answer")
				}
			}),
			"Could not be checked on GKE: the API server does not answer", findings.KindMachinery,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := one(t, explain(t, test.s, findings.Gate{}))
			if f.Sentence != test.want || f.Kind != test.kind {
				t.Errorf("%s, confidence %v\ngot  %s\nwant %s", f.Kind, f.Confidence, f.Sentence, test.want)
			}
		})
	}
}

// TestChanceIsTold: one failure beside a cause does not hide it.
func TestChanceIsTold(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" || at["provider"] == "k3s" && at["kubernetes"] == "1.32" && at["scenario"] == "ha" && at["operation"] == "upgrade" {
			stops(c, "install", trouble("crash-loop", "Deployment/web", "container web ended with exit code 1"))
		}
	}), findings.Gate{}))
	if !strings.HasPrefix(f.Where, "on EKS, and once in k3s-1.32-ha-upgrade, perhaps by chance") || f.Support.OthersFailing != 1 || f.Confidence < 0.8 {
		t.Errorf("%s, %+v, %v", f.Where, f.Support, f.Confidence)
	}
	if strings.Contains(f.Reproduce, "provider=k3s") {
		t.Errorf("what may be chance is to be reproduced: %s", f.Reproduce)
	}
}

// TestPassesByChance: a cause that once let a cell pass is still one.
func TestPassesByChance(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		lucky := at["kubernetes"] == "1.31" && at["scenario"] == "default" && at["operation"] == "install"
		if at["provider"] == "eks" && !lucky {
			stops(c, "install", trouble("probe", "Deployment/web", "its probe has not succeeded"))
		}
	}), findings.Gate{}))
	if f.Where != "on EKS, in 15 of 16 such cells" || f.Support.Matching != 16 || f.Support.MatchingFailing != 15 {
		t.Errorf("%s, %+v", f.Where, f.Support)
	}
}

func TestConsequences(t *testing.T) {
	database := trouble("crash-loop", "StatefulSet/postgresql", "container postgresql ended with exit code 1", "FATAL: could not open file")
	web := trouble("crash-loop", "Deployment/web", "container web ended with exit code 1", `could not connect to server "posthog-postgresql-0": x`, "dial tcp: lookup postgresql: connection refused")
	plugins := trouble("probe", "Deployment/plugins", "it is not ready", "waiting for web-7d4b9c6f5d-x2x4z")
	cache := trouble("crash-loop", "StatefulSet/redis", "container redis ended with exit code 2", "out of file handles")
	s := explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "gke" {
			stops(c, "install", web, database, plugins, cache)
		}
	}), findings.Gate{})
	if len(s.Findings) != 2 {
		t.Fatalf("%d findings: %+v", len(s.Findings), s.Findings)
	}
	slices.SortFunc(s.Findings, func(a, b findings.Finding) int { return len(b.Consequences) - len(a.Consequences) })
	f := s.Findings[0]
	var got []string
	for _, c := range f.Consequences {
		got = append(got, c.Title)
	}
	if !strings.Contains(f.Title, "StatefulSet/postgresql") || len(got) != 3 || !strings.HasPrefix(got[0], "Deployment/web") ||
		!strings.HasPrefix(got[1], "Deployment/plugins") || got[2] != "test was not run" || f.Consequences[2].Cells != 16 {
		t.Errorf("%s: %q", f.Title, got)
	}
	if !strings.Contains(s.Findings[1].Title, "redis") {
		t.Errorf("%s", s.Findings[1].Title)
	}
}

// TestTheWordsOfACommandTellFailuresApart: exit codes do not.
func TestTheWordsOfACommandTellFailuresApart(t *testing.T) {
	s := explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		switch at["provider"] {
		case "eks":
			stops(c, "install", trouble("scenario-script", "", "the scenario's script \"before\" exits with 1", "Error: ImagePullBackOff: Back-off pulling image \"web:9\""))
		case "gke":
			stops(c, "install", trouble("scenario-script", "", "the scenario's script \"before\" exits with 1", "0/3 nodes are available: 3 Insufficient memory."))
		}
	}), findings.Gate{})
	var got []string
	for _, f := range s.Findings {
		got = append(got, f.Class+" "+f.Where)
	}
	slices.Sort(got)
	if !slices.Equal(got, []string{"image-pull on EKS", "scheduling on GKE"}) {
		t.Errorf("%q", got)
	}
}

// kept is evidence by cell.
type keptOf map[string][]diagnosis.Source

func (k keptOf) Sources(cell string, _, _ int) []diagnosis.Source { return k[cell] }

func TestEvidenceAndNeighbour(t *testing.T) {
	run := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" {
			stops(c, "test", result.Problem{Severity: result.Error, Code: "test-failed", Message: "Pod/smoke: container smoke exits with 1"})
		}
	}).run(t)
	k := keptOf{}
	for _, c := range run.Cells {
		log := "2026-11-23T01:00:00Z starting\n2026-11-23T01:00:01Z error: cache is cold, warming up\n"
		values := "web: {replicas: 1}\n"
		if c.At["provider"] == "eks" {
			log += "2026-11-23T01:00:09Z Error: Get \"http://web/healthz\": dial tcp 10.0.0.7:80: connect: connection refused\n"
			values = "web: {replicas: 3}\n"
		}
		k[c.ID] = []diagnosis.Source{{Name: "logs/smoke.log", Text: log}, {Name: "values.yaml", Text: values}}
	}
	f := one(t, findings.Explain(run, findings.Options{Now: noon, Evidence: k}))
	if len(f.Evidence) == 0 || f.Evidence[0].Source != "logs/smoke.log" || f.Evidence[0].Line != 3 || !strings.Contains(f.Evidence[0].Text, "connection refused") {
		t.Errorf("evidence %+v", f.Evidence)
	}
	if f.Neighbour == nil || !slices.Contains(f.Neighbour.Differs, "value web.replicas: 3, not 1") || len(f.Neighbour.Differs) < 2 || !strings.HasPrefix(f.Neighbour.Differs[0], "provider: EKS, not ") {
		t.Errorf("neighbour %+v", f.Neighbour)
	}
	if f.Blame != findings.BlameChartOrEnv || f.Retryable {
		t.Errorf("what fails on all of EKS is no flake: %s, retryable %v", f.Blame, f.Retryable)
	}
}

// third keeps a Latin square: one scenario for each pair of version and provider.
type third struct{}

func (third) Name() string { return "third" }

func (third) Cover(axes []matrix.Axis, cells []matrix.Cell, _ int64) ([]bool, string) {
	keep := make([]bool, len(cells))
	for i, c := range cells {
		sum := 0
		for _, a := range axes {
			sum += slices.Index(a.Values, c.At[a.Name])
		}
		keep[i] = sum%3 == 0
	}
	return keep, "a third stands for all"
}

// TestRivalsAndNextCells: where a covering set cannot tell two causes apart,
// both are told, and the cell that would.
func TestRivalsAndNextCells(t *testing.T) {
	s := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" && at["scenario"] == "ha" {
			stops(c, "install", trouble("crash-loop", "Deployment/web", "container web ended with exit code 1"))
		}
	}, "kubernetes: 1.31 1.32 1.33 1.34", "provider: k3s eks gke", "scenario: default ha tls")
	s.spec.Cover = third{}
	sum := explain(t, s, findings.Gate{})
	f := one(t, sum)
	if len(f.Rivals) == 0 || len(f.Next) == 0 {
		t.Fatalf("%s (%v), rivals %+v, next %+v", f.Where, f.Confidence, f.Rivals, f.Next)
	}
	planned := map[string]bool{}
	for _, c := range sum.Cells {
		planned[c.ID] = true
	}
	for _, n := range f.Next {
		if planned[matrix.CellID(n.At)] || n.Because == "" || n.Slug == "" {
			t.Errorf("%+v", n)
		}
	}
}

// TestTheProblemOfAnUnansweredCheckIsItsReason: it is no advice beside it.
func TestTheProblemOfAnUnansweredCheckIsItsReason(t *testing.T) {
	f := one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] != "gke" {
			return
		}
		stops(c, "install", trouble("api-server", "API server", "it does not answer"))
		for i := range c.Steps {
			if s := &c.Steps[i]; s.Layer == "install" {
				s.Status, s.Assertions[0].Status, c.Status = result.Errored, result.Errored, result.Errored
			}
		}
	}), findings.Gate{}))
	if f.State != findings.Unanswered || f.Class != "apiserver-unavailable" || f.Blame != findings.BlameInfrastructure || f.Where != "on GKE" {
		t.Errorf("%+v", f)
	}
}

// TestNoFlakeIsToBeTriedAgain: where the network fails in all cells of one kind
// alone, the advice is another than where it fails now and then.
func TestNoFlakeIsToBeTriedAgain(t *testing.T) {
	const timeout = "curl: (28) Connection timed out after 5000 ms"
	explained := func(on func(at map[string]string) bool) findings.Finding {
		return one(t, explain(t, clusterScene(func(at map[string]string, c *result.Cell) {
			if on(at) {
				stops(c, "test", trouble("test-failed", "Pod/smoke", "it failed", timeout))
			}
		}), findings.Gate{}))
	}
	once := explained(func(at map[string]string) bool {
		return at["provider"] == "eks" && at["kubernetes"] == "1.32" && at["scenario"] == "ha" && at["operation"] == "upgrade"
	})
	always := explained(func(at map[string]string) bool { return at["provider"] == "eks" })
	if !once.Retryable || once.Hint != diagnosis.NetworkFlake.Fix() {
		t.Errorf("once: %v, %q", once.Retryable, once.Hint)
	}
	if always.Retryable || !strings.Contains(always.Hint, "trying again changes nothing") || always.Blame != findings.BlameChartOrEnv {
		t.Errorf("always: %v, %q, %s", always.Retryable, always.Hint, always.Blame)
	}
}
