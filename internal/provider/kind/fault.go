package kind

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/provider"
)

// fault is a way in which kind and Docker are known to fail.
type fault struct {
	pattern *regexp.Regexp
	// is is the error of package provider that it wraps; nil for a failure
	// that would come again.
	is error
	// again says that booting once more is worth its time.
	again bool
	// says is what happened and what to do next.
	says string
}

// faults are tried in this order: what would come again before what may pass,
// since kind ends most of its reports with the same general sentence.
func faults() []fault {
	f := func(pattern string, is error, again bool, says string) fault {
		return fault{regexp.MustCompile(`(?i)` + pattern), is, again, says}
	}
	return []fault{
		f(`node\(s\) already exist for a cluster|container name .* is already in use`, provider.ErrExists, false,
			"there is a cluster of this name"),

		f(`(cannot|failed to) connect to the docker (daemon|api)|error during connect|docker\.sock: connect:|is the docker daemon running`, provider.ErrUnavailable, false,
			"Docker does not answer; start it, or set DOCKER_HOST"),
		f(`permission denied while trying to connect to the docker`, provider.ErrUnavailable, false,
			"this user may not use Docker; add it to the group docker, or run as root"),
		f(`"docker": executable file not found`, provider.ErrUnavailable, false,
			"docker is not installed; install it from https://docs.docker.com/engine/install/"),

		f(`no space left on device`, provider.ErrTransient, false,
			"the disk is full; `docker system df` shows what Docker holds"),
		f(`toomanyrequests|pull rate limit`, provider.ErrTransient, false,
			"the registry limits how often images are pulled; log in to it, use a mirror, or pull the image beforehand"),
		f(`manifest unknown|manifest for .* not found|repository does not exist|pull access denied|no matching manifest`, nil, false,
			"the registry has no such node image"),
		f(`failed to pull image`, provider.ErrTransient, false, // kind itself tried five times
			"the node image could not be pulled"),
		f(`not present locally`, nil, false,
			"an image to load is not on this machine; `docker pull` or `docker build` it first"),
		f(`cgroup v1 .*(not supported|unsupported)|kubelet is configured to not run on a host using cgroup v1`, nil, false,
			"this Kubernetes needs a host with cgroup v2"),
		f(`too many open files`, nil, false,
			"the kernel's inotify limits are too low for another cluster; raise fs.inotify.max_user_instances to 512 "+
				"(https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files)"),
		f(`no such host path|all predefined address pools have been fully subnetted`, nil, false,
			"Docker has no network left; `docker network prune` removes the unused ones"),

		f(`port is already allocated|address already in use`, provider.ErrTransient, true,
			"the port of the API server was taken while the node started"),
		f(`could not find a log line that matches|failed to (init|join) node with kubeadm|failed to (create|prepare) kubeadm config`, provider.ErrTransient, true,
			"a node did not boot"),
		f(`failed to (install|apply|add|remove) |connection refused|connection reset|i/o timeout|tls handshake timeout|context deadline exceeded|temporary failure|was refused - did you specify`, provider.ErrTransient, true,
			"the cluster did not answer while it was set up"),
	}
}

// failure is a command of kind or Docker that failed.
type failure struct {
	command string // kind create cluster
	says    string
	is      error // may be nil
	again   bool
	tail    string
}

// Error names the command, what is known of the failure, and the last lines.
func (f *failure) Error() string {
	says := f.says
	if f.is != nil {
		says += " (" + f.is.Error() + ")"
	}
	if f.tail == "" {
		return fmt.Sprintf("%s: %s", f.command, says)
	}
	return fmt.Sprintf("%s: %s\n%s", f.command, says, f.tail)
}

// Unwrap gives ErrExists, ErrTransient, ErrUnavailable or nil.
func (f *failure) Unwrap() error { return f.is }

// tailLines is how much of its output a failed command is quoted with.
const tailLines = 15

// diagnose tells what the output of a failed command means.
func diagnose(command string, exitCode int, output string) *failure {
	out := &failure{command: command, says: fmt.Sprintf("exit code %d", exitCode), tail: lastLines(output, tailLines)}
	for _, f := range faults() {
		if f.pattern.MatchString(output) {
			out.says, out.is, out.again = f.says, f.is, f.again
			break
		}
	}
	return out
}

// routine is what kind prints whatever happens: its steps, and what it thinks of
// the machine.
var routine = []string{"using docker due to ", "cgroup v1 is deprecated", "Creating cluster ", "Deleting cluster ", "• ", "✓ "}

// lastLines gives the last lines that say something.
func lastLines(text string, n int) string {
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || slices.ContainsFunc(routine, func(start string) bool { return strings.HasPrefix(line, start) }) {
			continue
		}
		lines = append(lines, line)
	}
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
