package diagnosis

// A hook of the chart did not succeed (helm.sh/helm/pkg/action/hooks.go).

var hookFailed = rule{
	name: "hook-failed", class: HookFailed, blame: BlameChartOrEnv,
	layers: []string{"install", "upgrade", "uninstall"},
	signs: []sign{
		{has: "failed pre-install:"},
		{has: "failed post-install:"},
		{has: "failed pre-upgrade:"},
		{has: "failed post-upgrade:"},
		{has: "failed pre-delete:"},
		{has: "failed post-delete:"},
		{has: "failed pre-rollback:"},
		{has: "failed post-rollback:"},
		{has: "pre-upgrade hooks failed"},
		{has: "post-upgrade hooks failed"},
		{has: "pre-install hooks failed"},
		{has: "post-install hooks failed"},
		{has: "pre-rollback hooks failed"},
		{has: "hooks failed:"},
		{has: "hook * failed", unless: []string{"webhook"}},
		{has: "hook execution failed"},
		{has: "release \"* could not complete: "}, // Helm's own warning of a hook
		{has: "hook * exited with", unless: []string{"webhook"}},
		{has: "hook * did not complete", unless: []string{"webhook"}},
		{has: "job * failed: deadlineexceeded"},
		{has: "hook[*]: command"},
		{has: "job failed. failed: "},
		{has: "job * failed: backofflimitexceeded"},
		{has: "job failed: ", unless: []string{"exit code", "exit status", "execution took"}},
		{has: "backofflimitexceeded"},
		{has: "job has reached the specified backoff limit"},
		{has: "deadlineexceeded * job was active longer than specified deadline"},
		{has: "job was active longer than specified deadline"},
	},
	over: map[Class]string{RolloutTimeout: "what was waited for is the hook"},
	examples: []example{
		{layer: "upgrade", log: "Error: UPGRADE FAILED: pre-upgrade hooks failed: 1 error occurred:\n\t* job migrate failed: BackoffLimitExceeded", key: 1},
		{layer: "install", log: "Error: INSTALLATION FAILED: failed post-install: 1 error occurred:\n\t* timed out waiting for the condition", key: 1},
		{layer: "upgrade", log: "client.go:699: shop-migrate: Jobs active: 1, jobs failed: 3, jobs succeeded: 0\nwarning: Release \"shop\" pre-upgrade shop/templates/migrate.yaml could not complete: timed out waiting for the condition", key: 2},
		{layer: "install", log: "in ./helmfile.yaml: failed processing release shop: hook[./wait.sh]: command `./wait.sh` exited with non-zero status"},
	},
}
