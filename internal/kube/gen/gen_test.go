package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

const embedded = "../data/kubernetes.txt.gz"

func text(t *testing.T, table *catalog.Table) string {
	t.Helper()
	var out bytes.Buffer
	if err := catalog.Encode(&out, table); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// TestReproduces reads anew every minor whose modules are in the local module
// cache, and compares with the embedded table.
func TestReproduces(t *testing.T) {
	table, err := readTable(embedded)
	if err != nil {
		t.Fatal(err)
	}
	modules := moduleCache{offline: true}
	read := 0
	for _, m := range table.Minors {
		if testing.Short() && read > 0 {
			break
		}
		if _, err := modules.dir(t.Context(), "k8s.io/kubernetes", m.Source); err != nil {
			continue
		}
		fresh, err := extract(t.Context(), modules, m.Source, io.Discard)
		if err != nil {
			t.Logf("%s: not whole in the module cache: %v", m.Source, err)
			continue
		}
		read++
		lives := fresh.Lives
		fresh.Lives = nil
		if got, want := text(t, fresh), text(t, table.Only(m.Number)); got != want {
			t.Errorf("%s: the embedded table differs from its source: run go run ./internal/kube/gen", m.Source)
		}
		for _, l := range lives {
			if !slices.ContainsFunc(table.Lives, func(k catalog.Life) bool { return k.APIVersion == l.APIVersion && k.Kind == l.Kind }) {
				t.Errorf("%s: the life of %s %s is lost", m.Source, l.APIVersion, l.Kind)
			}
		}
		checkDiscovery(t, modules, m.Source, table.Only(m.Number))
	}
	if read == 0 {
		t.Skip("no k8s.io/kubernetes module of the table is in the local module cache")
	}
	t.Logf("%d minors read anew", read)
}

// checkDiscovery compares the kinds that were derived from the OpenAPI document
// with the discovery documents that later releases publish beside it.
func checkDiscovery(t *testing.T, modules moduleCache, version string, table *catalog.Table) {
	t.Helper()
	dir, err := modules.dir(t.Context(), "k8s.io/kubernetes", version)
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "api/discovery/api*__v*.json"))
	if err != nil || len(files) == 0 {
		return // published since 1.27 or so
	}
	derived := map[string]bool{}
	for _, k := range table.Kinds {
		derived[k.APIVersion+"/"+k.Name] = true
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var list struct {
			GroupVersion string
			Resources    []struct{ Kind string }
		}
		if err := json.Unmarshal(data, &list); err != nil {
			t.Fatal(err)
		}
		for _, r := range list.Resources {
			if key := list.GroupVersion + "/" + r.Kind; !derived[key] {
				t.Errorf("%s: discovery has %s, the table has not", version, key)
			}
		}
	}
}

func TestMerge(t *testing.T) {
	one := func(minor int, extra string) *catalog.Table {
		t.Helper()
		table, err := catalog.Decode("minor 0 v1.0.0 2022-01-01\n" + extra)
		if err != nil {
			t.Fatal(err)
		}
		at := catalog.Range(minor, minor)
		table.First, table.Last, table.Minors[0].Number = minor, minor, minor
		for i := range table.Kinds {
			table.Kinds[i].On = at
		}
		for i := range table.Types {
			table.Types[i].In = at
			for j := range table.Types[i].Fields {
				table.Types[i].Fields[j].In = at
			}
		}
		return table
	}
	parts := []*catalog.Table{
		one(24, "kind v1 A cluster x/v1.A on=0\nlife v1 A removed=1.25\ntype x/v1.A 0\n a string!\n"),
		one(25, "kind v1 A cluster x/v1.A on=0\nlife v1 A removed=1.27\ntype x/v1.A 0\n a string\n b int32\n"),
		one(26, "kind v1 B cluster - on=0\n"),
	}
	const want = `minor 24 v1.0.0 2022-01-01
minor 25 v1.0.0 2022-01-01
minor 26 v1.0.0 2022-01-01
kind v1 A cluster x/v1.A on=24-25
kind v1 B cluster - on=26
life v1 A removed=1.27
type x/v1.A 24-25
 a string 25
 a string! 24
 b int32 25
`
	table := &catalog.Table{}
	var err error
	for _, part := range parts {
		if table, err = merge(table, part); err != nil {
			t.Fatal(err)
		}
	}
	if got := text(t, table); got != want {
		t.Errorf("got:\n%s", got)
	}
	if table, err = merge(table, parts[1]); err != nil || text(t, table) != want {
		t.Errorf("a minor that is read again changes nothing: %v\n%s", err, text(t, table))
	}
	if _, err = merge(table, one(30, "")); err == nil || !strings.Contains(err.Error(), "gap at 1.27") {
		t.Errorf("a gap: %v", err)
	}
}

func TestEnablement(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("api/apps/v1/register.go", "package v1\nconst GroupName = \"apps\"\n")
	write("api/core/v1/register.go", "package v1\nconst GroupName = \"\"\n")
	const head = "package p\nimport (\n appsv1 \"k8s.io/api/apps/v1\"\n corev1 \"k8s.io/api/core/v1\"\n)\nvar "
	file := write("instance.go", head+"stableEnabledByDefault = []G{appsv1.SchemeGroupVersion}\nvar legacyEnabledByDefaultResources = []R{corev1.SchemeGroupVersion.WithResource(\"pods\")}\n")
	e, err := readEnablement(file, filepath.Join(dir, "api"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		apiVersion, resource string
		want                 bool
	}{
		{"apps/v1", "deployments", true}, {"v1", "pods", true}, {"v1", "secrets", false}, {"apps/v1beta1", "deployments", false},
		{"apiextensions.k8s.io/v1", "customresourcedefinitions", true}, {"apiextensions.k8s.io/v1beta1", "customresourcedefinitions", false},
	} {
		if got := e.serves(tt.apiVersion, tt.resource); got != tt.want {
			t.Errorf("%v: %v", tt, got)
		}
	}
	for content, want := range map[string]string{
		head + "x = 1\n":                                       "no list ends in EnabledByDefault",
		head + "xEnabledByDefault = all()\n":                   "expected xEnabledByDefault to be a list",
		head + "xEnabledByDefault = []G{other()}\n":            "expected a call of WithResource",
		head + "xEnabledByDefault = []G{z.SchemeGroupVersion}": "expected a package of k8s.io/api",
	} {
		if _, err := readEnablement(write("bad.go", content), filepath.Join(dir, "api")); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", content, err, want)
		}
	}
}

func TestParseVersion(t *testing.T) {
	if minor, staging, err := parseVersion("v1.30.14"); minor != 30 || staging != "v0.30.14" || err != nil {
		t.Errorf("%d %s %v", minor, staging, err)
	}
	for _, bad := range []string{"1.30.14", "v1.30", "v2.30.1", "v1.x.1", ""} {
		if _, _, err := parseVersion(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
}

func TestPrint(t *testing.T) {
	var out bytes.Buffer
	if err := run(context.Background(), []string{"-print", "-file", embedded}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "\ntype core/v1.Container\n") {
		t.Errorf("no Container in the table")
	}
}
