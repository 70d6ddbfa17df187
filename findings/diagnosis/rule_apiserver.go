package diagnosis

// The API server, what stands behind it or a webhook that it asks does not answer
// (k8s.io/apimachinery/pkg/api/errors, k8s.io/kubectl/pkg/cmd/util, etcd).

var webhookDown = rule{
	name: "apiserver-unavailable/webhook", class: APIServerUnavailable, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "the server is currently unable to handle the request"},
		{has: "failed calling webhook"},
		{has: "failed calling admission webhook"},
		{has: "failed to call webhook"},
		{has: "no endpoints available for service"},
		{has: "conversion webhook for * failed"},
	},
	fix:  "Wait until what serves the webhook is ready, and give it a retry; or install it before the chart.",
	over: map[Class]string{NetworkFlake: "what cannot be reached is a part of the cluster", AdmissionDenied: "nobody denied anything: nobody was there", RolloutTimeout: "", APIRemoved: ""},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: Internal error occurred: failed calling webhook \"webhook.cert-manager.io\": failed to call webhook: Post \"https://cert-manager-webhook.cert-manager.svc:443/mutate?timeout=30s\": dial tcp 10.96.20.1:443: connect: connection refused"},
	},
}

var apiServerDown = rule{
	name: "apiserver-unavailable/server", class: APIServerUnavailable, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "etcdserver: "},
		{has: "the connection to the server * was refused"},
		{has: "kubernetes cluster unreachable"},
		{has: "error from server (serviceunavailable)"},
		{has: "error from server (timeout)"},
		{has: "error from server (internalerror)", unless: []string{"webhook"}},
		{has: "error from server: rpc error"},
		{has: "unable to connect to the server:", unless: []string{"lookup "}},
		{has: "server was unable to return a response in the time allotted"},
		{has: "the server was unable to"},
		{has: "apiserver not ready"},
		{has: "failed to scrape node"},
		{has: "error dialing backend"},
		{has: "couldn't get current server api group list"},
		{has: "unable to retrieve the complete list of server apis"},
		{has: "couldn't get resource list for"},
		{has: "http2: client connection lost"},
		{has: "failed to renew lease"},
		{has: "leader election lost"},
		{has: "leaderelection lost"},
		{has: "too many requests, please try again later"},
		{has: "has received too many requests"},
		{has: "did you specify the right host or port"},
		{has: "6443: connect: connection refused"},
		{has: "8443: connect: connection refused"},
		{has: "localhost:8080"},
		{has: "failed to reach api server"},
		{has: "failed to contact api server"},
		{has: "/readyz * failed"},
		{has: "healthz check failed"},
		{has: "failed: 503"},
		{has: "failing or missing response from https://"},
	},
	over: map[Class]string{NetworkFlake: "what cannot be reached is the cluster", RolloutTimeout: "", TestAssertion: ""},
	fix:  "Try again; where it stays, look at the control plane: its load, its disk, its certificates.",
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: Kubernetes cluster unreachable: Get \"https://10.0.0.4:6443/version\": dial tcp 10.0.0.4:6443: i/o timeout"},
		{layer: "install", log: "Error from server: etcdserver: leader changed"},
		{layer: "test", log: "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?"},
	},
}
