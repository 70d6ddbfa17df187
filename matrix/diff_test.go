package matrix

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
)

// diffSpec is a matrix of 24 cells: four versions, three providers, two scenarios.
func diffSpec(change ...func(*Spec)) Spec {
	s := Spec{
		Axes: []Axis{
			{Name: Kubernetes, Values: []string{"1.25", "1.31", "1.32", "1.33"}, Ordered: true},
			{Name: Provider, Values: []string{"k3s", "eks", "doks"}},
			{Name: Scenario, Values: []string{"default", "ha"}},
		},
		Layers: []string{"lint", "schema", "unit"},
		Expect: []Expectation{{Cells: "provider eks", Matching: "502", Issue: "#203", Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)}},
	}
	for _, f := range change {
		f(&s)
	}
	return s
}

func expanded(t testing.TB, s Spec) *Plan {
	t.Helper()
	p, err := Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func on(axis string, values ...string) Selector { return Selector{{Axis: axis, Values: values}} }

func TestDiff(t *testing.T) {
	exclude := func(where Selector, because string, layers ...string) func(*Spec) {
		return func(s *Spec) {
			s.Exclude = append(s.Exclude, Exclusion{Where: where, Because: because, Layers: layers})
		}
	}
	values := func(axis int, values ...string) func(*Spec) {
		return func(s *Spec) { s.Axes[axis].Values = values }
	}
	expect := func(f func(e *Expectation)) func(*Spec) { return func(s *Spec) { f(&s.Expect[0]) } }
	for _, c := range []struct {
		name         string
		change       func(*Spec)
		want, revert []string // from the base to the change, and back
	}{
		{"nothing", func(*Spec) {}, nil, nil},
		{"a version", values(0, "1.31", "1.32", "1.33"), []string{"removes 6 cells (Kubernetes 1.25)"}, []string{"adds 6 cells (Kubernetes 1.25)"}},
		{"a version and a provider", func(s *Spec) { values(0, "1.31", "1.32", "1.33")(s); values(1, "k3s", "eks")(s) },
			[]string{"removes 12 cells (Kubernetes 1.25 or provider doks)"}, []string{"adds 12 cells (Kubernetes 1.25 or provider doks)"}},
		{"one for another", values(2, "default", "single"), []string{"removes 12 cells (scenario ha)", "adds 12 cells (scenario single)"},
			[]string{"removes 12 cells (scenario single)", "adds 12 cells (scenario ha)"}},
		{"an exclusion", exclude(Selector{{Axis: Provider, Values: []string{"doks"}}, {Axis: Kubernetes, Values: []string{"1.25", "1.31"}}}, "no longer offered"),
			[]string{"excludes 4 cells (Kubernetes 1.25 and 1.31, provider doks): no longer offered"},
			[]string{"no longer excludes 4 cells (Kubernetes 1.25 and 1.31, provider doks)"}},
		{"an exclusion of a layer", exclude(on(Provider, "eks", "doks"), "too dear", "unit"),
			[]string{"no longer runs unit in 16 cells (provider eks and doks): too dear"}, []string{"runs unit in 16 cells more (provider eks and doks)"}},
		{"a window", func(s *Spec) {
			s.Windows = []Window{{Provider: "eks", Closed: rangeOf("<1.30"), Because: "EKS ended 1.25"}}
		},
			[]string{"leaves out 2 cells (Kubernetes 1.25, provider eks): EKS ended 1.25"}, []string{"adds 2 cells (Kubernetes 1.25, provider eks)"}},
		{"a selection", func(s *Spec) { s.Only = []Selection{{Where: on(Provider, "k3s"), Rule: "event pull_request"}} },
			[]string{"no longer selects 16 cells (provider eks and doks): it asks for provider k3s"}, []string{"selects 16 cells more (provider eks and doks)"}},
		{"nothing is selected", func(s *Spec) { s.Only = []Selection{{Where: on("event", "push"), Rule: "event pull_request"}} },
			[]string{"removes all 24 cells"}, []string{"selects 24 cells more (Kubernetes 1.25, 1.31, 1.32 and 1.33)"}},
		{"a covering", func(s *Spec) { s.Cover = everyOther{} },
			[]string{"covers every-other instead of all", "lets others stand for 12 cells (scenario default): its neighbour stands for it"},
			[]string{"covers all instead of every-other", "runs 12 cells that others stood for (scenario default)"}},
		{"an axis", func(s *Spec) { s.Axes = append(s.Axes, Axis{Name: "ingress", Values: []string{"nginx", "traefik"}}) },
			[]string{"adds the axis ingress", "adds 24 cells"}, []string{"removes the axis ingress", "removes 24 cells"}},
		{"layers", func(s *Spec) { s.Layers = []string{"lint", "command"} },
			[]string{"drops the layers schema and unit", "adds the layer command"}, []string{"drops the layer command", "adds the layers schema and unit"}},
		{"one more failure", func(s *Spec) { s.Expect = append(s.Expect, Expectation{Issue: "#204"}) },
			[]string{"accepts one more failure (#204)"}, []string{"removes one expect-failure (#204)"}},
		{"two rules for one issue", func(s *Spec) {
			s.Expect = append(s.Expect, Expectation{Issue: "#203", Matching: "504"}, Expectation{Issue: "#203", Matching: "508"})
		},
			[]string{"accepts 2 more failures (#203)"}, []string{"removes 2 expect-failures (#203)"}},
		{"a longer time", expect(func(e *Expectation) { e.Until = e.Until.AddDate(0, 1, 0) }),
			[]string{"accepts a failure until 2027-03-03 instead of until 2027-01-31 (#203)"}, []string{"accepts a failure only until 2027-01-31 instead of until 2027-03-03 (#203)"}},
		{"for ever", expect(func(e *Expectation) { e.Until = time.Time{} }),
			[]string{"accepts a failure for ever instead of until 2027-01-31 (#203)"}, []string{"accepts a failure only until 2027-01-31 instead of for ever (#203)"}},
		{"other cells", expect(func(e *Expectation) { e.Cells = "" }),
			[]string{"changes which failure is accepted (#203)"}, []string{"changes which failure is accepted (#203)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			base, head := expanded(t, diffSpec()), expanded(t, diffSpec(c.change))
			if got := Diff(base, head); !slices.Equal(got, c.want) {
				t.Errorf("got %q\nwant %q", got, c.want)
			}
			if got := Diff(head, base); !slices.Equal(got, c.revert) {
				t.Errorf("back: got %q\nwant %q", got, c.revert)
			}
		})
	}
}

func TestDiffOfGates(t *testing.T) {
	for _, c := range []struct {
		base, head Gate
		want       []string
	}{
		{Gate{}, Gate{Mode: "all"}, nil},
		{Gate{}, Gate{Mode: "new"}, []string{"loosens the gate: new instead of all"}},
		{Gate{Mode: "new"}, Gate{}, []string{"tightens the gate: all instead of new"}},
		{Gate{Overrides: map[string]string{"errored": "fail"}}, Gate{Overrides: map[string]string{"errored": "warn"}}, []string{"loosens the gate: errored warn instead of fail"}},
		{Gate{Overrides: map[string]string{"leak": "warn", "errored": "ignore"}}, Gate{Overrides: map[string]string{"errored": "warn", "flaky": "fail"}}, []string{
			"changes the gate: leak as the mode says instead of warn", "tightens the gate: errored warn instead of ignore", "tightens the gate: flaky fail instead of as the mode says"}},
	} {
		if got := Diff(&Plan{Gate: c.base}, &Plan{Gate: c.head}); !slices.Equal(got, c.want) {
			t.Errorf("%v to %v: got %q, want %q", c.base, c.head, got, c.want)
		}
	}
	if Diff(nil, &Plan{}) != nil || Diff(&Plan{}, nil) != nil {
		t.Error("a plan that is not there differs")
	}
}

// TestDiffIsBounded: whatever the plans hold, there are few lines, each of them
// short and without control characters, and the same ones each time.
func TestDiffIsBounded(t *testing.T) {
	hostile := strings.Repeat("\x1b[31m\n| @all <b> \u202e%s%d", 40)
	for seed := range uint64(100) {
		r := rand.New(rand.NewPCG(seed, 1))
		a, errA := Expand(randomSpec(r), 1)
		b, errB := Expand(randomSpec(r), 1)
		if errA != nil || errB != nil {
			continue
		}
		for i := range 30 {
			name := fmt.Sprint(i, hostile)
			b.Expect = append(b.Expect, Expectation{Issue: name, Cells: name})
			b.Layers = append(b.Layers, name)
		}
		b.Gate = Gate{Mode: hostile, Overrides: map[string]string{hostile: hostile, "leak": "warn", "new": hostile, "flaky": "ignore", "errored": "warn", "overdue": "warn"}}
		for i := range b.Cells {
			b.Cells[i].Skip = map[string]LayerSkip{"lint": {Because: hostile}, "unit": {Because: fmt.Sprint(i)}}
		}
		got := Diff(a, b)
		if len(got) == 0 || len(got) > maxChanges || !slices.Equal(got, Diff(a, b)) {
			t.Fatalf("%d lines: %q", len(got), got)
		}
		for _, line := range got {
			if n := len([]rune(line)); n > 1500 || strings.ContainsFunc(line, unicode.IsControl) || strings.Contains(line, "\u202e") {
				t.Errorf("%d characters: %q", n, line)
			}
		}
	}
}

// TestStrengthens: what Diff says is told apart again from its words alone.
func TestStrengthens(t *testing.T) {
	sentences := 0
	for seed := range uint64(300) {
		r := rand.New(rand.NewPCG(seed, 1))
		a, errA := Expand(randomSpec(r), 1)
		b, errB := Expand(randomSpec(r), 1)
		if errA != nil || errB != nil {
			continue
		}
		day := time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC)
		levels := []string{"", "ignore", "warn", "fail"}
		for i, p := range []*Plan{a, b} {
			p.Layers = []string{"lint", "schema", "unit"}[r.IntN(3):]
			p.Gate = Gate{Mode: []string{"new", "all"}[r.IntN(2)], Overrides: map[string]string{"flaky": levels[r.IntN(4)]}}
			for n := range r.IntN(4) {
				p.Expect = append(p.Expect, Expectation{Issue: fmt.Sprint("#", n+i*r.IntN(2)), Until: day.AddDate(0, 0, r.IntN(3))})
			}
		}
		d := &differ{base: a, head: b}
		d.all()
		for _, s := range d.less {
			if Strengthens(s) {
				t.Errorf("%q asks for less", s)
			}
		}
		for _, s := range d.more {
			if !Strengthens(s) {
				t.Errorf("%q asks for more", s)
			}
		}
		sentences += len(d.less) + len(d.more)
	}
	if sentences < 500 {
		t.Errorf("only %d sentences", sentences)
	}
	for text, want := range map[string]bool{"and 3 more changes": true, "": false, "excludes 3 cells: adds 3 cells": false, "removes 3 cells": false} {
		if Strengthens(text) != want {
			t.Errorf("%q: %t", text, !want)
		}
	}
}

// FuzzDiff reads plans as they might come from a stranger.
func FuzzDiff(f *testing.F) {
	f.Add([]byte(`{"axes":[{"name":"kubernetes","values":["1.25","x"],"ordered":true}],"cells":[{"id":"a","at":{"kubernetes":"1.25"}}]}`), []byte(`{}`))
	f.Add([]byte(`{"axes":[{"name":"","values":null},{"name":""}],"cells":[{"id":"a"},{"id":"a"}],"expect":[{},{}]}`), []byte(`{"cells":[{"id":"b","at":{"y":"z"},"skip":{"":{}}}],"layers":["",""]}`))
	f.Fuzz(func(t *testing.T, base, head []byte) {
		var a, b Plan
		if json.Unmarshal(base, &a) != nil || json.Unmarshal(head, &b) != nil {
			return
		}
		if got := Diff(&a, &b); len(got) > maxChanges || !slices.Equal(got, Diff(&a, &b)) {
			t.Errorf("%q", got)
		}
		if got := Diff(&a, &a); len(got) > 0 {
			t.Errorf("a plan differs from itself: %q", got)
		}
	})
}
