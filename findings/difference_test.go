package findings

import (
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/findings/diagnosis"
)

func kept(files ...string) []diagnosis.Source {
	var out []diagnosis.Source
	for i := 0; i < len(files); i += 2 {
		out = append(out, diagnosis.Source{Name: files[i], Text: files[i+1]})
	}
	return out
}

const webObject = "kind: Deployment\nmetadata: {name: web}\nspec:\n  replicas: 1\n  template:\n    spec:\n      containers:\n        - image: web:1\n"

func TestDifferences(t *testing.T) {
	tests := []struct {
		name             string
		failing, passing []diagnosis.Source
		want             []string
	}{
		{"nothing kept", nil, nil, nil},
		{"nothing kept of the passing cell", kept("values.yaml", "a: 1"), nil, nil},
		{"the same", kept("values.yaml", "a: 1", "manifest.yaml", webObject), kept("values.yaml", "a: 1", "manifest.yaml", webObject), nil},
		{
			"a value", kept("values.yaml", "web: {replicas: 3, tls: true}"), kept("values.yaml", "web: {replicas: 1}\nextra: [x]"),
			[]string{"value web.replicas: 3, not 1", "value web.tls: true, and not set in the passing cell", "value extra[0]: not set, and x in the passing cell"},
		},
		{
			"an object and a field",
			kept("manifest.yaml", webObject+"---\nkind: PodDisruptionBudget\nmetadata: {name: web}\nspec: {minAvailable: 1}\n"),
			kept("manifest.yaml", strings.Replace(webObject, "web:1", "web:2", 1)),
			[]string{
				"rendered PodDisruptionBudget/web is there only in the failing cell",
				"rendered Deployment/web spec.template.spec.containers[0].image: web:1, not web:2",
			},
		},
		{
			"what is masked is no difference",
			kept("values.yaml", "at: 2026-11-23T01:02:03Z"), kept("values.yaml", "at: 2026-11-24T04:05:06Z"), nil,
		},
		{"broken YAML", kept("values.yaml", "a: [", "manifest.yaml", "\tx"), kept("values.yaml", "a: 1", "manifest.yaml", webObject), nil},
		{
			"events",
			kept("events.log", "2026-11-23T07:42:30Z Normal Pulling Pod/web-74c8cccf75-wq96c: x\n2026-11-23T07:42:31Z Warning Failed Pod/web-74c8cccf75-wq96c: no image\n2026-11-23T07:42:41Z Warning Failed Pod/web-74c8cccf75-wq96c: no image\n2026-11-23T07:42:42Z Warning Unhealthy Pod/db-0: x"),
			kept("events.log", "2026-11-23T07:40:42Z Warning Unhealthy Pod/db-0: y\n"),
			[]string{"event Failed Pod/web-<pod>: 2 times, and not in the passing cell"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := differences(test.failing, test.passing); !slices.Equal(got, test.want) {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

func TestDifferencesAreBounded(t *testing.T) {
	many := strings.Builder{}
	for range 1000 {
		many.WriteString("- x\n")
	}
	got := differences(kept("values.yaml", many.String()), kept("values.yaml", "a: 1"))
	if len(got) != maxDifferent+1 || !strings.HasSuffix(got[maxDifferent], "996 more differences") {
		t.Errorf("%q", got)
	}
}

func FuzzDifferences(f *testing.F) {
	f.Add("a: 1", "b: {c: [1, 2]}")
	f.Add(webObject, "a: &a [x]\nb: *a\n---\n!!binary x")
	f.Fuzz(func(_ *testing.T, a, b string) {
		differences(kept("values.yaml", a, "manifest.yaml", a, "events.log", a), kept("values.yaml", b, "manifest.yaml", b, "events.log", b))
	})
}

// TestDifferencesOfTheObjectItself: what is rendered of it comes before what is
// rendered of others.
func TestDifferencesOfTheObjectItself(t *testing.T) {
	object := func(name, image string) string {
		return "kind: Deployment\nmetadata: {name: " + name + "}\nspec: {image: " + image + "}\n---\n"
	}
	a := kept("manifest.yaml", object("api", "x:1")+object("web", "y:1"))
	b := kept("manifest.yaml", object("api", "x:2")+object("web", "y:2"))
	for about, want := range map[string]string{"Deployment/web": "rendered Deployment/web spec.image: y:1, not y:2", "": "rendered Deployment/api spec.image: x:1, not x:2"} {
		if got := differences(a, b, about); len(got) != 2 || got[0] != want {
			t.Errorf("about %q: %q, want %q first", about, got, want)
		}
	}
}
