package findings_test

import (
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// valuesOf gives every cell the values that its provider has.
type valuesOf struct {
	cells  []result.Cell
	values map[string]string
}

func (v valuesOf) Sources(cell string, _, _ int) []diagnosis.Source {
	for _, c := range v.cells {
		if c.ID == cell && v.values[c.At["provider"]] != "" {
			return []diagnosis.Source{{Name: "values.yaml", Text: v.values[c.At["provider"]]}}
		}
	}
	return nil
}

func TestReproductionOnACloud(t *testing.T) {
	ways := findings.Clusters{Local: []string{"kind", "k3s"}, Made: []string{"existing", "k3s", "kind"}}
	cloudToo := findings.Clusters{Local: ways.Local, Made: append([]string{"eks"}, ways.Made...)}
	crash := trouble("crash-loop", "Deployment/web", "it ended")
	const only = "chart-matrix run . --only kubernetes=1.33 --only provider="
	for _, test := range []struct {
		name      string
		providers string
		on        string // the provider that fails; all where empty
		layer     string
		problem   result.Problem
		ways      findings.Clusters
		values    map[string]string
		command   string
		note      string
	}{
		{"where it fails on kind as well, that is run", "eks kind", "", "install", crash, ways, nil, only + "kind --layers install", ""},
		{"a template needs no cluster", "kind eks", "eks", "schema", crash, ways, nil, "chart-matrix check . --only kubernetes=1.33 --only provider=eks --layers schema", ""},
		{"on kind, whose own cell passes", "kind eks", "eks", "install", crash, ways, nil, only + "eks --provider kind --layers install",
			"The nearest here is kind, without EKS's load balancers, storage classes, IAM roles, node images, CNI and -eks- in the version. " +
				"kind-1.33 passed, so if this passes too, it is EKS itself and not its values. With --provider existing it runs in your own EKS cluster."},
		{"on k3s, which the run has", "k3s gke", "gke", "install", crash, ways, map[string]string{"gke": "a: 1\n", "k3s": "a: 2\n"}, only + "gke --provider k3s --layers install",
			"The nearest here is k3s, without GKE's load balancers, storage classes, Workload Identity, node images, CNI and -gke. in the version. " +
				"k3s-1.33 passed, so if this passes too, it is GKE itself and not its values. With --provider existing it runs in your own GKE cluster."},
		{"on kind, which the run has not", "aks doks", "doks", "install", crash, ways, nil, only + "doks --provider kind --layers install",
			"The nearest here is kind, without DOKS's load balancers, storage classes, node images and CNI. With --provider existing it runs in your own DOKS cluster."},
		{"on k3s, beside which it fails on DOKS", "k3s doks", "doks", "install", crash, ways, nil, only + "doks --provider k3s --layers install",
			"The nearest here is k3s, without DOKS's load balancers, storage classes, node images and CNI. " +
				"k3s-1.33 passed, so if this passes too, it is DOKS itself and not its values. With --provider existing it runs in your own DOKS cluster."},
		{"kind passes with the same values", "kind eks", "eks", "install", crash, ways, map[string]string{"eks": "a: 1\n", "kind": "a: 1\n"}, only + "eks --provider existing --layers install",
			"It needs kubectl's context to be a cluster on EKS: on kind it passes with the same values, as kind-1.33 shows."},
		{"a load balancer", "kind eks", "eks", "install", trouble("no-address", "Service/web", "it has no address"), ways, nil, only + "eks --provider existing --layers install",
			"It needs kubectl's context to be a cluster on EKS: kind has none of EKS's load balancers."},
		{"a volume", "kind eks", "eks", "install", trouble("pvc-pending", "PersistentVolumeClaim/data", "it is not bound"), ways, nil, only + "eks --provider existing --layers install",
			"It needs kubectl's context to be a cluster on EKS: kind has none of EKS's storage classes."},
		{"a load balancer of a cloud that clusters are made on", "kind eks", "eks", "install", trouble("no-address", "Service/web", "it has no address"), cloudToo, nil, only + "eks --layers install",
			"It makes a cluster on EKS: kind has none of EKS's load balancers."},
		{"a cloud that clusters are made on", "kind eks", "eks", "install", crash, cloudToo, map[string]string{"eks": "a: 1\n", "kind": "b: 1\n"}, only + "eks --provider kind --layers install",
			"The nearest here is kind, without EKS's load balancers, storage classes, IAM roles, node images, CNI and -eks- in the version. " +
				"kind-1.33 passed, so if this passes too, it is EKS itself and not its values. Without --provider it makes a cluster on EKS."},
		{"what any cluster refuses", "kind eks", "eks", "install", immutable, ways, nil, only + "eks --provider kind --layers install",
			"kind stands in for EKS, with its values: what Kubernetes itself refuses, it refuses on both."},
		{"the cluster itself", "kind eks", "eks", "cluster", crash, ways, nil, "", "Only making another cluster on EKS can show it."},
		{"the cluster itself, on a cloud that clusters are made on", "kind eks", "eks", "cluster", crash, cloudToo, nil, only + "eks --layers cluster", "It makes a cluster on EKS."},
		{"a test needs the release", "kind eks", "eks", "test", crash, ways, nil, only + "eks --provider kind --layers install,test", "The nearest here is kind,"},
		{"a cluster of the user", "kind existing", "existing", "install", crash, ways, nil, only + "existing --layers install",
			"It runs in the cluster that the configuration or kubectl names; another than the run's may not show it."},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := clusterScene(func(at map[string]string, c *result.Cell) {
				if test.on == "" || at["provider"] == test.on {
					stops(c, test.layer, test.problem)
				}
			}, "kubernetes: 1.33 1.34", "provider: "+test.providers)
			s.spec.Layers = []string{"render", "schema", "cluster", "install", "test"}
			run := s.run(t)
			run.Plan.JobLayers = s.spec.Layers[2:]
			sum := findings.Explain(run, findings.Options{
				Now: noon, Command: "chart-matrix check .", JobCommand: "chart-matrix run .", Clusters: test.ways, Evidence: valuesOf{run.Cells, test.values},
			})
			f := one(t, sum)
			if f.Reproduce != test.command || f.ReproduceNote != test.note && (test.layer != "test" || !strings.HasPrefix(f.ReproduceNote, test.note)) {
				t.Errorf("%s\n%s\nwant\n%s\n%s", f.Reproduce, f.ReproduceNote, test.command, test.note)
			}
		})
	}
}

// TestReproductionWithoutACluster: a command that needs none is the same anywhere.
func TestReproductionWithoutACluster(t *testing.T) {
	s := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "eks" {
			stops(c, "command", trouble("command", "", "it exits with 1"))
		}
	}, "kubernetes: 1.33 1.34", "provider: kind eks")
	s.spec.Layers = []string{"render", "command"}
	run := s.run(t)
	run.Plan.JobLayers = []string{"command"}
	options := findings.Options{Now: noon, Command: "chart-matrix check .", JobCommand: "chart-matrix run .", Clusters: findings.Clusters{Local: []string{"kind"}}}
	f := one(t, findings.Explain(run, options))
	if f.Reproduce != "chart-matrix run . --only kubernetes=1.33 --only provider=eks --layers command" || f.ReproduceNote != "" {
		t.Errorf("%s\n%s", f.Reproduce, f.ReproduceNote)
	}
	options.JobCommand = ""
	if f := one(t, findings.Explain(run, options)); f.Reproduce != "" || f.ReproduceNote != "" {
		t.Errorf("%s\n%s, where nobody knows the command", f.Reproduce, f.ReproduceNote)
	}
}

// TestLostOnACloud: nothing is known to fail there, and kind would show nothing.
func TestLostOnACloud(t *testing.T) {
	s := clusterScene(func(at map[string]string, c *result.Cell) {
		if at["provider"] == "gke" && at["kubernetes"] == "1.34" {
			*c = result.Cell{}
		}
	}, "kubernetes: 1.33 1.34", "provider: kind gke")
	s.spec.Layers = []string{"render", "cluster", "install"}
	run := s.run(t)
	run.Plan.JobLayers = s.spec.Layers[1:]
	f := one(t, findings.Explain(run, findings.Options{
		Now: noon, JobCommand: "chart-matrix run .", Clusters: findings.Clusters{Local: []string{"kind"}, Made: []string{"existing", "kind"}},
	}))
	if f.Class != "runner-lost" || f.Reproduce != "chart-matrix run . --only kubernetes=1.34 --only provider=gke --provider existing" ||
		f.ReproduceNote != "It needs kubectl's context to be a cluster on GKE." {
		t.Errorf("%s: %s\n%s", f.Class, f.Reproduce, f.ReproduceNote)
	}
}
