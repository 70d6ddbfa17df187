package layer

import (
	"fmt"
	"slices"
	"testing"
)

const (
	configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"
	// widgets is a CRD that serves v2 and knows v1 no longer.
	widgets = `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
    - {name: v1, served: false, storage: false, schema: {openAPIV3Schema: {type: object}}}
    - name: v2
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec: {type: object, required: [size], properties: {size: {type: integer}}}
`
	widget = "apiVersion: example.com/%s\nkind: Widget\nmetadata: {name: w}\nspec: {size: %s}\n"
)

func TestSchema(t *testing.T) {
	crdPassed := "passed CustomResourceDefinition/widgets.example.com"
	tests := []struct {
		name, template, crd string
		minor               string
		want                []string
	}{
		{
			"an API that is served",
			"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {maxReplicas: 2, scaleTargetRef: {kind: Deployment, name: a}}\n", "",
			"1.30", []string{"passed HorizontalPodAutoscaler/a"},
		},
		{
			"an API that is deprecated",
			"apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n", "",
			"1.24", []string{"passed PodDisruptionBudget/a | warning api-deprecated: policy/v1beta1 is deprecated since Kubernetes 1.21 and removed in 1.25"},
		},
		{
			"an API that is removed; its fields no longer matter",
			"apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\nspec: {minAvailable: {}}\n", "",
			"1.25", []string{"failed PodDisruptionBudget/a | error api-removed: policy/v1beta1 was removed in Kubernetes 1.25"},
		},
		{
			"an API that is off by default",
			"apiVersion: resource.k8s.io/v1beta1\nkind: ResourceClaim\nmetadata: {name: a}\n", "",
			"1.32", []string{"failed ResourceClaim/a | error api-off-by-default: resource.k8s.io/v1beta1 is off by default in Kubernetes 1.32"},
		},
		{
			"an API that comes later",
			"apiVersion: resource.k8s.io/v1\nkind: ResourceClaim\nmetadata: {name: a}\n", "",
			"1.30", []string{"failed ResourceClaim/a | error api-not-yet: resource.k8s.io/v1 does not exist before Kubernetes 1.34"},
		},
		{
			"a version that never was",
			"apiVersion: policy/v1beta\nkind: PodDisruptionBudget\nmetadata: {name: a}\n", "",
			"1.30", []string{"failed PodDisruptionBudget/a | error api-unknown: no known version of Kubernetes serves policy/v1beta"},
		},
		{
			"a kind that its API lacks",
			"apiVersion: apps/v1\nkind: Deploymnt\nmetadata: {name: a}\n", "",
			"1.30", []string{"failed Deploymnt/a | error api-unknown: no known version of Kubernetes serves apps/v1/Deploymnt"},
		},
		{
			"a kind that its API gets later",
			"apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingAdmissionPolicy\nmetadata: {name: a}\n", "",
			"1.29", []string{"failed ValidatingAdmissionPolicy/a | error api-not-yet: admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy does not exist before Kubernetes 1.30"},
		},
		{
			"a CRD from crds/", fmt.Sprintf(widget, "v2", "1"), widgets,
			"1.30", []string{crdPassed, "passed Widget/w"},
		},
		{
			"a field against the CRD", fmt.Sprintf(widget, "v2", "big"), widgets,
			"1.30", []string{crdPassed, "failed Widget/w | error wrong-type at /spec/size: …"},
		},
		{
			"a CRD that is rendered, after its object", fmt.Sprintf(widget, "v2", "big") + "---\n" + widgets, "",
			"1.30", []string{"failed Widget/w | error wrong-type at /spec/size: …", crdPassed},
		},
		{
			"a version that the CRD does not serve", fmt.Sprintf(widget, "v1", "1"), widgets,
			"1.30", []string{crdPassed, "failed Widget/w | error crd-version-not-served: example.com/v1/Widget is not served by the chart's own CRD, which serves [example.com/v2/Widget]"},
		},
		{
			"a kind that nobody describes", fmt.Sprintf(widget, "v1", "1"), "",
			"1.30", []string{"skipped Widget/w (no schema: example.com/v1/Widget is not built into Kubernetes, and the chart brings no CRD for it)"},
		},
		{
			"the items of a List",
			"apiVersion: v1\nkind: List\nitems:\n  - {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n  - {apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: http}]}}\n", "",
			"1.30", []string{"passed ConfigMap/a", "failed Service/b | error wrong-type at /spec/ports/0/port: …"},
		},
		{
			"two objects of one name", configMap + "---\n" + configMap, "",
			"1.30", []string{"passed ConfigMap/a", "passed ConfigMap/a (2)"},
		},
		{
			"invalid YAML", "apiVersion: v1\nkind: [\n", "",
			"1.30", []string{"failed templates/a.yaml | error template-invalid: not valid YAML: …"},
		},
		{
			"text that is no object", "hello\n", "",
			"1.30", []string{`failed templates/a.yaml | error template-invalid: not a Kubernetes object: expected a mapping with apiVersion and kind, found the text "hello"`},
		},
		{
			"no kind", "apiVersion: v1\nmetadata: {name: a}\n", "",
			"1.30", []string{"failed /a | error missing-required: expected apiVersion and kind"},
		},
		{
			"a key that stands twice", configMap + "data: {a: x}\ndata: {a: z}\n", "",
			"1.30", []string{`passed templates/a.yaml | warning duplicate-key: line 5: key "data" already set in map`, "passed ConfigMap/a"},
		},
		{
			"an unquoted yes is a boolean", configMap + "data: {a: yes}\n", "",
			"1.30", []string{"failed ConfigMap/a | error wrong-type at /data/a: …"},
		},
		{
			"a quoted yes is text", configMap + "data: {a: \"yes\"}\n", "",
			"1.30", []string{"passed ConfigMap/a"},
		},
		{
			"a null in a list", "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: a}\nspec: {tls: [{hosts: [null]}]}\n", "",
			"1.30", []string{"failed Ingress/a | error null at /spec/tls/0/hosts/0: …"},
		},
		{
			"a field that nobody knows is advice", configMap + "dtaa: {a: b}\n", "",
			"1.30", []string{"passed ConfigMap/a | warning unknown-field at /dtaa: …"},
		},
		{"only comments", "# {{ .Release.Name }}\n", "", "1.30", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := map[string]string{"templates/a.yaml": tt.template}
			if tt.crd != "" {
				files["crds/crd.yaml"] = tt.crd
			}
			c := newChart(t, files)
			got := ask(t, NewSchema(c.Chart, c.renderer), cell(t, tt.minor))
			// Helm orders objects by kind before it installs them; the order
			// of answers is its own.
			slices.Sort(got)
			slices.Sort(tt.want)
			sameLines(t, got, tt.want)
		})
	}
}

func TestSchemaShowsTheLinesAndTheMend(t *testing.T) {
	c := template(t, "apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n---\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: many\n  selector: {matchLabels: {a: b}}\n  template: {metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}\n")
	out, err := NewSchema(c.Chart, c.renderer).Run(t.Context(), cell(t, "1.30"))
	if err != nil {
		t.Fatal(err)
	}
	if len(out) != 2 || len(out[0].Problems) != 1 || len(out[1].Problems) != 1 {
		t.Fatalf("%q", lines(out))
	}
	pdb, web := out[0].Problems[0], out[1].Problems[0]
	if want := `use policy/v1, or choose by {{ if .Capabilities.APIVersions.Has "policy/v1/PodDisruptionBudget" }}`; pdb.Hint != want {
		t.Errorf("hint %q, want %q", pdb.Hint, want)
	}
	if want := []string{"apiVersion: policy/v1beta1"}; !slices.Equal(pdb.Excerpt, want) {
		t.Errorf("excerpt %q, want %q", pdb.Excerpt, want)
	}
	if web.Location.File != "templates/a.yaml" || web.Location.Object != "Deployment/web" {
		t.Errorf("location %+v", web.Location)
	}
	if want := []string{"spec:", "  replicas: many"}; !slices.Equal(web.Excerpt, want) {
		t.Errorf("excerpt %q, want %q", web.Excerpt, want)
	}
}

// Equal keys must mean equal answers: else a cell is given another's. And what
// does not matter must not be in them: else every version is asked anew.
func TestSchemaKey(t *testing.T) {
	c := template(t, `apiVersion: v1
kind: ConfigMap
metadata: {name: a}
data: {a: {{ .Values.a | default "x" | quote }}}
{{- if .Values.hpa }}
---
apiVersion: autoscaling/v2beta2
kind: HorizontalPodAutoscaler
metadata: {name: a}
{{- end }}
`)
	s := NewSchema(c.Chart, c.renderer)
	plain := key(t, s, cell(t, "1.30"))
	if key(t, s, cell(t, "1.34")) != plain {
		t.Error("a ConfigMap is the same on 1.30 and 1.34, but is asked twice")
	}
	if key(t, s, providerCell(t, "eks", "1.33")) != plain {
		t.Error("no template asks for the suffix of EKS, but it is asked twice")
	}
	if key(t, s, cell(t, "1.30", "a=y")) == plain {
		t.Error("other values, the same key")
	}
	served, removed := key(t, s, cell(t, "1.25", "hpa=true")), key(t, s, cell(t, "1.26", "hpa=true"))
	if served == removed {
		t.Error("an API is served on 1.25 and removed in 1.26, but the keys are equal")
	}
	for _, minor := range []string{"1.27", "1.37"} {
		if key(t, s, cell(t, minor, "hpa=true")) != removed {
			t.Errorf("removed in 1.26 and on %s alike, but asked twice", minor)
		}
	}
}

func TestSchemaOfAChartThatDoesNotRender(t *testing.T) {
	c := template(t, "{{ fail \"no\" }}")
	s := NewSchema(c.Chart, c.renderer)
	if _, err := s.Run(t.Context(), cell(t, "1.30")); err == nil {
		t.Error("no error")
	}
	in := cell(t, "1.30")
	in.Minor = "9.9"
	if _, err := s.Run(t.Context(), in); err == nil {
		t.Error("no error for a version that is not known")
	}
}
