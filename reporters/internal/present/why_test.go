package present

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/result"
)

// TestEveryClassHasWords: its own name would tell a maintainer less.
func TestEveryClassHasWords(t *testing.T) {
	for _, c := range []diagnosis.Class{
		diagnosis.TemplateInvalid, diagnosis.RenderMismatch, diagnosis.ValuesSchema, diagnosis.APIRemoved, diagnosis.AdmissionDenied,
		diagnosis.UpgradeImmutable, diagnosis.ReleaseState, diagnosis.RolloutTimeout, diagnosis.HookFailed, diagnosis.ImagePull,
		diagnosis.CrashLoop, diagnosis.OOM, diagnosis.Scheduling, diagnosis.Storage, diagnosis.LoadBalancer, diagnosis.CloudQuota,
		diagnosis.CloudAuth, diagnosis.ClusterBootstrap, diagnosis.NetworkFlake, diagnosis.RunnerLost, diagnosis.DiskFull,
		diagnosis.LoadThreshold, diagnosis.TestAssertion, diagnosis.APIServerUnavailable,
	} {
		if words := Class(findings.Finding{Class: string(c)}); !strings.Contains(words, " ") || strings.Contains(words, string(c)) {
			t.Errorf("%s is shown as %q", c, words)
		}
	}
	for code, want := range map[string]string{
		"container-config": "a container cannot be made", "container-start": "a container cannot be started", "crash-loop": "a container keeps crashing",
	} {
		if got := Class(findings.Finding{Class: string(diagnosis.CrashLoop), Code: code}); got != want {
			t.Errorf("%s is shown as %q; want %q", code, got, want)
		}
	}
	for class, want := range map[string]string{"": "", "unclassified": "", "of the future": "of the future"} {
		if got := Class(findings.Finding{Class: class}); got != want {
			t.Errorf("class %q is shown as %q; want %q", class, got, want)
		}
	}
}

func TestHeadline(t *testing.T) {
	told := findings.Finding{Sentence: "Fails on EKS: it breaks", Title: "it breaks", Where: "on EKS"}
	if Headline(told) != told.Sentence || Where(told) != "" {
		t.Errorf("%q, %q: the place is told twice", Headline(told), Where(told))
	}
	if where, what := Split(told); where != "Fails on EKS:" || what != "it breaks" {
		t.Errorf("split into %q and %q", where, what)
	}
	cut := findings.Finding{Sentence: "Fails on EKS: it bre…", Title: "it breaks"}
	if where, what := Split(cut); where != "" || what != cut.Sentence {
		t.Errorf("split into %q and %q", where, what)
	}
	old := findings.Finding{Title: "it breaks", Where: "on EKS"}
	if Headline(old) != "it breaks" || Where(old) != "on EKS" {
		t.Errorf("%q, %q", Headline(old), Where(old))
	}
}

func TestSure(t *testing.T) {
	somewhere := [][]findings.Condition{{{Axis: "provider", Op: "=", Values: []string{"eks"}}}}
	for c, want := range map[float64]string{0: "", 0.2: "The pattern is a guess", 0.5: "The pattern is likely, not certain", 0.9: "The pattern is clear", 1: "The pattern is clear", -1: ""} {
		if got := Sure(findings.Finding{Confidence: c, Conditions: somewhere}); got != want {
			t.Errorf("%v is %q; want %q", c, got, want)
		}
	}
	if got := Sure(findings.Finding{Confidence: 1}); got != "" {
		t.Errorf("without a pattern: %q", got)
	}
	for p, want := range map[float64]string{0: "", 0.004: "under 1%", 0.46: "46%", 0.999: "over 99%", 1: "over 99%", 2: "", math.Inf(1): "", math.NaN(): ""} {
		if got := Percent(p); got != want {
			t.Errorf("Percent(%v) is %q; want %q", p, got, want)
		}
	}
}

func TestHistory(t *testing.T) {
	for _, c := range []struct {
		h      *findings.History
		remark string
		want   string
	}{
		{nil, "", ""},
		{&findings.History{}, "", ""},
		{&findings.History{Runs: 14, Failed: 2, Asked: 14}, "", "failed in 2 of the last 14 runs"},
		{&findings.History{Runs: 14, Failed: 2, Asked: 28}, "", "failed in 2 of 28 answers in the last 14 runs"},
		{&findings.History{Runs: 14, Asked: 28}, "", "never failed in the last 14 runs"},
		{&findings.History{Runs: 1, Asked: 2}, "", "did not fail in the run before"},
		{&findings.History{Runs: 14, Failed: 2, Asked: 14}, "it comes and goes: it failed in 2 of the last 14 runs", ""},
	} {
		if got := History(findings.Finding{History: c.h, Remark: c.remark}); got != c.want {
			t.Errorf("%+v: %q; want %q", c.h, got, c.want)
		}
	}
}

// TestAnswersCountWhatIsWrong: each kind once, in the order of the layers.
func TestAnswersCountWhatIsWrong(t *testing.T) {
	groups := Groups(findings.Summary{Verdict: findings.Verdict{ExitCode: 1}, Findings: []findings.Finding{
		{State: findings.New, Kind: findings.KindProvider, Cells: []string{"a", "b"}},
		{State: findings.New, Kind: findings.KindInvalid, Cells: []string{"a"}},
		{State: findings.PreExisting, Kind: findings.KindProvider, Cells: []string{"b", "c"}},
		{State: findings.Expected, Kind: findings.KindMismatch, Cells: []string{"d"}},
		{State: findings.Flaky, Kind: findings.KindMismatch, Cells: []string{"d"}},
		{State: findings.Fixed, Kind: findings.KindMismatch, Cells: []string{"d"}},
		{State: findings.Unanswered, Kind: findings.KindMachinery, Cells: []string{"e"}},
		{State: findings.New, Kind: findings.KindMachinery, Folded: "the infrastructure failed", Cells: []string{"e"}},
		{State: findings.Advice},
	}})
	got := Answers(groups)
	if len(got) != 3 || got[0].Kind != findings.KindInvalid || got[1].Kind != findings.KindProvider || got[2].Kind != findings.KindMachinery {
		t.Fatalf("%+v", got)
	}
	if p := got[1]; !slices.Equal(p.Numbers, []int{1, 4}) || p.Cells != 3 {
		t.Errorf("%+v", p)
	}
	if m := got[2]; len(m.Numbers) != 2 || m.Cells != 1 {
		t.Errorf("%+v", m)
	}
}

// TestWhatIsNotNotableIsSetAside, with its reason, unless nothing else explains
// why the run is red.
func TestWhatIsNotNotableIsSetAside(t *testing.T) {
	aside := findings.Finding{State: findings.New, Folded: "the infrastructure failed, not the chart", Blame: findings.BlameInfrastructure}
	groups := Groups(findings.Summary{Verdict: findings.Verdict{ExitCode: 1}, Findings: []findings.Finding{aside, {State: findings.New, Notable: true}}})
	if groups[0].Kind != Problems || groups[1].Kind != Aside || groups[1].Open {
		t.Errorf("%+v", groups)
	}
	if told := InBrief(groups[1].Items[0]); !slices.Equal(told, []string{aside.Folded}) {
		t.Errorf("%q", told)
	}
	groups = Groups(findings.Summary{Verdict: findings.Verdict{ExitCode: 1}, Findings: []findings.Finding{aside}})
	if groups[0].Kind != Aside || !groups[0].Open {
		t.Errorf("a red verdict stands over folded reasons alone: %+v", groups)
	}
}

func TestEvidence(t *testing.T) {
	logs := Logs{slug: map[string]string{"a": "kind-1.34", "b": "eks-1.34"}, url: map[string]string{"a": "https://x/1"}}
	line := func(cell, source string, n int, text string) findings.EvidenceLine {
		return findings.EvidenceLine{Cell: cell, Source: source, Line: n, Text: text}
	}
	f := findings.Finding{State: findings.New, Excerpt: []string{"excerpt"}, Evidence: []findings.EvidenceLine{
		line("a", "web.log", 12, "one"), line("a", "web.log", 13, "two"), line("b", "", 0, "\tthree"), line("b", "", 0, "four"),
	}}
	got := Evidence(f, logs)
	if len(got) != 2 {
		t.Fatalf("%+v", got)
	}
	if q := got[0]; q.Cell != (Link{"kind-1.34", "https://x/1"}) || q.Source != "web.log:12-13" || !slices.Equal(q.Lines, []string{"one", "two"}) || q.From() != "kind-1.34, web.log:12-13" {
		t.Errorf("%+v", q)
	}
	if q := got[1]; q.Cell != (Link{Text: "eks-1.34"}) || q.Source != "" || !slices.Equal(q.Lines, []string{"  three"}) {
		t.Errorf("%+v; want three lines in all", q)
	}
	f.Evidence[0].Try = "try 1 of 2" // another one than that of the next line
	if got := Evidence(f, logs); got[0].From() != "kind-1.34, try 1 of 2, web.log:12" || got[1].From() != "kind-1.34, web.log:13" {
		t.Errorf("%+v", got)
	}
	f.State = findings.Flaky
	if got := Evidence(f, logs); got[0].Cell.URL != "" {
		t.Error("the log of the last attempt does not show what failed before")
	}
	f.Evidence = nil
	if got := Evidence(f, logs); len(got) != 1 || !slices.Equal(got[0].Lines, []string{"excerpt"}) || got[0].From() != "" {
		t.Errorf("%+v", got)
	}
	f.Excerpt = nil
	if got := Evidence(f, logs); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestContext(t *testing.T) {
	shown := findings.EvidenceLine{Cell: "a", Source: "web.log", Line: 9, Text: "panic"}
	f := findings.Finding{Evidence: []findings.EvidenceLine{shown}, More: []findings.EvidenceLine{
		{Cell: "a", Source: "web.log", Line: 12, Text: "exit"}, shown, {Cell: "a", Source: "web.log", Line: 8, Text: "ready"},
		{Cell: "a", Text: "of the message"},
	}}
	quotes, more := Context(f, Logs{})
	if more != 3 || len(quotes) != 2 {
		t.Fatalf("%d more in %+v", more, quotes)
	}
	if want := []string{"   8  ready", ">  9  panic", "    …", "  12  exit"}; !slices.Equal(quotes[0].Lines, want) {
		t.Errorf("got %q, want %q", quotes[0].Lines, want)
	}
	if want := []string{"   of the message"}; !slices.Equal(quotes[1].Lines, want) {
		t.Errorf("got %q, want %q", quotes[1].Lines, want)
	}
	if f.More[0].Line != 12 {
		t.Error("the summary was changed")
	}
	f.Title, f.More = "exits with 3", []findings.EvidenceLine{{Cell: "a", Text: "exits with 3"}, shown}
	if quotes, more = Context(f, Logs{}); quotes != nil || more != 0 {
		t.Errorf("%d more in %+v, where all is shown", more, quotes)
	}
}

func TestNeighbour(t *testing.T) {
	logs := Logs{slug: map[string]string{"a": "eks", "b": "kind"}}
	f := findings.Finding{Neighbour: &findings.Neighbour{Failing: "a", Passing: "b", Differs: []string{"provider: eks, not kind", " "}}}
	if n := Neighbour(f, logs); n == nil || n.Passing.Text != "kind" || n.Failing.Text != "eks" || len(n.Differs) != 1 {
		t.Errorf("%+v", n)
	}
	if n := Neighbour(findings.Finding{}, logs); n != nil {
		t.Errorf("%+v", n)
	}
}

func TestConsequence(t *testing.T) {
	for want, c := range map[string]findings.Consequence{
		"web waits (install, 3 cells)":                {Layer: "install", Title: "web waits", Cells: 3},
		"test was not run (1 cell)":                   {Layer: "test", Title: "test was not run", Cells: 1},
		"a failure without a message (test, 2 cells)": {Layer: "test", Cells: 2},
	} {
		if got := Consequence(c); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if got := Nature(findings.Finding{Class: "oom", Blame: findings.BlameChart, Status: result.Failed, Retryable: true}); strings.Join(got, "; ") != "a container ran out of memory; the chart is to blame; may pass when tried again" {
		t.Errorf("%q", got)
	}
}
