package kube

import (
	"slices"
	"strings"
	"testing"
)

func api(t *testing.T, version string) *API {
	t.Helper()
	m, err := ParseMinor(version)
	if err != nil {
		t.Fatal(err)
	}
	a, err := Lookup(m)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// The facts are those of Kubernetes' deprecation guide and release notes.
func TestStatus(t *testing.T) {
	tests := []struct {
		minor, gvk, replacement string
		state                   State
		introduced, removed     string
	}{
		{"1.24", "policy/v1beta1/PodDisruptionBudget", "policy/v1/PodDisruptionBudget", Served, "1.5", "1.25"},
		{"1.25", "policy/v1beta1/PodDisruptionBudget", "policy/v1/PodDisruptionBudget", Removed, "1.5", "1.25"},
		{"1.37", "policy/v1beta1/PodDisruptionBudget", "policy/v1/PodDisruptionBudget", Removed, "1.5", "1.25"},
		{"1.24", "policy/v1beta1/PodSecurityPolicy", "", Served, "1.10", "1.25"},
		{"1.25", "policy/v1beta1/PodSecurityPolicy", "", Removed, "1.10", "1.25"},
		{"1.25", "extensions/v1beta1/PodSecurityPolicy", "", Removed, "1.2", "1.16"},
		{"1.24", "autoscaling/v2beta1/HorizontalPodAutoscaler", "autoscaling/v2/HorizontalPodAutoscaler", Served, "1.8", "1.25"},
		{"1.25", "autoscaling/v2beta1/HorizontalPodAutoscaler", "autoscaling/v2/HorizontalPodAutoscaler", Removed, "1.8", "1.25"},
		{"1.25", "autoscaling/v2beta2/HorizontalPodAutoscaler", "autoscaling/v2/HorizontalPodAutoscaler", Served, "1.12", "1.26"},
		{"1.26", "autoscaling/v2beta2/HorizontalPodAutoscaler", "autoscaling/v2/HorizontalPodAutoscaler", Removed, "1.12", "1.26"},
		{"1.25", "batch/v1beta1/CronJob", "batch/v1/CronJob", Removed, "1.8", "1.25"},
		{"1.24", "networking.k8s.io/v1beta1/Ingress", "networking.k8s.io/v1/Ingress", Removed, "1.14", "1.22"},
		{"1.24", "extensions/v1beta1/Ingress", "networking.k8s.io/v1/Ingress", Removed, "1.1", "1.22"},
		{"1.24", "networking.k8s.io/v1beta1/IngressClass", "networking.k8s.io/v1/IngressClass", Removed, "1.18", "1.22"},
		{"1.30", "apps/v1beta1/Deployment", "apps/v1/Deployment", Removed, "1.6", "1.16"},
		{"1.30", "apiextensions.k8s.io/v1beta1/CustomResourceDefinition", "apiextensions.k8s.io/v1/CustomResourceDefinition", Removed, "1.7", "1.22"},
		{"1.30", "apiregistration.k8s.io/v1beta1/APIService", "apiregistration.k8s.io/v1/APIService", Removed, "1.7", "1.22"},
		{"1.30", "rbac.authorization.k8s.io/v1beta1/Role", "rbac.authorization.k8s.io/v1/Role", Removed, "1.6", "1.22"},
		{"1.28", "flowcontrol.apiserver.k8s.io/v1beta2/FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", Served, "1.23", "1.29"},
		{"1.29", "flowcontrol.apiserver.k8s.io/v1beta2/FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", Removed, "1.23", "1.29"},
		{"1.32", "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", "flowcontrol.apiserver.k8s.io/v1/FlowSchema", Removed, "1.26", "1.32"},
		{"1.28", "flowcontrol.apiserver.k8s.io/v1/FlowSchema", "flowcontrol.apiserver.k8s.io/v1beta3/FlowSchema", NotYet, "1.29", ""},
		{"1.33", "resource.k8s.io/v1beta1/ResourceClaim", "", OffByDefault, "1.32", "1.38"},
		{"1.34", "resource.k8s.io/v1/ResourceClaim", "", Served, "1.34", ""},
		{"1.29", "resource.k8s.io/v1/ResourceClaim", "", NotYet, "1.34", ""},
		{"1.29", "admissionregistration.k8s.io/v1beta1/ValidatingAdmissionPolicy", "", OffByDefault, "1.28", "1.34"},
		{"1.30", "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy", "", Served, "1.30", ""},
		{"1.30", "policy/v1beta/PodDisruptionBudget", "policy/v1/PodDisruptionBudget", NeverServed, "", ""},
		{"1.30", "v1/Deployment", "", NeverServed, "", ""},
		{"1.30", "apps/v1/Scale", "", NeverServed, "", ""}, // in discovery, but no document's kind
		{"1.30", "monitoring.coreos.com/v1/ServiceMonitor", "", Unknown, "", ""},
		{"1.30", "gateway.networking.k8s.io/v1/Gateway", "", Unknown, "", ""},
		{"1.30", "v1/List", "", Served, "", ""},
		{"1.30", "v1/Service", "", Served, "", ""},
		{"1.30", "apps/v1/Deployment", "", Served, "1.9", ""},
		{"1.30", "nonsense", "", NeverServed, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.minor+" "+tt.gvk, func(t *testing.T) {
			got := api(t, tt.minor).Status(parseGVK(tt.gvk))
			want := Status{State: tt.state, IntroducedIn: release(tt.introduced), RemovedIn: release(tt.removed), DeprecatedIn: got.DeprecatedIn}
			if tt.replacement != "" {
				want.Replacement = parseGVK(tt.replacement)
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestDeprecated(t *testing.T) {
	pdb := GVK{"policy/v1beta1", "PodDisruptionBudget"}
	if s := api(t, "1.24").Status(pdb); !s.Deprecated() || s.DeprecatedIn != (Minor{1, 21}) {
		t.Errorf("1.24: %+v: want deprecated since 1.21", s)
	}
	if s := api(t, "1.25").Status(pdb); s.Deprecated() {
		t.Errorf("1.25: %+v: what is removed is not deprecated", s)
	}
	if s := api(t, "1.24").Status(GVK{"apps/v1", "Deployment"}); s.Deprecated() {
		t.Errorf("Deployment: %+v", s)
	}
}

func TestExplain(t *testing.T) {
	tests := []struct{ minor, gvk, want string }{
		{"1.25", "policy/v1beta1/PodDisruptionBudget", "policy/v1beta1/PodDisruptionBudget was removed in Kubernetes 1.25; use policy/v1/PodDisruptionBudget"},
		{"1.25", "policy/v1beta1/PodSecurityPolicy", "policy/v1beta1/PodSecurityPolicy was removed in Kubernetes 1.25"},
		{"1.24", "policy/v1beta1/PodDisruptionBudget", "policy/v1beta1/PodDisruptionBudget is deprecated since Kubernetes 1.21 and removed in 1.25; use policy/v1/PodDisruptionBudget"},
		{"1.33", "resource.k8s.io/v1beta1/DeviceClass", "resource.k8s.io/v1beta1/DeviceClass is off by default in Kubernetes 1.33"},
		{"1.30", "resource.k8s.io/v1/DeviceClass", "resource.k8s.io/v1/DeviceClass does not exist before Kubernetes 1.34"},
		{"1.30", "policy/v1beta/PodDisruptionBudget", "no known version of Kubernetes serves policy/v1beta/PodDisruptionBudget; use policy/v1/PodDisruptionBudget"},
		{"1.30", "apps/v1/Deployment", ""},
		{"1.30", "example.com/v1/Thing", ""},
	}
	for _, tt := range tests {
		if got := api(t, tt.minor).Explain(parseGVK(tt.gvk)); got != tt.want {
			t.Errorf("%s %s:\ngot  %q\nwant %q", tt.minor, tt.gvk, got, tt.want)
		}
	}
}

func TestVersions(t *testing.T) {
	has := func(minor string, wants ...string) {
		t.Helper()
		all := api(t, minor).Versions()
		if !slices.IsSorted(all) {
			t.Errorf("%s: not sorted", minor)
		}
		for _, want := range wants {
			name, absent := strings.CutPrefix(want, "!")
			if slices.Contains(all, name) == absent {
				t.Errorf("%s: %s", minor, want)
			}
		}
	}
	has("1.24", "v1", "v1/Pod", "apps/v1", "apps/v1/Deployment", "apps/v1/Scale", "policy/v1beta1", "policy/v1beta1/PodSecurityPolicy",
		"apiextensions.k8s.io/v1/CustomResourceDefinition", "apiregistration.k8s.io/v1/APIService", "!autoscaling/v1/Scale", "!v1/List",
		"!networking.k8s.io/v1beta1", "!storage.k8s.io/v1alpha1")
	has("1.30", "policy/v1/PodDisruptionBudget", "!policy/v1beta1", "!resource.k8s.io/v1alpha2", "flowcontrol.apiserver.k8s.io/v1beta3",
		"v1/Eviction", "!metrics.k8s.io/v1beta1")
	has("1.34", "resource.k8s.io/v1", "!resource.k8s.io/v1beta1", "!flowcontrol.apiserver.k8s.io/v1beta3")
}

func TestLookup(t *testing.T) {
	minors := Minors()
	if len(minors) != 14 || minors[0] != (Minor{1, 24}) || minors[13] != (Minor{1, 37}) {
		t.Errorf("minors: %v", minors)
	}
	for _, m := range []Minor{{1, 23}, {1, 99}, {2, 30}, {1, -1}} {
		_, err := Lookup(m)
		if err == nil || !strings.Contains(err.Error(), "have 1.24 to 1.37") {
			t.Errorf("%v: error %v", m, err)
		}
	}
}

func TestParseMinor(t *testing.T) {
	for in, want := range map[string]Minor{
		"1.30": {1, 30}, "v1.30": {1, 30}, "1.30.2": {1, 30}, "v1.33.4-eks-1a2b3c4": {1, 33},
		"v1.33.4+k3s1": {1, 33}, "1.32.9-gke.100": {1, 32}, "1.31-rc.1": {1, 31},
	} {
		if got, err := ParseMinor(in); err != nil || got != want {
			t.Errorf("%s: %v, %v", in, got, err)
		}
	}
	for _, in := range []string{"", "1", "1.", "x.30", "1.-3", "1.99999999999"} {
		if got, err := ParseMinor(in); err == nil {
			t.Errorf("%q: %v", in, got)
		}
	}
}

// Everything below a served kind must be known, or it would pass unseen.
func TestEverySchemaCompiles(t *testing.T) {
	for _, m := range Minors() {
		a, err := Lookup(m)
		if err != nil {
			t.Fatal(err)
		}
		for gvk, k := range a.lib.kinds {
			if a.kind(gvk) == nil {
				continue
			}
			if _, ok := a.Schema(gvk); !ok {
				t.Errorf("%s: %s has no schema (%+v)", m, gvk, k)
			}
		}
	}
	for _, typ := range load().table.Types {
		for _, f := range typ.Fields {
			element := strings.TrimLeft(f.Type, "[]{}")
			_, scalar := scalarShape(element)
			if !scalar && load().types[element] == nil {
				t.Errorf("%s.%s: no type %s", typ.Name, f.Name, f.Type)
			}
		}
	}
}

// The tables of required.go name fields that exist.
func TestRequirementTables(t *testing.T) {
	known := map[string]bool{}
	for _, typ := range load().table.Types {
		for _, f := range typ.Fields {
			known[typ.Name+"."+f.Name] = true
		}
	}
	for _, table := range []map[string]bool{demanded, noBlanks} {
		for name := range table {
			if !known[name] {
				t.Errorf("no field %s", name)
			}
		}
	}
	for name := range tolerated {
		if !known[name] {
			t.Errorf("no field %s", name)
		}
	}
}

func TestDigest(t *testing.T) {
	cm := GVK{"v1", "ConfigMap"}
	a, _ := api(t, "1.30").Schema(cm)
	b, _ := api(t, "1.31").Schema(cm)
	if a != b || a.Digest() == "" {
		t.Error("ConfigMap is the same in 1.30 and 1.31, so its schema is too")
	}
	dep := GVK{"apps/v1", "Deployment"}
	c, _ := api(t, "1.24").Schema(dep)
	d, _ := api(t, "1.37").Schema(dep)
	if c.Digest() == d.Digest() {
		t.Error("Deployment changed between 1.24 and 1.37")
	}
	if _, ok := api(t, "1.25").Schema(GVK{"policy/v1beta1", "PodDisruptionBudget"}); ok {
		t.Error("a removed kind has no schema")
	}
}

func TestEmbeddedSize(t *testing.T) {
	const limit = 60_000
	if len(packed) > limit {
		t.Errorf("the table has %d bytes, more than %d", len(packed), limit)
	}
}
