package diagnosis

import "regexp"

// The machine that ran the job went away, or somebody stopped it
// (actions/runner, GitHub's hosted runners, Azure's agents).

var runnerLost = rule{
	name: "runner-lost/machine", class: RunnerLost, blame: BlameRunner, retryable: true,
	signs: []sign{
		{has: "the runner has received a shutdown signal"},
		{has: "lost communication with the server"},
		{has: "the self-hosted runner lost"},
		{has: "the hosted runner * lost"},
		{has: "the hosted runner encountered an error"},
		{has: "the job was not acquired by runner"},
		{has: "runner service is stopped"},
		{has: "the runner * is offline"},
		{has: "received request to deprovision"},
		{has: "we stopped hearing from agent"},
		{has: "agent lost communication"},
		{has: "runner lost communication"},
		{has: "job failed (system failure)"},
		{has: "waiting for a runner to pick up this job"},
		{has: "lost communication with the"},
		{has: "no runner matching the specified labels"},
		{has: "no runner * online"},
		{has: "execution took longer than"},
		{has: "vm instance was preempted"},
		{has: "instance was terminated"},
		{has: "spot instance interruption"},
		{has: "runner * has been removed"},
		{has: "a session for this runner already exists"},
		{has: "exceeded the maximum execution time"},
		{has: "too long with no output"},
		{has: "recent account payments have failed"},
		{has: "agent was lost"},
		{has: "channelclosedexception"},
		{has: "no enabled runners online"},
		{has: "cannot contact * exception"},
		{has: "runner registration has been deleted"},
		{has: "the job has been abandoned"},
		{has: "higher priority waiting request"},
		{has: "no hosted parallelism has been"},
		{has: "stuck_or_timeout_failure"},
		{has: "runner_system_failure"},
		{has: "job failed: prepare environment:"},
		{has: "no runner assigned"},
		{has: "agent lost)"},
		{has: "agent was deleted"},
		{has: "does not seem to be touching the log file"},
		{has: "pod failed to come online"},
		{has: "is unhealthy with phase status"},
		{has: "spot interruption"},
		{has: "the job has timed out"},
		{has: "github actions has encountered an internal error"},
	},
	fix: "Run the job again.",
	examples: []example{
		{layer: "runner", log: "##[error]The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled."},
		{layer: "runner", log: "The self-hosted runner: ci-7 lost communication with the server. Verify the machine is running and has a healthy network connection."},
		{layer: "runner", log: "The job was not started because recent account payments have failed or your spending limit needs to be increased."},
	},
}

var runnerCanceled = rule{
	name: "runner-lost/canceled", class: RunnerLost, blame: BlameRunner, retryable: true,
	signs: []sign{
		{has: "##[error]the operation was canceled"},
		{has: "the operation was canceled"},
		{has: "the operation was cancelled"},
		{has: "this job was cancelled"},
		{has: "process completed with exit code 143"},
		{has: "process completed with exit code 137"},
		{has: "exit code 143"},
		{has: "has timed out after * minutes"},
		{has: "signal: terminated"},
		{has: "signal: killed"},
		{has: "signal: interrupt"},
	},
	fix: "Run the job again; where it was its time limit, see what it waited for.",
	examples: []example{
		{layer: "runner", log: "2026-01-02T10:00:00.0000000Z ##[error]The operation was canceled."},
	},
}

// A runner or an agent of which any program says that it is gone.
var runnerGone = rule{
	name: "runner-lost/gone", class: RunnerLost, blame: BlameRunner, retryable: true,
	layers: []string{"runner"},
	signs: []sign{
		{has: "runner", match: gone},
		{has: "agent", match: gone, unless: []string{"ssh", "user-agent"}},
		{has: "spot instance", match: gone},
		{has: "preemptible", match: gone},
		{has: "machine", match: gone},
		{has: "executor", match: gone},
	},
	fix: "Run the job again.",
	examples: []example{
		{layer: "runner", log: "The build stopped: runner ci-7 was preempted"},
		{layer: "runner", log: "spot instance i-0a1b was reclaimed while the job ran"},
	},
}

// gone is what happens to machines.
var gone = regexp.MustCompile(`(?i)\b(?:runner|agent|instance|machine|executor|vm)\b.*\b(?:is lost|was lost|disconnected|preempted|reclaimed|went away|went offline|is offline|deprovisioned|shut down|stopped responding|did not come online|was (?:terminated|evicted)|unresponsive|became unreachable)\b|(?i)SIGTERM.*\brunner\b`)
