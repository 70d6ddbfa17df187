package matrix

import (
	"fmt"
	"math/rand/v2"
)

// randomSpec gives any valid specification of a few hundred cells at most.
// Some leave no cell over.
func randomSpec(r *rand.Rand) Spec {
	var s Spec
	for i, name := range []string{Kubernetes, Provider, Scenario, Operation, "ingress"}[:1+r.IntN(5)] {
		a := Axis{Name: name, Ordered: i == 0}
		for n := range 1 + r.IntN(4) {
			if a.Ordered {
				a.Values = append(a.Values, fmt.Sprintf("1.%d", 37-n*3))
			} else {
				a.Values = append(a.Values, fmt.Sprintf("%c%d", name[0], n))
			}
		}
		s.Axes = append(s.Axes, a)
	}
	r.Shuffle(len(s.Axes), func(i, j int) { s.Axes[i], s.Axes[j] = s.Axes[j], s.Axes[i] })
	for i := range r.IntN(4) {
		e := Exclusion{Where: randomSelector(r, s.Axes), Rule: fmt.Sprintf("exclude[%d]", i), Because: "of a reason"}
		if r.IntN(3) == 0 {
			e.Layers = []string{"lint", "unit"}[:1+r.IntN(2)]
		}
		s.Exclude = append(s.Exclude, e)
	}
	for i := range r.IntN(3) {
		inc := Coordinates{At: map[string][]string{}, Rule: fmt.Sprintf("include[%d]", i)}
		for _, a := range s.Axes {
			switch r.IntN(3) {
			case 0:
				inc.At[a.Name] = []string{a.Values[r.IntN(len(a.Values))]}
			case 1:
				inc.At[a.Name] = []string{"new"}
				if a.Ordered {
					inc.At[a.Name] = []string{"1.20", a.Values[0], "1.36"}
				}
			}
		}
		s.Include = append(s.Include, inc)
	}
	if r.IntN(3) == 0 {
		s.Windows = []Window{{Provider: "p0", Closed: rangeOf("<1.30"), Because: "ended"}}
	}
	if r.IntN(4) == 0 {
		s.Only = []Selection{{Where: randomSelector(r, s.Axes), Rule: "--only"}}
	}
	if r.IntN(3) == 0 {
		s.Cover = everyOther{}
	}
	return s
}

func randomSelector(r *rand.Rand, axes []Axis) Selector {
	var where Selector
	for _, a := range axes {
		if r.IntN(2) == 0 {
			continue
		}
		t := Term{Axis: a.Name, Values: a.Values[:1+r.IntN(len(a.Values))]}
		if a.Ordered && r.IntN(2) == 0 {
			t.Values, t.Ranges = nil, []VersionRange{rangeOf(fmt.Sprintf("<1.%d", 28+r.IntN(10)))}
		}
		where = append(where, t)
	}
	return where
}

// everyOther is a covering that keeps every second cell.
type everyOther struct{}

func (everyOther) Name() string { return "every-other" }

func (everyOther) Cover(_ []Axis, cells []Cell, seed int64) ([]bool, string) {
	keep := make([]bool, len(cells))
	for i := range keep {
		keep[i] = (i+int(seed))%2 == 0
	}
	return keep, "its neighbour stands for it"
}
