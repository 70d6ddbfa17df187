package chart

import (
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	utilerrors "k8s.io/apimachinery/pkg/util/errors"
)

func TestPointer(t *testing.T) {
	for field, want := range map[string]string{
		"":                                       "",
		"<nil>":                                  "",
		"spec":                                   "/spec",
		"spec.template.spec.containers[0].image": "/spec/template/spec/containers/0/image",
		"metadata.annotations[example.com/a.b]":  "/metadata/annotations/example.com~1a.b",
		`spec.ports[0].targetPort`:               "/spec/ports/0/targetPort",
		"spec.rules[1].http.paths[2].backend[name": "/spec/rules/1/http/paths/2/backend/name",
		"a..b": "/a/b",
	} {
		if got := (Refusal{Field: field}).Pointer(); got != want {
			t.Errorf("%s: got %s, want %s", field, got, want)
		}
	}
}

func FuzzPointer(f *testing.F) {
	f.Add("spec.containers[0].image")
	f.Add("a[[]].]")
	f.Fuzz(func(t *testing.T, field string) {
		if p := (Refusal{Field: field}).Pointer(); p != "" && !strings.HasPrefix(p, "/") {
			t.Errorf("%q gives %q", field, p)
		}
	})
}

func TestManifestObjects(t *testing.T) {
	const manifest = `---
# Source: demo/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata: {name: a, annotations: {helm.sh/resource-policy: " Keep "}}
---
# Source: demo/charts/sub/templates/list.yaml
apiVersion: v1
kind: List
items:
- {apiVersion: v1, kind: Secret, metadata: {name: b, namespace: other}}
- {apiVersion: apps/v1, kind: Deployment, metadata: {name: c}}
---
# Source: demo/templates/broken.yaml
not: [closed
---
just text
`
	var got []string
	for _, o := range manifestObjects(manifest) {
		got = append(got, fmt.Sprintf("%s %s %s %s %t", o.APIVersion, o.Object, o.Namespace, o.Template, o.keep))
	}
	want := []string{
		"v1 ConfigMap/a  demo/templates/a.yaml true",
		"v1 Secret/b other demo/charts/sub/templates/list.yaml false",
		"apps/v1 Deployment/c  demo/charts/sub/templates/list.yaml false",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLeaves(t *testing.T) {
	a, b, c := errors.New("a"), errors.New("b"), errors.New("c")
	err := fmt.Errorf("outside: %w", errors.Join(a, fmt.Errorf("inside: %w", utilerrors.NewAggregate([]error{b, c}))))
	if got := fmt.Sprint(leaves(err)); got != "[a b c]" {
		t.Errorf("got %s", got)
	}
	if got := leaves(fmt.Errorf("alone: %w", a)); len(got) != 1 || got[0].Error() != "alone: a" {
		t.Errorf("got %v", got)
	}
}

func TestAway(t *testing.T) {
	for _, err := range []error{
		&url.Error{Op: "Get", URL: "https://127.0.0.1:1", Err: io.EOF}, io.ErrUnexpectedEOF,
		errors.New("kubernetes cluster unreachable: connect: connection refused"),
		errors.New("getting credentials: exec: executable aws not found"),
	} {
		if !away(err) {
			t.Errorf("%v is about the way to the cluster", err)
		}
	}
	if away(errors.New("cannot patch web")) {
		t.Error("a refusal is none")
	}
}

func TestStateOf(t *testing.T) {
	for want, s := range map[string]corev1.ContainerState{
		"exits with 0 (Completed)":          {Terminated: &corev1.ContainerStateTerminated{Reason: "Completed"}},
		"exits with 137 (OOMKilled)":        {Terminated: &corev1.ContainerStateTerminated{Reason: "OOMKilled", ExitCode: 137}},
		"exits with 3":                      {Terminated: &corev1.ContainerStateTerminated{Reason: "Error", ExitCode: 3}},
		`cannot pull its image "x:1"`:       {Waiting: &corev1.ContainerStateWaiting{Reason: "ImagePullBackOff", Message: "10.0.0.1:443"}},
		"waits: CreateContainerConfigError": {Waiting: &corev1.ContainerStateWaiting{Reason: "CreateContainerConfigError"}},
		"runs":                              {Running: &corev1.ContainerStateRunning{}},
		"is not started":                    {},
	} {
		if got := stateOf(s, "x:1"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if !rateLimited("toomanyrequests: You have reached your pull rate limit") || rateLimited("not found") {
		t.Error("rate limits")
	}
}

func TestHopelessPods(t *testing.T) {
	pod := func(reason string) *corev1.Pod {
		return &corev1.Pod{Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason}}}}}}
	}
	for reason, want := range map[string][2]bool{
		"ContainerCreating": {false, false}, "ErrImagePull": {true, false}, "ImagePullBackOff": {true, false}, "InvalidImageName": {true, true},
	} {
		if wrong, final := unpullable(pod(reason)); wrong != want[0] || final != want[1] {
			t.Errorf("%s: %t %t", reason, wrong, final)
		}
	}
}
