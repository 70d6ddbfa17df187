package findings_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

var update = flag.Bool("update", false, "write the golden files")

// shape is a failure in some cells of a matrix, and what else there is to it.
type shape struct {
	name string
	axes []string // nil for the usual matrix
	// fails says where, as the sentence should: conditions joined by "&" must all
	// hold, and "|" stands between causes. An empty one is everywhere.
	fails string
	// passes takes cells out of that again.
	passes string
	layer  string // install where empty
	how    string // failed where empty; errored, lost, flaky, blocked, accepted, gone or leak
	// unasked are the cells in which something else blocked the layer.
	unasked string
	// only are the cells that were planned; empty for all.
	only string
}

var usual = []string{"kubernetes: 1.31 1.32 1.33 1.34", "provider: k3s eks gke", "scenario: default ha", "operation: install upgrade"}

// shapes are what sentences are looked at for. Their golden file is meant to be
// read: each line should be what a maintainer would have written, and be true.
var shapes = []shape{
	// One condition.
	{name: "a provider", fails: "provider=eks"},
	{name: "two providers of three", fails: "provider=eks,gke"},
	{name: "two providers of five", fails: "provider=eks,gke", axes: []string{"kubernetes: 1.33 1.34", "provider: kind k3s eks gke doks"}},
	{name: "all providers of five but one", fails: "provider=kind,k3s,eks,gke", axes: []string{"kubernetes: 1.33 1.34", "provider: kind k3s eks gke doks"}},
	{name: "a scenario", fails: "scenario=ha"},
	{name: "two scenarios of four", fails: "scenario=tls,ha", axes: []string{"kubernetes: 1.33 1.34", "provider: k3s eks", "scenario: default ha tls dev"}},
	{name: "all scenarios but one", fails: "scenario=ha,tls,dev", axes: []string{"kubernetes: 1.33 1.34", "provider: k3s eks", "scenario: default ha tls dev"}},
	{name: "installing", fails: "operation=install"},
	{name: "upgrading", fails: "operation=upgrade"},
	{name: "one upgrade path of three", fails: "operation=before-last", axes: []string{"kubernetes: 1.33 1.34", "provider: k3s eks", "operation: install upgrade last before-last"}},
	{name: "every upgrade path", fails: "operation=upgrade,last,before-last", axes: []string{"kubernetes: 1.33 1.34", "provider: k3s eks", "operation: install upgrade last before-last"}},
	{name: "an axis of the user", fails: "ingress=off", axes: []string{"kubernetes: 1.33 1.34", "provider: k3s gke", "ingress: on off"}},
	{name: "a Helm", fails: "helm=3.19", axes: []string{"kubernetes: 1.33 1.34", "provider: k3s eks", "helm: 3.19 4 built-in"}},

	// Versions.
	{name: "later versions", fails: "kubernetes=1.33,1.34"},
	{name: "the newest version", fails: "kubernetes=1.34"},
	{name: "the oldest version", fails: "kubernetes=1.31"},
	{name: "earlier versions", fails: "kubernetes=1.31,1.32"},
	{name: "a version in the middle", fails: "kubernetes=1.32"},
	{name: "a range in the middle", fails: "kubernetes=1.31,1.32,1.33", axes: []string{"kubernetes: 1.30 1.31 1.32 1.33 1.34", "provider: k3s eks"}},
	{name: "two versions in the middle", fails: "kubernetes=1.32,1.33"},
	{name: "two versions apart", fails: "kubernetes=1.31,1.34", layer: "schema"},
	{name: "all versions but one", fails: "kubernetes=1.31,1.33,1.34", layer: "schema"},
	{name: "a retired version", fails: "kubernetes=1.24", axes: []string{"kubernetes: 1.24 1.33 1.34", "provider: k3s", "scenario: default ha"}},
	{name: "later versions of one provider", fails: "kubernetes=1.33,1.34", axes: []string{"kubernetes: 1.31 1.32 1.33 1.34", "provider: eks", "scenario: default ha"}},

	// Conjunctions.
	{name: "versions and upgrading", fails: "kubernetes=1.33,1.34 & operation=upgrade"},
	{name: "versions and a provider", fails: "kubernetes=1.33,1.34 & provider=eks"},
	{name: "a provider and a scenario", fails: "provider=eks & scenario=ha"},
	{name: "a provider and upgrading", fails: "provider=eks & operation=upgrade"},
	{name: "a scenario and upgrading", fails: "scenario=ha & operation=upgrade"},
	{name: "a version and a scenario", fails: "kubernetes=1.34 & scenario=ha"},
	{name: "versions, a provider and upgrading", fails: "kubernetes=1.33,1.34 & provider=eks & operation=upgrade"},
	{name: "versions, providers and upgrading", fails: "kubernetes=1.33,1.34 & provider=eks,gke & operation=upgrade"},
	{name: "a provider, a scenario and upgrading", fails: "provider=gke & scenario=ha & operation=upgrade"},
	{name: "versions, a provider and a scenario", fails: "kubernetes=1.31,1.32 & provider=gke & scenario=default"},
	{name: "a provider and an axis of the user", fails: "provider=gke & ingress=off", axes: []string{"kubernetes: 1.33 1.34 1.35", "provider: k3s gke eks", "ingress: on off"}},
	{name: "a Helm and upgrading", fails: "helm=3.19 & operation=upgrade", axes: []string{"kubernetes: 1.33 1.34", "helm: 3.19 4", "operation: install upgrade", "scenario: default ha"}},

	// Several causes.
	{name: "a provider, and a scenario", fails: "provider=eks | scenario=ha"},
	{name: "a version, and a provider", fails: "kubernetes=1.34 | provider=gke"},
	{name: "upgrading, and a provider with a scenario", fails: "operation=upgrade | provider=eks & scenario=ha"},
	{name: "two conjunctions", fails: "provider=eks & scenario=ha | provider=gke & operation=upgrade"},
	{name: "three causes of a template", fails: "provider=eks & scenario=ha | kubernetes=1.31 & provider=gke | operation=upgrade & provider=k3s", layer: "render"},
	{name: "two versions, each with its provider", fails: "kubernetes=1.31 & provider=k3s | kubernetes=1.34 & provider=gke"},

	// Everywhere, nearly, and hardly anywhere.
	{name: "everywhere"},
	{name: "the only cell", axes: []string{"kubernetes: 1.33", "provider: kind"}},
	{name: "all of one version", axes: []string{"kubernetes: 1.33", "provider: kind eks", "scenario: default ha"}},
	{name: "everywhere but in one cell", passes: "kubernetes=1.32 & provider=gke & scenario=ha & operation=upgrade"},
	{name: "wherever it ran", unasked: "provider=gke"},
	{name: "one cell", fails: "kubernetes=1.33 & provider=eks & scenario=ha & operation=upgrade"},
	{name: "two cells without a pattern", fails: "kubernetes=1.31 & provider=eks & scenario=ha & operation=upgrade | kubernetes=1.33 & provider=gke & scenario=default & operation=install"},
	{name: "cells without a pattern", fails: "kubernetes=1.31 & provider=eks & scenario=ha & operation=upgrade | kubernetes=1.33 & provider=gke & scenario=default & operation=install | kubernetes=1.34 & provider=k3s & scenario=ha & operation=install | kubernetes=1.32 & provider=k3s & scenario=default & operation=upgrade | kubernetes=1.32 & provider=gke & scenario=ha & operation=upgrade"},
	{name: "a template in one cell", fails: "kubernetes=1.33 & provider=eks & scenario=ha & operation=upgrade", layer: "render"},
	{name: "a provider but for one cell", fails: "provider=eks", passes: "kubernetes=1.31 & scenario=default & operation=install"},
	{name: "a provider, and a cell by chance", fails: "provider=eks | kubernetes=1.32 & provider=k3s & scenario=ha & operation=upgrade"},
	{name: "a provider of which half did not run", fails: "provider=eks", unasked: "provider=eks & operation=upgrade"},
	{name: "what covering cells leave open", fails: "provider=eks & scenario=ha", axes: []string{"kubernetes: 1.31 1.32 1.33", "provider: k3s eks gke", "scenario: default ha tls"}, only: "third"},

	// Templates, which know no chance.
	{name: "a template of a scenario", fails: "scenario=ha", layer: "render"},
	{name: "an API of later versions", fails: "kubernetes=1.33,1.34", layer: "schema"},
	{name: "an API of later versions in a scenario", fails: "kubernetes=1.33,1.34 & scenario=ha", layer: "schema"},
	{name: "lint everywhere", layer: "lint"},

	// Other states.
	{name: "no answer on a provider", fails: "provider=gke", how: "errored"},
	{name: "no answer in one cell", fails: "kubernetes=1.33 & provider=eks & scenario=ha & operation=upgrade", how: "errored"},
	{name: "no answer anywhere", how: "errored"},
	{name: "no answer wherever it was tried", how: "errored", unasked: "provider=gke"},
	{name: "no answer on later versions of a provider", fails: "kubernetes=1.33,1.34 & provider=gke", how: "errored"},
	{name: "lost on a provider", fails: "provider=gke", how: "lost"},
	{name: "one cell lost", fails: "kubernetes=1.33 & provider=eks & scenario=ha & operation=upgrade", how: "lost"},
	{name: "lost everywhere", how: "lost"},
	{name: "flaky on a provider", fails: "provider=eks", how: "flaky"},
	{name: "flaky in one cell", fails: "kubernetes=1.33 & provider=eks & scenario=ha & operation=upgrade", how: "flaky"},
	{name: "flaky in two cells", fails: "kubernetes=1.31 & provider=eks & scenario=ha & operation=upgrade | kubernetes=1.33 & provider=gke & scenario=default & operation=install", how: "flaky"},
	{name: "flaky everywhere", how: "flaky"},
	{name: "accepted on a provider", fails: "provider=eks", how: "accepted"},
	{name: "accepted, and gone", fails: "provider=eks", how: "gone"},
	{name: "left behind on a provider", fails: "provider=eks", how: "leak"},
	{name: "left behind everywhere", how: "leak"},
	{name: "blocked when upgrading", fails: "operation=upgrade", how: "blocked"},
	{name: "fixed on a provider", fails: "provider=eks", how: "fixed"},
	{name: "fixed everywhere", how: "fixed"},
	{name: "nothing ran in a scenario", fails: "scenario=ha", how: "empty"},
	{name: "nothing ran anywhere", how: "empty"},
}

// holds tells whether a coordinate meets conditions as shapes have them.
func holds(conditions string, at map[string]string) bool {
	return slices.ContainsFunc(strings.Split(conditions, "|"), func(all string) bool {
		for _, term := range strings.Split(all, "&") {
			axis, values, ok := strings.Cut(strings.TrimSpace(term), "=")
			if ok && !slices.Contains(strings.Split(values, ","), at[axis]) {
				return false
			}
		}
		return true
	})
}

func (s shape) failsAt(at map[string]string) bool {
	return holds(s.fails, at) && (s.passes == "" || !holds(s.passes, at))
}

func (s shape) scene() scene {
	axes, layer := s.axes, s.layer
	if axes == nil {
		axes = usual
	}
	if layer == "" {
		layer = "install"
	}
	problem := trouble("crash-loop", "Deployment/web", "it ended")
	if slices.Contains([]string{"lint", "render", "schema"}, layer) {
		problem = result.Problem{Severity: result.Error, Code: "wrong", Message: "it is wrong", Location: result.Location{File: "templates/web.yaml"}}
	}
	out := clusterScene(func(at map[string]string, c *result.Cell) {
		switch {
		case s.unasked != "" && holds(s.unasked, at):
			c.Status = result.Blocked
			for i := range c.Steps {
				if l := c.Steps[i].Layer; l == "install" || l == "test" {
					c.Steps[i] = result.Step{Layer: l, Status: result.Blocked, Reason: "something else"}
				}
			}
		case s.how == "gone" || s.how == "fixed" || !s.failsAt(at):
		case s.how == "errored":
			breaks(c, layer, "the API server does not answer")
		case s.how == "lost":
			c.Schema = ""
		case s.how == "flaky":
			first := result.Try{Attempt: 1, Status: result.Failed}
			for _, step := range c.Steps {
				if step.Layer == layer {
					step = result.Step{Layer: layer, Status: result.Failed, Assertions: []result.Assertion{{Name: "ok", Status: result.Failed, Problems: []result.Problem{problem}}}}
				}
				first.Steps = append(first.Steps, step)
			}
			c.Retried = []result.Try{first}
		case s.how == "leak":
			report(c, "test", trouble("leak", "", "a load balancer is left"))
		case s.how == "blocked":
			c.Status = result.Blocked
			for i := range c.Steps {
				if l := c.Steps[i].Layer; l == "install" || l == "test" {
					c.Steps[i] = result.Step{Layer: l, Status: result.Blocked, Reason: "the chart that is upgraded from does not render"}
				}
			}
		case s.how == "empty":
			skips(c)
		default:
			stops(c, layer, problem)
		}
	}, axes...)
	if s.how == "accepted" || s.how == "gone" {
		var where matrix.Selector
		for _, term := range strings.Split(s.fails, "&") {
			axis, values, _ := strings.Cut(strings.TrimSpace(term), "=")
			where = append(where, matrix.Term{Axis: axis, Values: strings.Split(values, ",")})
		}
		out.spec.Expect = []matrix.Expectation{{Where: where, Cells: s.fails, Matching: "it ended", Issue: "#203", Until: noon.AddDate(0, 1, 0), Rule: "expect-failure[0]"}}
	}
	if s.only == "third" {
		out.spec.Cover = third{}
	}
	return out
}

// told is the finding that a shape is about.
func (s shape) told(t *testing.T) (findings.Finding, findings.Summary) {
	t.Helper()
	options := findings.Options{Now: noon}
	if s.how == "fixed" {
		before := s
		before.how = ""
		options.History = []*findings.Past{findings.Remember(before.scene().run(t))}
	}
	sum := findings.Explain(s.scene().run(t), options)
	all := slices.DeleteFunc(slices.Clone(sum.Findings), func(f findings.Finding) bool {
		return s.unasked != "" && f.Code == "blocked"
	})
	if len(all) != 1 {
		t.Fatalf("%s: %d findings: %+v", s.name, len(all), all)
	}
	return all[0], sum
}

// TestSentencesOfEveryShape holds them against a golden file.
func TestSentencesOfEveryShape(t *testing.T) {
	if len(shapes) < 60 {
		t.Errorf("%d shapes; want 60", len(shapes))
	}
	var b bytes.Buffer
	for _, s := range shapes {
		f, _ := s.told(t)
		fmt.Fprintf(&b, "%s\n    %s\n", s.name, f.Sentence)
		for _, r := range f.Rivals {
			fmt.Fprintf(&b, "    or: %s\n", r.Where)
		}
		for _, n := range f.Next {
			fmt.Fprintf(&b, "    next: %s: %s\n", n.Slug, n.Because)
		}
	}
	golden := filepath.Join("testdata", "sentences.txt")
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s differs; read it, then run the test with -update. Got:\n%s", golden, &b)
	}
}
