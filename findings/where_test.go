package findings

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// whereOf explains in which cells a failure occurs that fails where bad says,
// and was not asked where hidden says.
func whereOf(t *testing.T, axes []matrix.Axis, bad, hidden func(at at) bool) Finding {
	t.Helper()
	p := planOf(t, axes)
	run := runOf(p, func(at at, c *result.Cell) {
		switch {
		case hidden != nil && hidden(at):
			*c = result.Cell{ID: c.ID, At: c.At, Attempt: 1, Status: result.Passed, Steps: []result.Step{
				{Layer: "lint", Status: result.Passed, Assertions: []result.Assertion{{Name: "ok", Status: result.Passed}}},
				{Layer: "render", Status: result.Skipped, Reason: "left out"},
				{Layer: "schema", Status: result.Skipped, Reason: "left out"},
			}}
		case bad(at):
			fail(c, "schema", removedHPA())
		}
	})
	s := Explain(run, Options{Now: day})
	if len(s.Findings) != 1 {
		t.Fatalf("%d findings, want 1", len(s.Findings))
	}
	return s.Findings[0]
}

func TestWhere(t *testing.T) {
	six := fourteen[:6] // 1.24 to 1.29
	is := func(axis string, values ...string) func(at) bool {
		return func(at at) bool {
			for _, v := range values {
				if at[axis] == v {
					return true
				}
			}
			return false
		}
	}
	from := func(minor int) func(at) bool { return func(at at) bool { return minorOf(at) >= minor } }
	upTo := func(minor int) func(at) bool { return func(at at) bool { return minorOf(at) <= minor } }
	all := func(fs ...func(at) bool) func(at) bool {
		return func(at at) bool {
			for _, f := range fs {
				if !f(at) {
					return false
				}
			}
			return true
		}
	}
	any := func(fs ...func(at) bool) func(at) bool {
		return func(at at) bool {
			for _, f := range fs {
				if f(at) {
					return true
				}
			}
			return false
		}
	}
	everywhere := func(at) bool { return true }
	user := append(axesOf(six, "kind eks gke", "default ha", "install upgrade"), matrix.Axis{Name: "ingress", Values: []string{"nginx", "traefik", "none"}})
	plain := axesOf(six, "kind eks gke", "default ha external-db", "install upgrade")
	tests := []struct {
		name   string
		axes   []matrix.Axis
		bad    func(at) bool
		hidden func(at) bool
		want   string
	}{
		{"everywhere", plain, everywhere, nil, "everywhere"},
		{"the whole layer that ran", plain, everywhere, is("scenario", "ha"), "wherever schema ran, 72 of 108 cells"},
		{"a version and later", plain, from(26), nil, "on Kubernetes 1.26 and later, in every scenario"},
		{"up to a version", plain, upTo(25), nil, "on Kubernetes 1.25 and earlier, in every scenario"},
		{"one version", plain, is("kubernetes", "1.27"), nil, "only on Kubernetes 1.27, in every scenario"},
		{"the newest version", plain, is("kubernetes", "1.29"), nil, "only on Kubernetes 1.29, in every scenario"},
		{"a range", plain, all(from(25), upTo(27)), nil, "on Kubernetes 1.25 to 1.27, in every scenario"},
		{"two versions side by side", plain, is("kubernetes", "1.26", "1.27"), nil, "on Kubernetes 1.26 and 1.27, in every scenario"},
		{"two versions apart", plain, is("kubernetes", "1.25", "1.28"), nil, "on Kubernetes 1.25 and 1.28, in every scenario"},
		{"every version but one", plain, any(upTo(25), from(27)), nil, "on every Kubernetes version but 1.26, in every scenario"},
		{"a scenario", plain, is("scenario", "ha"), nil, "in scenario ha, on every Kubernetes version"},
		{"every scenario but one", plain, is("scenario", "ha", "external-db"), nil, "in every scenario but default, on every Kubernetes version"},
		{"a provider", plain, is("provider", "eks"), nil, "on EKS"},
		{"every provider but one", plain, is("provider", "eks", "gke"), nil, "on every provider but kind"},
		{"two providers of four", axesOf(six, "kind k3s eks gke", "default ha", "install"), is("provider", "eks", "gke"), nil, "on EKS and GKE"},
		{"upgrading", plain, is("operation", "upgrade"), nil, "when upgrading"},
		{"installing", plain, is("operation", "install"), nil, "when installing"},
		{"version and scenario", plain, all(from(26), is("scenario", "ha")), nil, "on Kubernetes 1.26 and later, in scenario ha"},
		{"three axes", plain, all(from(28), is("provider", "eks"), is("operation", "upgrade")), nil, "on Kubernetes 1.28 and later when upgrading, on EKS"},
		{"a user's axis", user, is("ingress", "traefik"), nil, "with ingress traefik"},
		{"a user's axis but one", user, is("ingress", "traefik", "nginx"), nil, "with every ingress but none"},
		{"an axis with one value is never named", axesOf(six, "kind", "default ha", "install"), is("scenario", "ha"), nil, "in scenario ha, on every Kubernetes version"},
		{"two causes", plain, any(all(is("provider", "eks"), is("operation", "upgrade")), all(is("provider", "gke"), is("scenario", "ha"))), nil,
			"on EKS when upgrading; and also on GKE, in scenario ha"},
		{"two causes on two axes", plain, any(is("provider", "eks"), is("scenario", "ha")), nil, "on EKS, and also in scenario ha"},
		{"two ends", plain, any(all(upTo(24), is("scenario", "ha")), all(from(29), is("scenario", "default"))), nil,
			"on Kubernetes 1.24, in scenario ha; and also on Kubernetes 1.29, in scenario default"},
		{"a hole in the range that was not asked", plain, all(from(26), is("scenario", "ha")), all(is("kubernetes", "1.27"), is("scenario", "ha")),
			"on Kubernetes 1.26 and later, in scenario ha"},
		{"no pattern", plain, func(at at) bool {
			return (minorOf(at)+len(at["provider"])+len(at["scenario"])+len(at["operation"]))%3 == 0
		}, nil, "*"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := whereOf(t, test.axes, test.bad, test.hidden)
			if test.want != "*" && f.Where != test.want {
				t.Errorf("got  %q\nwant %q", f.Where, test.want)
			}
			if f.Conditions != nil && (f.Support.Matching != f.Support.MatchingFailing || f.Support.OthersFailing != 0) {
				t.Errorf("support %+v does not bear out %q", f.Support, f.Where)
			}
		})
	}
}

func TestNoPatternIsSaid(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	f := whereOf(t, axesOf(fourteen, "kind eks gke", "default ha", "install upgrade"), func(at) bool { return r.IntN(3) == 0 }, nil)
	want := fmt.Sprintf("in %d of 168 cells without a pattern: ", f.Support.MatchingFailing)
	if len(f.Where) < len(want) || f.Where[:len(want)] != want || f.Conditions != nil {
		t.Errorf("got %q with conditions %v, want it to begin with %q", f.Where, f.Conditions, want)
	}
}

// TestConditionsHoldExactlyWhereItFails is the promise of the search: over any
// matrix, with cells that were not asked, the conditions hold in the failing
// cells and in no other that was asked.
func TestConditionsHoldExactlyWhereItFails(t *testing.T) {
	found := 0
	for seed := range uint64(600) {
		r := rand.New(rand.NewPCG(seed, 7))
		axes := randomAxes(r)
		var cells []result.Cell
		p := planOf(t, axes)
		for _, c := range p.Cells {
			cells = append(cells, result.Cell{ID: c.ID, At: c.At})
		}
		s := newSpace(axes, cells)
		truth := randomConditions(r, axes)
		asked, failing := newBitset(len(cells)), newBitset(len(cells))
		for i := range cells {
			if r.IntN(10) == 0 {
				continue
			}
			asked.set(i)
			if meets(truth, axes, cells[i].At) || seed%5 == 0 && r.IntN(20) == 0 {
				failing.set(i)
			}
		}
		if failing.count() == 0 {
			continue
		}
		c := s.explain(asked, failing)
		if c.conditions == nil {
			continue
		}
		found++
		for i := range cells {
			if got := meets(c.conditions, axes, cells[i].At); has(asked, i) && got != has(failing, i) {
				t.Fatalf("seed %d: cell %v: conditions %v hold: %v, failing: %v", seed, cells[i].At, c.conditions, got, has(failing, i))
			}
		}
		if seed%5 != 0 && len(c.conditions) > len(truth) {
			t.Errorf("seed %d: %d conjunctions %v where %d are enough: %v", seed, len(c.conditions), c.conditions, len(truth), truth)
		}
	}
	if found < 300 {
		t.Errorf("only %d of 600 matrices had conditions; the search gives up too early", found)
	}
}

func randomAxes(r *rand.Rand) []matrix.Axis {
	axes := axesOf(fourteen[:1+r.IntN(8)], "kind eks gke"[:4+4*r.IntN(3)], "a b c d"[:1+2*r.IntN(4)], "install upgrade")
	if r.IntN(2) == 0 {
		axes = append(axes, matrix.Axis{Name: "ingress", Values: []string{"nginx", "traefik"}})
	}
	return axes
}

// randomConditions gives one or two conjunctions over up to three axes.
func randomConditions(r *rand.Rand, axes []matrix.Axis) [][]Condition {
	out := make([][]Condition, 1+r.IntN(2))
	for i := range out {
		for _, a := range r.Perm(len(axes))[:1+r.IntN(3)] {
			values := axes[a].Values
			c := Condition{Axis: axes[a].Name, Op: opEqual, Values: []string{values[r.IntN(len(values))]}}
			if axes[a].Ordered {
				c.Op = []string{opEqual, opAtLeast, opAtMost}[r.IntN(3)]
			}
			out[i] = append(out[i], c)
		}
	}
	return out
}

func meets(disjunction [][]Condition, axes []matrix.Axis, at at) bool {
	for _, conjunction := range disjunction {
		all := true
		for _, c := range conjunction {
			for _, a := range axes {
				if a.Name == c.Axis {
					all = all && holds(c, a.Values, at[c.Axis])
				}
			}
		}
		if all {
			return true
		}
	}
	return false
}

// holds tells whether a value meets the condition. Values are those of the
// axis, in order.
func holds(c Condition, axis []string, value string) bool {
	at := slices.Index(axis, value)
	index := func(i int) int { return slices.Index(axis, c.Values[i]) }
	switch {
	case at < 0 || len(c.Values) == 0:
		return false
	case c.Op == opAtLeast:
		return at >= index(0)
	case c.Op == opAtMost:
		return at <= index(0)
	case c.Op == opRange:
		return len(c.Values) == 2 && at >= index(0) && at <= index(1)
	}
	return slices.Contains(c.Values, value)
}

func has(b bitset, i int) bool { return b[i/64]&(1<<(i%64)) != 0 }
