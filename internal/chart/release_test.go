package chart_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/chart/charttest"
)

// web is a chart with a Deployment, a hook before each change and two tests.
// Its values say how hooks and tests end.
const web = `-- templates/web.yaml --
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {replicas: {{ .Values.replicas | default 1 }}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: kept, annotations: {helm.sh/resource-policy: keep}}
-- templates/hook.yaml --
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
  annotations:
    helm.sh/hook: pre-install,pre-upgrade
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded,hook-failed
    charttest/outcome: {{ .Values.hook | default "succeeds" }}
    charttest/prints: "creating tables\ntable events exists already\n"
-- templates/tests.yaml --
{{- range $name, $outcome := .Values.tests }}
apiVersion: v1
kind: Pod
metadata:
  name: test-{{ $name }}
  annotations: {helm.sh/hook: test, charttest/outcome: {{ $outcome }}, charttest/prints: "asked {{ $name }}"}
---
{{- end }}
`

func writeChart(t *testing.T, text string) *chart.Chart {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "demo")
	files := map[string]string{"Chart.yaml": "apiVersion: v2\nname: demo\nversion: 1.0.0\n"}
	name := ""
	for line := range strings.Lines(text) {
		if n, ok := strings.CutPrefix(line, "-- "); ok {
			name = strings.TrimSuffix(strings.TrimSpace(n), " --")
		} else {
			files[name] += line
		}
	}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	c, err := chart.Open(t.Context(), dir, chart.Options{Offline: true})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func values(t *testing.T, set ...string) *chart.Values {
	t.Helper()
	v, err := chart.NewResolver().Resolve([]chart.ValueLayer{{Source: "test", Set: set}})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func target(t *testing.T, s *charttest.Server) *chart.Target {
	t.Helper()
	return &chart.Target{Kubeconfig: s.Kubeconfig(t), Release: "rel", Namespace: "space", Timeout: 10 * time.Second}
}

// said shows the refusals of a release, one a line.
func said(r *chart.Release) []string {
	var out []string
	for _, refusal := range r.Refusals {
		out = append(out, fmt.Sprintf("%s %s: %s", refusal.Kind, refusal.Object, refusal.Message))
	}
	return out
}

func TestReleaseFromInstallToUninstall(t *testing.T) {
	s := charttest.New(t)
	s.Warn = "demo is old"
	to := target(t, s)
	c := writeChart(t, web)
	var lines []string
	to.Log = func(line string) { lines = append(lines, line) }

	r, err := to.Install(t.Context(), c, values(t, "tests.a=succeeds"))
	if err != nil || len(r.Refusals) > 0 {
		t.Fatal(err, said(r))
	}
	if r.Status != "deployed" || r.Revision != 1 || r.Chart != "demo-1.0.0" {
		t.Errorf("got %+v", r)
	}
	want := []chart.Object{
		{APIVersion: "v1", Kind: "ConfigMap", Namespace: "space", Name: "kept", Template: "demo/templates/web.yaml"},
		{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "space", Name: "web", Template: "demo/templates/web.yaml"},
	}
	if !slices.Equal(r.Objects, want) {
		t.Errorf("objects %+v", r.Objects)
	}
	if len(r.Hooks) != 1 || r.Hooks[0].Event != "pre-install" || r.Hooks[0].Failed || len(r.Hooks[0].Logs) != 1 || len(r.Hooks[0].Logs[0].Lines) != 2 {
		t.Errorf("hooks %+v", r.Hooks)
	}
	if !slices.Equal(r.Warnings, []string{"demo is old"}) {
		t.Errorf("warnings %q", r.Warnings)
	}
	if !slices.Contains(lines, "hook Job/migrate (pre-install,pre-upgrade)") {
		t.Errorf("log %q", lines)
	}
	if s.Has("/apis/batch/v1/namespaces/space/jobs/migrate") {
		t.Error("the hook was not deleted by its policy")
	}

	if r, err = to.Upgrade(t.Context(), c, values(t, "replicas=2", "tests.a=succeeds", "tests.b=fails", "tests.c=succeeds")); err != nil || len(r.Refusals) > 0 {
		t.Fatal(err, said(r))
	}
	if r.Revision != 2 || r.Hooks[0].Event != "pre-upgrade" {
		t.Errorf("got revision %d, hooks %+v", r.Revision, r.Hooks)
	}

	if r, err = to.Test(t.Context()); err != nil || len(r.Refusals) > 0 {
		t.Fatal(err, said(r))
	}
	var tests []string
	for _, run := range r.Hooks {
		tests = append(tests, fmt.Sprintf("%s %t %s %s", run.Object, run.Failed, run.Message, run.Logs[0].Lines))
	}
	if got, want := strings.Join(tests, "\n"), "Pod/test-a false  [asked a]\nPod/test-b true container main exits with 3 [asked b]\nPod/test-c false  [asked c]"; got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}

	if r, err = to.Rollback(t.Context(), 1); err != nil || len(r.Refusals) > 0 || r.Revision != 3 {
		t.Fatalf("%v %v %+v", err, said(r), r)
	}
	if r, err = to.Get(t.Context()); err != nil || r.Revision != 3 || r.Status != "deployed" {
		t.Fatalf("%v %+v", err, r)
	}
	if r, err = to.Uninstall(t.Context()); err != nil || len(r.Refusals) > 0 {
		t.Fatal(err, said(r))
	}
	if len(r.Kept) != 1 || r.Kept[0].Name != "kept" || s.Has("/apis/apps/v1/namespaces/space/deployments/web") {
		t.Errorf("kept %+v", r.Kept)
	}
	if r, err = to.Get(t.Context()); err != nil || r.Revision != 0 {
		t.Errorf("%v %+v", err, r)
	}
	if r, err = to.Uninstall(t.Context()); err != nil || len(r.Refusals) > 0 {
		t.Errorf("a second uninstall: %v %v", err, said(r))
	}
}

func TestReleaseRefusals(t *testing.T) {
	no := func(path string, r charttest.Refusal) func(string, string, map[string]any) *charttest.Refusal {
		return func(_, at string, _ map[string]any) *charttest.Refusal {
			if strings.Contains(at, path) {
				return &r
			}
			return nil
		}
	}
	for _, test := range []struct {
		name, chart string
		set         []string
		refuse      func(string, string, map[string]any) *charttest.Refusal
		want        []string
		cluster     bool
	}{
		{name: "a hook that fails", chart: web, set: []string{"hook=fails"}, want: []string{"hook-failed Job/migrate: container main exits with 3"}},
		{name: "a hook that hangs", chart: web, set: []string{"hook=hangs"}, want: []string{"hook-timeout Job/migrate: has not ended within 2s: container main cannot pull its image \"example.com/main:1\""}},
		{name: "a template", chart: "-- templates/a.yaml --\n{{ fail \"never\" }}\n", want: []string{"template /: never"}},
		{name: "a schema", chart: "-- values.schema.json --\n{\"required\":[\"a\"]}\n-- templates/a.yaml --\n", want: []string{"template /: values don't meet the specifications of the schema(s) in the following chart(s):\ndemo:\n- at '': missing property 'a'"}},
		{name: "kinds that are not served", chart: "-- templates/a.yaml --\napiVersion: autoscaling/v2beta2\nkind: HorizontalPodAutoscaler\nmetadata: {name: web}\n---\napiVersion: example.com/v1\nkind: Thing\nmetadata: {name: it}\n",
			want: []string{"api-missing HorizontalPodAutoscaler/web: the cluster serves no autoscaling/v2beta2/HorizontalPodAutoscaler", "api-missing Thing/it: the cluster serves no example.com/v1/Thing"}},
		{name: "Pod Security", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 403, Reason: "Forbidden", Message: `pods "web" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true`}),
			want: []string{`admission-denied Deployment/web: violates PodSecurity "restricted:latest": runAsNonRoot != true`}},
		{name: "a field that cannot change", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 422, Reason: "Invalid", Field: "spec.selector", Message: `Deployment.apps "web" is invalid: spec.selector: Invalid value: {}: field is immutable`}),
			want: []string{"upgrade-immutable Deployment/web: spec.selector: Invalid value: {}: field is immutable"}},
		{name: "an invalid object", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 422, Reason: "Invalid", Message: `Deployment.apps "web" is invalid: spec.replicas: Invalid value: -1`}),
			want: []string{"object-invalid Deployment/web: spec.replicas: Invalid value: -1"}},
		{name: "a field that does not exist", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 500, Reason: "InternalError", Message: `failed to create typed patch object (space/web; apps/v1, Kind=Deployment): .spec.replicaz: field not declared in schema`}),
			want: []string{"object-invalid Deployment/web: unknown field spec.replicaz"}},
		{name: "a field of another type", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 500, Reason: "InternalError", Message: "failed to create typed patch object (space/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string"}),
			want: []string{"object-invalid Deployment/web: spec.replicas: expected numeric (int or float), got string"}},
		{name: "what cannot be decoded", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 400, Reason: "BadRequest", Message: `Deployment in version "v1" cannot be handled as a Deployment: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`}),
			want: []string{"object-invalid Deployment/web: spec.replicas: expected a number, got string"}},
		{name: "another owner", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 409, Reason: "Conflict", Field: ".spec.replicas", Message: `Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas`}),
			want: []string{`apply-conflict Deployment/web: Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas`}},
		{name: "a kind that went away", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 404, Reason: "NotFound", Message: "the server could not find the requested resource"}),
			want: []string{"api-missing Deployment/web: the server could not find the requested resource"}},
		{name: "an object on its way out", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 409, Reason: "AlreadyExists", Message: `object is being deleted: deployments.apps "web" already exists`}), cluster: true},
		{name: "quota", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 403, Reason: "Forbidden", Message: `deployments.apps "web" is forbidden: exceeded quota: q`}),
			want: []string{"quota-exceeded Deployment/web: exceeded quota: q"}},
		{name: "a webhook that is away", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 500, Reason: "InternalError", Message: `Internal error occurred: failed calling webhook "w": connection refused`}),
			want: []string{`webhook-failed Deployment/web: Internal error occurred: failed calling webhook "w": connection refused`}},
		{name: "a release that is too large", chart: web, refuse: no("secrets/sh.helm", charttest.Refusal{Code: 422, Reason: "Invalid", Message: `Secret "x" is invalid: data: Too long: must have at most 1048576 bytes`}),
			want: []string{"release-too-big /: data: Too long: must have at most 1048576 bytes"}},
		{name: "the API server is overloaded", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 503, Reason: "ServiceUnavailable", Message: "etcd is away"}), cluster: true},
		{name: "rights", chart: web, refuse: no("deployments/web", charttest.Refusal{Code: 403, Reason: "Forbidden", Message: `deployments.apps "web" is forbidden: User "a" cannot patch resource "deployments"`}), cluster: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := charttest.New(t)
			s.Refuse = test.refuse
			to := target(t, s)
			to.Timeout = 2 * time.Second
			r, err := to.Install(t.Context(), writeChart(t, test.chart), values(t, test.set...))
			if test.cluster {
				if !errors.Is(err, chart.ErrCluster) {
					t.Errorf("got %v, %v", err, said(r))
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := said(r); !slices.Equal(got, test.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(test.want, "\n"))
			}
		})
	}
}

func TestReleaseLocatesARefusal(t *testing.T) {
	s := charttest.New(t)
	s.Refuse = func(_, path string, _ map[string]any) *charttest.Refusal {
		if !strings.HasSuffix(path, "deployments/web") {
			return nil
		}
		return &charttest.Refusal{Code: http.StatusUnprocessableEntity, Reason: "Invalid", Field: "spec.template.spec.containers[0].image", Message: "Required value"}
	}
	r, err := target(t, s).Install(t.Context(), writeChart(t, web), values(t))
	if err != nil || len(r.Refusals) != 1 {
		t.Fatal(err, said(r))
	}
	if got := r.Refusals[0]; got.Pointer() != "/spec/template/spec/containers/0/image" || got.Object.Template != "demo/templates/web.yaml" {
		t.Errorf("got %+v", got)
	}
	if r.Status != "failed" {
		t.Errorf("the release is %s", r.Status)
	}
}

func TestReleaseThatIsHeld(t *testing.T) {
	s := charttest.New(t)
	to := target(t, s)
	c := writeChart(t, web)
	if r, err := to.Upgrade(t.Context(), c, values(t)); err != nil || len(r.Refusals) != 1 || r.Refusals[0].Kind != chart.RefusedState {
		t.Errorf("an upgrade of nothing: %v %v", err, said(r))
	}
	if _, err := to.Install(t.Context(), c, values(t)); err != nil {
		t.Fatal(err)
	}
	if r, err := to.Install(t.Context(), c, values(t)); err != nil || len(r.Refusals) != 1 || r.Refusals[0].Kind != chart.RefusedState {
		t.Errorf("a second install: %v %v", err, said(r))
	}
}

func TestUninstallNamesFinalizers(t *testing.T) {
	s := charttest.New(t)
	to := target(t, s)
	to.Timeout = time.Second
	c := writeChart(t, "-- templates/a.yaml --\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/keep]}\n")
	if r, err := to.Install(t.Context(), c, values(t)); err != nil || len(r.Refusals) > 0 {
		t.Fatal(err, said(r))
	}
	r, err := to.Uninstall(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"deletion-timeout ConfigMap/held: is still there 1s after it was deleted; finalizers hold it: example.com/keep"}
	if got := said(r); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestInterruptedInstall: the caller is told why at once, and the release is
// not left locked.
func TestInterruptedInstall(t *testing.T) {
	s := charttest.New(t)
	to := target(t, s)
	to.Timeout = time.Minute
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("the job's time is over")
	to.Log = func(line string) {
		if strings.HasPrefix(line, "hook ") {
			cancel(why)
		}
	}
	began := time.Now()
	_, err := to.Install(ctx, writeChart(t, web), values(t, "hook=hangs"))
	if !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("took %s", took)
	}
	to.Log = nil
	r, err := to.Get(t.Context())
	if err != nil || r.Status != "failed" {
		t.Errorf("%v, the release is %q", err, r.Status)
	}
}

func TestClusterThatIsNotThere(t *testing.T) {
	s := charttest.New(t)
	to := target(t, s)
	s.Stop()
	_, err := to.Install(t.Context(), writeChart(t, web), values(t))
	if !errors.Is(err, chart.ErrCluster) || !strings.Contains(err.Error(), "install of release rel") {
		t.Errorf("got %v", err)
	}
	to.Kubeconfig = filepath.Join(t.TempDir(), "none")
	if _, err = to.Get(t.Context()); !errors.Is(err, chart.ErrCluster) || !strings.Contains(err.Error(), "none") {
		t.Errorf("got %v", err)
	}
}

// TestClusterThatGoesAway while a hook runs: that is not the hook's fault.
func TestClusterThatGoesAway(t *testing.T) {
	s := charttest.New(t)
	to := target(t, s)
	to.Timeout = 2 * time.Second
	to.Log = func(line string) {
		if strings.HasPrefix(line, "hook ") {
			time.AfterFunc(300*time.Millisecond, s.Stop)
		}
	}
	r, err := to.Install(t.Context(), writeChart(t, web), values(t, "hook=hangs"))
	if !errors.Is(err, chart.ErrCluster) {
		t.Errorf("got %v %v", err, said(r))
	}
}
