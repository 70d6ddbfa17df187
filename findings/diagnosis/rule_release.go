package diagnosis

import "regexp"

// What an earlier operation left stands in the way of this one
// (helm.sh/helm/pkg/action, pkg/storage; server-side apply's conflicts).

var releaseBusy = rule{
	name: "release-state/busy", class: ReleaseState, blame: BlameChartOrEnv, retryable: true,
	signs: []sign{
		{has: "another operation (install/upgrade/rollback)"},
		{has: "because it is being terminated"},
		{has: "object is being deleted"},
		{has: "namespace * is being terminated"},
		{has: "the object has been modified; please apply your changes to the latest version"},
	},
	fix: "Wait until the other operation, or the deletion, is over. Where none is under way, `helm rollback` to the last good revision, or delete the pending release's secret.",
	examples: []example{
		{layer: "upgrade", log: "Error: UPGRADE FAILED: another operation (install/upgrade/rollback) is in progress"},
		{layer: "install", log: "Error: INSTALLATION FAILED: secrets \"web\" is forbidden: unable to create new content in namespace shop because it is being terminated"},
	},
}

var releaseState = rule{
	name: "release-state/left-over", class: ReleaseState, blame: BlameChartOrEnv,
	layers: chartLayers,
	signs: []sign{
		{has: "cannot re-use a name that is still in use"},
		{has: "cannot reuse a name that is still in use"},
		{has: "has no deployed releases"},
		{has: "invalid ownership metadata"},
		{has: "meta.helm.sh/release-name* must "},
		{has: "rendered manifests contain a resource that already exists"},
		{has: "exists and cannot be imported into the current release"},
		{has: "release: already exists"},
		{has: "release: not found"},
		{has: "release: \"* not found"},
		{has: "a release named * already exists"},
		{has: "existing resource conflict:"},
		{has: "no * with the name \"* found", match: regexp.MustCompile(`(?i)error: .*no [A-Z]\w+ with the name `)},
		{has: "pending-rollback", match: regexp.MustCompile(`(?i)status|release|history|\spending-rollback\s*$`)},
		{has: "release has no 0 version"},
		{has: "no revision for release"},
		{has: "etcdserver: request is too large"},
		{has: "request entity too large"},
		{has: "too long: must have at most"},
		{has: "larger than max"},
		{has: "pending-install", match: regexp.MustCompile(`(?i)status|release|history`)},
		{has: "pending-upgrade", match: regexp.MustCompile(`(?i)status|release|history`)},
		{has: "failed to replace object"},
		{has: "uninstall: release not loaded"},
		{has: "apply failed with * conflict"},
		{has: "conflict with \"* using"},
		{has: "secret * sh.helm.release.v1"},
		{has: "error from server (alreadyexists)"},
		{has: "already exists", match: regexp.MustCompile(`\b[a-z]+s(?:\.[a-z0-9.-]+)? \\?"[^"]+" already exists`)},
	},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: cannot re-use a name that is still in use"},
		{layer: "install", log: "Error: INSTALLATION FAILED: Unable to continue with install: ClusterRole \"web\" in namespace \"\" exists and cannot be imported into the current release: invalid ownership metadata; annotation validation error: key \"meta.helm.sh/release-name\" must equal \"b\": current value is \"a\""},
		{layer: "upgrade", log: "Error: UPGRADE FAILED: \"shop\" has no deployed releases"},
		{layer: "upgrade", log: "Error: UPGRADE FAILED: no Ingress with the name \"shop\" found"},
	},
}
