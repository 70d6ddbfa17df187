package config

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
	{name: "kubeconfig",
		doc: "existing: the kubeconfig file of a cluster that is there. The default is what kubectl uses.", shape: pathShape},
	{name: "context",
		doc:   "existing: the context in that file. The default is its current one.",
		shape: &shape{what: "a name", scalar: &scalar{limit: 253, says: "the name of a context"}}},
}

var mirrorShape = &shape{what: "a URL", scalar: &scalar{limit: 500, says: "a URL such as https://mirror.example.com"}}

// keysOf names the providers to which each of clusterKeys means something.
var keysOf = map[string]string{"preload": "kind", "mirrors": "kind", "disable": "k3s", "kubeconfig": "existing", "context": "existing"}

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
