package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestClusterSettings(t *testing.T) {
	c := parsed(t, `
providers:
  kind:
    preload: [example.com/a:1, example.com/b:2]
    mirrors: {docker.io: https://one.example.com, registry.k8s.io: [https://two.example.com, http://three.example.com:5000]}
  k3s:
    disable: [traefik, metrics-server]
    releases: https://mirror.example.com/k3s/
    channels: http://127.0.0.1:8080/channels
    cache: k3s-cache
    registries: ci/registries.yaml
    arguments: [--kubelet-arg=max-pods=50, --snapshotter=native]
  existing: {kubeconfig: kube/config, context: staging, lock-namespace: tests}
timeouts: {cluster: 15m, install: 90s, command: 1h}
readiness: {settle: 0s, restarts: 3}
evidence: {limit-mb: 20, redact: ['sk_\w+']}
operations:
  upgrade: {from: release, rollback: true}
`)
	kind := c.Providers["kind"]
	if !slices.Equal(kind.Preload, []string{"example.com/a:1", "example.com/b:2"}) || !reflect.DeepEqual(kind.Mirrors, map[string][]string{
		"docker.io": {"https://one.example.com"}, "registry.k8s.io": {"https://two.example.com", "http://three.example.com:5000"},
	}) {
		t.Errorf("kind: %+v", kind)
	}
	if got := c.Providers["k3s"]; !slices.Equal(got.Disable, []string{"traefik", "metrics-server"}) || got.Releases != "https://mirror.example.com/k3s/" ||
		got.Channels != "http://127.0.0.1:8080/channels" || got.Cache != "k3s-cache" || got.Registries != "ci/registries.yaml" ||
		!slices.Equal(got.Arguments, []string{"--kubelet-arg=max-pods=50", "--snapshotter=native"}) {
		t.Errorf("k3s: %+v", got)
	}
	if got := c.Providers["existing"]; got.Kubeconfig != "kube/config" || got.Context != "staging" || got.LockNamespace != "tests" {
		t.Errorf("existing: %+v", got)
	}
	for name, want := range map[string]time.Duration{
		"cluster": 15 * time.Minute, "install": 90 * time.Second, "upgrade": 10 * time.Minute, "test": 5 * time.Minute, "command": time.Hour, "k6": 0,
	} {
		if got := c.Timeouts[name]; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
	if c.Readiness != (Readiness{Restarts: 3}) {
		t.Errorf("readiness: %+v", c.Readiness)
	}
	if c.Evidence.Bytes != 20<<20 || len(c.Evidence.Redact) != 1 || !c.Evidence.Redact[0].MatchString("sk_live") {
		t.Errorf("evidence: %+v", c.Evidence)
	}
	if up := c.Operations["upgrade"]; up.From.Kind != FromRelease || !up.Rollback {
		t.Errorf("upgrade: %+v", up)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("warnings: %q", c.Warnings)
	}
}

func TestClusterDefaults(t *testing.T) {
	c := parsed(t, "")
	if c.Readiness != (Readiness{Settle: 10 * time.Second}) || c.Evidence.Bytes != 5<<20 || c.Timeouts["cluster"] != 10*time.Minute {
		t.Errorf("got %+v, %+v, %v", c.Readiness, c.Evidence, c.Timeouts)
	}
}

func TestClusterMistakes(t *testing.T) {
	for text, want := range map[string]string{
		"timeouts: {install: 10}":                                  "c.yaml:1:21: expected a time such as 90s, 10m or 1h, have \"10\"",
		"timeouts: {lint: 10s}":                                    "lint",
		"readiness: {restarts: -1}":                                "expected a whole number from 0 to 100",
		"evidence: {redact: ['(']}":                                "is not a regular expression",
		"providers: {k3s: {disable: [trafik]}}":                    "did you mean traefik?",
		"providers: {kind: {mirrors: {a: []}}}":                    "have an empty list",
		"providers: {k3s: {releases: 'http://a.example.com/k3s'}}": "expected a URL such as https://mirror.example.com/k3s",
		"providers: {k3s: {channels: 'https://a b'}}":              "expected a URL such as https://mirror.example.com/k3s",
		"providers: {k3s: {arguments: [agent]}}":                   "expected an argument such as --kubelet-arg=max-pods=50",
		"providers: {existing: {lock-namespace: Kube_System}}":     "expected the name of a namespace",
		"evidence: {limit-mb: 0}":                                  "expected a whole number from 1 to 1000",
		"operations: {upgrade: {rollback: perhaps}}":               "expected true or false",
	} {
		_, err := Parse("c.yaml", []byte(text), vocabulary())
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestKeysOfOtherProviders(t *testing.T) {
	c, err := Parse("c.yaml", []byte("providers: {eks: {context: prod}}"), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{`c.yaml:1:19: context means something to existing alone; "eks" does not read it`}; !slices.Equal(c.Warnings, want) {
		t.Errorf("got %q, want %q", c.Warnings, want)
	}
}

// TestClusterLayers: what runs in jobs where jobs have clusters.
func TestClusterLayers(t *testing.T) {
	v := vocabulary()
	v.JobLayers = []string{"install", "upgrade", "test", "command", "uninstall"}
	v.Needs = []string{"nothing", "cluster", "release"}
	for text, want := range map[string]string{
		"":                            "install upgrade test uninstall",
		"layers: {lint: }":            "install upgrade test uninstall",
		"layers: {install: }":         "install",
		"layers: {test: }":            "install upgrade test",
		"layers: {command: {run: x}}": "install upgrade command",
		"layers: {command: {run: x, needs: cluster}}": "command",
		"layers: {command: {run: x, needs: nothing}}": "command",
		"layers: {k6: {script: x}}":                   "install upgrade", // it does not exist yet
	} {
		c, err := Parse("c.yaml", []byte(text), v)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.JobLayers(), " "); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

func TestNamesProvider(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "axes: {kubernetes: 1.34}": false, "axes: {provider: kind}": true,
		"layers: {install: }": true, "layers: {lint: }": false, "layers: {command: {run: x, needs: nothing}}": false,
	} {
		if got := parsed(t, text).NamesProvider(); got != want {
			t.Errorf("%s: %t", text, got)
		}
	}
}
