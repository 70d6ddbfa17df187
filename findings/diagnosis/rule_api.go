package diagnosis

import "regexp"

// The cluster does not serve an API that the chart, or a program in it, uses
// (k8s.io/apimachinery/pkg/api/meta: NoKindMatchError; k8s.io/apiserver's
// deprecation warnings; Helm's lint rule for them).

// builtinAPI is one of Kubernetes' own: a group without a dot, or *.k8s.io.
var builtinAPI = regexp.MustCompile(`in (?:version|group) \\?"((?:extensions|apps|batch|policy|autoscaling)/|v\d|[a-z.]*k8s\.io/)`)

// speaksItself is a log line of a controller, rather than what helm prints.
var speaksItself = regexp.MustCompile(`^\s*(?:[IWEF]\d{4} |\d{4}-\d\d-\d\d[T ]|time=|\{")|msg=`)

var apiUsedInside = rule{
	name: "api-removed/in-a-program", class: APIRemoved, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "error * controller: no matches for kind"},
		{has: "no matches for kind", match: speaksItself},
		{has: "failed to list * the server could not find the requested resource"},
		{has: "failed to watch * the server could not find the requested resource"},
		{has: "no kind is registered for the type"},
		{has: "if kind is a crd, it should be installed before calling start"},
		{has: "no match for kind"},
	},
	fix: "Take a version of the program that knows the API which this Kubernetes version serves.",
	over: map[Class]string{
		CrashLoop: "a program that asks for an API which is not there ends for it",
	},
	examples: []example{
		{layer: "install", log: "E0102 10:00:00.000000       1 reflector.go:138] pkg/cache: Failed to watch *v1beta1.Ingress: failed to list *v1beta1.Ingress: the server could not find the requested resource"},
		{layer: "install", log: "2026-01-02T10:00:00Z ERROR setup unable to start manager: no matches for kind \"CronJob\" in version \"batch/v1beta1\""},
		{layer: "install", key: 1, log: "2026-01-02T10:00:00Z ERROR setup unable to create controller: no matches for kind \"PodDisruptionBudget\" in version \"policy/v1beta1\"\nWarning  BackOff  4s  kubelet  Back-off restarting failed container manager in pod web-0"},
	},
}

var apiGone = rule{
	name: "api-removed/built-in", class: APIRemoved, blame: BlameChart,
	signs: []sign{
		{has: "no matches for kind", match: builtinAPI},
		{has: "no matches for * kind="},
		{has: "doesn't have a resource type", match: regexp.MustCompile(`type "(?:podsecuritypolicies|psp|poddisruptionbudgets|pdb|cronjobs|ingresses|horizontalpodautoscalers|hpa|endpointslices|runtimeclasses|flowschemas|componentstatuses)(?:\.|")`)},
		{has: "could not find the requested resource (", match: regexp.MustCompile(`\((?:get|post|put|patch|delete|list) [a-z]+\.(?:extensions|apps|batch|policy|autoscaling|[a-z.]*k8s\.io)\)`)},
		{has: "groupversion * not found", match: regexp.MustCompile(`"(?:extensions|apps|batch|policy|autoscaling|[a-z.]*k8s\.io)/v\d`)},
		{has: "the kubernetes api could not find version", match: regexp.MustCompile(` of (?:extensions|apps|batch|policy|autoscaling|[a-z.]*k8s\.io)/`)},
		{has: " true ", match: regexp.MustCompile(`^\s*\S+\s+[A-Z]\w+\s+(?:[a-z.0-9]+/)?v\d\w*\s+(?:[a-z.0-9]+/)?v\d\w*\s+true\s`)},
		{has: "contains removed kubernetes api(s)"},
		{has: "is deprecated in v1.* unavailable in v1.*", match: regexp.MustCompile(`^\s*\[(WARNING|ERROR)\]`)},
		{has: "could not find schema for podsecuritypolicy"},
		{has: "deprecated apis removed in"},
		{has: "is not served by kubernetes"},
		{has: "removed in kubernetes"},
		{has: "could not find schema for", match: regexp.MustCompile(`schema for (?:Ingress|CronJob|PodDisruptionBudget|HorizontalPodAutoscaler|Deployment|DaemonSet|StatefulSet|EndpointSlice|FlowSchema)\b`)},
		{has: "could not find schema for", match: regexp.MustCompile(`(?:extensions|apps|batch|policy|autoscaling|k8s\.io)/v\d`)},
		{has: "no kind * is registered for version", match: regexp.MustCompile(`version \\?"(?:(?:extensions|apps|batch|policy|autoscaling)/|v\d|[a-z.]*k8s\.io/)`)},
	},
	over: map[Class]string{TemplateInvalid: "strict lint fails on what it says of an API"},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: resource mapping not found for name: \"web\" namespace: \"\" from \"\": no matches for kind \"PodDisruptionBudget\" in version \"policy/v1beta1\""},
		{layer: "upgrade", log: "Error: UPGRADE FAILED: current release manifest contains removed kubernetes api(s) for this kubernetes version and it is therefore unable to build the kubernetes objects for performing the diff"},
		{layer: "lint", key: 2, log: "==> Linting shop\n[WARNING] templates/hpa.yaml: autoscaling/v2beta2 HorizontalPodAutoscaler is deprecated in v1.23+, unavailable in v1.26+; use autoscaling/v2 HorizontalPodAutoscaler\n\nError: 1 chart(s) linted, 1 chart(s) failed"},
		{layer: "schema", log: "web.yaml - failed validation: could not find schema for PodDisruptionBudget policy/v1beta1"},
		{layer: "lint", key: 2, log: "NAME   KIND      VERSION         REPLACEMENT   REMOVED   DEPRECATED   REPL AVAIL\nweb    CronJob   batch/v1beta1   batch/v1      true      true         true"},
	},
}

var apiMissing = rule{
	name: "api-removed/custom", class: APIRemoved, blame: BlameChartOrEnv,
	signs: []sign{
		{has: "no matches for kind"},
		{has: "unable to recognize \"* no matches for"},
		{has: "ensure crds are installed first"},
		{has: "resource mapping not found"},
		{has: "the server doesn't have a resource type"},
		{has: "the kubernetes api could not find"},
		{has: "api did not recognize groupversionkind"},
		{has: "the crd for * is not installed"},
		{has: "customresourcedefinition* not found", unless: []string{"normal"}},
		{has: "the server could not find the requested resource"},
		{has: "could not find schema for"},
		{has: "no kind * is registered for version"},
	},
	fix: "Install the custom resource definition before the chart, or give the chart the API that this version of it serves.",
	examples: []example{
		{layer: "install", key: 2, log: "Error: INSTALLATION FAILED: unable to build kubernetes objects from release manifest: [resource mapping not found for name: \"web\" namespace: \"shop\" from \"\":\nno matches for kind \"ServiceMonitor\" in version \"monitoring.coreos.com/v1\"\nensure CRDs are installed first]"},
		{layer: "install", log: "The Kubernetes API could not find cert-manager.io/Issuer for requested resource ci/web. Make sure the \"Issuer\" CRD is installed on the destination cluster."},
		{layer: "install", log: "Error from server (NotFound): customresourcedefinitions.apiextensions.k8s.io \"backups.example.org\" not found"},
	},
}

var apiDeprecated = rule{
	name: "api-removed/deprecated", class: APIRemoved, blame: BlameChart,
	layers: []string{"lint", "render", "schema"},
	signs: []sign{
		{has: "is deprecated in v1.* unavailable in v1.*"},
		{has: "deprecated api version"},
	},
	examples: []example{
		{layer: "render", log: "W0102 10:00:00.000000   41 warnings.go:70] policy/v1beta1 PodDisruptionBudget is deprecated in v1.21+, unavailable in v1.25+; use policy/v1 PodDisruptionBudget"},
	},
}
