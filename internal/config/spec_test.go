package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

func parsed(t *testing.T, file string) *Config {
	t.Helper()
	c, err := Parse(FileName, []byte(file), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestVersionExpressions(t *testing.T) {
	for expression, want := range map[string][]string{
		"supported":                       {"1.35", "1.36", "1.37"},
		"newest 2":                        {"1.36", "1.37"},
		`">=1.35"`:                        {"1.35", "1.36", "1.37"},
		`">=1.31 <1.33"`:                  {"1.31", "1.32"},
		`"1.30 - 1.32"`:                   {"1.30", "1.31", "1.32"},
		"1.30":                            {"1.30"},
		"[1.30, 1.32]":                    {"1.30", "1.32"},
		`["1.30", v1.31.4]`:               {"1.30", "1.31.4"},
		"[v1.33.4-eks-1a2b3c4]":           {"1.33.4-eks-1a2b3c4"},
		"[v1.33.4+k3s1, 1.33.4-rc.1]":     {"1.33.4+k3s1", "1.33.4-rc.1"},
		"[newest 1, supported, 1.30]":     {"1.37", "1.35", "1.36", "1.30"},
		"[1.37, supported]":               {"1.37", "1.35", "1.36"},
		"{1.30: {}, 1.31: {set: {a: 1}}}": {"1.30", "1.31"},
	} {
		c := parsed(t, "axes:\n  kubernetes: "+expression+"\n")
		if got := axisValues(c, matrix.Kubernetes); !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", expression, got, want)
		}
	}
}

// TestScalarsAreLiteral reads words that YAML readers like to change.
func TestScalarsAreLiteral(t *testing.T) {
	words := []string{"on", "no", "yes", "null", "~", "0x1F", "1_000", "1e3", "2027-01-31", "1.10", "0o7", "True", ".inf", "12:30:00"}
	c := parsed(t, "axes:\n  word: ["+strings.Join(words, ", ")+"]\n")
	if got := axisValues(c, "word"); !slices.Equal(got, words) {
		t.Errorf("got %v, want %v", got, words)
	}
	c = parsed(t, "scenarios:\n  x: {set: {a: null, b: 1.30, c: yes, d: , e: 0x1F}}\n")
	want := []string{"a=null", "b=1.30", "c=yes", "d=", "e=0x1F"}
	if got := c.Scenarios["x"].Set; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestValueLayersOrder(t *testing.T) {
	c := parsed(t, `values: [a.yaml, b.yaml]
axes:
  zone:
    z1: {values: [zone.yaml]}
  arch:
    arm64: {set-string: {arch: arm64}}
    amd64: {}
  kubernetes:
    1.34: {set: {k: 1}}
  provider: [eks]
  operation:
    upgrade: {set: {o: 1}}
  scenario: [ha]
providers:
  eks: {values: [eks.yaml], set: {z: 1, a: 2}}
scenarios:
  ha: {values: [ha.yaml]}
`)
	at := matrix.Coordinate{"kubernetes": "1.34", "provider": "eks", "scenario": "ha", "operation": "upgrade", "zone": "z1", "arch": "arm64"}
	want := []ValueLayer{
		{Source: "values", Files: []string{"a.yaml", "b.yaml"}},
		{Source: "kubernetes 1.34", Axis: "kubernetes", Set: []string{"k=1"}},
		{Source: "provider eks", Axis: "provider", Files: []string{"eks.yaml"}, Set: []string{"z=1", "a=2"}},
		{Source: "scenario ha", Axis: "scenario", Files: []string{"ha.yaml"}},
		{Source: "operation upgrade", Axis: "operation", Set: []string{"o=1"}},
		{Source: "arch arm64", Axis: "arch", SetString: []string{"arch=arm64"}},
		{Source: "zone z1", Axis: "zone", Files: []string{"zone.yaml"}},
	}
	if got := c.ValueLayers(at); !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v\nwant\n%+v", got, want)
	}
	at["arch"] = "amd64"
	if got := c.ValueLayers(at); len(got) != len(want)-1 {
		t.Errorf("a value that sets nothing has a layer: %+v", got)
	}
	// The axes of the matrix stay in the order written.
	if got := c.Axes[4].Name; got != "zone" {
		t.Errorf("the first axis of the user is %q", got)
	}
}

func TestMergeKeys(t *testing.T) {
	c := parsed(t, `scenarios:
  a: &a {set: {x: 1}, before: echo a}
  b: &b {set: {x: 2}, after: echo b}
  c: {<<: [*b, *a], before: echo c}
`)
	got := c.Scenarios["c"]
	if got.Before != "echo c" || got.After != "echo b" || !slices.Equal(got.Set, []string{"x=2"}) {
		t.Errorf("got %+v", got)
	}
}

const ruled = `axes:
  kubernetes: [1.30, 1.32.4, 1.34]
  provider: [kind, eks]
exclude:
  - {provider: eks, kubernetes: "<1.32", because: no longer offered}
  - {kubernetes: 1.34, layer: [unit, lint], because: slow}
include:
  - {provider: eks, kubernetes: [1.30, 1.31], because: old}
expect-failure:
  - {kubernetes: newest 1, layer: render, matching: "boom|bang", issue: "#1", until: 2027-01-31}
  - {matching: x, issue: 7, until: 2027-02-28}
events:
  pull_request: {only: {provider: kind, kubernetes: newest 2}}
  schedule: {cover: pairwise}
gate: {pull_request: all, errored: warn}
`

func TestSpecOfRules(t *testing.T) {
	c := parsed(t, ruled)
	s, err := c.Spec("")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"kubernetes <1.32, provider eks", "kubernetes 1.34"} {
		if got := s.Exclude[i].Where.String(); got != want {
			t.Errorf("exclusion %d: got %q, want %q", i, got, want)
		}
	}
	if got := s.Exclude[1]; !slices.Equal(got.Layers, []string{"unit", "lint"}) || got.Because != "slow" || got.Rule != "exclude at .chart-matrix.yaml:6" {
		t.Errorf("got %+v", got)
	}
	if got := s.Include[0].At; !reflect.DeepEqual(got, map[string][]string{"provider": {"eks"}, "kubernetes": {"1.30", "1.31"}}) {
		t.Errorf("got %v", got)
	}
	expect := s.Expect[0]
	if expect.Cells != "kubernetes 1.34" || expect.Matching != "boom|bang" || expect.Issue != "#1" || !expect.Until.Equal(time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("got %+v", expect)
	}
	if got := s.Expect[1].Cells; got != "every cell" {
		t.Errorf("got %q", got)
	}
	plan, err := matrix.Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	// 3 versions x 2 providers, less eks on 1.30, which the include brings back
	// together with eks on 1.31.
	if len(plan.Cells) != 7 {
		t.Errorf("got %d cells: %v", len(plan.Cells), plan.Cells)
	}
}

func TestSpecOfEvents(t *testing.T) {
	c := parsed(t, ruled)
	for event, want := range map[string]int{"": 7, "pull_request": 2, "schedule": 7, "push": 0} {
		s, err := c.Spec(event)
		if err != nil {
			t.Fatal(err)
		}
		plan, err := matrix.Expand(s, 1)
		if err != nil {
			t.Fatalf("%q: %v", event, err)
		}
		if len(plan.Cells) != want {
			t.Errorf("%q: got %d cells, want %d", event, len(plan.Cells), want)
		}
	}
	if _, runs := c.RunsOn("push"); runs {
		t.Error("an event that is not named runs")
	}
	if _, err := c.Spec("pul_request"); err == nil || !strings.Contains(err.Error(), "did you mean pull_request?") {
		t.Errorf("got %v", err)
	}
	if len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0], "pairwise") {
		t.Errorf("got %q", c.Warnings)
	}
}

func TestGate(t *testing.T) {
	tests := []struct{ file, event, want string }{
		{"", "pull_request", "new"}, {"", "merge_group", "new"}, {"", "schedule", "all"}, {"", "", "all"},
		{"gate: all", "pull_request", "all"}, {"gate: new", "schedule", "new"},
		{"gate: {push: new}", "push", "new"}, {"gate: {push: new}", "schedule", "all"},
	}
	for _, test := range tests {
		if got := parsed(t, test.file).Gate(test.event).Mode; got != test.want {
			t.Errorf("%q on %q: got %s, want %s", test.file, test.event, got, test.want)
		}
	}
	if got := parsed(t, ruled).Gate("push").Overrides; !reflect.DeepEqual(got, map[string]string{"errored": "warn"}) {
		t.Errorf("got %v", got)
	}
}

// TestMovingAxisWarns excludes a version that the axis may have one day, or
// had: the file must not break when a version is released.
func TestMovingAxisWarns(t *testing.T) {
	c := parsed(t, "axes:\n  kubernetes: supported\nexclude:\n  - {kubernetes: 1.30, because: old}\n")
	want := []string{`.chart-matrix.yaml:4:18: no version of the axis kubernetes is "1.30", so this matches nothing; have 1.35, 1.36, 1.37`}
	if !slices.Equal(c.Warnings, want) {
		t.Errorf("got %q, want %q", c.Warnings, want)
	}
}

func TestSections(t *testing.T) {
	c := parsed(t, `name: app
release: rel
namespace: ns
layers: {lint: {strict: true}, kubetest: {path: t}, k6: {script: s.js, needs: cluster}, unit: {run: make}}
budget: {jobs: 60, max-parallel: 20, runner-minutes: 600, dollars: 2.50, exceed: refuse}
providers:
  eks: {region: r, zone: z, nodes: 3, machine: m, images: {v1.34: i}, kubernetes-version: {1.33: v1.33.4-eks-1}}
operations: {upgrade: {from: 1.30}}
`)
	if c.Name != "app" || c.Release != "rel" || c.Namespace != "ns" {
		t.Errorf("got %+v", c)
	}
	wantLayers := map[string]LayerSettings{
		"lint": {Strict: true}, "kubetest": {Path: "t", Needs: "cluster"}, "k6": {Script: "s.js", Needs: "cluster"}, "unit": {Run: "make"},
	}
	if !reflect.DeepEqual(c.Layers, wantLayers) {
		t.Errorf("got %+v", c.Layers)
	}
	dollars := 2.5
	if want := (Budget{Jobs: 60, MaxParallel: 20, RunnerMinutes: 600, Dollars: &dollars, Refuse: true}); !reflect.DeepEqual(c.Budget, want) {
		t.Errorf("got %+v", c.Budget)
	}
	want := Provider{Region: "r", Zone: "z", Nodes: 3, Machine: "m", Images: map[string]string{"1.34": "i"}, KubernetesVersion: map[string]string{"1.33": "v1.33.4-eks-1"}, Runner: defaultRunner()}
	if !reflect.DeepEqual(c.Providers["eks"], want) {
		t.Errorf("got %+v", c.Providers["eks"])
	}
	if got := c.Operations["upgrade"].From.Text; got != "1.30" {
		t.Errorf("got %q", got)
	}
}
