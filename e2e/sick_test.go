//go:build e2e

package e2e

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// illness is a scenario of the sick chart, and what is to be said of it.
type illness struct {
	scenario string
	set      string // of the scenario, as YAML
	layer    string // that fails; empty where the cell passes
	code     string // of the problem
	object   string // that it names
	says     []string
}

// illnesses are the cases, in the order of the cells. Behind those that leave
// something comes one that is well, and must stay so.
var illnesses = []illness{
	{"image", `image: "chart-matrix.test/absent:1"`, "install", "image-pull", "Deployment/web", []string{"image chart-matrix.test/absent:1 cannot be pulled"}},
	{"crash-loop", `env.CRASH_AFTER: 0s, env.EXIT_CODE: 3`, "install", "crash-loop", "Deployment/web", []string{"exit code 3", "exiting with 3"}},
	{"crash-later", `env.CRASH_AFTER: 3s, env.EXIT_CODE: 4`, "install", "crash-loop", "Deployment/web", []string{"exit code 4", "exiting with 4"}},
	{"oom", `env.ALLOCATE_MB: 256, resources.limits.memory: 64Mi`, "install", "oom", "Deployment/web", []string{"limit of 64Mi"}},
	{"probe", `env.STATUS: 500`, "install", "probe", "Deployment/web", []string{"statuscode: 500"}},
	{"unschedulable", `resources.requests.cpu: 1000`, "install", "unschedulable", "Deployment/web", []string{"Insufficient cpu"}},
	{"pvc", `sick: pvc`, "install", "pvc-pending", "PersistentVolumeClaim/data", []string{`StorageClass "absent" is not in the cluster`}},
	{"hook", `sick: hook`, "install", "hook-failed", "Job/migrate", []string{"pre-install hook Job/migrate: container migrate exits with 7", "line 2 of 2"}},
	{"custom", `sick: custom`, "install", "custom-resource", "Keeper/quorum", []string{"2 of 3 keepers are away"}},
	// Older versions list the fields that may change, newer ones name the one that did.
	{"immutable", `sick: immutable`, "upgrade", "upgrade-immutable", "StatefulSet/db", []string{"spec"}},
	{"admission", `sick: admission`, "install", "admission-denied", "Pod/bare", []string{`violates PodSecurity "restricted:latest"`}},
	{"service", `sick: service`, "test", "test-failed", "Pod/reaches", []string{"connection refused"}},
	{"api", `sick: api`, "schema", "api-removed", "FlowSchema/sick-web", []string{"was removed in Kubernetes 1.32"}},
	{"finalizer", `sick: finalizer`, "uninstall", "terminating", "ConfigMap/held", []string{"held by the finalizers example.test/hold"}},
	{"well", ``, "", "", "", nil},
}

// TestRunSick runs a chart that is ill in all these ways, in one cluster for
// each version, and looks whether each is told for what it is: in the results,
// in the evidence and in the summary, and to no other cell's harm.
func TestRunSick(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	var scenarios strings.Builder
	for _, s := range illnesses {
		scenarios.WriteString("    " + s.scenario + ": {set: {" + s.set + "}}\n")
	}
	dir := sick(t, nil, scenarios.String(), `include:
  - {scenario: immutable, operation: upgrade}
exclude:
  - {scenario: immutable, operation: install, because: it installs}
scenarios:
  admission:
    before: kubectl label namespace "$NAMESPACE" pod-security.kubernetes.io/enforce=restricted
  custom:
    before: kubectl apply -f keepers.yaml && kubectl wait --for=condition=Established crd/keepers.example.test --timeout=20s
readiness: {settle: 6s, restarts: 1}
timeouts: {install: 20s, upgrade: 40s, test: 30s, uninstall: 10s}
`)
	if err := os.CopyFS(dir, os.DirFS("testdata")); err != nil {
		t.Fatal(err)
	}
	values := filepath.Join(dir, "chart", "values.yaml")
	edit(t, values, "service: web", "service: older")
	commit(t, dir)
	edit(t, values, "service: older", "service: newer")

	e := cm(t, dir, "run", "--clusters", "2", "--results", "results")
	plan, cells, text := ran(t, filepath.Join(dir, "results"))
	t.Logf("\n%s", text)
	nothingLeft(t, plan)
	everyCell(t, plan, cells)
	if e.code != 1 {
		t.Errorf("exit code %d", e.code)
	}
	// The terminal shows the first ten; the page has all.
	page := filepath.Join(dir, "page.html")
	cm(t, dir, "report", "results", "--format", "html", "--output", page)
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	summary := string(data)
	for _, s := range illnesses {
		t.Run(s.scenario, func(t *testing.T) {
			if s.code != "" && !strings.Contains(summary, s.object) {
				t.Errorf("the summary does not name %s", s.object)
			}
			asked := 0
			for _, c := range cells {
				if c.At[matrix.Scenario] == s.scenario {
					asked++
					s.check(t, filepath.Join(dir, "results"), c)
				}
			}
			if _, versions := kindImages(t); asked != len(versions) {
				t.Errorf("%d cells", asked)
			}
		})
	}
}

// check looks at the result of a cell of that scenario.
func (s illness) check(t *testing.T, results string, c result.Cell) {
	if s.layer == "" {
		if c.Status != result.Passed {
			t.Errorf("it is well:\n%s", told(c))
		}
		return
	}
	if c.Status != result.Failed || step(c, s.layer).Status != result.Failed {
		t.Errorf("%s did not fail:\n%s", s.layer, told(c))
		return
	}
	var found []result.Problem
	for _, a := range step(c, s.layer).Assertions {
		for _, p := range a.Problems {
			if p.Code == s.code && p.Location.Object == s.object {
				found = append(found, p)
			}
		}
	}
	if len(found) == 0 {
		t.Errorf("no problem %s of %s:\n%s", s.code, s.object, told(c))
		return
	}
	all := found[0].Message + "\n" + strings.Join(found[0].Excerpt, "\n")
	for _, want := range s.says {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in\n%s", want, all)
		}
	}
	if s.layer == "schema" {
		return // without a cluster there is nothing to see
	}
	for _, name := range []string{"events.log", "versions.txt"} {
		if _, err := os.Stat(filepath.Join(results, "evidence", c.ID, name)); err != nil {
			t.Error(err)
		}
	}
	if s.scenario == "service" && !strings.Contains(told(c), "warning selects-nothing Service/web selects no pod: none has the labels app=wbe") {
		t.Errorf("the Service is not named:\n%s", told(c))
	}
	// What a failure quotes from a log can be read there.
	if name, _, _ := strings.Cut(found[0].Source, ":"); strings.HasPrefix(name, "logs/") {
		data, err := os.ReadFile(filepath.Join(results, "evidence", c.ID, filepath.FromSlash(name)))
		if err != nil || !slices.ContainsFunc(found[0].Excerpt, func(line string) bool { return strings.Contains(string(data), line) }) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
