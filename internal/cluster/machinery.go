package cluster

import (
	"slices"
	"strings"
)

// What the machinery says of itself, in lower case, in messages of the kubelet,
// of containerd and of registries. None of it is a chart's doing.
var (
	fullDisk = []string{"no space left on device", "diskpressure", "disk-pressure", "the node was low on resource: ephemeral-storage",
		"the node was low on resource: imagefs", "the node was low on resource: nodefs", "the node was low on resource: inodes", "the node had condition: [diskpressure]"}
	rateLimited = []string{"toomanyrequests", "too many requests", "429 ", "rate limit", "pull qps exceeded", "quota exceeded for quota metric"}
	// registrySick are a registry's answers that say nothing of the image.
	registrySick = []string{"500 internal server error", "502 bad gateway", "503 service unavailable", "504 gateway", "status code: 500", "status code: 502",
		"status code: 503", "status code: 504", "tls handshake timeout", "connection reset by peer", "unexpected eof", "http2: client connection lost"}
	nodeSick = []string{"container runtime is down", "cni plugin not initialized", "network plugin is not ready", "failed to create containerd task: context deadline exceeded",
		"error dialing backend", "cannot allocate memory", "too many open files"}
	// imageAbsent are answers of registries and runtimes that waiting does not change.
	imageAbsent = []string{"manifest unknown", "manifest for", "not found", "repository does not exist", "no match for platform", "name unknown", "name_unknown", "manifest_unknown"}
	// nodesSick are the taints that the node controller gives to nodes that
	// fail (https://kubernetes.io/docs/reference/labels-annotations-taints/).
	nodesSick = []string{"node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable", "node.kubernetes.io/disk-pressure", "node.kubernetes.io/memory-pressure",
		"node.kubernetes.io/pid-pressure", "node.kubernetes.io/network-unavailable", "node.cloudprovider.kubernetes.io/uninitialized", "no nodes available to schedule"}
	// publicRegistries have names that are known to exist: where one cannot be
	// looked up, the node has no DNS.
	publicRegistries = []string{"docker.io", "ghcr.io", "quay.io", "registry.k8s.io", "k8s.gcr.io", "gcr.io", "pkg.dev", "public.ecr.aws", "amazonaws.com", "mcr.microsoft.com", "registry.gitlab.com"}
)

// machinery tells whether a message blames the disk, the node or a limit on
// pulling, and so not the chart.
func machinery(message string) bool {
	m := strings.ToLower(message)
	return says(m, fullDisk) || says(m, rateLimited) || says(m, nodeSick)
}

func diskFull(message string) bool { return says(strings.ToLower(message), fullDisk) }

// registryAway tells whether an image could not be asked for. A host that has
// no address is the chart's to explain, unless its name is one that exists.
func registryAway(message string) bool {
	m := strings.ToLower(message)
	if notThere(m) {
		return false
	}
	if _, after, found := strings.Cut(m, "lookup "); found {
		host, _, _ := strings.Cut(strings.TrimSpace(after), " ")
		host = strings.Trim(host, `":,`)
		return slices.ContainsFunc(publicRegistries, func(r string) bool { return host == r || strings.HasSuffix(host, "."+r) })
	}
	if says(m, registrySick) {
		return true
	}
	return strings.Contains(m, "dial tcp") && (strings.Contains(m, "i/o timeout") || strings.Contains(m, "network is unreachable") || strings.Contains(m, "connection refused") ||
		strings.Contains(m, "no route to host"))
}

// notThere tells whether a registry has said that it has no such image.
func notThere(message string) bool {
	m := strings.ToLower(message)
	return says(m, imageAbsent) && !says(m, rateLimited) && !says(m, registrySick)
}

// nodesAway tells whether the scheduler finds no node because nodes are sick.
// It counts nodes by reason, "0/2 nodes are available: 1 Insufficient cpu, 1
// node(s) had untolerated taint(s)": where one of the reasons is of the pod's
// own making, it stays the pod's.
func nodesAway(message string) bool {
	m := strings.ToLower(message)
	return says(m, nodesSick) && !strings.Contains(m, "insufficient ") && !strings.Contains(m, "didn't match") && !strings.Contains(m, "persistentvolumeclaim")
}

func says(message string, signs []string) bool {
	return slices.ContainsFunc(signs, func(s string) bool { return strings.Contains(message, s) })
}
