//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// releaseImages are the images that the charts below run.
var releaseImages = []string{"chart-matrix.test/http-echo:1", "chart-matrix.test/job:1"}

// releaseCluster makes one cluster with the plain kind command, and gives its
// kubeconfig and version.
func releaseCluster(t *testing.T, v matrix.Version, image string) (kubeconfig string) {
	t.Helper()
	name := fmt.Sprintf("cm-release-%s-%d", strings.ReplaceAll(v.String(), ".", "-"), os.Getpid())
	kubeconfig = filepath.Join(t.TempDir(), "kubeconfig")
	kind := func(args ...string) error {
		out, err := exec.Command("kind", args...).CombinedOutput()
		if err != nil {
			return fmt.Errorf("kind %s: %w\n%s", strings.Join(args, " "), err, out)
		}
		return nil
	}
	t.Cleanup(func() {
		if err := kind("delete", "cluster", "--name", name, "--kubeconfig", kubeconfig); err != nil {
			t.Error(err)
		}
	})
	args := []string{"create", "cluster", "--name", name, "--kubeconfig", kubeconfig, "--wait", "120s"}
	if image != "" {
		args = append(args, "--image", image)
	}
	if err := kind(args...); err != nil {
		t.Fatal(err)
	}
	if err := kind(append([]string{"load", "docker-image", "--name", name}, releaseImages...)...); err != nil {
		t.Fatal(err)
	}
	return kubeconfig
}

// releaseCell is a cell in the cluster, in a namespace of its own.
func releaseCell(t *testing.T, kubeconfig string, v matrix.Version, namespace string, set ...string) *layer.JobEnv {
	t.Helper()
	values, err := chart.NewResolver().Resolve([]chart.ValueLayer{{Source: "test", Set: set}})
	if err != nil {
		t.Fatal(err)
	}
	session, err := runner.OpenCluster(runner.EvidenceLimits{})(&provider.Cluster{Kubeconfig: kubeconfig})
	if err != nil {
		t.Fatal(err)
	}
	minor := fmt.Sprintf("%d.%d", v.Major, v.Minor)
	return &layer.JobEnv{
		Inputs: layer.Inputs{
			Cell:   matrix.Cell{ID: "abcdefgh", At: matrix.Coordinate{matrix.Kubernetes: minor, matrix.Scenario: "default"}},
			Values: values, KubeVersion: "v" + v.String(), Minor: minor, Release: "rel", Namespace: namespace,
		},
		Exec: command.Run, Log: testLog{t}, Cluster: &layer.InCluster{Kubeconfig: kubeconfig, Cluster: session},
	}
}

// testLog shows what programs print with the test.
type testLog struct{ t *testing.T }

func (l testLog) Write(p []byte) (int, error) {
	l.t.Log(strings.TrimRight(string(p), "\n"))
	return len(p), nil
}

// releaseChart writes a chart of one template.
func releaseChart(t *testing.T, version, template string) *chart.Chart {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	for name, text := range map[string]string{
		"Chart.yaml": "apiVersion: v2\nname: demo\nversion: " + version + "\n", "values.yaml": "{}\n", "templates/all.yaml": template,
	} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return openReleaseChart(t, dir)
}

func openReleaseChart(t *testing.T, dir string) *chart.Chart {
	t.Helper()
	c, err := chart.Open(t.Context(), dir, chart.Options{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// answers shows checks, one a line, with what is wrong.
func answers(checks []result.Assertion) string {
	var b strings.Builder
	for _, a := range checks {
		fmt.Fprintf(&b, "%s %s", a.Status, a.Name)
		for _, p := range a.Problems {
			fmt.Fprintf(&b, " | %s %s %s %s: %s %q", p.Severity, p.Code, p.Location.Object, p.Location.Path, p.Message, p.Excerpt)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// ask runs a layer, and wants each of these texts in its answers.
func ask(t *testing.T, l layer.JobLayer, env *layer.JobEnv, want ...string) []result.Assertion {
	t.Helper()
	began := time.Now()
	checks, err := l.Run(t.Context(), env)
	got := answers(checks)
	t.Logf("%s: %.1f s\n%s", l.Name(), time.Since(began).Seconds(), got)
	if err != nil {
		t.Fatalf("%s: %v", l.Name(), err)
	}
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s: no %q in\n%s", l.Name(), w, got)
		}
	}
	if len(want) == 0 {
		for _, a := range checks {
			if a.Status != result.Passed {
				t.Fatalf("%s: %s", l.Name(), got)
			}
		}
	}
	return checks
}

// TestReleases runs the layers in real clusters, one after the other.
func TestReleases(t *testing.T) {
	images, versions := kindImages(t)
	for _, v := range versions {
		t.Run(v.String(), func(t *testing.T) {
			kubeconfig := releaseCluster(t, v, images[v.String()])
			cell := func(t *testing.T, namespace string, set ...string) *layer.JobEnv {
				return releaseCell(t, kubeconfig, v, namespace, set...)
			}
			t.Run("hogwatch", func(t *testing.T) { releaseHogwatch(t, cell(t, "hogwatch")) })
			t.Run("refused", func(t *testing.T) { releaseRefused(t, cell) })
			t.Run("immutable field", func(t *testing.T) { releaseImmutable(t, cell(t, "immutable")) })
			t.Run("admission", func(t *testing.T) { releaseAdmission(t, cell(t, "restricted")) })
			t.Run("tests", func(t *testing.T) { releaseTests(t, cell(t, "tests")) })
			t.Run("interrupted", func(t *testing.T) { releaseInterrupted(t, cell(t, "interrupted")) })
			t.Run("programs", func(t *testing.T) { releasePrograms(t, cell(t, "programs")) })
		})
	}
}

// releaseHogwatch: the example chart installs, passes its tests and goes; then
// it is upgraded from an older revision, and rolled back.
func releaseHogwatch(t *testing.T, env *layer.JobEnv) {
	env.Release = "hogwatch"
	dir := filepath.Join("..", "examples", "hogwatch", "charts", "hogwatch")
	c := openReleaseChart(t, dir)
	ready := layer.Readiness{Timeout: 3 * time.Minute, Settle: 3 * time.Second, MaxRestarts: 1}
	ask(t, &layer.Install{Chart: c, Ready: ready}, env)
	ask(t, &layer.HelmTest{Required: true}, env)
	ask(t, &layer.Uninstall{}, env)

	older := filepath.Join(t.TempDir(), "hogwatch")
	if err := os.CopyFS(older, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	edit(t, filepath.Join(older, "Chart.yaml"), "version: 0.4.0", "version: 0.3.0")
	edit(t, filepath.Join(older, "values.yaml"), "logLevel: info", "logLevel: debug")
	base := openReleaseChart(t, older)
	env.Upgrade, env.Namespace = true, "hogwatch-upgrade"
	ask(t, &layer.Upgrade{Chart: c, Ready: ready, Rollback: func(layer.Inputs) bool { return true }, From: func(context.Context, layer.Inputs) (layer.Older, error) {
		return layer.Older{Chart: base, Name: "0.3.0"}, nil
	}}, env)
	ask(t, &layer.HelmTest{Required: true}, env)
	ask(t, &layer.Uninstall{}, env)
}

func edit(t *testing.T, path, from, to string) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(data), from) {
		t.Fatalf("no %q in %s", from, path)
	}
	if err := os.WriteFile(path, []byte(strings.Replace(string(data), from, to, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// job is a hook that prints three lines and exits with a code.
func job(event string, args string) string {
	return `
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, annotations: {helm.sh/hook: ` + event + `, helm.sh/hook-delete-policy: "before-hook-creation,hook-failed"}}
spec:
  backoffLimit: 0
  template: {spec: {restartPolicy: Never, containers: [{name: migrate, image: "chart-matrix.test/job:1", args: ` + args + `}]}}
`
}

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "chart-matrix.test/http-echo:1", ports: [{containerPort: 8080}]}]}
`

func releaseRefused(t *testing.T, cell func(*testing.T, string, ...string) *layer.JobEnv) {
	for name, test := range map[string]struct {
		template string
		set      []string
		want     []string
	}{
		"hook":          {job("pre-install", `["-lines", "2", "7"]`), nil, []string{"failed installs | error hook-failed Job/migrate : pre-install hook Job/migrate: container migrate exits with 7", "line 2"}},
		"hook-no-image": {strings.Replace(job("pre-install", `[]`), "job:1", "absent:1", 1), nil, []string{"error hook-timeout Job/migrate", "cannot pull its image"}},
		"api-removed":   {"apiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n", nil, []string{"api-removed HorizontalPodAutoscaler/web : autoscaling/v2beta2 was removed in Kubernetes 1.26"}},
		"api-unknown":   {"apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: it}\n", nil, []string{"api-unknown Thing/it"}},
		"template":      {"{{ fail \"no database is named\" }}", nil, []string{"template-refuses", "no database is named"}},
		"lookup":        {`{{ if not (lookup "v1" "Namespace" "" .Release.Namespace) }}{{ fail "the namespace is not there" }}{{ end }}` + web, nil, []string{"passed installs"}},
		"invalid":       {strings.Replace(web, "name: web, image", "name: Web, image", 1), nil, []string{"object-invalid Deployment/web /spec/template/spec/containers/0/name"}},
		"unknown-field": {strings.Replace(web, "selector:", "replicaz: 3\n  selector:", 1), nil, []string{"object-invalid", "replicaz"}},
	} {
		t.Run(name, func(t *testing.T) {
			env := cell(t, "refused-"+name, test.set...)
			ask(t, &layer.Install{Chart: releaseChart(t, "1.0.0", test.template), Timeout: 15 * time.Second, Ready: layer.Readiness{Timeout: time.Minute, Settle: -1}}, env, test.want...)
		})
	}
}

// releaseImmutable: the StatefulSet's service cannot change.
func releaseImmutable(t *testing.T, env *layer.JobEnv) {
	set := func(service string) string {
		return strings.NewReplacer("Deployment", "StatefulSet", "spec:\n  selector", "spec:\n  serviceName: "+service+"\n  selector").Replace(web)
	}
	older, newer := releaseChart(t, "1.0.0", set("a")), releaseChart(t, "1.1.0", set("b"))
	env.Upgrade = true
	l := &layer.Upgrade{Chart: newer, Ready: layer.Readiness{Timeout: time.Minute, Settle: -1}, From: func(context.Context, layer.Inputs) (layer.Older, error) {
		return layer.Older{Chart: older, Name: "1.0.0"}, nil
	}}
	ask(t, l, env, "failed upgrades | error upgrade-immutable StatefulSet/web")
}

// releaseAdmission: Pod Security refuses a bare pod, and only warns of a
// Deployment, whose pods it refuses later.
func releaseAdmission(t *testing.T, env *layer.JobEnv) {
	label := layer.Scripts{Before: `kubectl label namespace "$NAMESPACE" pod-security.kubernetes.io/enforce=restricted pod-security.kubernetes.io/warn=restricted`}
	scripts := map[string]layer.Scripts{"default": label}
	pod := "apiVersion: v1\nkind: Pod\nmetadata: {name: bare}\nspec: {containers: [{name: a, image: \"chart-matrix.test/http-echo:1\"}]}\n"
	ask(t, &layer.Install{Chart: releaseChart(t, "1.0.0", pod), Scripts: scripts, Dir: t.TempDir()}, env,
		"passed before", "failed installs | error admission-denied Pod/bare", `violates PodSecurity "restricted:latest"`)
	env.Namespace += "-deployment"
	ask(t, &layer.Install{Chart: releaseChart(t, "1.0.0", web), Scripts: scripts, Dir: t.TempDir(), Ready: layer.Readiness{Timeout: 20 * time.Second, Settle: -1}}, env,
		"passed installs | warning api-server-warning", "failed becomes ready", "PodSecurity")
}

// releaseTests: each test has an answer, also behind one that fails.
func releaseTests(t *testing.T, env *layer.JobEnv) {
	test := func(name, args string) string {
		return "\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: " + name + ", annotations: {helm.sh/hook: test}}\nspec: {restartPolicy: Never, containers: [{name: t, image: \"chart-matrix.test/job:1\", args: " + args + "}]}\n"
	}
	c := releaseChart(t, "1.0.0", web+test("a-good", `["0"]`)+test("b-bad", `["-lines", "3", "5"]`)+test("c-good", `["0"]`))
	ask(t, &layer.Install{Chart: c, Ready: layer.Readiness{Timeout: time.Minute, Settle: -1}}, env)
	checks := ask(t, &layer.HelmTest{}, env, "passed Pod/a-good", "failed Pod/b-bad | error test-failed Pod/b-bad : container t exits with 5", "passed Pod/c-good")
	if len(checks) != 3 {
		t.Errorf("%d checks", len(checks))
	}
	// Once more: its pods are there already.
	ask(t, &layer.HelmTest{}, env, "passed Pod/c-good")
	ask(t, &layer.Uninstall{}, env, "passed uninstalls")
}

// releaseInterrupted: the release is not left locked, and can be removed.
func releaseInterrupted(t *testing.T, env *layer.JobEnv) {
	c := releaseChart(t, "1.0.0", web+"\n---"+job("pre-install", `["-delay", "90s"]`))
	why := errors.New("the job's time is over")
	ctx, cancel := context.WithCancelCause(t.Context())
	env.Log = onHook{cancel: func() { time.AfterFunc(2*time.Second, func() { cancel(why) }) }}
	began := time.Now()
	if _, err := (&layer.Install{Chart: c}).Run(ctx, env); !errors.Is(err, why) {
		t.Fatalf("got %v", err)
	}
	t.Logf("ended after %.1f s", time.Since(began).Seconds())
	to := &chart.Target{Kubeconfig: env.Cluster.Kubeconfig, Release: env.Release, Namespace: env.Namespace}
	r, err := to.Get(t.Context())
	if err != nil || r.Status != "failed" {
		t.Fatalf("%v, the release is %q", err, r.Status)
	}
	if r, err = to.Uninstall(t.Context()); err != nil || len(r.Refusals) > 0 {
		t.Errorf("%v %v", err, r)
	}
}

// pythonWithPytest makes a python3 that has pytest the first one in PATH.
func pythonWithPytest(t *testing.T) bool {
	t.Helper()
	for _, python := range []string{"python3", "/usr/bin/python3"} {
		path, err := exec.LookPath(python)
		if err != nil || exec.Command(path, "-m", "pytest", "--version").Run() != nil {
			continue
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "python3"), []byte("#!/bin/sh\nexec "+path+" \"$@\"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
		return true
	}
	missing(t, "no python3 here has pytest; on Debian: apt-get install python3-pytest")
	return false
}

// onHook is told when Helm begins a hook.
type onHook struct{ cancel func() }

func (o onHook) Write(p []byte) (int, error) {
	if strings.HasPrefix(string(p), "hook ") {
		o.cancel()
	}
	return len(p), nil
}

// releasePrograms: the user's own programs find the cluster and the release.
func releasePrograms(t *testing.T, env *layer.JobEnv) {
	service := "\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web, labels: {app.kubernetes.io/instance: rel}}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}\n"
	c := releaseChart(t, "1.0.0", web+service)
	ask(t, &layer.Install{Chart: c, Ready: layer.Readiness{Timeout: time.Minute, Settle: -1}}, env)
	dir := t.TempDir()
	ask(t, &layer.Command{Script: `kubectl -n "$NAMESPACE" get deployment web && helm get values "$RELEASE"`, Chart: c.Path, Dir: dir, Need: layer.NeedRelease}, env)
	tests := filepath.Join(dir, "kubetest")
	if err := os.MkdirAll(tests, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"test_web.py": "import os, subprocess\n\ndef test_web():\n    subprocess.check_call(['kubectl', '-n', os.environ['NAMESPACE'], 'get', 'service', 'web'])\n\ndef test_bad():\n    assert 1 == 2\n",
	} {
		if err := os.WriteFile(filepath.Join(tests, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pythonWithPytest(t) {
		ask(t, &layer.Kubetest{Path: tests, Chart: c.Path, Dir: dir}, env, "passed pytest › test_web", "failed pytest › test_bad")
	}
	if !k6Here(t) {
		return
	}
	script := filepath.Join(dir, "load.js")
	text := `import http from "k6/http"; import {check} from "k6";
export const options = {iterations: 10, thresholds: {checks: ["rate==1"], http_req_duration: ["max<0.001"]}};
export default () => check(http.get(__ENV.ENDPOINT + "/healthz"), {"is up": (r) => r.status === 200});`
	if err := os.WriteFile(script, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ask(t, &layer.K6{Script: script, Chart: c.Path, Dir: dir}, env, "passed checks rate==1", "failed http_req_duration max<0.001 | error k6-threshold", "passed is up")
}
