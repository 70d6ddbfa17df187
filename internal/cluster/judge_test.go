package cluster

import (
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/posthog/chart-matrix/result"
)

// TestPods judges a Deployment by a pod of it that is sick in one way or another.
func TestPods(t *testing.T) {
	unscheduled := func(message string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Status = corev1.PodStatus{Phase: corev1.PodPending, Conditions: []corev1.PodCondition{
				{Type: corev1.PodScheduled, Status: corev1.ConditionFalse, Reason: "Unschedulable", Message: message},
			}}
		}
	}
	evicted := func(message string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Status = corev1.PodStatus{Phase: corev1.PodFailed, Reason: "Evicted", Message: message}
		}
	}
	for _, c := range []struct {
		name   string
		status corev1.ContainerStatus
		change func(*corev1.Pod)
		class  string
		infra  bool
		final  bool
		says   string
	}{
		{"image absent", waitingFor("ImagePullBackOff", `Back-off pulling image "x": ErrImagePull: docker.io/library/x:1: not found`), nil, ImagePull, false, true, "not found"},
		{"image absent, first try", waitingFor("ErrImagePull", `manifest unknown`), nil, ImagePull, false, false, "manifest unknown"},
		{"no such host", waitingFor("ErrImagePull", `dial tcp: lookup registry.exmaple.com on 10.0.0.10:53: no such host`), nil, ImagePull, false, false, "no such host"},
		{"rate limit", waitingFor("ImagePullBackOff", `429 Too Many Requests - Server message: toomanyrequests: You have reached your pull rate limit`), nil, ImagePull, true, false, "429"},
		{"no names at all", waitingFor("ErrImagePull", `dial tcp: lookup registry-1.docker.io on 127.0.0.11:53: server misbehaving`), nil, ImagePull, true, false, "misbehaving"},
		{"registry is down", waitingFor("ErrImagePull", `unexpected status from HEAD request: 503 Service Unavailable`), nil, ImagePull, true, false, "503"},
		{"denied", waitingFor("ErrImagePull", `pull access denied, repository does not exist or may require authorization`), nil, ImagePull, false, false, "denied"},
		{"disk full", waitingFor("ErrImagePull", `failed to copy: write /var/lib/containerd: no space left on device`), nil, ImagePull, true, false, "no space"},
		{"invalid name", waitingFor("InvalidImageName", "couldn't parse image reference"), nil, ImagePull, false, true, "couldn't parse"},
		{"crash loop", lastEnded(waitingFor("CrashLoopBackOff", "back-off 10s"), 3, 2, "Error"), nil, CrashLoop, false, false, "exit code 2"},
		{"out of memory", lastEnded(waitingFor("CrashLoopBackOff", "back-off 10s"), 3, 137, "OOMKilled"), nil, OOM, false, false, "more memory"},
		{"started again just now", lastEnded(running(false), 1, 1, "Error"), nil, CrashLoop, false, false, "exit code 1"},
		{"killed by its probe", lastEnded(running(false), 1, 137, "Error"), nil, Probe, false, false, "probe"},
		{"not ready", running(false), nil, Probe, false, false, "its probe has not succeeded"},
		{"no secret", waitingFor("CreateContainerConfigError", `secret "db" not found`), nil, Config, false, false, `secret "db" not found`},
		{"no program", lastEnded(waitingFor("CrashLoopBackOff", ""), 1, 128, "StartError"), nil, Start, false, false, "cannot be started"},
		{"too large", running(false), unscheduled("0/1 nodes are available: 1 Insufficient cpu."), Unschedulable, false, false, "Insufficient cpu"},
		{"sick nodes", running(false), unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint(s) {node.kubernetes.io/disk-pressure: }."), Unschedulable, true, false, "disk-pressure"},
		{"sick and small nodes", running(false), unscheduled("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint {node.kubernetes.io/not-ready: }."), Unschedulable, false, false, "cpu"},
		{"own taint", running(false), unscheduled("0/1 nodes are available: 1 node(s) had untolerated taint(s) {gpu: true}."), Unschedulable, false, false, "gpu"},
		{"evicted, disk", running(false), evicted("The node was low on resource: ephemeral-storage."), Evicted, true, false, "ephemeral-storage"},
		{"evicted, its own limit", running(false), evicted(`Pod ephemeral local storage usage exceeds the total limit of containers 1Mi.`), Evicted, false, false, "exceeds"},
		{"hostile", waitingFor("CrashLoopBackOff\x1b[31m", strings.Repeat("\x00\xff\u202e", 1000)), nil, Rollout, false, false, "waits"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := ofWeb("web-1", c.status)
			if c.change != nil {
				c.change(p)
			}
			d, rs := deployment("web", 1, 0)
			got := judge(linked(&state{deployments: []appsv1.Deployment{*d}, replicaSets: []appsv1.ReplicaSet{*rs}, pods: []corev1.Pod{*p}}),
				ReadyOptions{Namespace: ns, MaxRestarts: -1})
			if len(got) != 1 {
				t.Fatalf("%+v", got)
			}
			b := got[0]
			if b.Object != "Deployment/web" || b.Class != c.class || b.Infrastructure != c.infra || b.Final != c.final || !strings.Contains(b.Reason, c.says) {
				t.Errorf("%s [%s] infrastructure %t final %t: %s", b.Object, b.Class, b.Infrastructure, b.Final, b.Reason)
			}
			if strings.ContainsAny(b.Reason, "\x00\x1b\n\u202e") || len(b.Reason) > maxReason {
				t.Errorf("not clean: %q", b.Reason)
			}
			want := result.Failed
			if c.infra {
				want = result.Errored
			}
			if status, reason := Verdict(got); status != want || reason == "" {
				t.Errorf("%s: %s", status, reason)
			}
		})
	}
}

func TestRestartsOfReadyPods(t *testing.T) {
	d, rs := deployment("web", 1, 1)
	for _, c := range []struct {
		limit int
		want  string
	}{{-1, ""}, {2, ""}, {1, CrashLoop}, {0, CrashLoop}} {
		p := ofWeb("web-1", lastEnded(running(true), 2, 1, "Error"))
		got := judge(linked(&state{deployments: []appsv1.Deployment{*d}, replicaSets: []appsv1.ReplicaSet{*rs}, pods: []corev1.Pod{*p}}), ReadyOptions{Namespace: ns, MaxRestarts: c.limit})
		if (len(got) > 0) != (c.want != "") || len(got) > 0 && (got[0].Class != c.want || !got[0].Final || !got[0].Previous) {
			t.Errorf("limit %d: %+v", c.limit, got)
		}
	}
}

func TestWorkloads(t *testing.T) {
	two := int32(2)
	stateful := func(change func(*appsv1.StatefulSet)) *appsv1.StatefulSet {
		s := &appsv1.StatefulSet{ObjectMeta: object("db"), Spec: appsv1.StatefulSetSpec{Replicas: &two}, Status: appsv1.StatefulSetStatus{
			ObservedGeneration: 1, Replicas: 2, ReadyReplicas: 2, AvailableReplicas: 2, UpdatedReplicas: 2, CurrentReplicas: 2, CurrentRevision: "a", UpdateRevision: "a",
		}}
		change(s)
		return s
	}
	for _, c := range []struct {
		name, lacks string
		got         wants
	}{
		{"stateful", "", statefulWants(stateful(func(*appsv1.StatefulSet) {}))},
		{"stateful, unseen", "its controller has not seen it yet", statefulWants(stateful(func(s *appsv1.StatefulSet) { s.Generation = 2 }))},
		{"stateful, one ready", "1 of 2 pods are ready", statefulWants(stateful(func(s *appsv1.StatefulSet) { s.Status.ReadyReplicas = 1 }))},
		{"stateful, rolling", "1 of 2 pods are of its present revision", statefulWants(stateful(func(s *appsv1.StatefulSet) {
			s.Status.UpdateRevision, s.Status.UpdatedReplicas = "b", 1
		}))},
		{"stateful, on delete", "", statefulWants(stateful(func(s *appsv1.StatefulSet) {
			s.Status.UpdateRevision, s.Status.UpdatedReplicas = "b", 0
			s.Spec.UpdateStrategy.Type = appsv1.OnDeleteStatefulSetStrategyType
		}))},
		{"stateful, partition", "", statefulWants(stateful(func(s *appsv1.StatefulSet) {
			s.Status.UpdateRevision, s.Status.UpdatedReplicas = "b", 1
			s.Spec.UpdateStrategy.RollingUpdate = &appsv1.RollingUpdateStatefulSetStrategy{Partition: new(int32(1))}
		}))},
		{"daemon", "", daemonWants(&appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 2, UpdatedNumberScheduled: 2, NumberAvailable: 2}})},
		{"daemon, no node", "", daemonWants(&appsv1.DaemonSet{})},
		{"daemon, one", "1 of 2 pods are ready", daemonWants(&appsv1.DaemonSet{Status: appsv1.DaemonSetStatus{DesiredNumberScheduled: 2, UpdatedNumberScheduled: 2, NumberAvailable: 1}})},
		{"deployment, none wanted", "", deploymentWants(&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Replicas: new(int32(0))}})},
		{"deployment, old pods", "1 pods of its former revision are still there", deploymentWants(&appsv1.Deployment{Status: appsv1.DeploymentStatus{Replicas: 2, UpdatedReplicas: 1, AvailableReplicas: 2}})},
		{"deployment, paused", "its rollout is paused (spec.paused)", deploymentWants(&appsv1.Deployment{Spec: appsv1.DeploymentSpec{Paused: true}})},
	} {
		if c.got.lacks != c.lacks {
			t.Errorf("%s: %q, want %q", c.name, c.got.lacks, c.lacks)
		}
	}
}

func TestJobs(t *testing.T) {
	job := func(meta metav1.ObjectMeta, kind batchv1.JobConditionType) batchv1.Job {
		j := batchv1.Job{ObjectMeta: meta}
		if kind != "" {
			j.Status.Conditions = []batchv1.JobCondition{{Type: kind, Status: corev1.ConditionTrue, Message: "Job has reached the specified backoff limit"}}
		}
		return j
	}
	hook := func(kind string) metav1.ObjectMeta {
		m := object("migrate")
		m.Annotations = map[string]string{hookAnnotation: kind}
		return m
	}
	failedPod := pod("migrate-1", ownedBy(object("migrate-1"), "batch/v1", "Job", "migrate"), corev1.ContainerStatus{
		State: corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{ExitCode: 7, Reason: "Error"}},
	})
	failedPod.Status.Phase = corev1.PodFailed
	for _, c := range []struct {
		name  string
		job   batchv1.Job
		class string
	}{
		{"done", job(object("migrate"), batchv1.JobComplete), ""},
		{"suspended", job(object("migrate"), batchv1.JobSuspended), ""},
		{"failed", job(object("migrate"), batchv1.JobFailed), JobFailed},
		{"under way", job(object("migrate"), ""), Rollout},
		{"hook failed", job(hook("pre-install,pre-upgrade"), batchv1.JobFailed), Hook},
		{"hook under way", job(hook("post-install"), ""), ""},
		{"a test", job(hook("test"), batchv1.JobFailed), ""},
		{"of a CronJob", job(ownedBy(object("migrate"), "batch/v1", "CronJob", "nightly"), batchv1.JobFailed), ""},
	} {
		got := judge(linked(&state{jobs: []batchv1.Job{c.job}, pods: []corev1.Pod{*failedPod}}), ReadyOptions{Namespace: ns})
		if c.class == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Class != c.class || got[0].Object != "Job/migrate" {
			t.Errorf("%s: %+v", c.name, got)
			continue
		}
		if b := got[0]; c.class != Rollout && (!b.Final || !strings.Contains(b.Reason, "exit code 7") || b.Pod != "migrate-1" || b.Container != "app") {
			t.Errorf("%s: %+v", c.name, b)
		}
	}
}

func TestMembers(t *testing.T) {
	owned, rs := deployment("operated", 1, 0)
	owned.ObjectMeta = ownedBy(owned.ObjectMeta, "example.test/v1", "Database", "db")
	foreign, _ := deployment("foreign", 1, 0)
	labelled, _ := deployment("labelled", 1, 0)
	labelled.Labels = map[string]string{instanceLabel: "shop"}
	s := linked(&state{deployments: []appsv1.Deployment{*owned, *foreign, *labelled}, replicaSets: []appsv1.ReplicaSet{*rs}})
	names := func(o ReadyOptions) string {
		var out []string
		for _, b := range judge(s, o) {
			out = append(out, b.Object+" "+b.Class)
		}
		return strings.Join(out, ", ")
	}
	for _, c := range []struct {
		o    ReadyOptions
		want string
	}{
		{ReadyOptions{Namespace: ns}, "Deployment/foreign rollout, Deployment/labelled rollout, Deployment/operated rollout"},
		{ReadyOptions{Namespace: "other"}, ""},
		{ReadyOptions{Namespace: ns, Objects: []Object{{"example.test/v1", "Database", "", "db"}}}, "Deployment/operated rollout"},
		{ReadyOptions{Namespace: ns, Release: "shop", Objects: []Object{{"v1", "ConfigMap", "", "x"}}}, "Deployment/labelled rollout"},
		{ReadyOptions{Namespace: ns, Objects: []Object{{"apps/v1", "Deployment", ns, "gone"}}}, "Deployment/gone missing"},
	} {
		if got := names(c.o); got != c.want {
			t.Errorf("%+v:\n got %s\nwant %s", c.o, got, c.want)
		}
	}
}

func TestClaims(t *testing.T) {
	wait := storagev1.VolumeBindingWaitForFirstConsumer
	lazy := storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "standard", Annotations: map[string]string{defaultClass: "true"}}, VolumeBindingMode: &wait}
	eager := storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "fast"}}
	user := pod("user", object("user"), running(true))
	user.Spec.Volumes = []corev1.Volume{{VolumeSource: corev1.VolumeSource{PersistentVolumeClaim: &corev1.PersistentVolumeClaimVolumeSource{ClaimName: "data"}}}}
	for _, c := range []struct {
		name    string
		class   *string
		phase   corev1.PersistentVolumeClaimPhase
		classes []storagev1.StorageClass
		pods    []corev1.Pod
		says    string
	}{
		{"bound", nil, corev1.ClaimBound, nil, nil, ""},
		{"lost", nil, corev1.ClaimLost, nil, nil, "is gone"},
		{"waits for a pod", nil, corev1.ClaimPending, []storagev1.StorageClass{lazy}, nil, ""},
		{"a pod waits for it", nil, corev1.ClaimPending, []storagev1.StorageClass{lazy}, []corev1.Pod{*user}, `not bound (StorageClass "standard")`},
		{"at once", new("fast"), corev1.ClaimPending, []storagev1.StorageClass{lazy, eager}, nil, `not bound (StorageClass "fast")`},
		{"no such class", new("nope"), corev1.ClaimPending, []storagev1.StorageClass{lazy}, nil, `"nope" is not in the cluster`},
		{"no default", nil, corev1.ClaimPending, []storagev1.StorageClass{eager}, nil, "no default one"},
		{"static", new(""), corev1.ClaimPending, []storagev1.StorageClass{lazy}, nil, "no volume fits"},
	} {
		pvc := corev1.PersistentVolumeClaim{ObjectMeta: object("data"), Spec: corev1.PersistentVolumeClaimSpec{StorageClassName: c.class}, Status: corev1.PersistentVolumeClaimStatus{Phase: c.phase}}
		got := judge(linked(&state{claims: []corev1.PersistentVolumeClaim{pvc}, classes: c.classes, knowsClasses: true, pods: c.pods}), ReadyOptions{Namespace: ns})
		if c.says == "" && len(got) > 0 || c.says != "" && (len(got) != 1 || got[0].Class != PVCPending || !strings.Contains(got[0].Reason, c.says)) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	kind := []corev1.Node{{Spec: corev1.NodeSpec{ProviderID: "kind://docker/x/x-control-plane"}}}
	balancer := corev1.Service{ObjectMeta: object("web"), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer}}
	served := *balancer.DeepCopy()
	served.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{Hostname: "a.elb.example.test"}}
	ing := networkingv1.Ingress{ObjectMeta: object("web"), Spec: networkingv1.IngressSpec{IngressClassName: new("nginx")}}
	nginx := []networkingv1.IngressClass{{ObjectMeta: metav1.ObjectMeta{Name: "nginx"}}}
	for _, c := range []struct {
		name string
		s    *state
		need Need
		want int
	}{
		{"no address", &state{services: []corev1.Service{balancer}}, Auto, 1},
		{"hostname", &state{services: []corev1.Service{served}}, Needed, 0},
		{"on kind", &state{services: []corev1.Service{balancer}, nodes: kind}, Auto, 0},
		{"on kind, needed", &state{services: []corev1.Service{balancer}, nodes: kind}, Needed, 1},
		{"not needed", &state{services: []corev1.Service{balancer}}, NotNeeded, 0},
		{"ingress that nothing serves", &state{ingresses: []networkingv1.Ingress{ing}}, Auto, 0},
		{"ingress", &state{ingresses: []networkingv1.Ingress{ing}, ingressBy: nginx}, Auto, 1},
		{"ingress, needed", &state{ingresses: []networkingv1.Ingress{ing}}, Needed, 1},
	} {
		got := judge(linked(c.s), ReadyOptions{Namespace: ns, LoadBalancers: c.need, Ingresses: c.need})
		if len(got) != c.want || c.want > 0 && got[0].Class != NoAddress {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestCustomResources(t *testing.T) {
	for _, c := range []struct {
		name   string
		status map[string]any
		says   string // "" is ready
	}{
		{"none", nil, ""},
		{"ready", map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}, ""},
		{"ready, whatever its phase", map[string]any{"phase": "Pending", "conditions": []any{map[string]any{"type": "Ready", "status": "True"}}}, ""},
		{"not ready", map[string]any{"conditions": []any{map[string]any{"type": "Ready", "status": "False", "reason": "NoQuorum", "message": "2 of 3 are away"}}}, "2 of 3 are away"},
		{"stalled", map[string]any{"conditions": []any{map[string]any{"type": "Stalled", "status": "True", "reason": "Bad", "message": "cannot"}}}, "it failed: "},
		{"unseen", map[string]any{"observedGeneration": int64(1)}, "not ready"},
		{"phase", map[string]any{"status": "InProgress"}, "status.status is InProgress"},
		{"failed", map[string]any{"phase": "Failed", "message": "no disk"}, "status.phase is Failed: no disk"},
		{"completed", map[string]any{"status": "Completed"}, ""},
		{"hostile", map[string]any{"conditions": "no list"}, ""},
		{"hostile phase", map[string]any{"phase": map[string]any{"x": nil}}, ""},
	} {
		content := map[string]any{"apiVersion": "example.test/v1", "kind": "Widget", "metadata": map[string]any{"name": "w", "generation": int64(2)}}
		if c.status != nil {
			content["status"] = c.status
		}
		got := (&customObject{Object: Object{"example.test/v1", "Widget", ns, "w"}, content: &unstructured.Unstructured{Object: content}}).judge()
		if c.name == "hostile" {
			continue // it must not panic; what it makes of it does not matter
		}
		if c.says == "" && len(got) > 0 || c.says != "" && (len(got) != 1 || !strings.Contains(got[0].Reason, c.says)) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	if got := (&customObject{Object: Object{"example.test/v1", "Widget", ns, "w"}}).judge(); len(got) != 1 || got[0].Class != Missing {
		t.Errorf("absent: %+v", got)
	}
}

func TestVerdictPutsTheWholeFirst(t *testing.T) {
	chart := Blocker{Object: "Deployment/web", Class: CrashLoop, Reason: "crash"}
	limit := Blocker{Object: "Deployment/api", Class: ImagePull, Reason: "429", Infrastructure: true}
	node := Blocker{Object: "Node/a", Class: Node, Reason: "not ready", Infrastructure: true}
	for _, c := range []struct {
		list []Blocker
		want result.Status
		why  string
	}{
		{nil, result.Passed, ""},
		{[]Blocker{chart}, result.Failed, "Deployment/web: crash"},
		{[]Blocker{limit}, result.Errored, "Deployment/api: 429"},
		{[]Blocker{limit, chart}, result.Failed, "Deployment/web: crash"},
		{[]Blocker{limit, chart, node}, result.Errored, "Node/a: not ready"},
	} {
		if got, why := Verdict(c.list); got != c.want || why != c.why {
			t.Errorf("%+v: %s, %s", c.list, got, why)
		}
	}
	p := Blocker{Object: "Deployment/web", Class: CrashLoop, Reason: "crash", Lines: []string{"panic"}, Source: "logs/a.log:1"}.Problem()
	if p.Code != CrashLoop || p.Message != "Deployment/web: crash" || p.Hint == "" || p.Location.Object != "Deployment/web" || len(p.Excerpt) != 1 || p.Source != "logs/a.log:1" {
		t.Errorf("%+v", p)
	}
}
