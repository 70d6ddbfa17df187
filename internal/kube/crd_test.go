package kube

import (
	"errors"
	"strings"
	"testing"
)

const widgetCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          spec:
            type: object
            required: [size, mode, extra]
            properties:
              size: {type: integer, minimum: 1, maximum: 10, exclusiveMaximum: true}
              mode: {type: string, enum: [fast, slow], default: fast}
              extra: {type: string, nullable: true}
              name: {type: string, pattern: '^[a-z]+$', maxLength: 3}
              port: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true}
              labels: {type: object, additionalProperties: {type: string}}
              list: {type: array, minItems: 1, items: {type: object, required: [a], properties: {a: {type: number}}}}
              template: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              any: {}
          status: {type: object}
  - name: v1alpha1
    served: false
    storage: false
`

func TestCRD(t *testing.T) {
	c, err := CompileCRD(decode(t, widgetCRD))
	if err != nil {
		t.Fatal(err)
	}
	if c.Kind != "Widget" || c.Plural != "widgets" || c.Group != "example.com" || !c.Namespaced || len(c.Versions) != 2 {
		t.Errorf("%+v", c)
	}
	if served := c.Served(); len(served) != 1 || served[0] != (GVK{"example.com/v1", "Widget"}) {
		t.Errorf("served: %v", served)
	}
	if _, served := c.Schema(GVK{"example.com/v1alpha1", "Widget"}); served {
		t.Error("v1alpha1 is not served")
	}
	s, served := c.Schema(GVK{"example.com/v1", "Widget"})
	if !served || s == nil {
		t.Fatal("no schema of v1")
	}
	tests := []struct {
		spec, path string
		kind       Kind
		sev        Severity
	}{
		{"{size: 1, extra: null}", "", "", 0},
		{"{size: 9.0, extra: a}", "", "", 0},
		{"{size: 3000000000, extra: a}", "/spec/size", OutOfRange, Error},
		{"{size: 10, extra: a}", "/spec/size", OutOfRange, Error},
		{"{size: 0, extra: a}", "/spec/size", OutOfRange, Error},
		{"{size: '1', extra: a}", "/spec/size", WrongType, Error},
		{"{size: 1.5, extra: a}", "/spec/size", WrongType, Error},
		{"{size: null, extra: a}", "/spec/size", NullValue, Error},
		{"{extra: a}", "/spec/size", MissingRequired, Error},
		{"{size: 1}", "/spec/extra", MissingRequired, Error},
		{"{size: 1, extra: a, mode: medium}", "/spec/mode", NotInEnum, Error},
		{"{size: 1, extra: a, mode: null}", "", "", 0}, // the default takes its place
		{"{size: 1, extra: a, name: ABC}", "/spec/name", BadPattern, Error},
		{"{size: 1, extra: a, name: abcd}", "/spec/name", OutOfRange, Error},
		{"{size: 1, extra: a, name: null}", "", "", 0}, // dropped
		{"{size: 1, extra: a, port: 80}", "", "", 0},
		{"{size: 1, extra: a, port: 3000000000}", "", "", 0},
		{"{size: 1, extra: a, port: http}", "", "", 0},
		{"{size: 1, extra: a, port: true}", "/spec/port", WrongType, Error},
		{"{size: 1, extra: a, free: {x: {y: 1}}}", "", "", 0},
		{"{size: 1, extra: a, labels: {x: y, z: null}}", "", "", 0},
		{"{size: 1, extra: a, labels: {x: 1}}", "/spec/labels/x", WrongType, Error},
		{"{size: 1, extra: a, list: [{a: 1}]}", "", "", 0},
		{"{size: 1, extra: a, list: [{}]}", "/spec/list/0/a", MissingRequired, Error},
		{"{size: 1, extra: a, list: [null]}", "/spec/list/0", NullValue, Error},
		{"{size: 1, extra: a, list: []}", "/spec/list", OutOfRange, Error},
		{"{size: 1, extra: a, template: {apiVersion: v1, kind: Pod, metadata: {labels: {a: b}}, spec: {}}}", "", "", 0},
		{"{size: 1, extra: a, template: {metadata: {labels: {a: 1}}}}", "/spec/template/metadata/labels/a", WrongType, Error},
		{"{size: 1, extra: a, any: [1, a, null]}", "", "", 0},
		{"{size: 1, extra: a, sise: 2}", "/spec/sise", UnknownField, Warning},
		{"null", "/spec", NullValue, Error},
	}
	for _, tt := range tests {
		t.Run(tt.spec, func(t *testing.T) {
			got := Validate(decode(t, "apiVersion: example.com/v1\nkind: Widget\nmetadata: {name: w}\nspec: "+tt.spec), s)
			if tt.kind == "" {
				if len(got) > 0 {
					t.Errorf("false alarm: %v", got)
				}
				return
			}
			if len(got) == 0 || got[0].Path != tt.path || got[0].Kind != tt.kind || got[0].Severity != tt.sev {
				t.Errorf("got %+v, want %s %s", got, tt.path, tt.kind)
			}
		})
	}
	again, err := CompileCRD(decode(t, widgetCRD))
	if err != nil || again.Versions[0].Schema.Digest() != s.Digest() {
		t.Error("one definition, two digests", err)
	}
}

func TestCRDBeta(t *testing.T) {
	const beta = `
apiVersion: apiextensions.k8s.io/v1beta1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Cluster
  version: v1
  names: {kind: Widget, plural: widgets}
`
	c, err := CompileCRD(decode(t, beta))
	if err != nil {
		t.Fatal(err)
	}
	if s, served := c.Schema(GVK{"example.com/v1", "Widget"}); !served || s != nil || c.Namespaced {
		t.Errorf("want v1 served without a schema: %+v", c)
	}
	c, err = CompileCRD(decode(t, beta+`
  validation: {openAPIV3Schema: {type: object, properties: {spec: {type: object, properties: {size: {type: integer}}}}}}
`))
	if err != nil {
		t.Fatal(err)
	}
	s, _ := c.Schema(GVK{"example.com/v1", "Widget"})
	got := Validate(decode(t, "metadata: {name: w}\nspec: {size: a, other: b}"), s)
	if len(got) != 1 || got[0].Path != "/spec/size" {
		t.Errorf("v1beta1 keeps unknown fields: %v", got)
	}
}

func TestCRDErrors(t *testing.T) {
	for _, text := range []string{"null", "[]", "kind: ConfigMap\napiVersion: v1", "kind: CustomResourceDefinition\napiVersion: v1"} {
		if _, err := CompileCRD(decode(t, text)); !errors.Is(err, ErrNotCRD) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for cut, want := range map[string]string{
		"group: example.com":      "/spec/group: expected a non-empty string, got null",
		"kind: Widget, ":          "/spec/names/kind",
		"name: v1\n":              "/spec/versions/0/name",
		"plural: widgets":         "/spec/names/plural",
		"apiextensions.k8s.io/v1": "expected apiVersion apiextensions.k8s.io/v1",
	} {
		replacement := ""
		switch cut {
		case "name: v1\n":
			replacement = "name: ''\n"
		case "apiextensions.k8s.io/v1":
			replacement = "apiextensions.k8s.io/v9"
		}
		_, err := CompileCRD(decode(t, strings.Replace(widgetCRD, cut, replacement, 1)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("without %q: %v, want %q", cut, err, want)
		}
	}
}
