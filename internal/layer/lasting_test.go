package layer

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// definition is a CRD of the kind Widget, whose objects lie in no namespace.
func definition(group string) string {
	return "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: widgets." + group + "}\n" +
		"spec: {group: " + group + ", scope: Cluster, names: {kind: Widget, plural: widgets}, versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]}\n"
}

// kept is an object with annotations.
func kept(apiVersion, kind, name, namespace, annotations string) string {
	if namespace != "" {
		namespace = ", namespace: " + namespace
	}
	return fmt.Sprintf("---\napiVersion: %s\nkind: %s\nmetadata: {name: %s%s, annotations: {%s}}\n", apiVersion, kind, name, namespace, annotations)
}

func TestLasting(t *testing.T) {
	const keep, rbac = "helm.sh/resource-policy: keep", "rbac.authorization.k8s.io/v1"
	templates := strings.Join([]string{
		kept("v1", "ConfigMap", "here", "", keep),
		kept("v1", "ConfigMap", "there", "kube-system", keep),
		kept("v1", "ConfigMap", "own", "space", keep),
		kept(rbac, "ClusterRole", "goes", "", "a: b"),
		kept(rbac, "ClusterRole", "stays", "", keep),
		kept("example.com/v1", "Widget", "custom", "", keep),
		kept("elsewhere.example.com/v1", "Widget", "unknown", "", keep),
		kept("storage.k8s.io/v1", "StorageClass", "hook", "", "helm.sh/hook: pre-install"),
		kept("storage.k8s.io/v1", "StorageClass", "later", "", `helm.sh/hook: "pre-upgrade, post-upgrade"`),
		kept("storage.k8s.io/v1", "StorageClass", "deleted", "", `helm.sh/hook: pre-install, helm.sh/hook-delete-policy: "before-hook-creation,hook-succeeded"`),
	}, "")
	c := newChart(t, map[string]string{"templates/a.yaml": templates, "crds/widget.yaml": definition("example.com")})
	of := func(older *OlderRenderer, c testChart, in Inputs) []string {
		t.Helper()
		got, err := (&Lasting{}).Of(t.Context(), c.Chart, c.renderer, older, in)
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, o := range got {
			out = append(out, o.Object+": "+o.Because)
		}
		return out
	}
	install := cell(t, "1.34")
	upgrade := install
	upgrade.Upgrade = true
	want := []string{
		"ClusterRole/stays: " + keptStays, "CustomResourceDefinition/widgets.example.com: " + crdsStay,
		"StorageClass/hook: " + hookStays, "Widget/custom: " + keptStays, "kube-system/ConfigMap/there: " + keptStays,
	}
	if got := of(nil, c, install); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	old := newChart(t, map[string]string{
		"templates/a.yaml": kept(rbac, "ClusterRole", "old", "", keep), "crds/widget.yaml": definition("old.example.com"),
	})
	want = []string{
		"ClusterRole/old: " + keptStays, "ClusterRole/stays: " + keptStays, "CustomResourceDefinition/widgets.old.example.com: " + crdsStay,
		"StorageClass/later: " + hookStays, "kube-system/ConfigMap/there: " + keptStays,
	}
	if got := of(&OlderRenderer{old.Chart, old.renderer}, c, upgrade); !slices.Equal(got, want) {
		t.Errorf("after an upgrade: got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}

	broken := newChart(t, map[string]string{"templates/a.yaml": kept(rbac, "ClusterRole", "a", "", keep) + "{{ fail \"no\" }}"})
	if got := of(nil, broken, install); len(got) > 0 {
		t.Errorf("what does not render leaves %v", got)
	}
	if got := of(nil, newChart(t, map[string]string{"templates/a.yaml": configMap}), install); len(got) > 0 {
		t.Errorf("got %v", got)
	}
}

func TestLookAhead(t *testing.T) {
	in := cell(t, "1.34", "password=x")
	in.Upgrade = true
	const random = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {p: {{ randAlphaNum 20 }}}\n"
	newer := newChart(t, map[string]string{"templates/a.yaml": random})
	for _, test := range []struct {
		name, older string
		want        Upgrading
	}{
		{"the same, and random", random, Upgrading{Same: true}},
		{"made on install alone", random + "{{ if .Release.IsInstall }}\n---\nkind: A\n{{ end }}", Upgrading{Same: true}},
		{"another object", random + "---\nkind: A\n", Upgrading{}},
		{"one that is upgraded from alone", random + "{{ if .Release.IsUpgrade }}{{ fail \"never\" }}{{ end }}", Upgrading{}},
		{"one that does not render", random + "{{ if .Release.IsInstall }}{{ fail \"never\" }}{{ end }}", Upgrading{Broken: "never"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := newChart(t, map[string]string{"templates/a.yaml": test.older})
			if got, err := LookAhead(t.Context(), &OlderRenderer{c.Chart, c.renderer}, newer.renderer, in); err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
		})
	}
}
