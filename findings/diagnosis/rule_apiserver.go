package diagnosis

import "regexp"

// The API server, what stands behind it or a webhook that it asks does not answer
// (k8s.io/apimachinery/pkg/api/errors, k8s.io/kubectl/pkg/cmd/util, etcd).

var webhookDown = rule{
	name: "apiserver-unavailable/webhook", class: APIServerUnavailable, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "failed calling webhook"},
		{has: "failed calling admission webhook"},
		{has: "failed to call webhook"},
		{has: "no endpoints available for service"},
		{has: "not yet ready to handle request"},
		{has: "failed calling * webhook"},
		{has: "webhook * context deadline exceeded", unless: []string{"failed to pull"}},
		{has: "webhook * connection refused", unless: []string{"failed to pull"}},
		{has: "conversion webhook for * failed"},
	},
	fix: "Wait until what serves the webhook is ready, and give it a retry; or install it before the chart.",
	over: map[Class]string{
		NetworkFlake: "what cannot be reached is a part of the cluster",
	},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: Internal error occurred: failed calling webhook \"webhook.cert-manager.io\": failed to call webhook: Post \"https://cert-manager-webhook.cert-manager.svc:443/mutate?timeout=30s\": dial tcp 10.96.20.1:443: connect: connection refused"},
		{layer: "install", log: "Error from server (InternalError): error when creating \"web.yaml\": Internal error occurred: failed calling webhook \"validate.nginx.ingress.kubernetes.io\": Post \"https://ingress-admission.ingress.svc:443/networking/v1/ingresses?timeout=10s\": dial tcp 10.96.7.2:443: i/o timeout"},
	},
}

var apiServerDown = rule{
	name: "apiserver-unavailable/server", class: APIServerUnavailable, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "etcdserver: ", unless: []string{"too large"}},
		{has: "the server is currently unable to handle the request", unless: []string{"metrics.k8s.io", "memcache.go"}},
		{has: "the connection to the server * was refused"},
		{has: "kubernetes cluster unreachable"},
		{has: "error from server (serviceunavailable)"},
		{has: "error from server (timeout)"},
		{has: "error from server (internalerror)", unless: []string{"webhook"}},
		{has: "error from server: rpc error"},
		{has: "unable to connect to the server:", unless: []string{"lookup "}},
		{has: "unable to connect to the server: * lookup", unless: downloadHosts},
		{has: "/api", match: regexp.MustCompile(`(?:Get|Post|Put|Patch|Delete) \\?"?https?://[^ ]*/(?:api/v1/(?:namespaces|nodes|pods|services|endpoints|secrets|configmaps|events|persistentvolume|serviceaccounts|resourcequotas|limitranges|replicationcontrollers)|apis/[a-z0-9.-]+/v\d|apis?\?timeout|apis?\\?"|api/v1\?|openapi/v\d)[^ ]* .*(?:refused|[Tt]imeout|timed out|canceled|EOF|reset|deadline|handshake|no such host)`)},
		{has: "failed to download openapi"},
		{has: "/openapi/v", match: regexp.MustCompile(`/openapi/v\d.*(?:refused|[Tt]imeout|timed out|canceled|EOF|reset|deadline|handshake|no such host)`)},
		{has: "server was unable to return a response in the time allotted"},
		{has: "the server was unable to"},
		{has: "apiserver not ready"},
		{has: "failed to scrape node"},
		{has: "error dialing backend"},
		{has: "has prevented the request from succeeding"},
		{has: "an error on the server"},
		{has: ":10250", match: failing},
		{has: "unable to upgrade connection"},
		{has: "failed to get api group resources"},
		{has: "error retrieving resource lock"},
		{has: "lost * leader lease"},
		{has: "stopped leading"},
		{has: "tls: internal error"},
		{has: "apiserver is not ready"},
		{has: "couldn't get available api versions"},
		{has: "watch chan error: etcdserver"},
		{has: "etcd storage quota exceeded"},
		{has: "is the apiserver running"},
		{has: "couldn't get current server api group list"},
		{has: "http2: client connection lost"},
		{has: "failed to renew lease"},
		{has: "leader election lost"},
		{has: "leaderelection lost"},
		{has: "too many requests, please try again later"},
		{has: "has received too many requests"},
		{has: "did you specify the right host or port"},
		{has: "6443: connect: connection refused", unless: []string{"/v2/"}},
		{has: "8443: connect: connection refused", unless: []string{"/v2/"}},
		{has: "localhost:8080 was refused"},
		{has: "localhost:8080/api"},
		{has: "failed to reach api server"},
		{has: "failed to contact api server"},
		{has: "/readyz * failed"},
		{has: "healthz check failed"},
		{has: "failed: 503", match: regexp.MustCompile(`(?i)kube|api|healthz|readyz|livez`)},
		{has: "failing or missing response from https://"},
		{has: "http2: server sent goaway"},
		{has: "storage is (re)initializing"},
		{has: "the server rejected our request for an unknown reason"},
		{has: "apiserver is", match: regexp.MustCompile(`(?i)apiserver is (?:temporarily |currently )?(?:unavailable|not available|shutting down|unreachable|down|overloaded)`)},
		{has: "/version", match: regexp.MustCompile(`Get \\?"?https?://[^ ]*/version(?:\?timeout=\w+)?\\?"?:? .*(?:refused|[Tt]imeout|timed out|canceled|EOF|reset|deadline|handshake)`)},
		{has: "api server", match: regexp.MustCompile(`(?i)api server (?:is |was )?(?:not reachable|unreachable|unavailable|not available|not responding|down)\b`)},
		{has: "transport is closing"},
	},
	fix: "Try again; where it stays, look at the control plane: its load, its disk, its certificates.",
	over: map[Class]string{
		NetworkFlake: "what cannot be reached is the cluster",
	},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: Kubernetes cluster unreachable: Get \"https://10.0.0.4:6443/version\": dial tcp 10.0.0.4:6443: i/o timeout"},
		{layer: "install", log: "Error from server: etcdserver: leader changed"},
		{layer: "install", log: "error: error validating \"web.yaml\": error validating data: failed to download openapi: Get \"https://127.0.0.1:6443/openapi/v2?timeout=32s\": dial tcp 127.0.0.1:6443: connect: connection refused; if you choose to ignore these errors, turn validation off with --validate=false"},
		{layer: "install", log: "Error: unable to build kubernetes objects from release manifest: unable to recognize \"\": Get \"https://ci.example.com/api?timeout=32s\": net/http: request canceled (Client.Timeout exceeded while awaiting headers)"},
		{layer: "install", log: "Unable to connect to the server: dial tcp: lookup k8s-ci.example.internal on 10.0.0.2:53: no such host"},
		{layer: "test", log: "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?"},
		{layer: "install", log: "Error from server (TooManyRequests): the server has received too many requests and has asked us to try again later"},
	},
}

// downloadHosts are hosts from which manifests are applied by their address.
var downloadHosts = []string{
	"github", "lookup raw.", "lookup docs.", "lookup get.", "lookup dl.", "lookup cdn", "lookup charts.", "lookup www.",
	"lookup storage.", "lookup download", "lookup packages.", "lookup cloud.weave", "lookup registry", "lookup gitlab",
	"lookup bitbucket", "lookup projectcalico", "lookup s3", "lookup manifests.", "lookup releases.",
}

// What every kubectl says while one aggregated API is away; it explains a failure
// only where nothing else does.
var apiDiscovery = rule{
	name: "apiserver-unavailable/discovery", class: APIServerUnavailable, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "faileddiscoverycheck"},
		{has: "unable to retrieve the complete list of server apis"},
		{has: "couldn't get resource list for"},
		{has: "metrics api not available"},
		{has: "metrics.k8s.io", match: regexp.MustCompile(`(?i)unable|could not|failed|unavailable`)},
		{has: "the server is currently unable to handle the request"},
		{has: "internal error occurred"},
	},
	fix: "See which APIService is not available (`kubectl get apiservices`), and wait for what serves it.",
	examples: []example{
		{layer: "install", log: "E0102 10:00:00.000000   41 memcache.go:287] couldn't get resource list for metrics.k8s.io/v1beta1: the server is currently unable to handle the request"},
	},
}
