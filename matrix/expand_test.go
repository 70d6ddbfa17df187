package matrix

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// small is a matrix of 3 x 2 x 2 cells.
func small() Spec {
	return Spec{Axes: []Axis{
		{Name: Kubernetes, Ordered: true, Values: []string{"1.34", "1.30", "1.32"}},
		{Name: Provider, Values: []string{"kind", "eks"}},
		{Name: Scenario, Values: []string{"default", "ha"}},
	}}
}

func slugs(p *Plan) string {
	var out []string
	for _, c := range p.Cells {
		out = append(out, c.Slug)
	}
	return strings.Join(out, " ")
}

func TestExpand(t *testing.T) {
	on := func(axis string, values ...string) Selector { return Selector{{Axis: axis, Values: values}} }
	for _, c := range []struct {
		name string
		edit func(*Spec)
		want string
		omit string
	}{
		{"everything", func(*Spec) {},
			"kind-1.30-default kind-1.30-ha eks-1.30-default eks-1.30-ha " +
				"kind-1.32-default kind-1.32-ha eks-1.32-default eks-1.32-ha " +
				"kind-1.34-default kind-1.34-ha eks-1.34-default eks-1.34-ha", ""},
		{"exclude", func(s *Spec) {
			s.Exclude = []Exclusion{{Where: append(on(Provider, "eks"), Term{Axis: Kubernetes, Ranges: []VersionRange{rangeOf("<1.34")}}), Rule: "exclude[0]"},
				{Where: on(Scenario, "ha"), Rule: "exclude[1]"}}
		}, "kind-1.30-default kind-1.32-default kind-1.34-default eks-1.34-default", "excluded exclude[1] 4, excluded exclude[0] 4"},
		{"layers are left out, cells stay", func(s *Spec) {
			s.Exclude = []Exclusion{{Where: on(Kubernetes, "1.30", "1.32"), Rule: "exclude[0]"}, {Layers: []string{"k6"}, Rule: "exclude[1]"}}
		}, "kind-1.34-default kind-1.34-ha eks-1.34-default eks-1.34-ha", "excluded exclude[0] 8"},
		{"include brings back", func(s *Spec) {
			s.Exclude = []Exclusion{{Where: on(Provider, "eks"), Rule: "x"}, {Where: on(Scenario, "ha"), Rule: "y"}}
			s.Include = []Coordinates{{At: map[string][]string{Provider: {"eks"}, Kubernetes: {"1.34"}}}}
		}, "kind-1.30-default kind-1.32-default kind-1.34-default eks-1.34-default eks-1.34-ha", "excluded y 3, excluded x 4"},
		{"include adds values, in their place", func(s *Spec) {
			s.Exclude = []Exclusion{{Where: on(Scenario, "ha"), Rule: "x"}}
			s.Include = []Coordinates{{At: map[string][]string{Provider: {"gke"}, Kubernetes: {"1.31", "1.20"}, Scenario: {"default"}}}}
		}, "gke-1.20-default kind-1.30-default eks-1.30-default gke-1.31-default kind-1.32-default eks-1.32-default kind-1.34-default eks-1.34-default",
			"excluded x 6"},
		{"include of what is there anyway", func(s *Spec) {
			s.Only = []Selection{{Where: on(Kubernetes, "1.30"), Rule: "--only"}}
			s.Include = []Coordinates{{At: map[string][]string{Provider: {"eks"}}}, {At: map[string][]string{Provider: {"eks", "eks"}}}}
		}, "kind-1.30-default kind-1.30-ha eks-1.30-default eks-1.30-ha", "not-selected --only 8"},
		{"a window", func(s *Spec) {
			s.Windows = []Window{{Provider: "eks", Closed: rangeOf("<1.34")}}
			s.Exclude = []Exclusion{{Where: on(Scenario, "ha"), Rule: "x"}}
		}, "kind-1.30-default kind-1.32-default kind-1.34-default eks-1.34-default", "excluded x 6, outside-window the versions of eks 2"},
		{"a selection that leaves nothing", func(s *Spec) {
			s.Only = []Selection{{Where: on("event", "schedule"), Rule: "event push is not named"}}
		}, "", "not-selected event push is not named 12"},
		{"a covering", func(s *Spec) { s.Cover = everyOther{} },
			"kind-1.30-default eks-1.30-default kind-1.32-default eks-1.32-default kind-1.34-default eks-1.34-default", "represented cover every-other 6"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := small()
			c.edit(&s)
			p, err := Expand(s, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := slugs(p); got != c.want {
				t.Errorf("cells:\n got %s\nwant %s", got, c.want)
			}
			var omitted []string
			for _, o := range p.Omissions {
				omitted = append(omitted, fmt.Sprint(o.Kind, " ", o.Rule, " ", o.Count))
			}
			if got := strings.Join(omitted, ", "); got != c.omit {
				t.Errorf("omissions:\n got %s\nwant %s", got, c.omit)
			}
			if p.Cells == nil || p.Layers == nil {
				t.Errorf("plan is incomplete: %+v", p)
			}
		})
	}
}

func TestExpandRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		edit  func(*Spec)
		want  string
		empty bool
	}{
		{"two axes of one name", func(s *Spec) { s.Axes[2].Name = Provider }, `two axes are named "provider"`, false},
		{"an axis without values", func(s *Spec) { s.Axes[1].Values = nil }, `axis "provider" has no values`, true},
		{"a value twice", func(s *Spec) { s.Axes[1].Values = []string{"a", "b", "a"} }, `axis "provider" has the value "a" twice`, false},
		{"a version twice", func(s *Spec) { s.Axes[0].Values = []string{"v1.30", "1.30"} }, `axis "kubernetes" has one value twice, as "v1.30" and "1.30"`, false},
		{"too much", func(s *Spec) { s.Axes[1].Values, s.Axes[2].Values = numbered("a", 300), numbered("b", 300) }, "over 100000 cells", false},
		{"too much in one axis", func(s *Spec) { s.Axes[1].Values = numbered("a", 3_000_000) }, "over 100000 cells", false},
		{"too much included", func(s *Spec) {
			s.Include = []Coordinates{{Rule: "include[0]", At: map[string][]string{Scenario: numbered("a", 9_000)}}, {Rule: "include[1]", At: map[string][]string{Scenario: numbered("b", 9_000)}}}
		}, "include[1]: all that is included is over 100000 cells", false},
		{"an include of an unknown axis", func(s *Spec) {
			s.Include = []Coordinates{{Rule: "include[0]", At: map[string][]string{"cloud": {"x"}}}}
		},
			"include[0]: it names an axis that there is not; have kubernetes, provider, scenario", false},
		{"an include without values", func(s *Spec) { s.Include = []Coordinates{{Rule: "include[0]", At: map[string][]string{Scenario: {}}}} },
			"include[0]: it names an axis without a value", false},
		{"all excluded", func(s *Spec) {
			s.Exclude = []Exclusion{{Where: Selector{{Axis: Provider, Values: []string{"kind"}}}, Rule: "a.yaml:3"}, {Rule: "a.yaml:4"}}
		}, "the matrix is empty: of 12 cells none is left (a.yaml:3 takes 6, a.yaml:4 takes 6)", true},
		{"a covering that miscounts", func(s *Spec) { s.Cover = miscounts{} }, "cover miscounts judged 1 of 12 cells", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := small()
			c.edit(&s)
			p, err := Expand(s, 0)
			if err == nil || p != nil || !strings.Contains(err.Error(), c.want) || errors.Is(err, ErrEmpty) != c.empty {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

type miscounts struct{ CoverAll }

func (miscounts) Name() string                                        { return "miscounts" }
func (miscounts) Cover([]Axis, []Cell, int64) (keep []bool, _ string) { return []bool{true}, "" }

func TestNoAxes(t *testing.T) {
	p, err := Expand(Spec{}, 0)
	if err != nil || len(p.Cells) != 1 || len(p.Cells[0].At) != 0 {
		t.Errorf("got %+v, %v; the empty product has one element", p, err)
	}
}

func TestLayerSkips(t *testing.T) {
	s := small()
	s.Exclude = []Exclusion{
		{Where: Selector{{Axis: Scenario, Values: []string{"ha"}}}, Layers: []string{"k6", "unit"}, Because: "first", Rule: "a"},
		{Where: Selector{{Axis: Provider, Values: []string{"eks"}}}, Layers: []string{"k6"}, Because: "second", Rule: "b"},
	}
	p, err := Expand(s, 0)
	if err != nil {
		t.Fatal(err)
	}
	for slug, want := range map[string]string{
		"kind-1.30-default": "map[]", "kind-1.30-ha": "map[k6:{a first false} unit:{a first false}]",
		"eks-1.30-default": "map[k6:{b second false}]", "eks-1.30-ha": "map[k6:{a first false} unit:{a first false}]",
	} {
		i := slices.IndexFunc(p.Cells, func(c Cell) bool { return c.Slug == slug })
		if got := fmt.Sprint(p.Cells[i].Skip); got != want {
			t.Errorf("%s: got %s, want %s", slug, got, want)
		}
	}
}

func TestManyOmittedAreCounted(t *testing.T) {
	s := sized(20, 10, 25, 2)
	for _, limit := range []struct{ scenarios, listed int }{{5, 1000}, {6, 0}} {
		s.Windows = nil
		s.Exclude = []Exclusion{{Where: Selector{
			{Axis: Scenario, Values: numbered("s", limit.scenarios)}, {Axis: Provider, Values: numbered("p", 5)},
		}, Rule: "x"}}
		p, err := Expand(s, 0)
		if err != nil {
			t.Fatal(err)
		}
		o := p.Omissions[0]
		if o.Count != limit.scenarios*5*40 || len(o.Cells) != limit.listed || len(p.Cells)+o.Count != 10_000 {
			t.Errorf("counts %d, lists %d, %d cells", o.Count, len(o.Cells), len(p.Cells))
		}
	}
}

func TestSeal(t *testing.T) {
	p, err := Expand(small(), 1)
	if err != nil {
		t.Fatal(err)
	}
	p.Seal()
	before := p.Digest
	if p.Seal(); p.Digest != before || !strings.HasPrefix(before, "sha256:") {
		t.Errorf("sealed twice: %q, then %q", before, p.Digest)
	}
	p.Chart.Digest = "sha256:1"
	p.Seal()
	if p.Digest == before {
		t.Error("the digest does not see the chart")
	}
}
