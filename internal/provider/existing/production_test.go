package existing

import (
	"strings"
	"testing"
)

func TestProductionNames(t *testing.T) {
	for _, name := range []string{
		"prod", "Production", "eu-prod-1", "prod2", "arn:aws:eks:us-east-1:123456789012:cluster/prod-main", "gke_acme_europe-west1_production",
		"acmeprod", "live", "shop.live", "PRD_EU", "api.prod.example.com", "prodeu", "production-like-no", "admin@prod",
	} {
		if name == "production-like-no" {
			if production(name) != "" {
				t.Errorf("%s looks like production", name)
			}
			continue
		}
		if production(name) == "" {
			t.Errorf("%s does not look like production", name)
		}
	}
	for _, name := range []string{
		"", "kind-lab", "staging", "product-team", "products", "producer", "reproduce", "olive", "deliver", "nonprod", "non-prod", "pre-prod", "preprod",
		"preproduction", "prod-like", "livekit", "alive", "not_production", "127.0.0.1", "proddy",
	} {
		if word := production(name); word != "" {
			t.Errorf("%s looks like production because of %q", name, word)
		}
	}
}

func TestSigns(t *testing.T) {
	calm := Seen{Context: "lab", Cluster: "lab", Server: "127.0.0.1", Nodes: MaxNodes, NodesKnown: true, NamespacesKnown: true, Namespaces: []string{"default", "products"},
		Labels: map[string]map[string]string{"node a": {"env": "test", "kubernetes.io/os": "linux", "team": "production"}}}
	if got := Signs(calm); len(got) > 0 {
		t.Errorf("got %q", got)
	}
	busy := Seen{Context: "prod\x1b[31m" + strings.Repeat("x", 300), Server: "api.live.example.com", MoreNodes: true, NodesKnown: true,
		Namespaces: []string{"prod", "live"}, Labels: map[string]map[string]string{"node b": {"env": "prod"}, "node a": {"acme.com/Environment": "production"}, "namespace x": {"tier": "live"}}}
	want := []string{`the name of its context, prod[31mxx`, `the name of its server, api.live.example.com, says "live"`, "it has more than 10 nodes",
		"the namespace x has the label tier: live", "and 2 more labels say so", "its namespaces may not be listed", "it has a namespace live"}
	got := Signs(busy)
	if len(got) != len(want) {
		t.Fatalf("got %q", got)
	}
	for i := range want {
		if !strings.HasPrefix(got[i], want[i]) {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
}

func FuzzProduction(f *testing.F) {
	f.Add("eu-prod-1")
	f.Fuzz(func(t *testing.T, name string) {
		if word := production(name); word != "" && !strings.Contains(strings.ToLower(name), word) {
			t.Errorf("%q has no %q", name, word)
		}
		if len([]rune(short(name))) > 121 {
			t.Errorf("%q stays long", name)
		}
	})
}
