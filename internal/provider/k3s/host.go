package k3s

import (
	"path/filepath"
	"time"
)

// host is the machine, as the provider sees it. The zero value is the real one.
type host struct {
	root   string        // in front of the paths below; empty for none
	asRoot bool          // do as if this were root
	stall  time.Duration // see stallAfter
	// busy tells whether a TCP port is taken.
	busy func(port int) bool
	// links gives the network devices.
	links func() ([]link, error)
	// tools is where ip, iptables-save and the like are looked for; nil for PATH.
	tools []string
}

// link is a network device.
type link struct {
	name  string
	index int
}

func (h host) path(p string) string { return filepath.Join(h.root, p) }

// sharedPaths is what k3s, its containerd, CNI and the kubelet write outside of
// the data folder; inner ones first. Those that were not there before go with
// the cluster.
func sharedPaths() []string {
	return []string{
		"/run/k3s", "/run/flannel", "/run/containerd",
		"/var/lib/cni/networks/cbr0", "/var/lib/cni/networks", "/var/lib/cni/results", "/var/lib/cni/flannel", "/var/lib/cni",
		"/var/lib/kubelet", "/var/log/pods", "/var/log/containers", "/usr/libexec/kubernetes",
		"/etc/rancher/node", "/etc/rancher", "/var/lib/rancher",
	}
}

// sharedLinks are the network devices that k3s makes, whatever its settings:
// flannel's bridge, and the devices of its backends.
func sharedLinks() []string {
	return []string{"cni0", "flannel.1", "flannel-v6.1", "flannel-wg", "flannel-wg-v6", "kube-ipvs0"}
}

// sharedPorts are the TCP ports of a node that have no setting of k3s:
// kube-proxy's and the kubelet's, those of the controllers, and containerd's
// (https://docs.k3s.io/installation/requirements).
func sharedPorts() []int {
	return []int{10010, 10248, 10249, 10250, 10256, 10257, 10258, 10259}
}

const (
	netnsDir  = "/run/netns"
	socketDir = "/run/containerd/s" // of the shims of every containerd here
	cgroupDir = "/sys/fs/cgroup"
)
