package config

// Shapes of single values.
var (
	textShape  = &shape{what: "text", scalar: &scalar{}}
	valueShape = &shape{define: "value", what: "text, as behind the = of helm --set; write a key of several levels as one, like ingress.class",
		example: "set:\n  ingress.class: traefik", scalar: &scalar{blank: true, lines: true}}
	pathShape   = &shape{what: "a path", scalar: &scalar{limit: 4096, says: "a path, relative to this file"}}
	pathsShape  = &shape{define: "paths", what: "a list of paths", example: "values:\n  - ci/values.yaml", item: pathShape}
	scriptShape = &shape{what: "a shell script",
		example: "before: |\n  kubectl apply -f ci/postgres.yaml", scalar: &scalar{lines: true, says: "a shell script"}}
	setsShape = &shape{define: "sets", what: "a mapping of keys to text",
		example: "set:\n  ingress.class: traefik", others: valueShape, other: "value", limit: 1000}
	nameShape    = &shape{what: "a name", scalar: &scalar{limit: maxName, says: "a name"}}
	versionShape = &shape{what: "a Kubernetes version", scalar: &scalar{limit: maxName, says: "a Kubernetes version like 1.31"}}
	// conditions are names, or for the axis kubernetes versions and ranges.
	conditionsShape = &shape{define: "condition", what: "a value of the axis or a list of values",
		example: "provider: [eks, gke]\nkubernetes: \"<1.31\"", scalar: nameShape.scalar, item: nameShape, minimum: 1}
	layerWordShape = &shape{what: "a layer", scalar: &scalar{words: layerNames}}
	layersShape    = &shape{define: "layers", what: "a layer or a list of layers",
		example: "layer: [k6, kubetest]", scalar: layerWordShape.scalar, item: layerWordShape, minimum: 1}
	becauseShape = &shape{what: "a reason", scalar: &scalar{limit: 500, says: "a reason in one line"}}
	needsShape   = &shape{what: "nothing, cluster or release", scalar: &scalar{words: []string{"nothing", "cluster", "release"}}}
	labelShape   = &shape{what: "a label", scalar: &scalar{limit: 256, says: "a label of a runner"}}
	runsOnShape  = &shape{define: "runsOn", what: "a label or a list of labels",
		example: "runs-on: ubuntu-24.04", scalar: labelShape.scalar, item: labelShape, minimum: 1}
)

// valueKeys are the keys with which every axis value can change the chart's values.
func valueKeys(more ...key) []key {
	return append([]key{
		{name: "values", doc: "Values files, relative to this file; the later wins.", shape: pathsShape},
		{name: "set", doc: "Single values, as with `helm --set`.", shape: setsShape},
		{name: "set-string", doc: "Single values that stay text, as with `helm --set-string`.", shape: setsShape},
	}, more...)
}

var settingsShape = &shape{
	define: "settings", what: "a mapping with values, set or set-string",
	example: "traefik:\n  set: {ingress.class: traefik}", keys: valueKeys(),
}

// axisShape is a single value, a list of values, or a mapping of values to what they set.
func axisShape(what, example string) *shape {
	return &shape{what: what,
		example: example, scalar: nameShape.scalar, item: nameShape, minimum: 1, others: settingsShape, other: "value"}
}

var axesShape = &shape{
	define: "axes", what: "a mapping of axes to their values", example: "axes:\n  kubernetes: supported\n  provider: [kind, eks]",
	keys: []key{
		{name: "kubernetes", doc: "Kubernetes versions: `supported`, `newest 3`, a range such as `\">=1.31\"`, or a list of versions. Read literally: 1.30 is never 1.3.",
			shape: axisShape("versions", "kubernetes: [1.31, 1.32]")},
		{name: "provider",
			doc:   "Where clusters come from, such as kind, k3s, eks or gke.",
			shape: axisShape("providers", "provider: [kind, eks]")},
		{name: "scenario",
			doc:   "Ways of using the chart. `default` is the chart as it comes; others stand under `scenarios`, or in the chart's `ci/NAME-values.yaml`.",
			shape: axisShape("scenarios", "scenario: [default, ha]")},
		{name: "operation",
			doc:   "What is done with the chart: install, upgrade, or further upgrades that `operations` defines.",
			shape: axisShape("operations", "operation: [install, upgrade]")},
	},
	others: axisShape("the values of an axis", "ingress:\n  nginx: {values: [ci/nginx.yaml]}\n  traefik: {set: {ingress.class: traefik}}"), other: "axis",
}

var providerShape = &shape{
	define: "provider", what: "a mapping of settings", example: "eks:\n  region: us-east-1",
	keys: append(valueKeys(
		key{name: "region", doc: "Where the cluster stands, in the provider's own words.", shape: textShape},
		key{name: "zone", doc: "The zone within the region.", shape: textShape},
		key{name: "nodes",
			doc:   "How many nodes a cluster has.",
			shape: &shape{what: "a number", scalar: &scalar{whole: true, low: 1, high: 1000}}},
		key{name: "machine", doc: "The type of machine, in the provider's own words.", shape: textShape},
		key{name: "images",
			doc: "The node image for each Kubernetes version, where the provider runs images.",
			shape: &shape{what: "a mapping of versions to images",
				example: "images:\n  1.34: kindest/node:v1.34.0", others: textShape, other: "version"}},
		key{name: "kubernetes-version",
			doc: "The exact version that the provider reports for a minor, where it is not the usual one; k3s makes its clusters of that release.",
			shape: &shape{what: "a mapping of minors to versions",
				example: "kubernetes-version:\n  1.33: v1.33.4-eks-1a2b3c4", others: versionShape, other: "version"}},
		key{name: "runs-on",
			doc:   "The label of the runner that takes this provider's jobs on GitHub, or a list of labels that it must all have. The default is ubuntu-24.04.",
			shape: runsOnShape},
		key{name: "environment",
			doc:   "The deployment environment of GitHub whose secrets and rules apply to this provider's jobs. The default is none.",
			shape: &shape{what: "a name", scalar: &scalar{limit: 255, says: "the name of an environment"}}},
		key{name: "timeout-minutes",
			doc:   "After how many minutes GitHub ends a job of this provider: at most 360 on GitHub's own runners, 7200 on yours. The default is 60. The program itself stops three minutes earlier (a tenth of a shorter time), and keeps what it has.",
			shape: &shape{what: "a number of minutes", scalar: &scalar{whole: true, low: 1, high: maxTimeoutMinutes}}},
	), clusterKeys...),
}

var scenarioShape = &shape{
	define: "scenario", what: "a mapping with values, set, set-string, before or after",
	example: "external-db:\n  values: [ci/external-db.yaml]",
	keys: valueKeys(
		key{name: "before",
			doc:   "A script (`bash -e`) before the chart is installed, with CHART, RELEASE, NAMESPACE, KUBECONFIG and VALUES in its environment.",
			shape: scriptShape},
		key{name: "after", doc: "A script after the tests, whatever became of them.", shape: scriptShape},
	),
}

var (
	addressShape = &shape{what: "an address", scalar: &scalar{pattern: addressForm, limit: 2000,
		says: "an address like https://example.com/charts or oci://example.com/charts"}}
	fromShape = &shape{
		define: "from", what: "base, release, a version, a git ref, or a mapping", example: "from: {repository: https://example.com/charts, version: 1.2.x}",
		scalar: textShape.scalar,
		keys: []key{
			{name: "repository", doc: "Where this older chart is published. The default is the file's `repository`.", shape: addressShape},
			{name: "version", doc: "A version or a range of them, of which the newest is taken. The default is the last release.", shape: textShape},
			{name: "chart", doc: "The chart's name there. The default is its own name.", shape: nameShape},
		},
	}
	upgradeShape = &shape{
		define: "upgrade", what: "a mapping with from", example: "upgrade: {from: base}",
		keys: valueKeys(key{name: "from",
			doc: "The older chart: `base` (the merge base, or the commit before a push), `release` (the last one; `release~1` is the one before it), " +
				"a version or a range (1.2.x), or a git ref. Releases are looked for in the `repository`; where none is named, among the tags of git. The default is base.",
			shape: fromShape}, key{name: "rollback",
			doc:   "Asks, too, whether a rollback brings the older release back.",
			shape: &shape{what: "true or false", scalar: &scalar{boolean: true}}}),
	}
)

var operationsShape = &shape{
	what: "a mapping of install, upgrade and further upgrades", example: "operations:\n  upgrade: {from: base}",
	keys: []key{
		{name: "install", doc: "What an install sets.", shape: settingsShape},
		{name: "upgrade", doc: "What an upgrade sets, and from what it starts.", shape: upgradeShape},
	},
	others: upgradeShape, other: "operation",
}

var helmShape = &shape{
	what: "a mapping of binary, version and binaries", example: "helm: {binary: helm, version: 3.19}",
	keys: []key{
		{name: "binary", doc: "A Helm of your own that works in the clusters: its path relative to this file, or a name that PATH knows. The default is the Helm 4 in this program.", shape: pathShape},
		{name: "version", doc: "The version that it must have: 3, 3.19 or 3.19.4. Without `binary`, PATH is searched for it.", shape: helmVersionShape},
		{name: "binaries", doc: "A program for each value of an axis `helm`.",
			shape: &shape{what: "a mapping of versions to programs", example: "binaries: {3.19: tools/helm-3.19, 4.1: helm}", others: pathShape, other: "version"}},
	},
}

var helmVersionShape = &shape{what: "a version of Helm", scalar: &scalar{pattern: helmForm, says: "a version of Helm like 3, 3.19 or 3.19.4"}}

// layer makes the entry of a layer; the example is what stands behind its name.
func layer(name, doc, example string, keys ...key) key {
	if keys == nil {
		keys = []key{}
	}
	return key{name: name, doc: doc, shape: &shape{what: "a mapping of settings, or nothing",
		example: name + ": " + example, keys: keys}}
}

var layerSettings = &shape{
	what: "a mapping of layers to settings", example: "layers:\n  lint: {strict: true}",
	keys: []key{
		layer("lint", "What `helm lint` says.", "{strict: true}", key{name: "strict",
			doc:   "Warnings fail, too.",
			shape: &shape{what: "true or false", scalar: &scalar{boolean: true}}}),
		layer("render", "The templates render.", "{}"),
		layer("schema", "Every rendered object fits the schemas of its Kubernetes version.", "{}"),
		layer("unit", "The chart's own unit tests.", "{run: helm unittest .}", key{name: "run",
			doc: "The command, with CHART in its environment. The suites of a plain `helm unittest` are divided among the cores; " +
				"of any other command the JUnit XML that it writes to $JUNIT is read, or else its exit code.",
			shape: scriptShape}),
		layer("install", "The chart installs and becomes ready.", "{}"),
		layer("upgrade", "An older release upgrades to the chart.", "{}"),
		layer("test", "What `helm test` says.", "{}"),
		layer("kubetest", "Tests in Python against a cluster.", "{path: ci/kubetest}", key{name: "path",
			doc:      "The folder with the tests. What its requirements.txt names is installed into a virtual environment.",
			required: true, shape: pathShape}, key{name: "needs",
			doc:   "What must be there: nothing, a cluster, for tests that install the chart themselves, or the installed release. The default is cluster.",
			shape: needsShape}),
		layer("k6", "A load test.", "{script: ci/load.js}", key{name: "script",
			doc:      "The k6 script. __ENV.ENDPOINT is where the release can be reached, __ENV.ENDPOINT_HOST the Host to send where an Ingress expects one.",
			required: true, shape: pathShape}, key{name: "service",
			doc:   "The service that ENDPOINT leads to, `name` or `name:port`. The default is what the release's Ingresses and services give.",
			shape: &shape{what: "a name", scalar: &scalar{limit: 128, says: "a service, such as web or web:http"}}}, key{name: "needs",
			doc:   "What must be there: nothing, a cluster, or the installed release. The default is release.",
			shape: needsShape}),
		layer("command", "A command of your own, once in each cell, in the cell's job.", "{run: make e2e, needs: nothing}", key{name: "run", required: true,
			doc: "The command (`bash -e -o pipefail`, in this file's folder), with the cell in its environment: CELL, CHART, RELEASE, NAMESPACE, VALUES, KUBERNETES_VERSION, " +
				"PROVIDER, SCENARIO, OPERATION, and AXIS_NAME for an axis of yours; in a cluster KUBECONFIG, too. The JUnit XML that it writes to $JUNIT is read, or the TAP that it prints, or else its exit code.",
			shape: scriptShape}, key{name: "needs",
			doc:   "What must be there: nothing, a cluster, or the installed release. The default is release.",
			shape: needsShape}),
		layer("uninstall", "The release goes without a trace.", "{}"),
	},
}

// rule makes the shape of a list of rules over cells.
func rule(define, example string, keys ...key) *shape {
	return &shape{what: "a list of rules", example: example, item: &shape{
		define: define, what: "a mapping of axes to values", example: example, keys: keys, others: conditionsShape, other: "axis",
	}}
}

var (
	layerKey   = key{name: "layer", doc: "The layers that are meant; without it the whole cell.", shape: layersShape}
	becauseKey = key{name: "because",
		doc:   "The reason, in one line. It is shown wherever the rule applies.",
		shape: becauseShape, required: true}

	excludeShape = rule("exclusion", "exclude:\n  - {provider: doks, kubernetes: \"<1.31\", because: no longer offered}", layerKey, becauseKey)
	includeShape = rule("inclusion", "include:\n  - {provider: eks, kubernetes: 1.34, because: the newest on EKS}",
		key{name: "because", doc: "The reason, in one line.", shape: becauseShape})
	expectFailureShape = rule("expectation", "expect-failure:\n  - {provider: gke, matching: \"502 Bad Gateway\", issue: \"#203\", until: 2027-01-31}",
		layerKey,
		key{name: "matching",
			doc:      "What the failure says, as a regular expression (RE2), searched in its message.",
			required: true, shape: &shape{what: "a regular expression", scalar: &scalar{limit: 500, says: "a regular expression"}}},
		key{name: "issue", doc: "The issue that tracks it. Quote one that starts with #.", required: true, shape: becauseShape},
		key{name: "until",
			doc:      "The last day on which it is accepted, UTC, like 2027-01-31.",
			required: true, shape: &shape{what: "a date", scalar: &scalar{pattern: dateForm, date: true, says: "a date like 2027-01-31"}}},
	)
)

var eventShape = &shape{
	define: "event", what: "a mapping with cover or only", example: "pull_request: {cover: all, only: {provider: [k3s]}}",
	keys: []key{
		{name: "cover",
			doc: "Which of the cells: `all`, `pairwise` (every pair of values once), or how many values are to meet (2 to 6).",
			shape: &shape{what: "all, pairwise or a number",
				scalar: &scalar{words: []string{"all", "pairwise"}, whole: true, low: 2, high: 6}}},
		{name: "only",
			doc: "Keeps the cells with these values.",
			shape: &shape{define: "only", what: "a mapping of axes to values",
				example: "only: {provider: [k3s]}", others: conditionsShape, other: "axis"}},
	},
}

func eventKeys(of *shape) []key {
	keys := make([]key, len(eventNames))
	for i, name := range eventNames {
		keys[i] = key{name: name, doc: "What runs on this event.", shape: of}
	}
	return keys
}

func gateKeys() []key {
	keys := eventKeys(&shape{what: "new or all", scalar: &scalar{words: gateModes}})
	for i := range keys {
		keys[i].doc = "What makes a run on this event red: new, or all."
	}
	for _, kind := range gateKinds {
		keys = append(keys, key{name: kind, doc: "What a finding of this kind does, on any event: fail, warn or ignore.", shape: &shape{what: "fail, warn or ignore",
			scalar: &scalar{words: gateLevels}}})
	}
	return keys
}

func count(high int) *shape {
	return &shape{what: "a whole number", scalar: &scalar{whole: true, low: 1, high: high}}
}

var budgetShape = &shape{
	what: "a mapping of limits", example: "budget: {jobs: 60, max-parallel: 20}",
	keys: []key{
		{name: "jobs", doc: "How many jobs a run has at most: 1 to 1024, which is the default. Where there are more cells, those of one provider and one version share jobs.", shape: count(maxJobs)},
		{name: "max-parallel", doc: "How many jobs run at a time. The default leaves it to GitHub.", shape: count(maxJobs)},
		{name: "runner-minutes", doc: "How many minutes all jobs may take together.", shape: count(0)},
		{name: "dollars",
			doc:   "How many US dollars the clusters may cost together.",
			shape: &shape{what: "a number", scalar: &scalar{decimal: true}}},
		{name: "exceed",
			doc:   "What happens to a plan that is over budget: `trim` leaves cells out and says which, `refuse` runs nothing. The default is trim.",
			shape: &shape{what: "trim or refuse", scalar: &scalar{words: []string{"trim", "refuse"}}}},
	},
}

// root is the whole file.
var rootShape = &shape{
	what: "keys such as chart, axes and exclude", example: "chart: charts/app\naxes:\n  kubernetes: supported",
	keys: []key{
		{name: "name",
			doc: "Tells several charts of one repository apart, in comments, artifacts and checks. The default is the chart's name.",
			shape: &shape{what: "a name",
				scalar: &scalar{pattern: nameForm, says: "a name of letters, digits, dots, hyphens and underscores, at most 100"}}},
		{name: "chart", doc: "The chart's folder or archive. The default is the folder of this file.", shape: pathShape},
		{name: "release",
			doc: "The release's name. The default is the chart's name.",
			shape: &shape{what: "a name",
				scalar: &scalar{pattern: releaseForm, says: "a release name of lower-case letters, digits and hyphens, at most 53"}}},
		{name: "namespace",
			doc: "The namespace, used exactly as written. The default is the release's name.",
			shape: &shape{what: "a name",
				scalar: &scalar{pattern: namespaceForm, says: "a namespace of lower-case letters, digits and hyphens, at most 63"}}},
		{name: "values", doc: "Values files for every cell; the later wins.", shape: pathsShape},
		{name: "axes",
			doc:   "The dimensions of the matrix. Each is one value, a list of values, or a mapping of values to what they set.",
			shape: axesShape},
		{name: "providers",
			doc: "Settings for each provider.",
			shape: &shape{what: "a mapping of providers to settings",
				example: "providers:\n  eks: {region: us-east-1, nodes: 3}", others: providerShape, other: "provider"}},
		{name: "scenarios",
			doc: "What each scenario sets and does.",
			shape: &shape{what: "a mapping of scenarios to settings",
				example: "scenarios:\n  ha: {values: [ci/ha.yaml]}", others: scenarioShape, other: "scenario"}},
		{name: "repository", doc: "Where the chart is published: a Helm repository (https://…), or the place in an OCI registry that holds it (oci://…). Upgrades from releases and versions start there.", shape: addressShape},
		{name: "operations", doc: "What install and upgrade set, and from what an upgrade starts.", shape: operationsShape},
		{name: "helm", doc: "The Helm that works in the clusters, where it is not the one in this program. An axis `helm` of versions tests with several.", shape: helmShape},
		{name: "layers",
			doc:   "Settings of the layers. A layer that is named here must run: its missing tool is an error, not a skip. Jobs run the layers that are named here, and install or upgrade where one of them needs the release; if none is, they install or upgrade the chart, test and uninstall it.",
			shape: layerSettings},
		{name: "timeouts", doc: "How long the steps of a job may take.", shape: timeoutsShape},
		{name: "readiness", doc: "When an installed release counts as ready: everything in it is, and stays so.", shape: readinessShape},
		{name: "evidence", doc: "What is kept of a cell for those who look into a failure.", shape: evidenceShape},
		{name: "retry",
			doc:   "How often a cell that did not pass in its job is tried again, at the end of the job and in a fresh cluster: 0, which is the default, to 3. What passes then is `flaky`, and never silently green.",
			shape: retryShape},
		{name: "exclude",
			doc:   "Cells, or layers of cells, that make no sense. All conditions of a rule must hold.",
			shape: excludeShape},
		{name: "include",
			doc:   "Cells to add that the axes do not give, or that an exclusion took out. An axis that is not named takes all its values.",
			shape: includeShape},
		{name: "expect-failure", doc: "Failures that are known, tracked and accepted for a time.", shape: expectFailureShape},
		{name: "events",
			doc: "What runs on which event of GitHub. Without this key, everything on every event; with it, an event that is not named runs nothing and is green.",
			shape: &shape{what: "a mapping of events to what runs",
				example: "events:\n  pull_request: {cover: all}", keys: eventKeys(eventShape)}},
		{name: "follow-up",
			doc:   "Runs a few more cells after a run whose results do not tell two explanations apart: those whose results would, of what an event or a covering set had left out.",
			shape: followUpShape},
		{name: "budget", doc: "What a run may take.", shape: budgetShape},
		{name: "gate",
			doc: "Which findings make a run red: `new` or `all`, for every event or for each; and exceptions for kinds of findings.",
			shape: &shape{what: "new, all, or a mapping of events to these",
				example: "gate: {pull_request: new, schedule: all}", scalar: &scalar{words: gateModes}, keys: gateKeys()}},
	},
}
