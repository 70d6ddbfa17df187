package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestRunner(t *testing.T) {
	c, err := Parse("c.yaml", []byte(`
providers:
  eks: {runs-on: [self-hosted, linux], environment: aws, timeout-minutes: 7200}
  gke: {runs-on: large}
  kind: {nodes: 3}
`), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	for provider, want := range map[string]Runner{
		"eks":  {RunsOn: []string{"self-hosted", "linux"}, Environment: "aws", TimeoutMinutes: 7200},
		"gke":  {RunsOn: []string{"large"}, TimeoutMinutes: 60},
		"kind": {RunsOn: []string{"ubuntu-24.04"}, TimeoutMinutes: 60},
		"k3s":  {RunsOn: []string{"ubuntu-24.04"}, TimeoutMinutes: 60}, // not in the file
	} {
		if got := c.Runner(provider); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", provider, got, want)
		}
	}
	if c.Budget.Jobs != 1024 || c.Budget.MaxParallel != 0 {
		t.Errorf("got %+v", c.Budget)
	}
	if len(c.Warnings) > 0 {
		t.Errorf("got %q", c.Warnings)
	}
}

func TestHostedRunnersEndJobs(t *testing.T) {
	c, err := Parse("c.yaml", []byte("providers:\n  kind: {timeout-minutes: 361}\n  eks: {timeout-minutes: 361, runs-on: [self-hosted, ubuntu-x]}\n"), vocabulary())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"c.yaml:2:27: GitHub ends a job on its own runners after 360 minutes; runs-on is ubuntu-24.04"}
	if !slices.Equal(c.Warnings, want) {
		t.Errorf("got %q, want %q", c.Warnings, want)
	}
}

func TestJobLayers(t *testing.T) {
	for _, c := range []struct {
		text    string
		layers  []string
		warning string
	}{
		{"layers: {command: {run: make, needs: nothing}}", []string{"lint", "render", "schema", "unit", "command"}, ""},
		{"layers: {command: {run: make}}", []string{"lint", "render", "schema", "unit"},
			"c.yaml:1:10: the layer command needs a release, which jobs do not have yet in this version of chart-matrix, so it does not run; write needs: nothing if that is enough"},
		{"layers: {command: {run: make, needs: cluster}}", []string{"lint", "render", "schema", "unit"}, "needs a cluster"},
		{"layers: {kubetest: {path: x, needs: nothing}}", []string{"lint", "render", "schema", "unit"}, "the layer kubetest does not exist yet"},
		{"", []string{"lint", "render", "schema", "unit"}, ""},
	} {
		parsed, err := Parse("c.yaml", []byte(c.text), vocabulary())
		if err != nil {
			t.Fatal(err)
		}
		spec, err := parsed.Spec("")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(spec.Layers, c.layers) {
			t.Errorf("%s: layers %v, want %v", c.text, spec.Layers, c.layers)
		}
		if got := strings.Join(parsed.Warnings, "\n"); !strings.Contains(got, c.warning) || (got == "") != (c.warning == "") {
			t.Errorf("%s: warnings %q, want %q", c.text, got, c.warning)
		}
	}
}
