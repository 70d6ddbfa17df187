package kube

import (
	"fmt"
	"os"
	"testing"
)

// BenchmarkLoad is the price of the first use in a program.
func BenchmarkLoad(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := newLibrary(packed); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSchemas compiles the schemas that a usual chart needs, for every
// minor, from a fresh library.
func BenchmarkSchemas(b *testing.B) {
	kinds := []GVK{
		{"apps/v1", "Deployment"}, {"apps/v1", "StatefulSet"}, {"batch/v1", "Job"}, {"batch/v1", "CronJob"}, {"v1", "Service"},
		{"v1", "ConfigMap"}, {"v1", "Secret"}, {"v1", "ServiceAccount"}, {"networking.k8s.io/v1", "Ingress"}, {"policy/v1", "PodDisruptionBudget"},
		{"rbac.authorization.k8s.io/v1", "Role"}, {"autoscaling/v2", "HorizontalPodAutoscaler"},
	}
	b.ReportAllocs()
	for b.Loop() {
		lib, err := newLibrary(packed)
		if err != nil {
			b.Fatal(err)
		}
		for _, m := range lib.table.Minors {
			for _, gvk := range kinds {
				if _, ok := lib.apis[m.Number].Schema(gvk); !ok {
					b.Fatal(gvk)
				}
			}
		}
	}
}

// BenchmarkWholeRun judges 2,000 distinct documents at each of the minors.
func BenchmarkWholeRun(b *testing.B) {
	data, err := os.ReadFile("testdata/validate/good.yaml")
	if err != nil {
		b.Fatal(err)
	}
	docs := make([]any, 2000)
	for i := range docs {
		doc := decode(b, string(data))
		object(object(doc)["metadata"])["name"] = fmt.Sprint("web-", i)
		docs[i] = doc
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range Minors() {
			a, err := Lookup(m)
			if err != nil {
				b.Fatal(err)
			}
			s, _ := a.Schema(GVK{"apps/v1", "Deployment"})
			for _, doc := range docs {
				if found := Validate(doc, s); len(found) > 0 {
					b.Fatal(found)
				}
			}
		}
	}
}

func BenchmarkVersions(b *testing.B) {
	a, err := Lookup(Minor{1, 30})
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		a.Versions()
	}
}
