package matrix

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// unselected gives the plan of a specification without what saves effort.
func unselected(t *testing.T, s Spec) *Plan {
	t.Helper()
	s.Only, s.Cover = nil, nil
	whole, err := Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	return whole
}

// sealed gives a first plan with its jobs.
func sealed(t *testing.T, p *Plan) *Plan {
	t.Helper()
	var err error
	p.Name = "app"
	if p.Jobs, err = Pack(p.Cells, Packing{Name: p.Name}); err != nil {
		t.Fatal(err)
	}
	p.Seal()
	return p
}

func twoAxes() Spec {
	return Spec{
		Axes: []Axis{
			{Name: Kubernetes, Ordered: true, Values: []string{"1.33", "1.34", "1.35"}},
			{Name: Provider, Values: []string{"kind", "eks"}},
			{Name: Scenario, Values: []string{"default", "ha"}},
		},
		Exclude: []Exclusion{{Where: Selector{{Axis: Kubernetes, Values: []string{"1.33"}}, {Axis: Scenario, Values: []string{"ha"}}}, Rule: "exclude[0]", Because: "ha needs 1.34"}},
		Only:    []Selection{{Where: Selector{{Axis: Provider, Values: []string{"kind"}}, {Axis: Scenario, Values: []string{"default"}}}, Rule: "event pull_request"}},
	}
}

func at(version, provider, scenario string) Coordinate {
	return Coordinate{Kubernetes: version, Provider: provider, Scenario: scenario}
}

func TestFollowUp(t *testing.T) {
	s := twoAxes()
	first, err := Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	sealed(t, first)
	cases := []struct {
		name   string
		wanted [][]Wanted
		limits FollowUpLimits
		cells  string // slugs
		notes  string // parts of them
		err    string
	}{
		{name: "none is asked for", limits: FollowUpLimits{Cells: 6}},
		{name: "off", wanted: [][]Wanted{{{At: at("1.34", "kind", "ha")}}}},
		{name: "one", wanted: [][]Wanted{{{At: at("1.34", "kind", "ha")}}}, limits: FollowUpLimits{Cells: 1}, cells: "kind-1.34-ha"},
		{
			name:   "each once",
			wanted: [][]Wanted{{{At: at("1.34", "kind", "ha")}}, {{At: at("1.34", "kind", "ha")}, {At: at("1.35", "kind", "ha")}}},
			limits: FollowUpLimits{Cells: 6}, cells: "kind-1.34-ha kind-1.35-ha",
		},
		{
			name:   "of every list one before the second of any",
			wanted: [][]Wanted{{{At: at("1.35", "kind", "ha")}, {At: at("1.34", "eks", "ha")}}, {{At: at("1.34", "kind", "ha")}}},
			limits: FollowUpLimits{Cells: 2, Providers: []string{"eks"}}, cells: "kind-1.34-ha kind-1.35-ha", notes: "more than the follow-up may have: 1",
		},
		{
			name:   "cheapest first",
			wanted: [][]Wanted{{{At: at("1.34", "eks", "ha")}, {At: at("1.34", "kind", "ha")}}},
			limits: FollowUpLimits{Cells: 1, Providers: []string{"eks"}, Cost: func(c Cell) float64 { return float64(len(c.At[Provider])) }},
			cells:  "eks-1.34-ha", notes: "more than the follow-up may have: 1",
		},
		{
			name: "another provider", wanted: [][]Wanted{{{At: at("1.34", "eks", "ha")}}}, limits: FollowUpLimits{Cells: 6},
			notes: "eks-1.34-ha is not followed up: nothing of the first plan ran on eks; name it under follow-up.providers",
		},
		{
			name: "excluded", wanted: [][]Wanted{{{At: at("1.33", "kind", "ha")}}}, limits: FollowUpLimits{Cells: 6},
			notes: "kind-1.33-ha is not followed up: exclude[0]: ha needs 1.34",
		},
		{
			name: "planned", wanted: [][]Wanted{{{At: at("1.33", "kind", "default")}}}, limits: FollowUpLimits{Cells: 6},
			notes: "kind-1.33-default is not followed up: the first plan has it",
		},
		{name: "no such axis", wanted: [][]Wanted{{{At: Coordinate{"color": "red"}}}}, err: `there is no axis "color"; have kubernetes, provider, scenario`},
		{name: "no such value", wanted: [][]Wanted{{{At: at("1.99", "kind", "ha")}}}, err: `axis kubernetes has no value "1.99"; have 1.33, 1.34, 1.35`},
		{name: "too few values", wanted: [][]Wanted{{{At: Coordinate{Kubernetes: "1.34"}}}}, err: `it has no value on the axis "provider"`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			up, err := NewFollowUp(first, unselected(t, s), c.wanted, c.limits)
			if c.err != "" {
				if err == nil || !strings.Contains(err.Error(), c.err) {
					t.Fatalf("got %v, want %s", err, c.err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var slugs []string
			for _, cell := range up.Cells {
				slugs = append(slugs, cell.Slug)
			}
			if got := strings.Join(slugs, " "); got != c.cells {
				t.Errorf("cells %q, want %q", got, c.cells)
			}
			if got := strings.Join(up.Notes, "\n"); !strings.Contains(got, c.notes) || c.notes == "" && got != "" {
				t.Errorf("notes %q, want %q", got, c.notes)
			}
		})
	}
}

// TestFollowUpOfAnotherMatrix: a plan of other axes is not one to go on from.
func TestFollowUpOfAnotherMatrix(t *testing.T) {
	s := twoAxes()
	first, err := Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	s.Axes[0].Values = s.Axes[0].Values[1:]
	s.Exclude = nil
	if _, err := NewFollowUp(first, unselected(t, s), nil, FollowUpLimits{}); err == nil || !strings.Contains(err.Error(), "other axes") {
		t.Errorf("got %v", err)
	}
}

// TestFollowUpProperties: whatever is asked for, nothing runs that must not, and
// the plan of both still counts every cell once.
func TestFollowUpProperties(t *testing.T) {
	followed := 0
	forRandomSpecs(t, func(t *testing.T, s Spec, first *Plan, r *rand.Rand) {
		sealed(t, first)
		before := marshal(t, first)
		whole := unselected(t, s)
		var wanted [][]Wanted
		all := everything(s)
		for _, id := range sortedIDs(all) {
			if r.IntN(2) == 0 {
				wanted = append(wanted, []Wanted{{At: all[id], Because: "it tells"}})
			}
		}
		limit := r.IntN(8)
		limits := FollowUpLimits{Cells: limit, LeftOut: func(at Coordinate) (Omission, bool) { return LeftOut(s, at) }}
		up, err := NewFollowUp(first, whole, wanted, limits)
		if err != nil {
			t.Fatal(err)
		}
		if again, _ := NewFollowUp(first, whole, wanted, limits); !reflect.DeepEqual(up, again) {
			t.Fatal("not the same twice")
		}
		if len(up.Cells) > limit || len(up.FollowUp.Cells) != len(up.Cells) {
			t.Fatalf("%d cells of %d", len(up.Cells), limit)
		}
		if up.Jobs, err = Pack(up.Cells, Packing{Name: up.Name}); err != nil {
			t.Fatal(err)
		}
		if len(up.Cells) > 1 { // what is known of it only later
			up.Omit(NothingToTest, "upgrade", "", func(c Cell) bool { return c.ID == up.Cells[0].ID })
			up.Jobs = up.Jobs[1:]
		}
		up.Seal()
		both, err := first.Follow(up)
		if err != nil {
			t.Fatal(err)
		}
		if marshal(t, first) != before {
			t.Fatal("the first plan was changed")
		}
		count := func(p *Plan) int {
			n := len(p.Cells)
			for _, o := range p.Omissions {
				if len(o.Cells) > 0 && len(o.Cells) != o.Count {
					t.Errorf("%s counts %d and lists %d", o.Rule, o.Count, len(o.Cells))
				}
				n += o.Count
			}
			return n
		}
		if count(both) != count(first) {
			t.Errorf("%d cells in all, and %d before", count(both), count(first))
		}
		again := both.Before()
		if again.Digest != first.Digest || again.FollowUp != nil || count(again) != count(first) ||
			!reflect.DeepEqual(again.Cells, first.Cells) || len(again.Jobs) != len(first.Jobs) || len(first.Jobs) > 0 && !reflect.DeepEqual(again.Jobs, first.Jobs) {
			t.Errorf("%d cells, %d jobs and %d in all before the follow-up", len(again.Cells), len(again.Jobs), count(again))
		}
		may := map[string]bool{}
		for _, c := range whole.Cells {
			may[c.ID] = true
		}
		for _, c := range up.Cells {
			followed++
			if !may[c.ID] || slices.ContainsFunc(first.Cells, func(f Cell) bool { return f.ID == c.ID }) {
				t.Errorf("%s may not be followed up", c.Slug)
			}
			if !slices.ContainsFunc(first.Cells, func(f Cell) bool { return f.At[Provider] == c.At[Provider] }) {
				t.Errorf("%s is of another provider", c.Slug)
			}
		}
		for _, j := range first.Jobs {
			if !slices.ContainsFunc(both.Jobs, func(k Job) bool { return reflect.DeepEqual(j, k) }) {
				t.Errorf("job %s is another one now", j.ID)
			}
		}
		if both.FollowUp == nil || both.Digest == first.Digest {
			t.Error("the plan of both does not tell itself from the first")
		}
	})
	if followed < 100 {
		t.Errorf("only %d cells were followed up", followed)
	}
}

// TestFollowRefuses: a follow-up that is not this plan's, or claims more than it
// may, is not joined.
func TestFollowRefuses(t *testing.T) {
	s := twoAxes()
	first, err := Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	sealed(t, first)
	fresh := func() *Plan {
		up, err := NewFollowUp(first, unselected(t, s), [][]Wanted{{{At: at("1.34", "kind", "ha")}}}, FollowUpLimits{Cells: 1})
		if err != nil {
			t.Fatal(err)
		}
		return sealed(t, up)
	}
	for _, c := range []struct {
		name   string
		change func(*Plan)
		err    string
	}{
		{"no follow-up", func(p *Plan) { p.FollowUp = nil }, "no follow-up"},
		{"of another plan", func(p *Plan) { p.FollowUp.Of = "sha256:0" }, "it follows the plan sha256:0"},
		{"of another chart", func(p *Plan) { p.Chart.Digest = "x" }, "another chart"},
		{"of other layers", func(p *Plan) { p.Layers = []string{"lint"} }, "other layers"},
		{"a cell that it was not asked for", func(p *Plan) { p.FollowUp.Cells = nil }, "not one that it may add"},
		{"a cell of the first plan", func(p *Plan) { p.Cells = first.Cells[:1] }, "not one that it may add"},
		{"a cell with another's ID", func(p *Plan) { p.Cells[0].At = at("1.35", "kind", "ha") }, "not one that it may add"},
		{"twice", func(p *Plan) { p.FollowUp.Cells = append(p.FollowUp.Cells, p.FollowUp.Cells...) }, "again"},
		{"a job of the first plan", func(p *Plan) { p.Jobs[0].ID = first.Jobs[0].ID }, "its job"},
		{"a job with the first plan's cells", func(p *Plan) { p.Jobs[0].Cells = first.Jobs[0].Cells }, "its job"},
	} {
		t.Run(c.name, func(t *testing.T) {
			up := fresh()
			c.change(up)
			if _, err := first.Follow(up); err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("got %v, want %s", err, c.err)
			}
		})
	}
}

// TestFollowUpReasonIsBounded: a reason comes from a file.
func TestFollowUpReasonIsBounded(t *testing.T) {
	s := twoAxes()
	first, err := Expand(s, 1)
	if err != nil {
		t.Fatal(err)
	}
	up, err := NewFollowUp(first, unselected(t, s), [][]Wanted{{{At: at("1.34", "kind", "ha"), Because: strings.Repeat("é", 5000)}}}, FollowUpLimits{Cells: 1})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(up.FollowUp.Cells[0].Because); n > maxWantedReason+len("…") {
		t.Errorf("%d bytes", n)
	}
}

func sortedIDs(all map[string]Coordinate) []string {
	ids := make([]string, 0, len(all))
	for id := range all {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

func marshal(t *testing.T, v any) string {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
