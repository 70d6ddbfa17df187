//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/provider/kind"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// TestRunJob runs the jobs of a plan one by one, each with down behind it, as a
// workflow does. One is killed where nobody can run down: sweep removes its
// cluster when its time is over, and the report tells of its cell.
func TestRunJob(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	dir := sick(t, newest(t), "    healthy: {}\n    hook: {set: {sick: hook}}\n    killed: {}\n", "")
	edit(t, filepath.Join(dir, ".chart-matrix.yaml"), "    preload:", "    timeout-minutes: 10\n    preload:")
	parts := filepath.Join(dir, "parts")
	if e := cm(t, dir, "plan", "--results", filepath.Join(parts, "plan")); e.code != 0 {
		t.Fatalf("plan: exit code %d", e.code)
	}
	plan, _, _ := ran(t, filepath.Join(parts, "plan"))
	for _, job := range plan.Jobs {
		folder := filepath.Join(parts, job.ID)
		command := []string{"run", "--job", job.ID, "--plan", filepath.Join(parts, "plan"), "--results", folder}
		switch scenarioOf(t, plan, job) {
		case "killed":
			// It began a while ago, as far as it knows: so its end is near.
			began := time.Now().Add(-7*time.Minute - 30*time.Second)
			r := beginning(t, dir, append(command, "--started", strconv.FormatInt(began.Unix(), 10))...)
			if !r.until(func() bool { return len(clustersOf(t, plan)) > 0 }) {
				t.Fatal("it made no cluster")
			}
			_ = r.cmd.Process.Signal(syscall.SIGKILL)
			r.end()
		case "healthy":
			if e := cm(t, dir, command...); e.code != 0 {
				t.Errorf("healthy: exit code %d", e.code)
			}
		case "hook":
			if e := cm(t, dir, command...); e.code != 1 {
				t.Errorf("hook: exit code %d", e.code)
			}
		}
		if scenarioOf(t, plan, job) != "killed" {
			if e := cm(t, dir, "down", "--job", job.ID, "--results", folder); e.code != 0 || !strings.Contains(e.stdout, "nothing to remove") {
				t.Errorf("down: exit code %d", e.code)
			}
		}
	}
	e := cm(t, dir, "report", parts)
	if e.code != 1 || !strings.Contains(e.stdout, "Job/migrate") || !strings.Contains(e.stdout, "no answer from 1 cell") {
		t.Errorf("report: exit code %d", e.code)
	}
	for end := time.Now().Add(5 * time.Minute); len(clustersOf(t, plan)) > 0; time.Sleep(10 * time.Second) {
		if e := cm(t, dir, "sweep"); e.code != 0 {
			t.Errorf("sweep: exit code %d", e.code)
		}
		if time.Now().After(end) {
			t.Fatalf("sweep leaves %v", clustersOf(t, plan))
		}
	}
	for _, job := range plan.Jobs {
		if folders, _ := filepath.Glob(filepath.Join(os.TempDir(), "chart-matrix-cm-"+job.ID+"-*")); len(folders) > 0 {
			t.Errorf("sweep leaves %v", folders)
		}
	}
}

// scenarioOf gives the scenario of the one cell that a job has.
func scenarioOf(t *testing.T, plan *matrix.Plan, job matrix.Job) string {
	t.Helper()
	for _, c := range plan.Cells {
		if len(job.Cells) == 1 && c.ID == job.Cells[0] {
			return c.At[matrix.Scenario]
		}
	}
	t.Fatalf("job %s has cells %v", job.ID, job.Cells)
	return ""
}

// TestRunExisting runs a chart in a cluster that is the user's, and in one of
// the newest version, that is made. The user's still serves an API that the
// newest does not: the chart fails on that version alone. Twice, and the user's
// cluster is as it was.
func TestRunExisting(t *testing.T) {
	program(t) // with the user's caches
	own(t)
	images, versions := kindImages(t)
	older := versions[len(versions)-1]
	if older.MinorString() == versions[0].MinorString() || older.Minor > 36 {
		t.Skip("two versions are needed, one of them before 1.37")
	}
	name := fmt.Sprintf("theirs-%d", os.Getpid())
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	t.Cleanup(func() { do(t, "", "kind", "delete", "cluster", "--name", name, "--kubeconfig", kubeconfig) })
	args := []string{"create", "cluster", "--name", name, "--kubeconfig", kubeconfig, "--config", "-"}
	if image := images[older.String()]; image != "" {
		args = append(args, "--image", image)
	}
	do(t, "kind: Cluster\napiVersion: kind.x-k8s.io/v1alpha4\nruntimeConfig: {storage.k8s.io/v1beta1: 'true'}\n", "kind", args...)
	do(t, "", "kind", "load", "docker-image", "--name", name, echoImage, jobImage)
	do(t, "", "kubectl", "--kubeconfig", kubeconfig, "create", "namespace", "mine")
	do(t, "", "kubectl", "--kubeconfig", kubeconfig, "--namespace", "mine", "create", "configmap", "mine")

	dir := sick(t, []matrix.Version{older, versions[0]}, "    healthy: {}\n    attributes: {set: {sick: attributes}}\n", fmt.Sprintf(`exclude:
  - {provider: existing, kubernetes: %q, because: it is of the older version}
  - {provider: kind, kubernetes: %q, because: there is one already}
  - {layer: schema, because: which APIs that are off by default are on is for the cluster to say}
readiness: {settle: 1s}
timeouts: {install: 1m, uninstall: 30s}
`, versions[0].MinorString(), older.MinorString()))
	edit(t, filepath.Join(dir, ".chart-matrix.yaml"), "provider: kind", "provider: [existing, kind]")
	edit(t, filepath.Join(dir, ".chart-matrix.yaml"), "providers:", "providers:\n  existing: {kubeconfig: "+kubeconfig+", context: kind-"+name+"}")
	before := everything(t, kubeconfig)
	for _, results := range []string{"first", "second"} {
		args := []string{"run", "--clusters", "1", "--results", results}
		if results == "second" {
			args = append(args, "--only", "provider=existing")
		}
		e := cm(t, dir, args...)
		plan, cells, text := ran(t, filepath.Join(dir, results))
		t.Logf("\n%s", text)
		everyCell(t, plan, cells)
		nothingLeft(t, plan)
		wants := 0
		for _, c := range cells {
			want := result.Passed
			if c.At[matrix.Provider] == kind.Name && c.At[matrix.Scenario] == "attributes" {
				want, wants = result.Failed, 1
				if !strings.Contains(told(c), "storage.k8s.io/v1beta1 was removed in Kubernetes 1.37") {
					t.Errorf("it is not said why:\n%s", told(c))
				}
			}
			if c.Status != want {
				t.Errorf("expected %s:\n%s", want, told(c))
			}
		}
		if e.code != wants {
			t.Errorf("exit code %d", e.code)
		}
		if after := everything(t, kubeconfig); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
	}
}

// everything lists what is in a cluster, but for what comes and goes by itself.
func everything(t *testing.T, kubeconfig string) string {
	t.Helper()
	kinds := "namespaces,customresourcedefinitions,clusterroles,clusterrolebindings,persistentvolumes,storageclasses,volumeattributesclasses," +
		"validatingwebhookconfigurations,mutatingwebhookconfigurations,leases,configmaps,secrets,deployments,services"
	all := do(t, "", "kubectl", "--kubeconfig", kubeconfig, "get", kinds, "--all-namespaces", "--output", "name")
	var lines []string
	for _, line := range strings.Split(all, "\n") {
		// A namespace gets its certificate some time after it was made.
		if !strings.Contains(line, "apiserver-") && !strings.Contains(line, "plndr") && !strings.HasSuffix(line, "/kube-root-ca.crt") {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "\n")
}
