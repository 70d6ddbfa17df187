package kube

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"
)

var update = flag.Bool("update", false, "write the golden files anew")

func decode(t testing.TB, text string) any {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func gvkOf(doc any) GVK {
	fields := object(doc)
	return GVK{fmt.Sprint(fields["apiVersion"]), fmt.Sprint(fields["kind"])}
}

// Each testdata/validate/NAME.yaml is a document, NAME.txt what is wrong with
// it at Kubernetes 1.30. A file without a .txt of any content is a good one.
func TestValidateGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/validate/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no test data", err)
	}
	a := api(t, "1.30")
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			doc := decode(t, string(data))
			s, ok := a.Schema(gvkOf(doc))
			if !ok {
				t.Fatalf("no schema of %s", gvkOf(doc))
			}
			var got strings.Builder
			for _, v := range Validate(doc, s) {
				fmt.Fprintln(&got, v)
			}
			golden := strings.TrimSuffix(file, ".yaml") + ".txt"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("got:\n%swant:\n%s", got.String(), want)
			}
		})
	}
}

// A value at a place of a Pod or another kind, and the kind of violation that
// it is; "" is none.
func TestValidateValues(t *testing.T) {
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: p%s}\nspec: {containers: [{name: c, image: i%s}]%s}"
	container := func(s string) string { return fmt.Sprintf(pod, "", ", "+s, "") }
	spec := func(s string) string { return fmt.Sprintf(pod, "", "", ", "+s) }
	meta := func(s string) string { return fmt.Sprintf(pod, ", "+s, "", "") }
	tests := []struct {
		doc  string
		path string
		kind Kind
		sev  Severity
	}{
		{container("ports: [{containerPort: 80}]"), "", "", 0},
		{container("ports: [{containerPort: 80.0}]"), "", "", 0},
		{container(`ports: [{containerPort: "80"}]`), "/spec/containers/0/ports/0/containerPort", WrongType, Error},
		{container("ports: [{containerPort: 80.5}]"), "/spec/containers/0/ports/0/containerPort", WrongType, Error},
		{container("ports: [{containerPort: 3000000000}]"), "/spec/containers/0/ports/0/containerPort", WrongType, Error},
		{container("ports: [{containerPort: 0}]"), "/spec/containers/0/ports/0/containerPort", MissingRequired, Error},
		{container("ports: [{}]"), "/spec/containers/0/ports/0/containerPort", MissingRequired, Error},
		{container("env: [{name: A, value: true}]"), "/spec/containers/0/env/0/value", WrongType, Error},
		{container("env: [{name: A, value: 1}]"), "/spec/containers/0/env/0/value", WrongType, Error},
		{container("env: [{name: A, value: null}]"), "", "", 0},
		{container("env: [{name: A, value: 2024-01-01}]"), "", "", 0}, // YAML's date is JSON's string
		{container("env: null"), "", "", 0},
		{container("env: [{value: a}]"), "/spec/containers/0/env/0/name", MissingRequired, Error},
		{container("env: [{name: null}]"), "/spec/containers/0/env/0/name", NullValue, Error},
		{container("env: [null]"), "/spec/containers/0/env/0", NullValue, Error},
		{container("env: {A: b}"), "/spec/containers/0/env", WrongType, Error},
		{container("args: [a, null]"), "/spec/containers/0/args/1", NullValue, Warning},
		{container("args: [1]"), "/spec/containers/0/args/0", WrongType, Error},
		{container("stdin: 'true'"), "/spec/containers/0/stdin", WrongType, Error},
		{container("resources: {limits: {cpu: 1, memory: 1Gi}}"), "", "", 0},
		{container("resources: {limits: {cpu: 0.5, memory: 1e3}}"), "", "", 0},
		{container("resources: {limits: {cpu: null}}"), "", "", 0},
		{container("resources: {limits: {cpu: 1gb}}"), "/spec/containers/0/resources/limits/cpu", BadFormat, Error},
		{container("resources: {limits: {cpu: true}}"), "/spec/containers/0/resources/limits/cpu", WrongType, Error},
		{container("livenessProbe: {httpGet: {port: http}}"), "", "", 0},
		{container("livenessProbe: {httpGet: {port: 80}}"), "", "", 0},
		{container("livenessProbe: {httpGet: {port: 80.5}}"), "/spec/containers/0/livenessProbe/httpGet/port", WrongType, Error},
		{container("livenessProbe: {httpGet: {path: /}}"), "/spec/containers/0/livenessProbe/httpGet/port", MissingRequired, Error},
		{container("imagepullPolicy: Always"), "/spec/containers/0/imagepullPolicy", UnknownField, Warning},
		{spec("containers: []"), "", "", 0}, // replaced below
		{spec("hostNetwork: null"), "", "", 0},
		{"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: }]}", "/spec/containers/0/image", NullValue, Error},
		{spec("imagePullSecrets: [null]"), "/spec/imagePullSecrets/0", NullValue, Warning},
		{meta("creationTimestamp: null"), "", "", 0},
		{meta("creationTimestamp: yesterday"), "/metadata/creationTimestamp", BadFormat, Error},
		{meta("creationTimestamp: '2024-01-01T00:00:00Z'"), "", "", 0},
		{meta("labels: {a: null, b: c}"), "", "", 0},
		{meta("labels: {a: 1}"), "/metadata/labels/a", WrongType, Error},
		{meta("annotations: {a/b: true}"), "/metadata/annotations/a~1b", WrongType, Error},
		{"apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: []}", "/spec/containers", MissingRequired, Error},
		{"apiVersion: v1\nkind: Pod\nmetadata: {name: p}", "/spec/containers", MissingRequired, Error},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: null\nstatus: {}", "/status", UnknownField, Warning},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {}", "/metadata/name", MissingRequired, Error},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: c-}", "", "", 0},
		{"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {a: 1}", "/data/a", WrongType, Error},
		{"apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ndata: {a: YQ==, b: null, c: ''}", "", "", 0},
		{"apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ndata: {a: plain text}", "/data/a", BadFormat, Error},
		{"apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ndata: {a: [null, 97]}", "/data/a", WrongType, Warning},
		{"apiVersion: v1\nkind: Secret\nmetadata: {name: c}\ndata: {a: [x]}", "/data/a", WrongType, Error},
		{"apiVersion: v1\nkind: Service\nmetadata: {name: c}\nspec: {ports: [{port: 80, targetPort: null}]}\nstatus: {loadBalancer: {}}", "", "", 0},
		{"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: c}\nspec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1}}}", "", "", 0},
		{"apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: c}\nspec: {selector: {}, template: {spec: {containers: [{name: c, image: i}]}}}", "", "", 0},
		{"apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: c}\nspec: {}", "", "", 0},
		{"apiVersion: scheduling.k8s.io/v1\nkind: PriorityClass\nmetadata: {name: c}", "", "", 0},
		{"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: c}\nroleRef: {kind: Role, name: r}", "", "", 0},
		{"apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: c}", "/roleRef/kind", MissingRequired, Error},
		{"apiVersion: authorization.k8s.io/v1\nkind: SubjectAccessReview\nspec: {}", "", "", 0},
		{"[]", "", WrongType, Error},
		{"null", "", WrongType, Error},
	}
	for _, tt := range tests {
		t.Run(tt.doc, func(t *testing.T) {
			doc := decode(t, strings.Replace(tt.doc, "containers: [{name: c, image: i}], containers: []", "containers: [{name: c, image: i}]", 1))
			gvk := gvkOf(doc)
			if typeOf(doc) != typeObject {
				gvk = GVK{"v1", "Pod"}
			}
			s, ok := api(t, "1.30").Schema(gvk)
			if !ok {
				t.Fatalf("no schema of %s", gvk)
			}
			got := Validate(doc, s)
			if tt.kind == "" {
				if len(got) > 0 {
					t.Errorf("false alarm: %v", got)
				}
				return
			}
			if len(got) == 0 || got[0].Path != tt.path || got[0].Kind != tt.kind || got[0].Severity != tt.sev {
				t.Errorf("got %+v, want %s %s %s", got, tt.path, tt.kind, tt.sev)
			}
		})
	}
}

func TestFieldOfAnotherVersion(t *testing.T) {
	doc := decode(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i, resizePolicy: []}]}")
	old, _ := api(t, "1.24").Schema(gvkOf(doc))
	got := Validate(doc, old)
	if len(got) != 1 || !strings.Contains(got[0].Message, "it exists from Kubernetes 1.27 on") {
		t.Errorf("1.24: %v", got)
	}
	current, _ := api(t, "1.30").Schema(gvkOf(doc))
	if got := Validate(doc, current); len(got) > 0 {
		t.Errorf("1.30: %v", got)
	}
}

func TestIsQuantity(t *testing.T) {
	for in, want := range map[string]bool{
		"1": true, "1.5": true, ".5": true, "1.": true, "+1": true, "-1": true, "100m": true, "1Gi": true, "1e3": true, "1E-3": true, "1E": true,
		"": false, ".": false, "1gb": false, "1 Gi": false, "Gi": false, "1.2.3": false, "1e": false, "0x10": false, "1ki": false, "1K": false,
	} {
		if got := isQuantity(in); got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
}

func TestValidateIsBounded(t *testing.T) {
	s, _ := api(t, "1.30").Schema(GVK{"v1", "ConfigMap"})
	data := map[string]any{}
	for i := range 10_000 {
		data[fmt.Sprint("k", i)] = i
	}
	doc := map[string]any{"metadata": map[string]any{"name": "c"}, "data": data}
	if got := Validate(doc, s); len(got) != maxViolations {
		t.Errorf("%d violations, want %d", len(got), maxViolations)
	}
	crd, _ := api(t, "1.30").Schema(GVK{"apiextensions.k8s.io/v1", "CustomResourceDefinition"})
	nested := map[string]any{"type": "object"}
	for range 50_000 {
		nested = map[string]any{"not": nested}
	}
	deep := map[string]any{"metadata": map[string]any{"name": "c"}, "spec": map[string]any{"versions": []any{
		map[string]any{"name": "v1", "schema": map[string]any{"openAPIV3Schema": nested}}}}}
	found := false
	for _, v := range Validate(deep, crd) {
		found = found || v.Kind == TooDeep
	}
	if !found {
		t.Error("50,000 levels pass")
	}
	start := time.Now()
	_, _ = CompileCRD(deep)
	t.Log("a deep definition compiles in", time.Since(start))
}
