package diagnosis

import "regexp"

// No node takes the pod (k8s.io/kubernetes/pkg/scheduler/framework/plugins, the
// cluster autoscaler, kubelet's admission).

var scheduling = rule{
	name: "scheduling", class: Scheduling, blame: BlameChartOrEnv,
	layers: releaseLayers,
	signs: []sign{
		{has: "nodes are available:"},
		{has: "nodes available:"},
		{has: "no nodes available to schedule pods"},
		{has: "failedscheduling"},
		{has: "pod didn't trigger scale-up"},
		{has: "insufficient cpu"},
		{has: "insufficient memory"},
		{has: "insufficient nvidia.com/gpu"},
		{has: "had untolerated taint"},
		{has: "didn't match pod's node affinity"},
		{has: "didn't have free ports for the requested pod ports"},
		{has: "outofcpu"},
		{has: "node didn't have enough resource"},
		{has: "preemption is not helpful"},
		{has: "too many pods"},
		{has: "outofmemory", unless: []string{"error"}},
		{has: "outofpods"},
		{has: "reason: unschedulable"},
		{has: "unschedulable: ", unless: []string{"false"}},
		{has: "no preemption victims found"},
		{has: "noderesourcesfit"},
		{has: "incompatible with nodepool"},
		{has: "incompatible with provisioner"},
		{has: "no instance type satisfied"},
		{has: "didn't have enough capacity"},
		{has: "cannot schedule pod"},
		{has: "cannot be scheduled"},
		{has: "insufficient ephemeral-storage"},
		{has: "insufficient hugepages"},
		{has: "no nodes match"},
		{has: "nodes are cordoned"},
		{has: "no node matches"},
		{has: "didn't match its node selector"},
		{has: "didn't match node selector"},
		{has: "predicate nodeaffinity failed"},
		{has: "topologyaffinityerror"},
		{has: "unexpectedadmissionerror"},
		{has: "not supported on fargate"},
		{has: "preempted by pod"},
		{has: "did not tolerate taint"},
		{has: "unschedulable", match: regexp.MustCompile(`(?i)(?:\bis|\bare|[:=(]) ?"?Unschedulable\b`), unless: []string{"kubernetes.io/unschedulable"}},
		{has: "insufficient ", match: regexp.MustCompile(`Insufficient [a-z0-9-]+(?:\.[a-z0-9-]+)+/\w`)},
	},
	over: map[Class]string{
		RolloutTimeout: "the rollout waits for a node",
	},
	examples: []example{
		{layer: "install", log: "Warning  FailedScheduling  12s  default-scheduler  0/3 nodes are available: 1 node(s) had untolerated taint {node-role.kubernetes.io/control-plane: }, 2 Insufficient cpu. preemption: 0/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod."},
		{layer: "install", log: "Normal  NotTriggerScaleUp  12s  cluster-autoscaler  pod didn't trigger scale-up: 1 node(s) didn't match Pod's node affinity/selector"},
		{layer: "install", key: 1, log: "Warning  FailedScheduling  12s  default-scheduler  0/2 nodes are available: 2 Insufficient memory.\nError: INSTALLATION FAILED: timed out waiting for the condition"},
		{layer: "install", log: "Warning  FailedScheduling  9s  karpenter  Failed to schedule pod, incompatible with nodepool \"ci\", no instance type satisfied resources {\"cpu\":\"900\"}"},
	},
}
