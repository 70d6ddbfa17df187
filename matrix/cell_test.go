package matrix

import (
	"regexp"
	"strings"
	"testing"
)

func TestCellID(t *testing.T) {
	at := Coordinate{Kubernetes: "1.31", Provider: "kind", Scenario: "ha", Operation: "install"}
	// Written down: a cell keeps its ID from release to release, as baselines
	// and links hold it.
	if got, want := CellID(at), "zpthvnft"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	seen := map[string]Coordinate{}
	for _, at := range []Coordinate{
		at, nil,
		{Kubernetes: "1.31", Provider: "kind", Scenario: "ha"},
		{Kubernetes: "1.31", Provider: "ha", Scenario: "kind", Operation: "install"},
		{"a": "bc"}, {"ab": "c"}, {"a": "b", "c": "d"}, {"a": "b\x00c", "d": ""},
	} {
		id := CellID(at)
		if other, ok := seen[id]; ok {
			t.Errorf("%v and %v are both %s", at, other, id)
		}
		seen[id] = at
	}
}

func TestCellSlug(t *testing.T) {
	axes := []Axis{{Name: "tls"}, {Name: Operation}, {Name: Scenario}, {Name: Kubernetes}, {Name: Provider}, {Name: "ingress"}}
	for _, c := range []struct {
		name string
		at   Coordinate
		want string
	}{
		{"order", Coordinate{Kubernetes: "1.34", Provider: "kind", Scenario: "ha", Operation: "upgrade", "ingress": "nginx", "tls": "on"}, "kind-1.34-ha-upgrade-on-nginx"},
		{"other characters", Coordinate{Provider: "kind", Scenario: "External DB / über!!"}, "kind-external-db-ber"},
		{"dots and hyphens at the ends", Coordinate{Provider: "..kind.-", Scenario: "-.-"}, "kind"},
		{"a folder's name", Coordinate{Provider: "..", Scenario: "../../etc"}, "etc"},
		{"hostile", Coordinate{Provider: "${{ secrets.X }}", Scenario: "<script>\n::error"}, "secrets.x-script-error"},
		{"long", Coordinate{Scenario: strings.Repeat("x", 100)}, strings.Repeat("x", 40)},
		{"cut at a hyphen", Coordinate{Scenario: strings.Repeat("x", 39) + "-yz"}, strings.Repeat("x", 39)},
		{"nothing that a slug can hold", Coordinate{Scenario: "日本"}, CellID(Coordinate{Scenario: "日本"})},
	} {
		if got := CellSlug(axes, c.at); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func FuzzCellSlug(f *testing.F) {
	f.Add("kind", "1.34", "ha", "x")
	f.Add("..", "-", ".-.", "")
	f.Add("\xff", "日本", strings.Repeat("ab-", 30), "A\x00B")
	form := regexp.MustCompile(`^[a-z0-9_][a-z0-9._-]{0,199}$`)
	f.Fuzz(func(t *testing.T, provider, version, scenario, user string) {
		at := Coordinate{Provider: provider, Kubernetes: version, Scenario: scenario, "user": user}
		axes := []Axis{{Name: "user"}}
		for _, extra := range []string{"a", "b", "c", "d", "e"} {
			axes = append(axes, Axis{Name: extra})
			at[extra] = scenario
		}
		slug := CellSlug(axes, at)
		if !form.MatchString(slug) || strings.HasSuffix(slug, ".") {
			t.Errorf("%v gives the slug %q", at, slug)
		}
	})
}
