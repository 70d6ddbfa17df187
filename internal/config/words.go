package config

import "regexp"

// The words of the configuration that have a fixed meaning.
var (
	layerNames     = []string{"lint", "render", "schema", "unit", "install", "upgrade", "test", "kubetest", "k6", "command", "uninstall"}
	operationNames = []string{"install", "upgrade"}
	gateModes      = []string{"new", "all"}
	gateLevels     = []string{"fail", "warn", "ignore"}
	// gateKinds are the kinds of findings, the columns of the table in
	// docs/configuration.md. "errored" stands for lost cells, too.
	gateKinds = []string{"new", "pre-existing", "expected", "overdue", "flaky", "errored", "leak", "nothing-ran"}
	// eventNames are the events that can start a workflow, usual ones first
	// (https://docs.github.com/actions/reference/workflows-and-actions/events-that-trigger-workflows).
	eventNames = []string{
		"pull_request", "push", "merge_group", "schedule", "release", "workflow_dispatch",
		"branch_protection_rule", "check_run", "check_suite", "create", "delete", "deployment", "deployment_status",
		"discussion", "discussion_comment", "fork", "gollum", "image_version", "issue_comment", "issues", "label",
		"milestone", "page_build", "public", "pull_request_review", "pull_request_review_comment",
		"pull_request_target", "registry_package", "repository_dispatch", "status", "watch", "workflow_call", "workflow_run",
	}
)

// Bounds of what GitHub runs: four matrices of 256 jobs each, and five days for
// a job on a runner of one's own; hosted runners end it after six hours
// (https://docs.github.com/actions/reference/limits).
const (
	maxJobs              = 1024
	maxTimeoutMinutes    = 7200
	hostedTimeoutMinutes = 360
)

// Forms of text. Release and namespace follow Helm (at most 53 characters,
// https://helm.sh/docs/chart_best_practices) and Kubernetes (a DNS label,
// https://kubernetes.io/docs/concepts/overview/working-with-objects/names/).
var (
	nameForm      = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	releaseForm   = regexp.MustCompile(`^[a-z0-9]([-a-z0-9.]{0,51}[a-z0-9])?$`)
	namespaceForm = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$`)
	hostedLabel   = regexp.MustCompile(`^(ubuntu|windows|macos)-`)
	durationForm  = regexp.MustCompile(`^(0|[1-9][0-9]{0,4})[smh]$`)
	dateForm      = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}$`)
)
