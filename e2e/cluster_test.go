//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/cluster"
	"github.com/posthog/chart-matrix/result"
)

// The images of the sick and the healthy, which must be in this machine's
// Docker: one is a server that can be told to fail, one a job.
const (
	echoImage = "chart-matrix.test/http-echo:1"
	jobImage  = "chart-matrix.test/job:1"
)

// plainCluster makes a cluster of the newest version or the oldest by the kind
// command alone, with those images.
func plainCluster(t *testing.T, oldest bool) *cluster.Cluster {
	t.Helper()
	images, versions := kindImages(t)
	version := versions[0]
	if oldest {
		version = versions[len(versions)-1]
	}
	name := fmt.Sprintf("tells-%d", os.Getpid())
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	t.Cleanup(func() {
		if out, err := exec.Command("kind", "delete", "cluster", "--name", name, "--kubeconfig", kubeconfig).CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	})
	args := []string{"create", "cluster", "--name", name, "--kubeconfig", kubeconfig}
	if image := images[version.String()]; image != "" {
		args = append(args, "--image", image)
	}
	do(t, "", "kind", args...)
	c, err := cluster.Open(kubeconfig, "")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	start := time.Now()
	if err := c.Booted(ctx); err != nil {
		t.Fatal(err)
	}
	t.Logf("booted after %s", time.Since(start).Round(time.Second))
	do(t, "", "kind", "load", "docker-image", "--name", name, echoImage, jobImage)
	t.Setenv("KUBECONFIG", kubeconfig)
	return c
}

func do(t testing.TB, stdin, program string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// app is a Deployment of the server with settings of its own.
func app(env, more string) string {
	return fmt.Sprintf(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: app}
spec:
  selector: {matchLabels: {app: app}}
  template:
    metadata: {labels: {app: app}}
    spec:
      containers:
        - name: http
          image: %s
          env: [%s]
          ports: [{name: http, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /healthz, port: http}, periodSeconds: 1}
%s`, echoImage, env, more)
}

const crd = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.test}
spec:
  group: example.test
  names: {kind: Widget, plural: widgets}
  scope: Namespaced
  versions:
    - name: v1
      served: true
      storage: true
      subresources: {status: {}}
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
`

const widget = `
apiVersion: example.test/v1
kind: Widget
metadata: {name: never}
`

// TestClusterTells puts what is sick in one way or another into a cluster, and
// looks whether it is shown for what it is.
func TestClusterTells(t *testing.T) {
	c := plainCluster(t, false)
	do(t, crd, "kubectl", "apply", "-f", "-")
	do(t, "", "kubectl", "wait", "--for=condition=Established", "crd/widgets.example.test", "--timeout=30s")
	unlimited := cluster.ReadyOptions{MaxRestarts: -1}
	deployment := []cluster.Object{{APIVersion: "apps/v1", Kind: "Deployment", Name: "app"}}
	for _, s := range []struct {
		name, manifest string
		after          []string // of kubectl, once it is applied
		options        cluster.ReadyOptions
		wait           time.Duration
		object, class  string
		says           []string // of the problem: message and excerpt
	}{
		{"healthy", app("", "") + "---\n" + service, nil, cluster.ReadyOptions{Settle: 3 * time.Second}, time.Minute, "", "", nil},
		{"image", strings.Replace(app("", ""), echoImage, "chart-matrix.test/none:1", 1), nil, unlimited, 25 * time.Second,
			"Deployment/app", cluster.ImagePull, []string{"chart-matrix.test/none:1"}},
		{"image-never", strings.Replace(app("", "          imagePullPolicy: Never\n"), echoImage, "chart-matrix.test/none:1", 1), nil, unlimited, time.Minute,
			"Deployment/app", cluster.ImagePull, []string{"ErrImageNeverPull"}},
		{"crash-loop", app("{name: CRASH_AFTER, value: 1s}, {name: EXIT_CODE, value: '3'}", ""), nil, cluster.ReadyOptions{MaxRestarts: 1, Settle: 5 * time.Second}, time.Minute,
			"Deployment/app", cluster.CrashLoop, []string{"exit code 3", "exiting with 3"}},
		{"crash-after-ready", app("{name: CRASH_AFTER, value: 5s}, {name: EXIT_CODE, value: '4'}", ""), nil,
			cluster.ReadyOptions{MaxRestarts: -1, Settle: 20 * time.Second}, 40 * time.Second, "Deployment/app", cluster.CrashLoop, []string{"exit code 4"}},
		{"oom", app("{name: ALLOCATE_MB, value: '256'}", "          resources: {limits: {memory: 64Mi}}\n"), nil, cluster.ReadyOptions{}, time.Minute,
			"Deployment/app", cluster.OOM, []string{"64Mi"}},
		{"probe", app("{name: STATUS, value: '500'}", ""), nil, unlimited, 20 * time.Second,
			"Deployment/app", cluster.Probe, []string{"statuscode: 500"}},
		{"unschedulable", app("", "          resources: {requests: {cpu: '1000'}}\n"), nil, unlimited, 15 * time.Second,
			"Deployment/app", cluster.Unschedulable, []string{"Insufficient cpu"}},
		{"no-config", app("{name: X, valueFrom: {secretKeyRef: {name: absent, key: x}}}", ""), nil, unlimited, 15 * time.Second,
			"Deployment/app", cluster.Config, []string{`secret "absent" not found`}},
		{"no-volume", app("", "          volumeMounts: [{name: v, mountPath: /v}]\n      volumes: [{name: v, configMap: {name: absent}}]\n"), nil, unlimited, 15 * time.Second,
			"Deployment/app", cluster.Mount, []string{`configmap "absent" not found`}},
		{"no-program", app("", "          command: [/absent]\n"), nil, unlimited, 15 * time.Second,
			"Deployment/app", cluster.Start, []string{"/absent"}},
		{"pvc", claimed, nil, unlimited, 15 * time.Second, "PersistentVolumeClaim/data", cluster.PVCPending, []string{`"nope"`}},
		{"job", failing, nil, unlimited, time.Minute, "Job/bad", cluster.JobFailed, []string{"exit code 7", "exiting with 7"}},
		{"custom", widget, []string{"patch", "widget/never", "--subresource=status", "--type=merge", "-p",
			`{"status":{"conditions":[{"type":"Ready","status":"False","reason":"NoQuorum","message":"2 of 3 keepers are away"}]}}`},
			cluster.ReadyOptions{Objects: []cluster.Object{{APIVersion: "example.test/v1", Kind: "Widget", Name: "never"}}}, 8 * time.Second,
			"Widget/never", cluster.CustomResource, []string{"2 of 3 keepers are away"}},
		{"refused", app("", "          securityContext: {privileged: true}\n"), nil, cluster.ReadyOptions{Objects: deployment}, 15 * time.Second,
			"Deployment/app", cluster.Refused, []string{"violates PodSecurity"}},
	} {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			ns := "sick-" + s.name
			do(t, "", "kubectl", "create", "namespace", ns)
			if s.name == "refused" {
				do(t, "", "kubectl", "label", "namespace", ns, "pod-security.kubernetes.io/enforce=restricted")
			}
			dir := t.TempDir()
			evidence := c.Watch(t.Context(), ns, dir, cluster.Limits{})
			do(t, s.manifest, "kubectl", "apply", "-n", ns, "-f", "-")
			if s.after != nil {
				do(t, "", "kubectl", append([]string{"-n", ns}, s.after...)...)
			}
			s.options.Namespace = ns
			ctx, stop := context.WithTimeout(t.Context(), s.wait)
			defer stop()
			start := time.Now()
			blockers, err := c.Ready(ctx, s.options)
			took := time.Since(start).Round(100 * time.Millisecond)
			if err != nil {
				t.Fatal(err)
			}
			if err := evidence.Collect(t.Context(), s.options.Objects...); err != nil {
				t.Error(err)
			}
			blockers = evidence.Cite(blockers)
			if err := evidence.Close(s.class == ""); err != nil {
				t.Error(err)
			}
			status, reason := cluster.Verdict(blockers)
			t.Logf("after %s: %s: %s", took, status, reason)
			for _, b := range blockers {
				t.Logf("%s [%s] final %t infrastructure %t\n  %s\n  %s (%s)", b.Object, b.Class, b.Final, b.Infrastructure, b.Reason, strings.Join(b.Lines, "\n  "), b.Source)
			}
			listFolder(t, dir)
			if s.class == "" {
				if len(blockers) > 0 {
					t.Fatal("expected it to be ready")
				}
				reach(t, c, ns)
				return
			}
			if status != result.Failed {
				t.Errorf("%s; expected failed", status)
			}
			i := slices.IndexFunc(blockers, func(b cluster.Blocker) bool { return b.Object == s.object && b.Class == s.class })
			if i < 0 {
				t.Fatalf("no blocker %s [%s]", s.object, s.class)
			}
			p := blockers[i].Problem()
			text := p.Message + "\n" + strings.Join(p.Excerpt, "\n")
			for _, want := range s.says {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in\n%s", want, text)
				}
			}
		})
	}
}

// TestClusterLeft looks at what an uninstall leaves, at a namespace that does
// not go away, and at a cluster whose node and API server are gone.
func TestClusterLeft(t *testing.T) {
	c := plainCluster(t, true)
	ns := "left"
	do(t, "", "kubectl", "create", "namespace", ns)
	before, err := c.Snapshot(t.Context(), ns)
	if err != nil {
		t.Fatal(err)
	}
	do(t, crd+"---\n"+left, "kubectl", "apply", "-n", ns, "-f", "-")
	ready, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	blockers, err := c.Ready(ready, cluster.ReadyOptions{Namespace: ns})
	if err != nil || len(blockers) > 0 {
		t.Fatalf("%+v, %v", blockers, err)
	}
	do(t, "", "kubectl", "-n", ns, "delete", "statefulset/db", "configmap/held", "--wait=false")
	asking, stop := context.WithTimeout(t.Context(), 20*time.Second)
	defer stop()
	found, err := c.Leftovers(asking, ns, before)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, l := range found {
		t.Logf("%s (held %t): %s", l, l.Held, l.Reason)
		kind, _, _ := strings.Cut(l.String(), "/")
		names = append(names, kind)
	}
	if want := []string{"ConfigMap", "CustomResourceDefinition", "PersistentVolume of claim data-db-0", "PersistentVolumeClaim"}; !slices.Equal(names, want) {
		t.Errorf("left are %s; want %s", names, want)
	}
	removing, stop := context.WithTimeout(t.Context(), 15*time.Second)
	defer stop()
	blockers, err = c.RemoveNamespace(removing, ns)
	if err != nil || len(blockers) != 1 || blockers[0].Class != cluster.Terminating || !strings.Contains(blockers[0].Reason, "ConfigMap/held is held by the finalizers example.test/hold") {
		t.Errorf("%+v, %v", blockers, err)
	}
	t.Logf("%+v", blockers)
	do(t, "", "kubectl", "-n", ns, "patch", "configmap/held", "--type=merge", "-p", `{"metadata":{"finalizers":null}}`)
	removing, stop = context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	if blockers, err := c.RemoveNamespace(removing, ns); err != nil || len(blockers) > 0 {
		t.Errorf("%+v, %v", blockers, err)
	}
	if damage, err := c.Damage(t.Context()); err != nil || len(damage) > 0 {
		t.Errorf("%+v, %v", damage, err)
	}
	// The machine stops under a release that is not ready.
	node := strings.TrimSpace(do(t, "", "kubectl", "get", "nodes", "-o", "jsonpath={.items[0].metadata.name}"))
	dir := t.TempDir()
	evidence := c.Watch(t.Context(), "default", dir, cluster.Limits{})
	time.AfterFunc(5*time.Second, func() { _ = exec.Command("docker", "kill", node).Run() })
	do(t, app("{name: STATUS, value: '500'}", ""), "kubectl", "apply", "-n", "default", "-f", "-")
	waiting, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	blockers, err = c.Ready(waiting, cluster.ReadyOptions{Namespace: "default"})
	status, reason := cluster.Verdict(blockers)
	t.Logf("%s: %s, %v", status, reason, err)
	if status != result.Errored {
		t.Errorf("%s: %s, %v", status, reason, err)
	}
	if err := evidence.Close(false); err != nil {
		t.Log(err)
	}
	if states, err := os.ReadFile(filepath.Join(dir, "pods.log")); err != nil || !strings.Contains(string(states), "the API server cannot be asked") {
		t.Errorf("the evidence does not tell: %v\n%s", err, states)
	}
}

const left = `
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: http, image: ` + echoImage + `, volumeMounts: [{name: data, mountPath: /data}]}]
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 16Mi}}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: held, finalizers: [example.test/hold]}
`

const service = `
apiVersion: v1
kind: Service
metadata: {name: app}
spec:
  selector: {app: app}
  ports: [{name: http, port: 80, targetPort: http}]
`

const claimed = `
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec:
  storageClassName: nope
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 16Mi}}
`

const failing = `
apiVersion: batch/v1
kind: Job
metadata: {name: bad}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{name: job, image: ` + jobImage + `, args: ['7']}]
`

// reach asks the healthy server through a forward, and kills its pod under it.
func reach(t *testing.T, c *cluster.Cluster, ns string) {
	end, closer, err := c.Endpoint(t.Context(), cluster.EndpointOptions{Namespace: ns})
	if err != nil {
		t.Fatal(err)
	}
	defer closer()
	ask := func() error {
		answer, err := (&http.Client{Timeout: 5 * time.Second}).Get(end.URL + "/healthz")
		if err != nil {
			return err
		}
		defer answer.Body.Close()
		if _, err := io.ReadAll(answer.Body); err != nil || answer.StatusCode != http.StatusOK {
			return errors.Join(errors.New(answer.Status), err)
		}
		return nil
	}
	if err := ask(); err != nil {
		t.Errorf("%s (%s): %v", end.URL, end.Via, err)
	}
	do(t, "", "kubectl", "-n", ns, "delete", "pod", "-l", "app=app")
	for deadline := time.Now().Add(30 * time.Second); ; {
		err := ask()
		if err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s does not answer after its pod was replaced: %v", end.URL, err)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func listFolder(t *testing.T, dir string) {
	total := int64(0)
	var names []string
	err := filepath.WalkDir(dir, func(p string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		total += info.Size()
		name, _ := filepath.Rel(dir, p)
		names = append(names, fmt.Sprintf("%s %d", name, info.Size()))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	t.Logf("evidence, %d bytes: %s", total, strings.Join(names, ", "))
	if !slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(n, "versions.txt ") }) {
		t.Error("no versions.txt")
	}
}
