package chart

import "testing"

func TestCompare(t *testing.T) {
	const one = "-- templates/a.yaml --\nkind: A\nlabel: {{ .Chart.Name }}\n---\nkind: B\nrandom: {{ randAlphaNum 20 }}\n"
	const moved = "-- templates/z.yaml --\nkind: B\nrandom: {{ randAlphaNum 20 }}\n---\nkind: A\nlabel: {{ .Chart.Name }}\n-- crds/x.yaml --\nkind: CustomResourceDefinition\n-- templates/NOTES.txt --\nhello\n"
	for _, test := range []struct {
		name, a, b string
		want       bool
		broken     bool // the older one
	}{
		{"equal", one, one, true, false},
		{"another object", one, one + "---\nkind: C\n", false, false},
		{"a label with the version", "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\n-- templates/a.yaml --\nchart: {{ .Chart.Version }}\n",
			"-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.1\n-- templates/a.yaml --\nchart: {{ .Chart.Version }}\n", false, false},
		{"moved to another file", one, moved, true, false},
		{"one does not render", one, one + "---\n{{ fail \"no\" }}\n", false, false},
		{"the older one does not render", one + "---\n{{ fail \"no\" }}\n", one, false, true},
		{"neither renders", "-- templates/a.yaml --\n{{ fail \"no\" }}\n", "-- templates/a.yaml --\n{{ fail \"no\" }}\n", false, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := newRenderer(t, openChart(t, chartDir(t, test.a)), RendererOptions{})
			b := newRenderer(t, openChart(t, chartDir(t, test.b)), RendererOptions{})
			got, err := Compare(t.Context(), a, b, Request{Values: resolve(t), Release: "r", Namespace: "n", KubeVersion: "v1.34.0"})
			if err != nil || got.Same != test.want || (got.Older != nil) != test.broken {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

func TestEqual(t *testing.T) {
	isolateHelm(t)
	dir := t.TempDir()
	packageChart(t, dir, "1.0.0")
	packageChart(t, dir, "1.1.0")
	archive, again, other := openChart(t, dir+"/sub-1.0.0.tgz"), openChart(t, dir+"/sub-1.0.0.tgz"), openChart(t, dir+"/sub-1.1.0.tgz")
	if !archive.Equal(again) || archive.Equal(other) {
		t.Error("equal charts")
	}
	written := chartDir(t, "-- Chart.yaml --\n# by hand\nversion: 1.0.0\nname: demo\napiVersion: v2\n-- a.txt --\na\n")
	rewritten := chartDir(t, "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\n-- a.txt --\na\n")
	changed := chartDir(t, "-- Chart.yaml --\napiVersion: v2\nname: demo\nversion: 1.0.0\n-- a.txt --\nb\n")
	if c := openChart(t, written); !c.Equal(openChart(t, rewritten)) || c.Equal(openChart(t, changed)) {
		t.Error("only how Chart.yaml is written makes no difference")
	}
}
