package diagnosis

import "regexp"

// The cluster understands the object and refuses it: admission webhooks and
// policies, pod security, quotas of a namespace, rights (k8s.io/apiserver/pkg/admission,
// k8s.io/pod-security-admission, GKE Autopilot and its Warden, OpenShift's
// constraints).

var admissionDenied = rule{
	name: "admission-denied/policy", class: AdmissionDenied, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "admission webhook \"* denied the request"},
		{has: "gkeautopilot authz:"},
		{has: "gke warden"},
		{has: "violates podsecurity", unless: []string{"warning: would violate"}},
		{has: "unable to validate against any security context constraint"},
		{has: "unable to validate against any pod security policy"},
		{has: "validatingadmissionpolicy '* denied request"},
		{has: "validatingadmissionpolicy \"* denied request"},
		{has: "denied request: "},
		{has: "blocked due to the following policies"},
		{has: "[denied by "},
		{has: "forbidden: exceeded quota"},
		{has: "exceeded quota: * requested: * limited:"},
		{has: "exceeded hierarchical quota"},
		{has: "forbidden: failed quota:"},
		{has: "forbidden: maximum * usage per"},
		{has: "forbidden: minimum * usage per"},
		{has: "is forbidden: [maximum"},
		{has: "error creating: pods \"* is forbidden"},
		{has: "admission controller * denied"},
		{has: "violated policy"},
		{has: "admission webhook \"* denied"},
		{has: "webhook * denied the request"},
		{has: "admission denied"},
		{has: "denied by policy"},
		{has: "autopilot rejects"},
		{has: "denied by autogke"},
		{has: "in autopilot", match: regexp.MustCompile(`(?i)(?:not allowed|disallowed|not supported|forbidden) in autopilot`)},
		{has: "admission plugin \"* failed to complete"},
		{has: "validation error: * rule * failed at path"},
		{has: "validation error: * rule * execution error"},
		{has: "policyviolation", match: regexp.MustCompile(`(?i)\bfail\b|error|blocked`)},
	},
	over: map[Class]string{
		ReleaseState:   "Helm cannot see whether the object is there, since it may not read it",
		RolloutTimeout: "pods that are refused are waited for",
	},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: admission webhook \"policy.example.com\" denied the request: the image must come from registry.example.com"},
		{layer: "install", log: "Warning  FailedCreate  2s (x12 over 12s)  replicaset-controller  Error creating: pods \"web-6c9f5b7d8f-abcde\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false (container \"web\" must set securityContext.allowPrivilegeEscalation=false)"},
		{layer: "install", log: "Error creating: pods \"web-0\" is forbidden: exceeded quota: small, requested: limits.memory=2Gi, used: limits.memory=3Gi, limited: limits.memory=4Gi"},
		{layer: "install", key: 3, log: "Error: rendered manifests contain a resource that already exists. Unable to continue with install: could not get information about the resource:\n  validatingwebhookconfigurations.admissionregistration.k8s.io \"web\" is forbidden:\n    GKEAutopilot authz: the resource \"validatingwebhookconfigurations\" is managed and access is denied"},
		{layer: "install", key: 1, log: "Error creating: admission webhook \"validate.kyverno.svc-fail\" denied the request: resource Pod/shop/web-0 was blocked due to the following policies\nError: INSTALLATION FAILED: timed out waiting for the condition"},
		{layer: "install", log: "Warning  PolicyViolation  4s  kyverno-scan  policy limits/memory fail: validation error: a limit of memory is missing. rule memory failed at path /spec/containers/0/resources/limits/"},
		{layer: "install", log: "denied by autogke-disallow-privilege: \"container web is privileged; not allowed in Autopilot\""},
	},
}

// nodeItself is a kubelet: what it may not do keeps a node from its cluster.
var nodeItself = []string{"user \"system:node:"}

var notPermitted = rule{
	name: "admission-denied/rights", class: AdmissionDenied, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "is forbidden: user \"* cannot ", unless: nodeItself},
		{has: "forbidden: user \"* cannot ", unless: nodeItself},
		{has: "cannot * resource \"* in api group", unless: nodeItself},
		{has: "is attempting to grant rbac permissions not currently held"},
		{has: "forbidden: attempt to grant extra privileges"},
		{has: "the server does not allow access to the requested resource"},
		{has: "error from server (forbidden)", unless: []string{"etcdserver:"}},
		{has: "is forbidden:", unless: []string{"being terminated", "updates to", "not yet ready", "etcdserver:", "user \"system:node:"}},
	},
	fix: "Give the service account or user the right that is named, in the chart's role or outside it.",
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: clusterroles.rbac.authorization.k8s.io is forbidden: User \"system:serviceaccount:ci:deployer\" cannot create resource \"clusterroles\" in API group \"rbac.authorization.k8s.io\" at the cluster scope"},
	},
}

// admissionWarned is what a namespace that only warns says; the pods are refused
// where the namespace of the failure enforces.
var admissionWarned = rule{
	name: "admission-denied/warned", class: AdmissionDenied, blame: BlameChartOrEnv,
	layers: []string{"install", "upgrade"},
	signs: []sign{
		{has: "would violate podsecurity"},
		{has: "replicafailure", match: regexp.MustCompile(`(?i)failedcreate`)},
	},
	over: map[Class]string{RolloutTimeout: "pods that are refused are waited for"},
	examples: []example{
		{layer: "install", log: "W0102 10:00:00.000000   41 warnings.go:70] would violate PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false\nError: INSTALLATION FAILED: timed out waiting for the condition"},
	},
}
