package diagnosis

import "testing"

// harmless are lines that stand in the logs of runs which pass, with words in
// them that rules look for.
var harmless = []string{
	`Warning: policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget`,
	`Normal  WaitForFirstConsumer  12s  persistentvolume-controller  waiting for first consumer to be created before binding`,
	`Normal  ExternalProvisioning  9s  persistentvolume-controller  Waiting for a volume to be created either by the external provisioner 'ebs.csi.aws.com' or manually by the system administrator.`,
	`Warning  FailedMount  3s  kubelet  MountVolume.SetUp failed for volume "kube-api-access-x2x4z" : failed to sync configmap cache: timed out waiting for the condition`,
	`Normal  EnsuringLoadBalancer  30s  service-controller  Ensuring load balancer`,
	`Normal  Pulling  14s  kubelet  Pulling image "registry.example.com/web:1.2.3"`,
	`Normal  Killing  4s  kubelet  Stopping container web`,
	` • Starting control-plane 🕹️  ...`,
	` ✓ Waiting ≤ 5m0s for control-plane = Ready ⏳`,
	`2026-01-02 10:00:00 [ℹ]  waiting for CloudFormation stack "eksctl-ci-cluster"`,
	`2026-01-02 10:00:00 [ℹ]  waiting for at least 2 node(s) to become ready in "ci"`,
	`I0102 10:00:00.000000     212 kubelet.go:480] detecting cgroup driver "systemd"`,
	`  criSocket: unix:///run/containerd/containerd.sock`,
	`client.go:225: [debug] Starting delete for "web" ConfigMap`,
	`ready.go:303: [debug] all 3 expected objects found`,
	`error_log /dev/stderr warn;`,
	`migrations: 40 applied, 0 failed, 0 errors`,
	`[INFO] GroupCoordinator: member left (reason: error when storing group assignment during SyncGroup is retriable)`,
	`LOG:  could not receive data from client: Connection reset`,
	`FATAL:  the database system is starting up`,
	`retrying connection to db (3/30)`,
	`W0102 reflector.go:561] watch of *v1.ConfigMap ended with: very short watch`,
	`{"level":"info","msg":"session cache enabled","failOnError":false}`,
	`   ✓ fails over to the replica (12 ms)`,
	`ok 12 - refuses a wrong password`,
	`# HELP http_requests_failed_total Requests that failed.`,
	`==> Linting charts/shop`,
	`1 chart(s) linted, 0 chart(s) failed`,
	`[INFO] Chart.yaml: icon is recommended`,
	`namespace/shop already exists, continuing`,
	`ERROR:  relation "users" already exists`,
	`default backend - 404`,
	`level=info msg="Starting k3s v1.34.2+k3s1"`,
	`  -XX:+ExitOnOutOfMemoryError -XX:MaxRAMPercentage=75`,
	`OOMKilled: false`,
	`Conditions: DiskPressure  False  KubeletHasNoDiskPressure  kubelet has no disk pressure`,
	`     http_req_failed................: 0.00% ✓ 0 ✗ 300`,
	`     ✓ http_req_duration..............: avg=12ms p(95)=40ms`,
	`=============== 12 passed, 1 skipped in 3.21s ===============`,
	`TEST SUITE: shop-test`,
	`Phase: Succeeded`,
	`	[WARNING SystemVerification]: missing optional cgroups: hugetlb`,
	`W0102 10:00:00.000000   41 warnings.go:70] unknown field "spec.template.spec.foo"`,
	`celery: TimeLimitExceeded is raised after 300 s`,
	`inventory: no stockout expected this week`,
	`Using application default credentials of the machine`,
	`kubeconfig entry generated for ci, with gke-gcloud-auth-plugin`,
	`scraping https://10.0.0.5:10250/metrics/cadvisor`,
	`10.1.7.2 - - [02/Jan/2026:10:00:00 +0000] "GET /_health HTTP/1.1" 200 401 "-" "kube-probe/1.32"`,
	`W0102 10:00:00.000000       1 reflector.go:401] watch of *v1.ConfigMap ended with: very short watch`,
	`{"level":"info","msg":"job queue drained","failed":0}`,
	`INFO waiting for the next batch, timeout 30s`,
	`2 passed, 0 failed (1.3s)`,
	`spec.replicas: 3 (was 2)`,
	`GET /healthz 200, latency of the last minute 12ms`,
	`note: the downtime that is expected is 5 minutes`,
	`0 test(s) failed`,
	`Tests run: 9, Failures: 0, Errors: 0, Skipped: 1`,
	`14:3      warning  comment not indented like content  (comments-indentation)`,
	`from errors import FileNotFoundError, ModuleNotFoundException`,
	`Load balancer: round robin, no sticky sessions`,
	`LoadBalancer mode not enabled`,
	`node.kubernetes.io/unschedulable:NoSchedule op=Exists`,
	`Tolerations:                 node.kubernetes.io/disk-pressure:NoSchedule op=Exists`,
	`- key: node.kubernetes.io/disk-pressure`,
	`Unschedulable:      false`,
	`data-db-0   Bound   pvc-1b0f7c1e   8Gi   RWO   fast   3s`,
	`Runner ci-7 is shutting down after the job`,
	`Stopping ssh-agent; agent pid 12 killed`,
	`PASS  handles ECONNREFUSED (12 ms)`,
	`--log-level=fatal`,
	`Free disk space: 40 GB`,
	`pvc data is no longer pending`,
}

func TestHarmless(t *testing.T) {
	for _, line := range harmless {
		for _, layer := range append([]string{""}, layers...) {
			deprecated := line == harmless[0] && (layer == "" || layer == "lint" || layer == "render" || layer == "schema")
			if d := Diagnose(Input{Layer: layer, Sources: []Source{{Text: line}}}); d.Class != Unclassified && !deprecated {
				t.Errorf("in %q %s is read from:\n%s", layer, d.Rule, line)
			}
		}
	}
}
