package chart

import (
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v4/pkg/chart/common"
)

func lint(t *testing.T, r *Renderer, set ...string) []string {
	t.Helper()
	messages, err := r.Lint(t.Context(), LintRequest{
		Values: resolve(t, set...), Release: "rel", Namespace: "space", KubeVersion: "v1.33.4", APIVersions: common.DefaultVersionSet,
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range messages {
		m.Raw = ""
		if m.File != "Chart.yaml" { // the icon
			out = append(out, m.String())
		}
	}
	return out
}

const linted = `-- values.yaml --
a: 1
-- templates/_helper.tpl --
{{- define "h" }}{{ .Values.deep.er }}{{ end }}
-- templates/a.yaml --
{{ if .Values.broken }}a: b: c{{ end }}
{{ if .Values.nil }}
  x: {{ include "h" . }}
{{ end }}
a: {{ required "give must" .Values.must }}
metadata: {name: a}
-- templates/a/z.yaml --
apiVersion: batch/v1beta1
kind: CronJob
metadata: {name: {{ .Values.name | default "good" }}}
-- templates/z.yaml --
apiVersion: v1
kind: ConfigMap
metadata: {name: Bad_{{ .Release.Name }}}
`

func TestLint(t *testing.T) {
	const deprecated = `[WARNING] templates/a/z.yaml: batch/v1beta1 CronJob is deprecated`
	const badName = `[WARNING] templates/z.yaml: object name does not conform to Kubernetes naming requirements: "Bad_rel"`
	tests := []struct {
		name string
		set  []string
		want []string // prefixes, in order
	}{
		{"texts", []string{"must=x"}, []string{deprecated, badName}},
		{"the same texts again", []string{"must=x", "unused=1"}, []string{deprecated, badName}},
		{"one other text", []string{"must=x", "name=_"}, []string{`[WARNING] templates/a/z.yaml: object name`, deprecated, badName}},
		{"required is information", nil, []string{`[INFO] templates/a.yaml: required: give must`, deprecated, badName}},
		{"not YAML, and nothing behind it", []string{"must=x", "broken=true"}, []string{deprecated, `[ERROR] templates/a.yaml: unable to parse YAML`}},
		{"engine error", []string{"must=x", "nil=true"}, []string{`[ERROR] templates/_helper.tpl: nil pointer evaluating interface {}.er`}},
	}
	r := newRenderer(t, openChart(t, chartDir(t, linted)), RendererOptions{Workers: 1})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := lint(t, r, tt.set...)
			if !slices.EqualFunc(got, tt.want, strings.HasPrefix) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			// Whatever was asked before, a renderer of its own says the same.
			alone := newRenderer(t, r.chart, RendererOptions{Workers: 1})
			if again := lint(t, alone, tt.set...); !slices.Equal(got, again) {
				t.Errorf("after other values\n%s\nalone\n%s", strings.Join(got, "\n"), strings.Join(again, "\n"))
			}
		})
	}
}

func TestLintFailurePlace(t *testing.T) {
	r := newRenderer(t, openChart(t, chartDir(t, linted)), RendererOptions{Workers: 1})
	messages, err := r.Lint(t.Context(), LintRequest{Values: resolve(t, "must=x", "nil=true"), Release: "rel"})
	if err != nil {
		t.Fatal(err)
	}
	m := messages[len(messages)-1]
	if m.File != "templates/_helper.tpl" || m.Line != 1 || m.Column != 28 || !strings.HasPrefix(m.String(), "[ERROR] templates/: ") || !strings.Contains(m.Raw, "nil pointer") {
		t.Errorf("%+v", m)
	}
}

// A render that lint asked for answers the same question, and other versions.
func TestLintIsARender(t *testing.T) {
	r := newRenderer(t, openChart(t, chartDir(t, linted)), RendererOptions{Workers: 1})
	v := resolve(t, "must=x")
	req := request(v)
	if _, err := r.Lint(t.Context(), LintRequest{Values: v, Release: req.Release, Namespace: req.Namespace, KubeVersion: req.KubeVersion, APIVersions: req.APIVersions}); err != nil {
		t.Fatal(err)
	}
	for _, version := range []string{req.KubeVersion, "v1.24.0"} {
		req.KubeVersion = version
		out, err := r.Render(t.Context(), req)
		if err != nil || out.Failure != nil || !out.Reused || len(out.Documents) != 3 {
			t.Errorf("%s: %v %+v", version, err, out)
		}
	}
}
