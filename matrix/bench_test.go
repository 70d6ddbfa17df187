package matrix

import (
	"fmt"
	"testing"
)

// numbered gives n values for an axis.
func numbered(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s%d", prefix, i))
	}
	return out
}

func sized(versions, providers, scenarios, operations int) Spec {
	return Spec{
		Axes: []Axis{
			{Name: Kubernetes, Ordered: true, Values: numbered("1.", versions)},
			{Name: Provider, Values: numbered("p", providers)},
			{Name: Scenario, Values: numbered("s", scenarios)},
			{Name: Operation, Values: numbered("o", operations)},
		},
		Exclude: []Exclusion{{
			Where: Selector{{Axis: Provider, Values: []string{"p1"}}, {Axis: Kubernetes, Ranges: []VersionRange{rangeOf("<1.5")}}},
			Rule:  "exclude[0]", Because: "no longer offered",
		}},
		Windows: []Window{{Provider: "p2", Closed: rangeOf("1.7"), Because: "ended"}},
	}
}

func BenchmarkExpand(b *testing.B) {
	for _, s := range []struct {
		cells int
		spec  Spec
	}{{252, sized(14, 3, 3, 2)}, {10_000, sized(20, 10, 25, 2)}, {100_000, sized(50, 50, 20, 2)}} {
		b.Run(fmt.Sprint(s.cells), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Expand(s.spec, 0); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func rangeOf(text string) VersionRange {
	r, err := ParseVersionRange(text)
	if err != nil {
		panic(err)
	}
	return r
}
