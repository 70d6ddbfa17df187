package cause

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// grid gives all cells of the axes, the last one changing fastest.
func grid(axes ...Axis) Matrix {
	m := Matrix{Axes: axes}
	n := 1
	sizes := make([]int, len(axes))
	for i, a := range axes {
		sizes[i] = len(a.Values)
		n *= sizes[i]
	}
	for i := range n {
		m.Cells = append(m.Cells, coordinates(sizes, i))
	}
	return m
}

func axis(name string, values ...string) Axis { return Axis{Name: name, Values: values} }

var kubernetes = Axis{Name: "kubernetes", Values: []string{"1.30", "1.31", "1.32", "1.33"}, Ordered: true}

// fails makes a test that fails in the cells for which f is true.
func fails(m Matrix, name string, f func(cell []int) bool) Test {
	t := Test{Name: name}
	for _, c := range m.Cells {
		o := Passed
		if f(c) {
			o = Failed
		}
		t.Outcomes = append(t.Outcomes, o)
	}
	return t
}

func explain(t *testing.T, m Matrix, tests ...Test) Explanation {
	t.Helper()
	e, err := Explain(m, tests, Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// describe writes causes as "axis=from..to axis=value: tests".
func describe(m Matrix, causes []Cause) string {
	var out []string
	for _, c := range causes {
		out = append(out, conditionsText(m, c.Conditions)+": "+fmt.Sprint(c.Tests))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}

func conditionsText(m Matrix, conditions []Condition) string {
	if len(conditions) == 0 {
		return "everywhere"
	}
	var out []string
	for _, c := range conditions {
		a := m.Axes[c.Axis]
		text := a.Name + "=" + a.Values[c.From]
		if c.To != c.From {
			text += ".." + a.Values[c.To]
		}
		out = append(out, text)
	}
	return strings.Join(out, " ")
}

func TestExplain(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"))
	never := func([]int) bool { return false }
	for _, c := range []struct {
		name  string
		tests []func(cell []int) bool
		want  string
	}{
		{"nothing fails", []func([]int) bool{never, never}, ""},
		{"one value", []func([]int) bool{func(c []int) bool { return c[2] == 0 }, never}, "provider=eks: [0]"},
		{"from a version on", []func([]int) bool{func(c []int) bool { return c[0] >= 2 }, never}, "kubernetes=1.32..1.33: [0]"},
		{"up to a version", []func([]int) bool{func(c []int) bool { return c[0] <= 1 }, never}, "kubernetes=1.30..1.31: [0]"},
		{"a range", []func([]int) bool{func(c []int) bool { return c[0] == 1 || c[0] == 2 }, never}, "kubernetes=1.31..1.32: [0]"},
		{"two conditions", []func([]int) bool{func(c []int) bool { return c[0] >= 2 && c[1] == 1 }, never},
			"kubernetes=1.32..1.33 operation=upgrade: [0]"},
		{"three conditions, several tests", []func([]int) bool{
			func(c []int) bool { return c[0] >= 2 && c[1] == 1 && c[2] == 2 }, never,
			func(c []int) bool { return c[0] >= 2 && c[1] == 1 && c[2] == 2 },
		}, "kubernetes=1.32..1.33 operation=upgrade provider=kind: [0 2]"},
		{"everywhere", []func([]int) bool{func([]int) bool { return true }, never}, "everywhere: [0]"},
		{"two causes of one test", []func([]int) bool{func(c []int) bool { return c[2] == 0 || c[0] == 3 }, never},
			"kubernetes=1.33: [0]; provider=eks: [0]"},
		{"two causes that share a test", []func([]int) bool{
			func(c []int) bool { return c[2] == 0 },
			func(c []int) bool { return c[2] == 0 || c[0] == 3 && c[1] == 0 },
			func(c []int) bool { return c[0] == 3 && c[1] == 0 },
		}, "kubernetes=1.33 operation=install: [1 2]; provider=eks: [0 1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var tests []Test
			for i, f := range c.tests {
				tests = append(tests, fails(m, fmt.Sprint("test", i), f))
			}
			e := explain(t, m, tests...)
			if got := describe(m, e.Causes); got != c.want {
				t.Errorf("got %q, expected %q: %+v", got, c.want, e)
			}
			for _, k := range e.Causes {
				if k.Confidence < 0.5 || k.Support.Failed != k.Support.Cells {
					t.Errorf("confidence %.2f, support %+v", k.Confidence, k.Support)
				}
			}
			if len(e.Strays) > 0 {
				t.Errorf("strays: %v", e.Strays)
			}
		})
	}
}

// TestSupport counts for and against, other causes apart.
func TestSupport(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"))
	e := explain(t, m,
		fails(m, "a", func(c []int) bool { return c[2] == 0 }),
		fails(m, "b", func(c []int) bool { return c[2] == 0 || c[0] == 3 && c[1] == 0 }),
		fails(m, "c", func(c []int) bool { return c[0] == 3 && c[1] == 0 }))
	for _, c := range e.Causes {
		if conditionsText(m, c.Conditions) == "provider=eks" {
			want := Support{Failed: 8, Cells: 8, FailedElsewhere: 2, CellsElsewhere: 16, ExplainedElsewhere: 2}
			if c.Support != want {
				t.Errorf("support %+v, expected %+v", c.Support, want)
			}
			return
		}
	}
	t.Errorf("no cause for eks: %+v", e.Causes)
}

// TestLonelyFailure is judged a flake, and repeating its cell would tell.
func TestLonelyFailure(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"))
	flake := slices.IndexFunc(m.Cells, func(c []int) bool { return slices.Equal(c, []int{1, 0, 2}) })
	e := explain(t, m,
		fails(m, "a", func(c []int) bool { return c[2] == 0 && c[1] == 1 }),
		fails(m, "b", func(c []int) bool { return slices.Equal(c, m.Cells[flake]) }))
	if got, want := describe(m, e.Causes), "operation=upgrade provider=eks: [0]"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
	if len(e.Strays) != 1 || e.Strays[0].Test != 1 || e.Strays[0].Cell != flake || e.Strays[0].Chance < 0.7 {
		t.Errorf("strays: %+v", e.Strays)
	}
}

// TestUpset takes the failures of very many tests in one cell for one event.
func TestUpset(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"), axis("size", "s", "m", "l"))
	var tests []Test
	r := rand.New(rand.NewPCG(3, 4))
	for i := range 200 {
		tests = append(tests, fails(m, fmt.Sprintf("test%03d", i), func(c []int) bool {
			return slices.Equal(c, m.Cells[40]) && r.Float64() < 0.8 || i < 3 && c[2] == 1
		}))
	}
	e := explain(t, m, tests...)
	if got, want := describe(m, e.Causes), "provider=gke: [0 1 2]"; got != want {
		t.Errorf("got %q, expected %q", got, want)
	}
	if !slices.Equal(e.Noise.Upsets, []int{40}) {
		t.Errorf("upset cells: %v", e.Noise.Upsets)
	}
}

// TestNextDecides runs the cells that an explanation asks for, which must leave
// the true cause alone.
func TestNextDecides(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"))
	all := m.Cells
	truth := func(c []int) bool { return c[2] == 1 && c[1] == 1 }
	m.Cells = nil
	for _, c := range all { // gke never installs: provider or both?
		if c[2] != 1 || c[1] == 1 {
			m.Cells = append(m.Cells, c)
		}
	}
	e := explain(t, m, fails(m, "a", truth), fails(m, "b", truth))
	if len(e.Causes) != 1 || len(e.Causes[0].Rivals) == 0 || len(e.Causes[0].Next) == 0 {
		t.Fatalf("expected one cause with rivals and next cells: %+v", e.Causes)
	}
	for _, n := range e.Causes[0].Next {
		if slices.ContainsFunc(m.Cells, func(c []int) bool { return slices.Equal(c, n) }) {
			t.Errorf("the cell %v has run already", n)
		}
		m.Cells = append(m.Cells, n)
	}
	e = explain(t, m, fails(m, "a", truth), fails(m, "b", truth))
	if got, want := describe(m, e.Causes), "operation=upgrade provider=gke: [0 1]"; got != want {
		t.Errorf("after the next cells: got %q, expected %q", got, want)
	}
	if e.Causes[0].Confidence < 0.9 {
		t.Errorf("confidence %.2f", e.Causes[0].Confidence)
	}
}

// TestFeasible takes conditions that differ only in what can never run for one.
func TestFeasible(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"))
	can := func(c []int) bool { return c[2] != 1 || c[1] == 1 } // gke only upgrades
	m.Cells = slices.DeleteFunc(m.Cells, func(c []int) bool { return !can(c) })
	m.Feasible = can
	e := explain(t, m, fails(m, "a", func(c []int) bool { return c[2] == 1 }), fails(m, "b", func(c []int) bool { return c[2] == 1 }))
	if got, want := describe(m, e.Causes), "provider=gke: [0 1]"; got != want {
		t.Fatalf("got %q, expected %q", got, want)
	}
	for _, r := range e.Causes[0].Rivals {
		if conditionsText(m, r.Conditions) == "operation=upgrade provider=gke" {
			t.Errorf("a rival that selects the same feasible cells: %+v", r)
		}
	}
	if e.Causes[0].Confidence < 0.9 {
		t.Errorf("confidence %.2f", e.Causes[0].Confidence)
	}
}

func TestCostOrdersNext(t *testing.T) {
	m := grid(kubernetes, axis("operation", "install", "upgrade"), axis("provider", "eks", "gke", "kind"))
	m.Cells = slices.DeleteFunc(m.Cells, func(c []int) bool { return c[2] == 1 && c[1] == 0 })
	m.Cost = func(c []int) float64 {
		if c[0] == 2 {
			return 1
		}
		return 10
	}
	f := func(c []int) bool { return c[2] == 1 }
	e := explain(t, m, fails(m, "a", f), fails(m, "b", f))
	if len(e.Causes) != 1 || len(e.Causes[0].Next) == 0 {
		t.Fatalf("expected one cause with next cells: %+v", e.Causes)
	}
	if got := e.Causes[0].Next[0]; got[0] != 2 {
		t.Errorf("the first cell to run is %v; expected one of the cheap ones, on 1.32", got)
	}
}

// TestOrderDoesNotMatter shuffles axes, the values of axes without order, cells
// and tests.
func TestOrderDoesNotMatter(t *testing.T) {
	for seed := range uint64(4) {
		w := setting{sizes: []int{5, 3, 4}, tests: 6, causes: 2, share: 0.6, flake: 0.02}.make(seed)
		want := explain(t, w.matrix, w.tests...)
		r := rand.New(rand.NewPCG(seed, 5))
		axes, cells, tests := r.Perm(len(w.matrix.Axes)), r.Perm(len(w.matrix.Cells)), r.Perm(len(w.tests))
		var m Matrix
		values := make([][]int, len(axes)) // by new axis: new index to old
		for i, a := range axes {
			old := w.matrix.Axes[a]
			values[i] = make([]int, len(old.Values))
			for v := range values[i] {
				values[i][v] = v
			}
			if !old.Ordered {
				values[i] = r.Perm(len(old.Values))
			}
			n := Axis{Name: old.Name, Ordered: old.Ordered}
			for _, v := range values[i] {
				n.Values = append(n.Values, old.Values[v])
			}
			m.Axes = append(m.Axes, n)
		}
		for _, c := range cells {
			var cell []int
			for i, a := range axes {
				cell = append(cell, slices.Index(values[i], w.matrix.Cells[c][a]))
			}
			m.Cells = append(m.Cells, cell)
		}
		var shuffled []Test
		for _, i := range tests {
			n := Test{Name: w.tests[i].Name}
			for _, c := range cells {
				n.Outcomes = append(n.Outcomes, w.tests[i].Outcomes[c])
			}
			shuffled = append(shuffled, n)
		}
		got := explain(t, m, shuffled...)
		back := func(list []Condition) []Condition {
			var out []Condition
			for _, c := range list {
				from, to := values[c.Axis][c.From], values[c.Axis][c.To]
				out = append(out, Condition{axes[c.Axis], from, to})
			}
			slices.SortFunc(out, compareConditions)
			return out
		}
		for i := range got.Causes {
			c := &got.Causes[i]
			c.Conditions = back(c.Conditions)
			for j, k := range c.Tests {
				c.Tests[j] = tests[k]
			}
			slices.Sort(c.Tests)
		}
		g, x := sorted(got.Causes), sorted(want.Causes)
		if len(g) != len(x) {
			t.Fatalf("seed %d: %v became %v", seed, x, g)
		}
		for i := range g {
			if key(g[i]) != key(x[i]) || math.Abs(g[i].Confidence-x[i].Confidence) > 1e-9 || g[i].Support != x[i].Support {
				t.Errorf("seed %d: %+v became %+v", seed, x[i], g[i])
			}
		}
	}
}

// TestNamesDoNotMatter renames everything, which changes the order inside.
func TestNamesDoNotMatter(t *testing.T) {
	for seed := range uint64(4) {
		w := setting{sizes: []int{5, 3, 4}, tests: 6, causes: 2, share: 1}.make(seed)
		want := sorted(explain(t, w.matrix, w.tests...).Causes)
		m := w.matrix
		m.Axes = nil
		for i, a := range w.matrix.Axes {
			n := Axis{Name: fmt.Sprint("z", 9-i), Ordered: a.Ordered}
			for v := range a.Values {
				n.Values = append(n.Values, fmt.Sprint("w", 99-v))
			}
			m.Axes = append(m.Axes, n)
		}
		tests := slices.Clone(w.tests)
		for i := range tests {
			tests[i].Name = fmt.Sprint("y", 9-i)
		}
		got := sorted(explain(t, m, tests...).Causes)
		if fmt.Sprint(keys(got)) != fmt.Sprint(keys(want)) {
			t.Errorf("seed %d: %v became %v", seed, keys(want), keys(got))
		}
	}
}

func keys(causes []Cause) []string {
	var out []string
	for _, c := range causes {
		out = append(out, key(c))
	}
	return out
}

// TestMorePasses adds tests that pass, and answers that are absent, which
// change no cause.
func TestMorePasses(t *testing.T) {
	for seed := range uint64(4) {
		w := setting{sizes: []int{5, 3, 4}, tests: 6, causes: 2, share: 1}.make(seed)
		want := sorted(explain(t, w.matrix, w.tests...).Causes)
		tests := slices.Clone(w.tests)
		for i := range 3 {
			tests = append(tests, fails(w.matrix, fmt.Sprint("zz", i), func([]int) bool { return false }))
		}
		tests = append(tests, Test{Name: "zzz", Outcomes: make([]Outcome, len(w.matrix.Cells))})
		got := sorted(explain(t, w.matrix, tests...).Causes)
		if fmt.Sprint(keys(got)) != fmt.Sprint(keys(want)) {
			t.Errorf("seed %d: %v became %v", seed, keys(want), keys(got))
		}
	}
}

func TestSameAnswerTwice(t *testing.T) {
	w := setting{sizes: []int{6, 3, 4}, tests: 8, causes: 3, share: 0.4, flake: 0.03, heal: 0.03}.make(1)
	a, b := explain(t, w.matrix, w.tests...), explain(t, w.matrix, w.tests...)
	if !reflect.DeepEqual(a, b) {
		t.Errorf("two answers:\n%+v\n%+v", a, b)
	}
}

func TestExplainRefuses(t *testing.T) {
	m := grid(kubernetes)
	for _, c := range []struct {
		m     Matrix
		tests []Test
		want  string
	}{
		{m, []Test{{Name: "a", Outcomes: []Outcome{Passed}}}, `test "a" has 1 outcomes; expected one for each of the 4 cells`},
		{Matrix{Axes: m.Axes, Cells: [][]int{{4}}}, nil, `cell 0 has value 4 on axis "kubernetes"; expected 0 to 3`},
		{Matrix{Axes: m.Axes, Cells: [][]int{{0, 0}}}, nil, `cell 0 has 2 values; expected one for each of the 1 axes`},
	} {
		if _, err := Explain(c.m, c.tests, Options{}); err == nil || err.Error() != c.want {
			t.Errorf("got %v, expected %q", err, c.want)
		}
	}
}

func TestEmpty(t *testing.T) {
	for _, m := range []Matrix{{}, grid(kubernetes), {Axes: []Axis{{Name: "none"}}}, {Cells: [][]int{{}, {}}}, grid(axis("one", "only"))} {
		tests := []Test{{Name: "a", Outcomes: make([]Outcome, len(m.Cells))}, {Name: "b", Outcomes: make([]Outcome, len(m.Cells))}}
		for i := range m.Cells {
			tests[1].Outcomes[i] = Failed
		}
		explain(t, m)
		explain(t, m, tests...)
	}
}
