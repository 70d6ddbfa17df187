package chart_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/chart/charttest"
)

// standInHelm writes a program that says a version and, of everything else,
// prints a text on standard error and fails.
func standInHelm(t *testing.T, dir, name, version, says string) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	text := fmt.Sprintf("#!/bin/sh\nif [ \"$1\" = version ]; then echo '%s'; exit 0; fi\ncat >&2 <<'END'\n%s\nEND\nexit 1\n", version, says)
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestFindProgram(t *testing.T) {
	dir := t.TempDir()
	standInHelm(t, dir, "helm", "v4.1.0", "")
	standInHelm(t, dir, "helm-3.19", "v3.19.2+g1a2b3c4", "")
	standInHelm(t, dir, "helm-2", "Client: none", "")
	t.Setenv("PATH", dir+string(filepath.ListSeparator)+"/usr/bin"+string(filepath.ListSeparator)+"/bin")
	for _, test := range []struct{ program, version, want, says string }{
		{"", "", "helm v4.1.0", ""},
		{"", "4", "helm v4.1.0", ""},
		{"", "v4.1.0", "helm v4.1.0", ""},
		{"", "3.19", "helm-3.19 v3.19.2+g1a2b3c4", ""},
		{"", "3.19.2", "helm-3.19 v3.19.2+g1a2b3c4", ""},
		{"", "3.19.3", "", "Helm 3.19.3 is asked for, and helm-3.19 is v3.19.2+g1a2b3c4; helm is v4.1.0; install it, or name it: helm: {binaries: {3.19.3: PATH}}"},
		{filepath.Join(dir, "helm"), "4.1", filepath.Join(dir, "helm") + " v4.1.0", ""},
		{"helm", "3", "", "Helm 3 is asked for, and helm is v4.1.0"},
		{"helm-9", "", "", "there is no helm-9"},
		{"", "2", "", "helm-2 cannot say its version"},
	} {
		p, err := chart.FindProgram(t.Context(), test.program, test.version)
		switch {
		case test.says != "":
			if !errors.Is(err, chart.ErrNoProgram) || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%+v: got %v", test, err)
			}
		case err != nil || p.Path+" "+p.Version != test.want:
			t.Errorf("%+v: got %+v, %v", test, p, err)
		}
	}
}

// TestProgramThatRefuses: what a Helm on the command line says is told apart as
// the errors of the Helm in this program are.
func TestProgramThatRefuses(t *testing.T) {
	for _, test := range []struct {
		name, says string
		want       []string
		cluster    bool
	}{
		{"Helm 3, invalid", "Error: INSTALLATION FAILED: failed to create resource: Deployment.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be greater than or equal to 0",
			[]string{"object-invalid Deployment/web: spec.replicas: Invalid value: -1: must be greater than or equal to 0"}, false},
		{"Helm 3, several", "level=WARN msg=\"a\"\nError: UPGRADE FAILED: cannot patch \"db\" with kind StatefulSet: StatefulSet.apps \"db\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden && cannot patch \"web\" with kind Deployment: Deployment.apps \"web\" is invalid: spec.selector: Invalid value: {}: field is immutable",
			[]string{"upgrade-immutable StatefulSet/db: spec: Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden", "upgrade-immutable Deployment/web: spec.selector: Invalid value: {}: field is immutable"}, false},
		{"Helm 4, typed", "Error: INSTALLATION FAILED: failed to create resource: server-side apply failed for object space/web apps/v1, Kind=Deployment: failed to create typed patch object (space/web; apps/v1, Kind=Deployment): .spec.replicas: expected numeric (int or float), got string",
			[]string{"object-invalid Deployment/web: spec.replicas: expected numeric (int or float), got string"}, false},
		{"Helm 4, two of them", "Error: UPGRADE FAILED: conflict occurred while applying object space/a v1, Kind=ConfigMap: Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .data.a\nserver-side apply failed for object space/b v1, Kind=ConfigMap: ConfigMap \"b\" is invalid: data[!]: Invalid value: \"!\"",
			[]string{"apply-conflict ConfigMap/a: Apply failed with 1 conflict: conflict with \"kubectl\" using v1: .data.a", "object-invalid ConfigMap/b: data[!]: Invalid value: \"!\""}, false},
		{"decoding", "Error: INSTALLATION FAILED: Service in version \"v1\" cannot be handled as a Service: json: cannot unmarshal string into Go struct field ServicePort.spec.ports.port of type int32",
			[]string{"object-invalid Service/: spec.ports.port: expected a number, got string"}, false},
		{"a template", "Error: INSTALLATION FAILED: execution error at (demo/templates/a.yaml:1:3): never", []string{"template /: never"}, false},
		{"a kind", "Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: resource mapping not found for name: \"it\" namespace: \"\" from \"\": no matches for kind \"Thing\" in version \"example.com/v1\"\nensure CRDs are installed first",
			[]string{"api-missing Thing/it: the cluster serves no example.com/v1/Thing"}, false},
		{"Pod Security", "Error: INSTALLATION FAILED: failed to create resource: pods \"web\" is forbidden: violates PodSecurity \"restricted:latest\": runAsNonRoot != true",
			[]string{"admission-denied pods/web: violates PodSecurity \"restricted:latest\": runAsNonRoot != true"}, false},
		{"exists", "Error: INSTALLATION FAILED: unable to continue with install: ConfigMap \"a\" in namespace \"space\" exists and cannot be imported into the current release: invalid ownership metadata",
			[]string{"object-exists ConfigMap/a: exists already, and is not this release's: invalid ownership metadata"}, false},
		{"a state", "Error: INSTALLATION FAILED: cannot reuse a name that is still in use", []string{"release-state /: cannot reuse a name that is still in use"}, false},
		{"words that are not known", "Error: out of cheese", []string{"helm /: out of cheese"}, false},
		{"nothing", "", []string{"helm /: helm install exits with 1"}, false},
		{"the cluster is away", "Error: INSTALLATION FAILED: Kubernetes cluster unreachable: Get \"https://127.0.0.1:1/version\": dial tcp 127.0.0.1:1: connect: connection refused", nil, true},
		{"the API server is overloaded", "Error: INSTALLATION FAILED: etcdserver: request timed out", nil, true},
		{"credentials", "Error: INSTALLATION FAILED: deployments.apps is forbidden: User \"a\" cannot create resource: deployments.apps \"web\" is forbidden: User \"a\" cannot patch resource", nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			standInHelm(t, dir, "helm", "v3.19.2", test.says)
			to := target(t, charttest.New(t))
			to.Program = &chart.Program{Path: filepath.Join(dir, "helm"), Version: "v3.19.2"}
			r, err := to.Install(t.Context(), writeChart(t, web), values(t))
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

// TestReleaseByProgram runs whatever Helms are here through the life of a release.
func TestReleaseByProgram(t *testing.T) {
	for _, name := range []string{"helm3", "helm4", "helm"} {
		t.Run(name, func(t *testing.T) {
			path, err := exec.LookPath(name)
			if err != nil {
				t.Skip(name + " is not on PATH")
			}
			p, err := chart.FindProgram(t.Context(), path, "")
			if err != nil {
				t.Fatal(err)
			}
			s := charttest.New(t)
			s.Warn = "demo is old"
			to := target(t, s)
			to.Program = p
			c := writeChart(t, web)
			r, err := to.Install(t.Context(), c, values(t))
			if err != nil || len(r.Refusals) > 0 || r.Status != "deployed" || r.Revision != 1 || len(r.Objects) != 2 || r.Chart != "demo-1.0.0" {
				t.Fatalf("%v %v %+v", err, said(r), r)
			}
			if len(r.Hooks) != 1 || r.Hooks[0].Event != "pre-install" || r.Hooks[0].Failed {
				t.Errorf("hooks %+v", r.Hooks)
			}
			if !slices.Contains(r.Warnings, "demo is old") {
				t.Errorf("warnings %q", r.Warnings)
			}
			r, err = to.Upgrade(t.Context(), c, values(t, "replicas=2", "tests.a=succeeds", "tests.b=fails", "tests.c=succeeds"))
			if err != nil || len(r.Refusals) > 0 || r.Revision != 2 {
				t.Fatalf("%v %v %+v", err, said(r), r)
			}
			if r, err = to.Test(t.Context()); err != nil || len(r.Hooks) != 3 {
				t.Fatalf("%v %v %+v", err, said(r), r)
			}
			for i, failed := range []bool{false, true, false} {
				if run := r.Hooks[i]; run.Failed != failed || run.Kind != "Pod" || len(run.Logs) == 0 {
					t.Errorf("test %d: %+v", i, run)
				}
			}
			if r, err = to.Rollback(t.Context(), 1); err != nil || len(r.Refusals) > 0 || r.Revision != 3 {
				t.Fatalf("%v %v %+v", err, said(r), r)
			}
			if r, err = to.Upgrade(t.Context(), c, values(t, "hook=fails")); err != nil || len(r.Refusals) != 1 || r.Refusals[0].Kind != chart.RefusedHook {
				t.Errorf("a hook that fails: %v %v", err, said(r))
			}
			if r, err = to.Upgrade(t.Context(), c, values(t, "replicas=a")); err != nil && r == nil {
				t.Errorf("%v", err)
			}
			to.Timeout = 20 * time.Second
			if r, err = to.Uninstall(t.Context()); err != nil || len(r.Refusals) > 0 || len(r.Kept) != 1 {
				t.Fatalf("%v %v %+v", err, said(r), r)
			}
			if r, err = to.Uninstall(t.Context()); err != nil || len(r.Refusals) > 0 {
				t.Errorf("a second uninstall: %v %v", err, said(r))
			}
		})
	}
}
