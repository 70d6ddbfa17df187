package diagnosis

import "regexp"

// Something outside cannot be reached, or stops half-way: Go's net and net/http,
// curl, git, apt, npm, pip, Helm's downloads.

var networkProxy = rule{
	name: "network-flake/settings", class: NetworkFlake, blame: BlameInfrastructure,
	signs: []sign{
		{has: "proxyconnect tcp"},
		{has: "x509: ", unless: []string{"error from server", "unable to connect to the server: x509"}},
		{has: "failed to list * dial tcp * i/o timeout"},
		{has: "failed to watch * dial tcp * i/o timeout"},
		{has: "dial tcp * i/o timeout", match: regexp.MustCompile(`dial tcp (?:10\.96\.0\.1|10\.43\.0\.1|10\.100\.0\.1|172\.20\.0\.1|10\.0\.0\.1|10\.152\.183\.1|34\.118\.224\.1):443: i/o timeout`), unless: fromKubectl},
		{has: "oversized record received"},
		{has: "does not look like a tls handshake"},
		{has: "server gave http response to https client"},
		{has: "407 proxy authentication required"},
		{has: "ssl certificate problem"},
		{has: "certificate verify failed"},
	},
	over: map[Class]string{
		APIServerUnavailable: "what asks stands in the cluster, and its way to the API does not work",
		RolloutTimeout:       "nothing becomes ready that cannot reach the cluster's own API",
	},
	fix: "This stays until proxy, certificates or the network's rules are mended.",
	examples: []example{
		{layer: "cluster", log: "Error: failed to download \"https://charts.example.com/index.yaml\": Get \"https://charts.example.com/index.yaml\": proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused"},
		{layer: "install", key: 1, log: "E0102 10:00:00.000000   1 main.go:44] \"cannot start\" err=\"Get \\\"https://10.43.0.1:443/version\\\": dial tcp 10.43.0.1:443: i/o timeout\"\nError: INSTALLATION FAILED: timed out waiting for the condition"},
	},
}

// fromKubectl is how kubectl begins what it says of the cluster's address, and of one
// that a manifest is downloaded from.
var fromKubectl = []string{"unable to connect to the server", "kubernetes cluster unreachable", "/api?timeout=", "/api/v1/", "/apis/"}

var networkDownload = rule{
	name: "network-flake/download", class: NetworkFlake, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "could not resolve host"},
		{has: "temporary failure in name resolution"},
		{has: "temporary failure resolving"},
		{has: "lookup * no such host", unless: fromKubectl},
		{has: "lookup * i/o timeout", unless: fromKubectl},
		{has: "lookup * server misbehaving", unless: fromKubectl},
		{has: "lookup * connection refused", unless: fromKubectl},
		{has: "getaddrinfo"},
		{has: "eai_again"},
		{has: "temporary download error"},
		{has: "failed to download", unless: []string{"no such file", "download openapi"}},
		{has: "failed to fetch", match: regexp.MustCompile(`(?i)failed to fetch .*://|failed to fetch \S+ (?:index|manifest|chart)`)},
		{has: "error downloading"},
		{has: "could not download"},
		{has: "unable to download"},
		{has: "download failed"},
		{has: "is not a valid chart repository or cannot be reached"},
		{has: "unable to get an update from the"},
		{has: "stream error: stream id * internal_error"},
		{has: "ign:", match: regexp.MustCompile(`^\s*(\S+Z\s+)?Ign:\d+ `)},
		{has: "hash sum mismatch"},
		{has: "unable to access 'http"},
		{has: "the requested url returned error: 5"},
		{has: "rpc failed; "},
		{has: "early eof"},
		{has: "unable to fetch some archives"},
		{has: "httpclient.timeout"},
		{has: "unable to retrieve some packages"},
		{has: "could not retrieve mirrorlist"},
		{has: "exiting due to inet_"},
		{has: "npm error network"},
		{has: "gnutls_handshake() failed"},
		{has: "gnutls recv error"},
		{has: "curl: ("},
		{has: "npm err! network"},
		{has: "etimedout"},
		{has: "econnreset"},
		{has: "enotfound", match: regexp.MustCompile(`\bE(?:NOTFOUND|notfound)\b|\benotfound\b`)},
		{has: "max retries exceeded with url"},
		{has: "newconnectionerror"},
		{has: "readtimeouterror"},
		{has: "read udp", unless: fromKubectl},
		{has: "ssl_error_syscall"},
		{has: "failed to do request:"},
		{has: "could not connect to * 80"},
		{has: "wsarecv:"},
		{has: "connectex:", unless: fromKubectl},
		{has: "unable to resolve host address"},
		{has: "could not query provider registry"},
		{has: "failed to query available provider packages"},
		{has: "api rate limit exceeded"},
		{has: "http error 5"},
		{has: "und_err_"},
		{has: "cache service responded with 5"},
		{has: "remote name could not be resolved"},
		{has: "error sending request for url"},
		{has: "unknownhostexception"},
	},
	over: map[Class]string{
		RunnerLost: "the job was ended because it waited",
	},
	examples: []example{
		{layer: "render", log: "...Unable to get an update from the \"https://charts.example.com/stable\" chart repository:\n\tstream error: stream ID 3; INTERNAL_ERROR", key: 1},
		{layer: "runner", log: "fatal: unable to access 'https://github.com/example/charts/': Could not resolve host: github.com"},
		{layer: "cluster", log: "curl: (56) Recv failure: Connection reset by peer"},
		{layer: "render", log: "Error: looks like \"https://charts.example.com\" is not a valid chart repository or cannot be reached: Get \"https://charts.example.com/index.yaml\": read tcp 10.1.0.4:40112->203.0.113.7:443: read: connection reset by peer"},
		{layer: "runner", key: 1, log: "Ign:3 http://archive.ubuntu.com/ubuntu noble-updates InRelease\n##[error]The operation was canceled."},
		{layer: "cluster", log: "Error: Failed to query available provider packages: could not connect to registry.example.com: failed to request discovery document: 503 Service Unavailable"},
		{layer: "runner", log: "npm error request to https://registry.example.com/web failed, reason: getaddrinfo ENOTFOUND registry.example.com"},
	},
}

// probes fail while a pod starts, and reach it within the node.
var probes = []string{"probe failed", "probe errored"}

var networkFlake = rule{
	name: "network-flake/connection", class: NetworkFlake, blame: BlameInfrastructure, retryable: true,
	signs: []sign{
		{has: "i/o timeout", unless: probes},
		{has: "connection reset by peer", unless: probes},
		{has: "tls handshake timeout"},
		{has: "network is unreachable"},
		{has: "no route to host", unless: probes},
		{has: "connection timed out"},
		{has: "no such host"},
		{has: "unexpected eof"},
		{has: "client.timeout exceeded while awaiting headers", unless: probes},
		{has: "client.timeout or context cancellation"},
		{has: "server misbehaving"},
		{has: "502 bad gateway"},
		{has: "503 service unavailable"},
		{has: "504 gateway time"},
		{has: "429 too many requests"},
		{has: "500 internal server error"},
		{has: "get *http* context deadline exceeded", unless: probes},
		{has: "forcibly closed by the remote host"},
		{has: "broken pipe"},
		{has: "connection closed by remote host"},
		{has: "remote end closed connection"},
		{has: "socket hang up"},
		{has: "unable to connect to the server: dial tcp: lookup"},
		{has: "\": eof"},
		{has: "connection refused", match: regexp.MustCompile(`https://[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*\.(?:com|io|org|dev|net)[/:"].*refused`)},
	},
	examples: []example{
		{layer: "cluster", log: "Error: Get \"https://get.example.com/v1.34/SHA256SUMS\": net/http: TLS handshake timeout"},
		{layer: "command", log: "read tcp 10.1.0.4:40112->203.0.113.7:443: read: connection reset by peer"},
	},
}

// Where no cluster is asked yet, whatever does not answer is something outside.
var networkOutside = rule{
	name: "network-flake/outside", class: NetworkFlake, blame: BlameInfrastructure, retryable: true,
	layers: []string{"runner", "lint", "render"},
	signs: []sign{
		{has: "sockettimeoutexception"},
		{has: "econnrefused", unless: handled},
		{has: "connection refused", unless: handled},
		{has: "connection reset", match: failing},
		{has: "read timed out"},
		{has: "download timed out"},
		{has: "request timed out"},
		{has: "request timeout"},
		{has: "internal_error; received from peer"},
		{has: "http response", match: serverFault},
		{has: "status code", match: serverFault},
		{has: "responded with", match: serverFault},
		{has: "returned error", match: serverFault},
		{has: "couldn't connect to server"},
		{has: "esockettimedout"},
		{has: "dns failure"},
		{has: "failed to connect to", match: regexp.MustCompile(`(?i)failed to connect to \S+\.[a-z]+ port \d+`)},
	},
	examples: []example{
		{layer: "runner", log: "java.net.SocketTimeoutException: Read timed out"},
		{layer: "runner", log: "Error: unexpected HTTP response: 503"},
	},
}

// serverFault is a status of HTTP that is the server's.
var serverFault = regexp.MustCompile(`(?i)(?:response|responded with|returned error|status code)(?: status)?(?: code)?(?: of)?[: (]*5(?:0[0234]|2\d)\b`)

// handled is how a refused connection is spoken of that ended nothing.
var handled = []string{"probe failed", "probe errored", "retry", "attempt", "handle", " pass", "✓", "ok "}
