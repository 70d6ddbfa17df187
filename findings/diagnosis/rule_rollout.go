package diagnosis

import "regexp"

// What was installed does not become ready, and nothing says why
// (helm.sh/helm/pkg/kube, kubectl rollout status and wait, the deployment controller).

var rolloutTimeout = rule{
	name: "rollout-timeout", class: RolloutTimeout, blame: BlameChartOrEnv,
	layers: []string{"install", "upgrade", "uninstall", "test", "kubetest", "k6", "command"},
	signs: []sign{
		{has: "failed: timed out waiting for the condition"},
		{has: "failed: context deadline exceeded"},
		{has: "timed out waiting for the condition", unless: syncing},
		{has: "exceeded its progress deadline"},
		{has: "progressdeadlineexceeded"},
		{has: "resource not ready, name:"},
		{has: "due to stalled resources"},
		{has: "* not ready. status:"},
		{has: "has been uninstalled due to atomic being set"},
		{has: "has been rolled back due to atomic being set"},
		{has: "has been rolled back due to rollback-on-failure being set"},
		{has: "has been uninstalled due to rollback-on-failure being set"},
		{has: "would exceed context deadline"},
		{has: "client rate limiter wait returned an error"},
		{has: "error: timed out waiting"},
		{has: "timed out waiting for", unless: syncing},
		{has: "timeout waiting for"},
		{has: "context deadline exceeded", unless: []string{"get http", "get \"http", "head \"http", "post \"http", "retry"}},
		{has: "minimumreplicasunavailable"},
		{has: "does not have minimum availability"},
		{has: "did not become ready"},
		{has: "still not ready"},
		{has: "could not stabilize within"},
		{has: "is still rolling out"},
		{has: "failed to fully initialize or become live"},
		{has: "timed out waiting to be ready"},
		{has: "not ready within"},
		{has: "failed to become ready"},
		{has: "never became ready"},
		{has: "to stabilize within"},
		{has: "did not reach * in ", match: regexp.MustCompile(`(?i)\b(?:running|ready|available|healthy)\b.*\bin \d+`)},
		{has: "failed to become available"},
		{has: "to become available within"},
		{has: "did not become available"},
		{has: "did not become healthy"},
		{has: "waiting for * deadline exceeded"},
		{has: "rollout * timed out after"},
		{has: "watch closed before untilwithoutretry timeout"},
		{has: "time out waiting for"},
		{has: "available after", match: regexp.MustCompile(`\b\d+/\d+ .*available after \d`)},
		{has: "deadline exceeded waiting"},
		{has: "not * ready within"},
		{has: "rollout of * stuck"},
		{has: "failed - retrying: * ready * (1 retries left)"},
		{has: "not ready after"},
		{has: "timed out", match: regexp.MustCompile(`(?i)\b(?:deployment|statefulset|daemonset|rollout)s?[ /][\w./-]+:? (?:has )?timed out\b`)},
		{has: "timeout * waiting for"},
		{has: "timed out after * waiting for"},
		{has: "ready after * giving up"},
	},
	examples: []example{
		{layer: "install", log: "Error: INSTALLATION FAILED: timed out waiting for the condition"},
		{layer: "upgrade", key: 2, log: "Waiting for deployment \"web\" rollout to finish: 1 out of 2 new replicas have been updated...\nerror: deployment \"web\" exceeded its progress deadline"},
		{layer: "install", log: "Error: deployment \"web\" did not become available: 0/2 replicas"},
		{layer: "test", log: "pod web-0 did not reach phase Running in 120s"},
		{layer: "install", log: "Timeout expired (600s) waiting for deployment shop to be ready"},
	},
}

var notReady = rule{
	name: "rollout-timeout/not-ready", class: RolloutTimeout, blame: BlameChartOrEnv,
	layers: []string{"install", "upgrade"},
	signs: []sign{
		{has: "waiting for * rollout to finish"},
		{has: "readiness probe failed"},
		{has: "startup probe failed"},
		{has: "expected pods are ready"},
	},
	examples: []example{
		{layer: "install", log: "Warning  Unhealthy  2s (x40 over 5m)  kubelet  Readiness probe failed: HTTP probe failed with statuscode: 500"},
	},
}

// syncing is what a pod's first seconds look like on a busy node; it passes.
var syncing = []string{"failed to sync configmap cache", "failed to sync secret cache"}
