package findings_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// problem is an error of an object's field.
func problem(message, object, path string) result.Problem {
	file := "templates/" + strings.ToLower(strings.ReplaceAll(object, "/", "-")) + ".yaml"
	return result.Problem{Severity: result.Error, Code: "wrong-type", Message: message, Location: result.Location{File: file, Object: object, Path: path}}
}

// removed is the error of an object whose API is gone.
func removed(object string) result.Problem {
	p := problem("policy/v1beta1 was removed", object, "")
	p.Code = "api-removed"
	return p
}

func TestGrouping(t *testing.T) {
	everyCell := func(problems ...result.Problem) func(map[string]string, *result.Cell) {
		return func(_ map[string]string, c *result.Cell) {
			for _, p := range problems {
				report(c, "schema", p)
			}
		}
	}
	const text = "expected integer, got string"
	for _, c := range []struct {
		name   string
		happen func(at map[string]string, c *result.Cell)
		want   []string // titles
	}{
		{
			"the same field of three objects is one",
			everyCell(problem(text, "Deployment/web", "/spec/replicas"), problem(text, "Deployment/worker", "/spec/replicas"), problem(text, "Deployment/web", "/spec/replicas")),
			[]string{"Deployment/web and 1 more, spec.replicas: expected integer, got string"},
		},
		{
			"list items are one field",
			everyCell(problem(text, "Service/web", "/spec/ports/0/port"), problem(text, "Service/web", "/spec/ports/12/port")),
			[]string{"Service/web, spec.ports[0].port: expected integer, got string"},
		},
		{
			"two fields are two",
			everyCell(problem(text, "Deployment/web", "/spec/replicas"), problem(text, "Deployment/web", "/spec/minReadySeconds")),
			[]string{"Deployment/web, spec.minReadySeconds: expected integer, got string", "Deployment/web, spec.replicas: expected integer, got string"},
		},
		{
			"two messages are two",
			everyCell(problem("a is wrong", "Deployment/web", ""), problem("b is wrong", "Deployment/web", "")),
			[]string{"Deployment/web: a is wrong", "Deployment/web: b is wrong"},
		},
		{
			"two kinds of one removed API are two, since each is mended in its own way",
			everyCell(removed("PodDisruptionBudget/web"), removed("PodSecurityPolicy/web"), removed("PodSecurityPolicy/worker")),
			[]string{"PodSecurityPolicy/web and 1 more: policy/v1beta1 was removed", "PodDisruptionBudget/web: policy/v1beta1 was removed"},
		},
		{
			"a message that names its own version is one",
			func(at map[string]string, c *result.Cell) {
				says(c, "schema", "Thing is off by default in Kubernetes "+at[matrix.Kubernetes])
			},
			[]string{"templates/web.yaml: Thing is off by default in Kubernetes 1.33 (each cell names its own version)"},
		},
		{
			"a version that is what the message is about stays",
			func(_ map[string]string, c *result.Cell) {
				says(c, "schema", "Thing was removed in Kubernetes 1.33")
				says(c, "schema", "Thing was removed in Kubernetes 1.34")
			},
			[]string{"templates/web.yaml: Thing was removed in Kubernetes 1.33", "templates/web.yaml: Thing was removed in Kubernetes 1.34"},
		},
		{
			"the version that the provider reports is masked",
			func(at map[string]string, c *result.Cell) {
				says(c, "render", "kubeVersion >=1.25.0 refuses v"+at[matrix.Kubernetes]+".3")
			},
			[]string{"templates/web.yaml: kubeVersion >=1.25.0 refuses v1.33.3 (each cell names its own version)"},
		},
		{
			"blocked layers are consequences",
			func(_ map[string]string, c *result.Cell) {
				says(c, "render", "wrong")
				c.Steps[2] = result.Step{Layer: "schema", Status: result.Blocked, Reason: "render did not pass"}
			},
			[]string{"templates/web.yaml: wrong"},
		},
		{
			"a failure that no problem explains",
			func(_ map[string]string, c *result.Cell) {
				c.Steps[1] = result.Step{Layer: "render", Status: result.Failed, Assertions: []result.Assertion{{Name: "renders", Status: result.Failed}}}
				c.Status = result.Failed
			},
			[]string{"renders"},
		},
		{"a note is no finding", everyCell(result.Problem{Severity: result.Info, Code: "icon", Message: "icon is recommended"}), []string{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := explain(t, scene{spec: matrix.Spec{Axes: twoCells}, happen: c.happen}, findings.Gate{})
			got := []string{}
			for _, f := range s.Findings {
				got = append(got, f.Title)
				if len(f.Cells) != 2 || f.Where != "everywhere" {
					t.Errorf("%q: cells %v, where %q", f.Title, f.Cells, f.Where)
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("titles\n got %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestTenThousandFailuresOfOneCauseAreOneFinding(t *testing.T) {
	s := explain(t, scene{spec: matrix.Spec{Axes: twoCells}, happen: func(_ map[string]string, c *result.Cell) {
		for i := range 5000 {
			report(c, "schema", problem("wrong", fmt.Sprintf("Deployment/web-%d", i), "/spec/replicas"))
		}
	}}, findings.Gate{})
	f := one(t, s)
	if len(f.Locations) != 100 || len(f.Cells) != 2 {
		t.Errorf("%d locations, %d cells", len(f.Locations), len(f.Cells))
	}
	if !strings.HasSuffix(f.Title, ", spec.replicas: wrong") {
		t.Errorf("title %q", f.Title)
	}
}

func TestFlakyIsWhatPassedWhenTriedAgain(t *testing.T) {
	s := explain(t, scene{
		spec:    matrix.Spec{Axes: twoCells},
		earlier: only134(func(c *result.Cell) { says(c, "schema", "timed out") }),
		happen:  func(at map[string]string, c *result.Cell) {},
	}, findings.Gate{Mode: "all"})
	var states []findings.State
	for _, f := range s.Findings {
		states = append(states, f.State)
		if f.State == findings.Flaky && strings.Contains(f.Title, "timed out") && f.Where != "only on Kubernetes 1.34" {
			t.Errorf("where %q", f.Where)
		}
	}
	if !slices.Contains(states, findings.Flaky) || slices.Contains(states, findings.New) || !s.Verdict.Passed {
		t.Errorf("states %v, verdict %+v", states, s.Verdict)
	}
}

func TestWhatFailsTwiceIsNotFlaky(t *testing.T) {
	fails := only134(func(c *result.Cell) { says(c, "schema", "timed out") })
	s := explain(t, scene{spec: matrix.Spec{Axes: twoCells}, earlier: fails, happen: fails}, findings.Gate{})
	if f := one(t, s); f.State != findings.New {
		t.Errorf("state %s", f.State)
	}
}

func TestReproduceNamesTheSimplestCell(t *testing.T) {
	for _, c := range []struct {
		axes []matrix.Axis
		more []matrix.Coordinates
		fail func(at map[string]string) bool
		want string
	}{
		{
			axes("kubernetes: 1.33 1.34", "provider: kind", "scenario: default ha"),
			nil,
			func(at map[string]string) bool { return at["kubernetes"] == "1.34" },
			"chart-matrix check . --only kubernetes=1.34 --only scenario=default --layers schema",
		},
		{
			[]matrix.Axis{axis("kubernetes: 1.33"), {Name: "scenario", Values: []string{"it's $(rm)", "b"}}},
			nil,
			func(at map[string]string) bool { return at["scenario"] != "b" },
			`chart-matrix check . --only 'scenario=it'\''s $(rm)' --layers schema`,
		},
		{ // a provider that only an include has
			axes("kubernetes: 1.33", "provider: kind"),
			[]matrix.Coordinates{{At: map[string][]string{"provider": {"eks"}}}},
			func(at map[string]string) bool { return at["provider"] == "eks" },
			"chart-matrix check . --only provider=eks --layers schema",
		},
	} {
		s := explain(t, scene{spec: matrix.Spec{Axes: c.axes, Include: c.more}, happen: func(at map[string]string, cell *result.Cell) {
			if c.fail(at) {
				says(cell, "schema", "wrong")
			}
		}}, findings.Gate{})
		if f := one(t, s); f.Reproduce != c.want {
			t.Errorf("got  %s\nwant %s", f.Reproduce, c.want)
		}
	}
}
