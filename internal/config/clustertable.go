package config

import "regexp"

// Shapes of what has to do with clusters.

var durationShape = &shape{what: "a time", scalar: &scalar{pattern: durationForm, says: "a time such as 90s, 10m or 1h"}}

func atMost(low, high int) *shape {
	return &shape{what: "a whole number", scalar: &scalar{whole: true, low: low, high: high}}
}

// clusterKeys are what single providers of clusters know, each saying whose it is.
var clusterKeys = []key{
	{name: "preload",
		doc: "kind: images of this machine's Docker that each new cluster gets, so that no registry is asked for them.",
		shape: &shape{what: "a list of images", example: "preload:\n  - example.com/app:1.2",
			item: &shape{what: "an image", scalar: &scalar{limit: 500, says: "an image such as example.com/app:1.2"}}}},
	{name: "mirrors",
		doc: "kind: what is asked in place of a registry, a URL or several.",
		shape: &shape{what: "a mapping of registries to URLs", example: "mirrors:\n  docker.io: https://mirror.example.com", other: "registry",
			others: &shape{what: "a URL or a list of URLs", example: "docker.io: https://mirror.example.com", minimum: 1,
				scalar: mirrorShape.scalar, item: mirrorShape}}},
	{name: "disable",
		doc: "k3s: packaged components that the cluster does without: servicelb, traefik, local-storage, metrics-server.",
		shape: &shape{what: "a list of components", example: "disable: [traefik]", item: &shape{what: "a component",
			scalar: &scalar{words: []string{"coredns", "servicelb", "traefik", "local-storage", "metrics-server"}}}}},
	{name: "releases",
		doc: "k3s: the URL of a mirror of its releases, in place of https://github.com/k3s-io/k3s/releases/download. Below it are the files of each release, in a folder named like v1.33.4+k3s1.", shape: downloadShape},
	{name: "channels",
		doc: "k3s: the URL that tells the newest release of a minor, in place of https://update.k3s.io/v1-release/channels. What kubernetes-version names is not asked for.", shape: downloadShape},
	{name: "cache",
		doc: "k3s: the folder that keeps what was downloaded. The default is /var/cache/chart-matrix/k3s.", shape: pathShape},
	{name: "registries",
		doc: "k3s: a file with mirrors of registries and how to log in to them, as k3s's registries.yaml. The default is /etc/rancher/k3s/registries.yaml where it exists.", shape: pathShape},
	{name: "arguments",
		doc: "k3s: what is added to `k3s server`, each as --name=value.",
		shape: &shape{what: "a list of arguments", example: "arguments: [--kubelet-arg=max-pods=50]", item: &shape{what: "an argument",
			scalar: &scalar{limit: 1000, pattern: argumentForm, says: "an argument such as --kubelet-arg=max-pods=50"}}}},
	{name: "lock-namespace",
		doc:   "existing: the namespace of the lease chart-matrix, by which two runs do not use the cluster at once. The default is kube-system.",
		shape: &shape{what: "a name", scalar: &scalar{limit: 63, pattern: labelForm, says: "the name of a namespace"}}},
	{name: "kubeconfig",
		doc: "existing: the kubeconfig file of a cluster that is there. The default is what kubectl uses.", shape: pathShape},
	{name: "context",
		doc:   "existing: the context in that file. The default is its current one.",
		shape: &shape{what: "a name", scalar: &scalar{limit: 253, says: "the name of a context"}}},
}

var mirrorShape = &shape{what: "a URL", scalar: &scalar{limit: 500, says: "a URL such as https://mirror.example.com"}}

// keysOf names the providers to which each of clusterKeys means something.
var keysOf = map[string]string{
	"preload": "kind", "mirrors": "kind",
	"disable": "k3s", "releases": "k3s", "channels": "k3s", "cache": "k3s", "registries": "k3s", "arguments": "k3s",
	"kubeconfig": "existing", "context": "existing", "lock-namespace": "existing",
}

// What is downloaded runs as root, so nobody may change it on its way.
var (
	downloadForm  = regexp.MustCompile(`^(https://|http://(localhost|127\.0\.0\.1|\[::1\])[:/])[^\s?#]+$`)
	argumentForm  = regexp.MustCompile(`^--[a-z0-9][a-z0-9-]*(=\S.*)?$`)
	labelForm     = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`) // RFC 1123, as Kubernetes has it
	downloadShape = &shape{what: "a URL", scalar: &scalar{limit: 500, pattern: downloadForm, says: "a URL such as https://mirror.example.com/k3s"}}
)

var timeoutsShape = &shape{
	what: "a mapping of layers to times", example: "timeouts: {install: 15m}", keys: timeoutKeys(),
}

// timeoutKeys are the layers that run in jobs, and the cluster itself.
func timeoutKeys() []key {
	keys := []key{{name: "cluster", shape: durationShape,
		doc: "How long a cluster may take until it is ready. The default is 10m."}}
	for _, of := range []struct{ layer, doc string }{
		{"install", "How long an install may take until the release is ready. The default is 10m."},
		{"upgrade", "How long an upgrade may take until the release is ready, and what it upgrades from before it. The default is 10m."},
		{"test", "How long each of the chart's tests may take. The default is 5m."},
		{"kubetest", "How long the tests in Python may take. The default is the job's time."},
		{"k6", "How long the load test may take. The default is the job's time."},
		{"command", "How long your command may take. The default is the job's time."},
		{"uninstall", "How long everything may take to be gone. The default is 5m."},
	} {
		keys = append(keys, key{name: of.layer, doc: of.doc, shape: durationShape})
	}
	return keys
}

var readinessShape = &shape{
	what: "a mapping with settle or restarts", example: "readiness: {settle: 10s}",
	keys: []key{
		{name: "settle", shape: durationShape,
			doc: "How long everything must stay ready without a break. The default is 10s: what crashes, often does within seconds."},
		{name: "restarts", shape: atMost(0, 100),
			doc: "How often a container may restart on the way. The default is 0."},
	},
}

var evidenceShape = &shape{
	what: "a mapping with limit-mb or redact", example: "evidence: {limit-mb: 5}",
	keys: []key{
		{name: "limit-mb", shape: atMost(1, 1000),
			doc: "How many megabytes are kept of one cell: logs, events, states. The default is 5."},
		{name: "redact",
			doc: "Regular expressions (RE2) of what is taken out of evidence, besides the values of Secrets and what looks like a token.",
			shape: &shape{what: "a list of regular expressions", example: "redact: ['sk_live_\\w+']",
				item: &shape{what: "a regular expression", scalar: &scalar{limit: 500, says: "a regular expression"}}}},
	},
}
