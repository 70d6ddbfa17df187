package chart

import (
	"strings"
	"testing"
)

const features = `-- Chart.yaml --
apiVersion: v2
name: demo
version: 1.0.0
dependencies:
- {name: one, version: 1.x, condition: one.enabled}
- {name: two, version: 1.x, tags: [extra]}
- {name: one, version: 1.x, alias: other}
- {name: imp, version: 1.x, import-values: [data]}
- {name: lib, version: 1.x}
-- values.yaml --
one: {enabled: false}
tags: {extra: false}
-- values.schema.json --
{"type": "object", "properties": {"port": {"type": "integer"}}}
-- templates/a.yaml --
{{ include "lib.name" . }}: {{ .Values.imported }}
upgrade: {{ .Release.IsUpgrade }} {{ .Release.IsInstall }} {{ .Release.Name }} {{ .Release.Namespace }} {{ .Release.Service }}
lookup: {{ lookup "v1" "Secret" "x" "y" | toJson }}
pdb: {{ .Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget" }}
-- templates/hook.yaml --
kind: Job
metadata:
  annotations:
    helm.sh/hook: pre-install
---
# nothing
---
kind: Pod
metadata:
  annotations:
    "helm.sh/hook": test
-- templates/NOTES.txt --
Thanks for {{ .Chart.Name }}
-- charts/one/Chart.yaml --
{apiVersion: v2, name: one, version: 1.0.0}
-- charts/one/values.schema.json --
{"properties": {"size": {"type": "string"}}}
-- charts/one/templates/x.yaml --
one: {{ .Chart.Name }}
-- charts/one/templates/NOTES.txt --
not shown
-- charts/two/Chart.yaml --
{apiVersion: v2, name: two, version: 1.0.0}
-- charts/two/templates/x.yaml --
two: 2
-- charts/imp/Chart.yaml --
{apiVersion: v2, name: imp, version: 1.0.0}
-- charts/imp/values.yaml --
exports: {data: {imported: yes-it-is}}
-- charts/lib/Chart.yaml --
{apiVersion: v2, name: lib, version: 1.0.0, type: library}
-- charts/lib/templates/_l.tpl --
{{ define "lib.name" }}from-lib{{ end }}
-- charts/lib/templates/not-rendered.yaml --
no: no
`

func TestRenderFeatures(t *testing.T) {
	r := newRenderer(t, openChart(t, chartDir(t, features)), RendererOptions{})
	render := func(req Request) *Rendering {
		t.Helper()
		out, err := r.Render(t.Context(), req)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	names := func(out *Rendering) string {
		var b []string
		for _, d := range out.Documents {
			b = append(b, strings.TrimPrefix(d.Template, "demo/"))
		}
		return strings.Join(b, " ")
	}
	req := request(resolve(t))
	req.APIVersions = []string{"policy/v1", "policy/v1/PodDisruptionBudget"}
	out := render(req)
	if out.Failure != nil {
		t.Fatal(out.Failure)
	}
	want := "from-lib: yes-it-is\nupgrade: false true rel space Helm\nlookup: {}\npdb: true"
	if out.Documents[1].Text != want {
		t.Errorf("got\n%s\nwant\n%s", out.Documents[1].Text, want)
	}
	if got, want := names(out), "charts/other/templates/x.yaml templates/a.yaml templates/hook.yaml templates/hook.yaml"; got != want {
		t.Errorf("documents %s, want %s", got, want)
	}
	if out.Documents[2].Hook != "pre-install" || out.Documents[3].Hook != "test" || out.Documents[3].Line != 8 || out.Documents[3].Index != 1 {
		t.Errorf("hooks %+v %+v", out.Documents[2], out.Documents[3])
	}
	if out.Notes != "Thanks for demo\n" {
		t.Errorf("notes %q", out.Notes)
	}
	req.Values, req.Upgrade = resolve(t, "one.enabled=true", "tags.extra=true"), true
	if got, want := names(render(req)), "charts/one/templates/x.yaml charts/other/templates/x.yaml charts/two/templates/x.yaml templates/a.yaml templates/hook.yaml templates/hook.yaml"; got != want {
		t.Errorf("documents %s, want %s", got, want)
	}
	for _, set := range []string{"port=high", "one.enabled=true,one.size=1"} {
		req.Values = resolve(t, set)
		if f := render(req).Failure; f == nil || f.Kind != ValuesSchema {
			t.Errorf("%s: failure %v, want a schema violation", set, f)
		}
	}
}

func TestFailures(t *testing.T) {
	tests := []struct {
		name, files, version string
		want                 Failure // without Raw
	}{
		{"required", "-- templates/a.yaml --\na: 1\nb: {{ required \"need b\" .Values.b }}\n", "", Failure{Kind: Required, Template: "demo/templates/a.yaml", Line: 2, Column: 7, Message: "need b"}},
		{"required in the first line", "-- templates/a.yaml --\n{{ required \"need b\" .Values.b }}\n", "", Failure{Kind: Required, Template: "demo/templates/a.yaml", Line: 1, Column: 4, Message: "need b"}},
		{"fail in a helper", "-- templates/_h.tpl --\n{{ define \"h\" }}{{ fail \"never: (mind)\" }}{{ end }}\n-- templates/a.yaml --\n{{ include \"h\" . }}\n", "", Failure{Kind: Fail, Template: "demo/templates/a.yaml", Line: 1, Column: 4, Message: "never: (mind)"}},
		{"nil pointer in a helper", "-- templates/_h.tpl --\n\n{{ define \"h\" }}{{ .Values.a.b.c }}{{ end }}\n-- templates/a.yaml --\n{{ include \"h\" . }}\n", "", Failure{Kind: TemplateExec, Template: "demo/templates/_h.tpl", Line: 2, Column: 27, Message: "nil pointer evaluating interface {}.b"}},
		{"parse error", "-- templates/a.yaml --\na: 1\n{{ if }}\n", "", Failure{Kind: TemplateParse, Template: "demo/templates/a.yaml", Line: 2, Message: "missing value for if"}},
		{"unknown function", "-- templates/a.yaml --\n{{ nothing }}\n", "", Failure{Kind: TemplateParse, Template: "demo/templates/a.yaml", Line: 1, Message: `function "nothing" not defined`}},
		{"kubeVersion", "-- Chart.yaml --\n{apiVersion: v2, name: demo, version: 1.0.0, kubeVersion: '>=1.25.0-0'}\n", "v1.24.9", Failure{Kind: KubeVersion, Template: "demo/Chart.yaml", Message: "chart requires kubeVersion: >=1.25.0-0 which is incompatible with Kubernetes v1.24.9"}},
		{"kubeVersion and suffix", "-- Chart.yaml --\n{apiVersion: v2, name: demo, version: 1.0.0, kubeVersion: '>=1.25.0'}\n", "1.33.4-gke.100", Failure{Kind: VersionSuffix, Template: "demo/Chart.yaml", Message: "chart requires kubeVersion: >=1.25.0 which is incompatible with Kubernetes v1.33.4-gke.100, a pre-release by its suffix"}},
		{"kubeVersion, too old with a suffix", "-- Chart.yaml --\n{apiVersion: v2, name: demo, version: 1.0.0, kubeVersion: '>=1.25.0'}\n", "v1.24.17-gke.100", Failure{Kind: KubeVersion, Template: "demo/Chart.yaml", Message: "chart requires kubeVersion: >=1.25.0 which is incompatible with Kubernetes v1.24.17-gke.100"}},
		{"library", "-- Chart.yaml --\n{apiVersion: v2, name: demo, version: 1.0.0, type: library}\n", "", Failure{Kind: NotInstallable, Template: "demo/Chart.yaml", Message: "library charts are not installable; test a chart that uses it"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := newRenderer(t, openChart(t, chartDir(t, tt.files)), RendererOptions{Workers: 1})
			req := request(resolve(t))
			if tt.version != "" {
				req.KubeVersion = tt.version
			}
			out, err := r.Render(t.Context(), req)
			if err != nil {
				t.Fatal(err)
			}
			if out.Failure == nil {
				t.Fatal("no failure")
			}
			got := *out.Failure
			if got.Raw == "" {
				t.Error("nothing raw")
			}
			got.Raw, tt.want.Values = "", "scenario test"
			if got != tt.want {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
		})
	}
	for _, version := range []string{"v1.33.4+k3s1", "v1.33.4"} {
		t.Run("accepts "+version, func(t *testing.T) {
			dir := chartDir(t, "-- Chart.yaml --\n{apiVersion: v2, name: demo, version: 1.0.0, kubeVersion: '>=1.25.0'}\n")
			r := newRenderer(t, openChart(t, dir), RendererOptions{})
			req := request(resolve(t))
			req.KubeVersion = version
			if out, err := r.Render(t.Context(), req); err != nil || out.Failure != nil {
				t.Errorf("%+v, %v", out, err)
			}
		})
	}
	t.Run("not a version", func(t *testing.T) {
		r := newRenderer(t, openChart(t, chartDir(t, simple)), RendererOptions{})
		req := request(resolve(t))
		req.KubeVersion = "latest"
		if _, err := r.Render(t.Context(), req); err == nil || !strings.Contains(err.Error(), `"latest" is not a Kubernetes version`) {
			t.Errorf("error %v", err)
		}
	})
}

func TestTwoRunsAreEqual(t *testing.T) {
	dir := chartDir(t, "-- templates/a.yaml --\n"+`password: {{ randAlphaNum 10 }}
digits: {{ randNumeric 4 }}
uuid: {{ uuidv4 }}
now: {{ now | date "2006-01-02" }} {{ htmlDate nil }} {{ ago (now) }}
hash: {{ htpasswd "u" "p" }}
{{- $ca := genCA "ca" 365 }}
cert: {{ (genSignedCert "x" (list "10.0.0.1") (list "a.b") 365 $ca).Cert | b64enc }}
key: {{ genPrivateKey "rsa" | sha256sum }}
self: {{ (genSelfSignedCert "x" nil nil 1).Key | sha256sum }}
keys: {{ keys (dict "a" 1 "b" 2 "c" 3 "d" 4) | join "," }}
values: {{ values (dict "a" 1 "b" 2 "c" 3 "d" 4) | join "," }}
secret: {{ encryptAES "key" "text" | decryptAES "key" }}
shuffled: {{ shuffle "abcdef" }}
bytes: {{ randBytes 8 }}
`)
	var texts []string
	for range 2 {
		r := newRenderer(t, openChart(t, dir), RendererOptions{})
		out, err := r.Render(t.Context(), request(resolve(t)))
		if err != nil || out.Failure != nil {
			t.Fatalf("%v %+v", err, out)
		}
		texts = append(texts, out.Documents[0].Text)
	}
	if texts[0] != texts[1] {
		t.Errorf("two runs differ:\n%s\n%s", texts[0], texts[1])
	}
	for _, want := range []string{"secret: text", "keys: a,b,c,d", "values: 1,2,3,4", "now: 2025-06-15 2025-06-15 0s", "hash: u:$2a$10$"} {
		if !strings.Contains(texts[0], want) {
			t.Errorf("lacks %q:\n%s", want, texts[0])
		}
	}
}
