package kind

import (
	"errors"
	"testing"

	"github.com/posthog/chart-matrix/internal/provider"
)

// TestDiagnose holds what kind and Docker print, in the forms that their
// sources and their users' reports show, against what we make of it.
func TestDiagnose(t *testing.T) {
	for _, c := range []struct {
		output string
		is     error
		again  bool
		says   string
	}{
		{`ERROR: failed to create cluster: node(s) already exist for a cluster with the name "a"`, provider.ErrExists, false, "there is a cluster of this name"},
		{`docker: Error response from daemon: Conflict. The container name "/a-control-plane" is already in use by container "1f"`, provider.ErrExists, false, "there is a cluster of this name"},
		{"ERROR: failed to create cluster: failed to get docker info: command \"docker info\" failed\nCannot connect to the Docker daemon at unix:///run/docker.sock.", provider.ErrUnavailable, false, "Docker does not answer; start it, or set DOCKER_HOST"},
		{"failed to connect to the docker API at unix:///run/docker.sock; check if the path is correct and if the daemon is running", provider.ErrUnavailable, false, "Docker does not answer; start it, or set DOCKER_HOST"},
		{"permission denied while trying to connect to the Docker daemon socket", provider.ErrUnavailable, false, "this user may not use Docker; add it to the group docker, or run as root"},
		{`exec: "docker": executable file not found in $PATH`, provider.ErrUnavailable, false, "docker is not installed; install it from https://docs.docker.com/engine/install/"},
		{"docker: write /var/lib/docker/tmp: no space left on device", provider.ErrTransient, false, "the disk is full; `docker system df` shows what Docker holds"},
		{"ERROR: failed to pull image \"kindest/node:v1.34.4\"\nCommand Output: toomanyrequests: You have reached your unauthenticated pull rate limit.", provider.ErrTransient, false, "the registry limits how often images are pulled; log in to it, use a mirror, or pull the image beforehand"},
		{"failed to pull image \"kindest/node:v1.99.0\"\nmanifest for kindest/node:v1.99.0 not found: manifest unknown", nil, false, "the registry has no such node image"},
		{"failed to pull image \"x\"\ndial tcp: lookup registry-1.docker.io: i/o timeout", provider.ErrTransient, false, "the node image could not be pulled"},
		{"cgroup v1 is deprecated in Kubernetes and will not be supported in a future kind release, please upgrade to cgroup v2\n" +
			"ERROR: failed to create cluster: failed to pull image \"kindest/node:v1.35.0\": command \"docker pull kindest/node:v1.35.0\" failed with error: exit status 1\n\n" +
			"Command Output: Error response from daemon: Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io on 10.0.0.1:53: no such host", provider.ErrTransient, false, "the node image could not be pulled"},
		{"failed to init node with kubeadm: client rate limiter Wait returned an error: context deadline exceeded", provider.ErrTransient, true, "a node did not boot"},
		{`ERROR: image: "app:1" not present locally`, nil, false, "an image to load is not on this machine; `docker pull` or `docker build` it first"},
		{"failed to init node with kubeadm\nkubelet is configured to not run on a host using cgroup v1", nil, false, "this Kubernetes needs a host with cgroup v2"},
		{"failed to join node with kubeadm\nFailed to create inotify object: Too many open files", nil, false,
			"the kernel's inotify limits are too low for another cluster; raise fs.inotify.max_user_instances to 512 (https://kind.sigs.k8s.io/docs/user/known-issues/#pod-errors-due-to-too-many-open-files)"},
		{"failed to ensure docker network: all predefined address pools have been fully subnetted", nil, false, "Docker has no network left; `docker network prune` removes the unused ones"},
		{"driver failed programming external connectivity: Bind for 127.0.0.1:41234 failed: port is already allocated", provider.ErrTransient, true, "the port of the API server was taken while the node started"},
		{`could not find a log line that matches "Reached target .*Multi-User System.*|detected cgroup v1"`, provider.ErrTransient, true, "a node did not boot"},
		{"failed to init node with kubeadm: timed out waiting for the condition", provider.ErrTransient, true, "a node did not boot"},
		{"failed to add default storage class: The connection to the server localhost:6443 was refused - did you specify the right host or port?", provider.ErrTransient, true, "the cluster did not answer while it was set up"},
		{"", nil, false, "exit code 1"},
		{"boom", nil, false, "exit code 1"},
	} {
		got := diagnose("kind create cluster", 1, c.output)
		if got.says != c.says || got.again != c.again || !errors.Is(got, c.is) && c.is != nil || c.is == nil && got.is != nil {
			t.Errorf("%q\n gives %q, %v, again %t\nwant %q, %v, again %t", c.output, got.says, got.is, got.again, c.says, c.is, c.again)
		}
	}
}

func TestFailureQuotesTheLastLines(t *testing.T) {
	f := diagnose("docker rm", 1, "a\n\n  b  \n")
	if got := f.Error(); got != "docker rm: exit code 1\na\nb" {
		t.Errorf("%q", got)
	}
	if got := lastLines("1\n2\n3", 2); got != "2\n3" {
		t.Errorf("%q", got)
	}
}
