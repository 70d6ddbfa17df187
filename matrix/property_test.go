package matrix

import (
	"encoding/json"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
)

// forRandomSpecs calls f with many specifications and their plans, empty
// matrices apart.
func forRandomSpecs(t *testing.T, f func(t *testing.T, s Spec, p *Plan, r *rand.Rand)) {
	t.Helper()
	planned := 0
	for seed := range uint64(250) {
		r := rand.New(rand.NewPCG(seed, 1))
		s := randomSpec(r)
		p, err := Expand(s, int64(seed))
		switch {
		case errors.Is(err, ErrEmpty):
			if p != nil {
				t.Fatalf("seed %d: a plan and an error", seed)
			}
			continue
		case err != nil:
			t.Fatalf("seed %d: %v", seed, err)
		}
		planned++
		f(t, s, p, r)
		if t.Failed() {
			t.Fatalf("seed %d: %+v", seed, s)
		}
	}
	if planned < 120 {
		t.Errorf("only %d of 250 specifications gave a plan", planned)
	}
}

// everything lists the coordinates of the product and of the includes, in a way
// of its own.
func everything(s Spec) map[string]Coordinate {
	all := map[string]Coordinate{}
	add := func(override map[string][]string) {
		at := []Coordinate{{}}
		for _, a := range s.Axes {
			values := a.Values
			if v, ok := override[a.Name]; ok {
				values = v
			}
			var next []Coordinate
			for _, c := range at {
				for _, v := range values {
					d := maps.Clone(c)
					d[a.Name] = v
					next = append(next, d)
				}
			}
			at = next
		}
		for _, c := range at {
			all[CellID(c)] = c
		}
	}
	add(nil)
	for _, inc := range s.Include {
		add(inc.At)
	}
	return all
}

// TestNothingVanishes: the cells and those of all omissions are the product and
// the includes, nothing twice, and every count is exact.
func TestNothingVanishes(t *testing.T) {
	forRandomSpecs(t, func(t *testing.T, s Spec, p *Plan, _ *rand.Rand) {
		all := everything(s)
		seen := map[string]bool{}
		note := func(id string) {
			if seen[id] {
				t.Errorf("cell %s is there twice", id)
			}
			if _, ok := all[id]; !ok {
				t.Errorf("cell %s is neither of the product nor included", id)
			}
			seen[id] = true
		}
		for _, c := range p.Cells {
			note(c.ID)
			if c.ID != CellID(c.At) || !maps.Equal(c.At, all[c.ID]) {
				t.Errorf("cell %s is not at %v", c.ID, c.At)
			}
		}
		for _, o := range p.Omissions {
			if o.Count != len(o.Cells) || o.Count == 0 {
				t.Errorf("%s counts %d and lists %d", o.Rule, o.Count, len(o.Cells))
			}
			for _, id := range o.Cells {
				note(id)
			}
		}
		if len(seen) != len(all) {
			t.Errorf("%d of %d cells are accounted for", len(seen), len(all))
		}
	})
}

// TestRulesAreObeyed judges each cell by the rules themselves.
func TestRulesAreObeyed(t *testing.T) {
	forRandomSpecs(t, func(t *testing.T, s Spec, p *Plan, _ *rand.Rand) {
		included := map[string]bool{}
		for _, inc := range s.Include {
			only := s
			only.Axes = slices.Clone(s.Axes)
			for i, a := range only.Axes {
				if v, ok := inc.At[a.Name]; ok {
					only.Axes[i].Values = v
				}
			}
			only.Include = nil
			for id := range everything(only) {
				included[id] = true
			}
		}
		all := everything(s)
		for _, c := range p.Cells {
			if kind := judge(s, c.At, included[c.ID]); kind != "" {
				t.Errorf("%v runs, and should be %s", c.At, kind)
			}
			for _, e := range s.Exclude {
				for _, layer := range e.Layers {
					if _, skips := c.Skip[layer]; e.Where.Match(c.At) && !skips {
						t.Errorf("%v does not skip %s", c.At, layer)
					}
				}
			}
		}
		for _, o := range p.Omissions {
			for _, id := range o.Cells {
				want := judge(s, all[id], included[id])
				if o.Kind == Represented {
					want = Represented
				}
				if o.Kind != want {
					t.Errorf("%v is %s, and should be %q", all[id], o.Kind, want)
				}
			}
		}
	})
}

func judge(s Spec, at Coordinate, included bool) OmissionKind {
	if !included {
		for _, e := range s.Exclude {
			if len(e.Layers) == 0 && e.Where.Match(at) {
				return Excluded
			}
		}
		for _, w := range s.Windows {
			if v, err := ParseVersion(at[Kubernetes]); err == nil && at[Provider] == w.Provider && w.Closed.Contains(v) {
				return OutsideWindow
			}
		}
	}
	for _, o := range s.Only {
		if !o.Where.Match(at) {
			return NotSelected
		}
	}
	return ""
}

// TestSameSpecSamePlan: byte for byte, and the specification is not changed.
func TestSameSpecSamePlan(t *testing.T) {
	forRandomSpecs(t, func(t *testing.T, s Spec, p *Plan, _ *rand.Rand) {
		again, err := Expand(s, p.Seed)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := asJSON(t, p), asJSON(t, again); a != b {
			t.Errorf("two plans:\n%s\n%s", a, b)
		}
		p.Seal()
		var back Plan
		if err := json.Unmarshal([]byte(asJSON(t, p)), &back); err != nil {
			t.Fatal(err)
		}
		back.Seal()
		if back.Digest != p.Digest {
			t.Error("the digest changes when the plan is written and read")
		}
	})
}

// TestOrderOfAxes: it changes neither the cells nor their IDs.
func TestOrderOfAxes(t *testing.T) {
	forRandomSpecs(t, func(t *testing.T, s Spec, _ *Plan, r *rand.Rand) {
		s.Cover = nil // a covering may look at the order
		a, err := Expand(s, 0)
		if err != nil {
			t.Fatal(err)
		}
		s.Axes = slices.Clone(s.Axes)
		r.Shuffle(len(s.Axes), func(i, j int) { s.Axes[i], s.Axes[j] = s.Axes[j], s.Axes[i] })
		b, err := Expand(s, 0)
		if err != nil {
			t.Fatal(err)
		}
		if x, y := ids(a), ids(b); !slices.Equal(x, y) {
			t.Errorf("cells %v and %v", x, y)
		}
	})
}

// TestCellsStandInOrder: by the first axis, then the second and so on, versions
// from old to new.
func TestCellsStandInOrder(t *testing.T) {
	forRandomSpecs(t, func(t *testing.T, _ Spec, p *Plan, _ *rand.Rand) {
		for i := 1; i < len(p.Cells); i++ {
			if !inOrder(p.Axes, p.Cells[i-1].At, p.Cells[i].At) {
				t.Errorf("%v stands before %v", p.Cells[i-1].At, p.Cells[i].At)
			}
		}
	})
}

func inOrder(axes []Axis, a, b Coordinate) bool {
	for _, axis := range axes {
		x, y := a[axis.Name], b[axis.Name]
		switch {
		case x == y:
			continue
		case axis.Ordered:
			vx, _ := ParseVersion(x)
			vy, _ := ParseVersion(y)
			return vx.Compare(vy) < 0
		}
		i, j := slices.Index(axis.Values, x), slices.Index(axis.Values, y)
		return j < 0 || i >= 0 && i < j
	}
	return false
}

func ids(p *Plan) []string {
	var out []string
	for _, c := range p.Cells {
		out = append(out, c.ID)
	}
	slices.Sort(out)
	return out
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
