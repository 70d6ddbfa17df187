package diagnosis

import "regexp"

// An image does not come: kubelet's events and what containerd, CRI-O, Docker and
// the registries say in them.

var imageRateLimit = rule{
	name: "image-pull/rate-limit", class: ImagePull, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "you have reached your pull rate limit"},
		{has: "you have reached your unauthenticated pull rate limit"},
		{has: "toomanyrequests", unless: []string{"error from server ("}},
		{has: "pull * 429 too many requests"},
		{has: "pull qps exceeded"},
	},
	fix: "Pull with an account, or from a mirror or cache of the registry; trying again later may help.",
	over: map[Class]string{
		NetworkFlake: "the registry answers, and says no",
	},
	examples: []example{
		{layer: "install", log: "Warning  Failed  12s  kubelet  Failed to pull image \"docker.io/library/redis:7\": failed to copy: httpReadSeeker: failed open: unexpected status code 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit."},
	},
}

var imageMissing = rule{
	name: "image-pull/missing", class: ImagePull, blame: BlameChart,
	signs: []sign{
		{has: "failed to pull image * not found", unless: []string{"no match for platform", "pull access denied", "no such host", "insufficient_scope"}},
		{has: "failed to pull image * manifest unknown"},
		{has: "failed to pull image * does not exist", unless: []string{"pull access denied", "insufficient_scope"}},
		{has: "manifest unknown"},
		{has: "manifest for * not found"},
		{has: "repository * not found: does not exist or no pull access"},
		{has: "invalidimagename"},
		{has: "failed to apply default image tag"},
		{has: "couldn't parse image"},
		{has: "invalid reference format"},
		{has: "name unknown: "},
		{has: "failed to resolve reference * not found"},
	},
	fix: "Name an image and a tag that exist in the registry.",
	examples: []example{
		{layer: "install", log: "Warning  Failed  8s (x3 over 50s)  kubelet  Failed to pull image \"registry.example.com/web:1.2.33\": rpc error: code = NotFound desc = failed to pull and unpack image \"registry.example.com/web:1.2.33\": failed to resolve reference \"registry.example.com/web:1.2.33\": registry.example.com/web:1.2.33: not found"},
		{layer: "install", log: "Warning  InspectFailed  4s  kubelet  Failed to apply default image tag \"web:\": couldn't parse image name \"web:\": invalid reference format"},
	},
}

var imageRefused = rule{
	name: "image-pull/refused", class: ImagePull, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "pull access denied"},
		{has: "failed to pull image * unauthorized"},
		{has: "failed to pull image * denied"},
		{has: "failed to pull image * forbidden"},
		{has: "failed to pull image * insufficient_scope"},
		{has: "no basic auth credentials"},
		{has: "no match for platform in manifest"},
		{has: "no matching manifest for"},
		{has: "unauthorized: authentication required"},
		{has: "failed to fetch oauth token"},
		{has: "failed to fetch anonymous token"},
		{has: "unable to retrieve some image pull secrets"},
		{has: "errimageneverpull"},
		{has: "is not present with pull policy of never"},
		{has: "error response from daemon: head * denied"},
		{has: "no image found in image index"},
		{has: "no image found in manifest list"},
		{has: "requesting bearer token", match: regexp.MustCompile(`(?i)\b40[13]\b|unauthorized|denied|forbidden`)},
	},
	fix: "Give the namespace a pull secret for that registry, and name an image that exists for the node's architecture.",
	over: map[Class]string{
		NetworkFlake: "the registry answers, and says no",
	},
	examples: []example{
		{layer: "install", log: "Warning  Failed  8s  kubelet  Failed to pull image \"ghcr.io/example/web:1\": failed to resolve reference \"ghcr.io/example/web:1\": failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://ghcr.io/token: 401 Unauthorized"},
		{layer: "install", log: "Warning  Failed  8s  kubelet  Failed to pull image \"example/web:1\": no match for platform in manifest: not found"},
	},
}

// A registry whose certificate nobody vouches for; trying again does not mend it.
var imageUntrusted = rule{
	name: "image-pull/certificate", class: ImagePull, blame: BlameInfrastructure,
	signs: []sign{
		{has: "failed to pull image * x509: "},
		{has: "failed to pull image * failed to verify certificate"},
		{has: "failed to pull image * server gave http response to https client"},
	},
	over: map[Class]string{NetworkFlake: "what is not trusted is the registry"},
	fix:  "Give the nodes the certificate of the authority that signed the registry's, or the registry one that they know.",
	examples: []example{
		{layer: "install", log: "Warning  Failed  8s  kubelet  Failed to pull image \"registry.example.com/web:1\": failed to do request: Head \"https://registry.example.com/v2/web/manifests/1\": tls: failed to verify certificate: x509: certificate signed by unknown authority"},
	},
}

var imageUnreachable = rule{
	name: "image-pull/unreachable", class: ImagePull, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "failed to pull and unpack image", match: unreachable},
		{has: "failed to pull image", match: unreachable},
	},
	examples: []example{
		{layer: "install", log: "Warning  Failed  8s  kubelet  Failed to pull image \"docker.io/library/redis:7\": failed to do request: Head \"https://registry-1.docker.io/v2/library/redis/manifests/7\": dial tcp: lookup registry-1.docker.io: i/o timeout"},
	},
	over: map[Class]string{NetworkFlake: "what cannot be reached is the registry"},
	fix:  "Try again; where it stays, look at the network between the nodes and the registry.",
}

var imagePull = rule{
	name: "image-pull/other", class: ImagePull, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "failed to pull image"},
		{has: "failed to pull and unpack image"},
		{has: "back-off pulling image"},
		{has: "imagepullbackoff"},
		{has: "errimagepull"},
		{has: "error response from daemon * manifest", unless: []string{"timeout", "reset by peer", "no such host", "deadline", "refused"}},
		{has: "image * could not be pulled"},
		{has: "is waiting to start: * can't be pulled"},
		{has: "trying and failing to pull image"},
		{has: "error pulling image configuration"},
		{has: "image: * not present locally"},
	},
	examples: []example{
		{layer: "install", key: 2, log: "NAME                   READY   STATUS             RESTARTS   AGE\nweb-7f6d5c9b8-abcd2   0/1     ImagePullBackOff   0          4m"},
	},
}

var registryUnreachable = rule{
	name: "image-pull/registry", class: ImagePull, blame: BlameInfrastructure, retryable: true,
	layers: releaseLayers,
	signs: []sign{
		{has: "error response from daemon: get", match: regexp.MustCompile(`/v2/`)},
		{has: "error response from daemon: head", match: regexp.MustCompile(`/v2/`)},
		{has: "pinging container registry"},
		{has: "error pinging docker registry"},
	},
	over: map[Class]string{NetworkFlake: "what cannot be reached is the registry"},
	fix:  "Try again; where it stays, look at the network between the nodes and the registry.",
	examples: []example{
		{layer: "install", log: "Error response from daemon: Get \"https://registry-1.docker.io/v2/\": net/http: TLS handshake timeout"},
	},
}

// unreachable is how a registry is missed.
var unreachable = regexp.MustCompile(`i/o timeout|deadline exceeded|TLS handshake timeout|no such host|connection re(fused|set)|unexpected EOF|use of closed network connection|50[0234] |network is unreachable|no route to host|(?i:request canceled|Client\.Timeout|context canceled|server misbehaving|EOF$)`)
