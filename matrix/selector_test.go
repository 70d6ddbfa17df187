package matrix

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

func mustRange(t testing.TB, text string) VersionRange {
	t.Helper()
	r, err := ParseVersionRange(text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSelectorSurvivesJSON(t *testing.T) {
	e := Expectation{
		Where: Selector{
			{Axis: Kubernetes, Values: []string{"1.30"}, Ranges: []VersionRange{mustRange(t, ">=1.33 <1.35"), mustRange(t, "1.24 - 1.26")}},
			{Axis: Provider, Values: []string{"gke", "eks"}},
		},
		Cells: "some", Matching: "x", Issue: "#1", Until: time.Date(2027, 1, 31, 0, 0, 0, 0, time.UTC), Rule: "expect-failure[0]",
	}
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	var back Expectation
	if err := json.Unmarshal(data, &back); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{"1.23", "1.24", "1.26.9", "1.27", "1.30", "1.33", "1.34.2", "1.35"} {
		for _, provider := range []string{"gke", "eks", "kind"} {
			at := Coordinate{Kubernetes: version, Provider: provider}
			if got, want := back.Where.Match(at), e.Where.Match(at); got != want {
				t.Errorf("%v: matches %t after JSON, %t before", at, got, want)
			}
		}
	}
	if back.Where.String() != e.Where.String() {
		t.Errorf("reads %q, was %q", back.Where, e.Where)
	}
}

func TestSelectorJSONRefusesABadRange(t *testing.T) {
	var s Selector
	err := json.Unmarshal([]byte(`[{"axis":"kubernetes","ranges":[">=one"]}]`), &s)
	if err == nil || !strings.Contains(err.Error(), "is not a version range") {
		t.Errorf("got %v, want a refusal of the range", err)
	}
}

func TestSelectorMatch(t *testing.T) {
	at := Coordinate{Kubernetes: "v1.32.9-gke.100", Provider: "gke", Scenario: "ha"}
	for _, c := range []struct {
		name string
		s    Selector
		want bool
	}{
		{"empty", nil, true},
		{"value", Selector{{Axis: Provider, Values: []string{"eks", "gke"}}}, true},
		{"range", Selector{{Axis: Kubernetes, Ranges: []VersionRange{mustRange(t, "<1.33")}}}, true},
		{"conjunction", Selector{{Axis: Provider, Values: []string{"gke"}}, {Axis: Scenario, Values: []string{"default"}}}, false},
		{"unknown axis", Selector{{Axis: "ingress", Values: []string{"nginx"}}}, false},
		{"a range on what is no version", Selector{{Axis: Scenario, Ranges: []VersionRange{mustRange(t, ">=1.0")}}}, false},
		{"no condition", Selector{{Axis: Scenario}}, false},
	} {
		if got := c.s.Match(at); got != c.want {
			t.Errorf("%s: %t, want %t", c.name, got, c.want)
		}
	}
}
