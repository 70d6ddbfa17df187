package kube

import (
	"os"
	"path/filepath"
	"testing"

	"gopkg.in/yaml.v3"
)

// FuzzValidate feeds arbitrary YAML to every schema of a few kinds. Nothing
// may panic, and the violations are bounded, sorted and lie in the document.
func FuzzValidate(f *testing.F) {
	files, err := filepath.Glob("testdata/validate/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Add("metadata: {name: [1], ~: 2, 3: x}\nspec: {containers: {a: b}}\ndata: {a: .nan, b: .inf}\n")
	f.Add(widgetCRD)
	var schemas []*Schema
	a, err := Lookup(Minor{1, 37})
	if err != nil {
		f.Fatal(err)
	}
	for _, gvk := range []GVK{
		{"apps/v1", "Deployment"}, {"v1", "ConfigMap"}, {"v1", "Secret"}, {"networking.k8s.io/v1", "Ingress"},
		{"apiextensions.k8s.io/v1", "CustomResourceDefinition"}, {"rbac.authorization.k8s.io/v1", "Role"},
	} {
		s, ok := a.Schema(gvk)
		if !ok {
			f.Fatalf("no schema of %s", gvk)
		}
		schemas = append(schemas, s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var doc any
		if yaml.Unmarshal([]byte(text), &doc) != nil {
			return
		}
		for _, s := range schemas {
			checkViolations(t, Validate(doc, s))
		}
		a.Explain(gvkOf(doc))
	})
}

// FuzzCRD compiles an arbitrary definition and judges arbitrary objects by it.
func FuzzCRD(f *testing.F) {
	f.Add(widgetCRD, "metadata: {name: w}\nspec: {size: 1, list: [null, {a: x}]}\n")
	f.Add("apiVersion: apiextensions.k8s.io/v1beta1\nkind: CustomResourceDefinition\nspec: {group: a, version: v1, names: {kind: A, plural: as}, validation: {openAPIV3Schema: {type: array, items: [], enum: 3}}}", "[]")
	f.Fuzz(func(t *testing.T, definition, object string) {
		var crd, doc any
		if yaml.Unmarshal([]byte(definition), &crd) != nil || yaml.Unmarshal([]byte(object), &doc) != nil {
			return
		}
		c, err := CompileCRD(crd)
		if err != nil {
			return
		}
		for _, v := range c.Versions {
			if v.Schema != nil {
				checkViolations(t, Validate(doc, v.Schema))
			}
		}
	})
}

func checkViolations(t *testing.T, found []Violation) {
	t.Helper()
	if len(found) > maxViolations {
		t.Fatalf("%d violations", len(found))
	}
	for i, v := range found {
		if v.Message == "" || v.Kind == "" || v.Path != "" && v.Path[0] != '/' {
			t.Fatalf("half a violation: %+v", v)
		}
		if i > 0 && comparePaths(found[i-1].Path, v.Path) > 0 {
			t.Fatalf("not sorted: %s before %s", found[i-1].Path, v.Path)
		}
	}
}
