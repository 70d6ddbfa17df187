package layer

import (
	"testing"
)

func TestRender(t *testing.T) {
	accepted := []string{"passed accepts the Kubernetes version", "passed accepts the values"}
	tests := []struct {
		name            string
		files           map[string]string
		provider, minor string
		want            []string
	}{
		{"renders", map[string]string{"templates/a.yaml": configMap}, "kind", "1.30", append(accepted[:2:2], "passed templates render")},
		{
			"a required value", map[string]string{"templates/a.yaml": "a: {{ required \"set a\" .Values.a }}\n"}, "kind", "1.30",
			append(accepted[:2:2], "failed templates render | error required-value: set a"),
		},
		{
			"a template that refuses", map[string]string{"templates/a.yaml": "{{ fail \"not so\" }}\n"}, "kind", "1.30",
			append(accepted[:2:2], "failed templates render | error template-refuses: not so"),
		},
		{
			"a template that is not well-formed", map[string]string{"templates/a.yaml": "{{ if }}\n"}, "kind", "1.30",
			append(accepted[:2:2], "failed templates render | error template-invalid: missing value for if"),
		},
		{
			"values that the chart's schema refuses", map[string]string{
				"templates/a.yaml": configMap, "values.schema.json": `{"required": ["a"]}`,
			}, "kind", "1.30",
			[]string{"passed accepts the Kubernetes version", "failed accepts the values | error values-schema: …", "skipped templates render (Helm stops before: accepts the values)"},
		},
		{
			"a version that is too old", kubeVersion(">=1.28.0-0"), "eks", "1.27",
			[]string{
				"failed accepts the Kubernetes version | error kube-version: chart requires kubeVersion: >=1.28.0-0 which is incompatible with Kubernetes v1.27.…",
				"skipped accepts the values (Helm stops before: accepts the Kubernetes version)", "skipped templates render (Helm stops before: accepts the Kubernetes version)",
			},
		},
		{
			"a version that only its suffix makes too old", kubeVersion(">=1.28.0"), "gke", "1.30",
			[]string{
				"failed accepts the Kubernetes version | error version-suffix: …",
				"skipped accepts the values (Helm stops before: accepts the Kubernetes version)", "skipped templates render (Helm stops before: accepts the Kubernetes version)",
			},
		},
		{"build metadata is no pre-release", kubeVersion(">=1.28.0"), "k3s", "1.30", append(accepted[:2:2], "passed templates render")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newChart(t, tt.files)
			l := &Render{Renderer: c.renderer}
			sameLines(t, ask(t, l, providerCell(t, tt.provider, tt.minor)), tt.want)
		})
	}
}

func kubeVersion(constraint string) map[string]string {
	return map[string]string{
		"Chart.yaml":       "apiVersion: v2\nname: demo\nversion: 1.0.0\nkubeVersion: '" + constraint + "'\n",
		"templates/a.yaml": configMap,
	}
}

func TestRenderSaysWhere(t *testing.T) {
	c := newChart(t, map[string]string{"templates/sub/a.yaml": "a: 1\nb: {{ .Values.b.c }}\n"})
	out, err := (&Render{Renderer: c.renderer}).Run(t.Context(), cell(t, "1.30"))
	if err != nil {
		t.Fatal(err)
	}
	p := out[2].Problems[0]
	if p.Location.File != "templates/sub/a.yaml" || p.Location.Line != 2 || p.Location.Column != 14 {
		t.Errorf("at %+v", p.Location)
	}
}

func TestRenderKeyHoldsWhatTemplatesCanRead(t *testing.T) {
	l := &Render{}
	base := cell(t, "1.30")
	if key(t, l, base) != key(t, l, cell(t, "1.30")) {
		t.Error("equal cells, two keys")
	}
	other := base
	other.Upgrade = true
	for name, in := range map[string]Inputs{
		"version": cell(t, "1.31"), "suffix": providerCell(t, "gke", "1.30"), "values": cell(t, "1.30", "a=b"), "upgrade": other,
	} {
		if key(t, l, in) == key(t, l, base) {
			t.Errorf("another %s, the same key", name)
		}
	}
}

func TestLint(t *testing.T) {
	noTemplates := map[string]string{"values.yaml": "a: 1\n"}
	for _, tt := range []struct {
		name   string
		files  map[string]string
		strict bool
		want   []string
	}{
		{"clean", map[string]string{"templates/a.yaml": configMap}, true, []string{"passed helm lint"}},
		{"a warning", noTemplates, false, []string{"passed helm lint | warning lint: …"}},
		{"a warning is an error to --strict", noTemplates, true, []string{"failed helm lint | error lint: …"}},
		{"an error", map[string]string{"templates/a.yaml": "{{ if }}\n"}, false, []string{"failed helm lint | error lint: …"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := newChart(t, tt.files)
			l := &Lint{Renderer: c.renderer, Strict: tt.strict}
			sameLines(t, ask(t, l, cell(t, "1.30")), tt.want)
			if key(t, l, cell(t, "1.30")) != key(t, l, cell(t, "1.31")) {
				t.Error("lint is asked once for each version")
			}
		})
	}
}
