// Package k3s makes clusters of one node with k3s, on this machine and as root.
//
// # One at a time
//
// A machine has one k3s at a time, and a second one is refused. k3s can move
// its data, its ports and its networks (--data-dir, --https-listen-port,
// --cluster-cidr, --service-cidr), and not what follows, which two of them
// would take from each other:
//
//   - containerd's socket and state, /run/k3s/containerd
//     (pkg/agent/config/config_linux.go of github.com/k3s-io/k3s);
//   - the bridge cni0, the device flannel.1, /run/flannel/subnet.env and the
//     addresses in /var/lib/cni/networks/cbr0
//     (pkg/agent/flannel/setup_linux.go and flannel.go);
//   - the chains KUBE-* and FLANNEL-* of the firewall, which kube-proxy keeps
//     as it wants them every 30 seconds;
//   - the kubelet's port 10250 and folder /var/lib/kubelet, which node agents
//     and storage drivers in charts mount by that name.
//
// A container has its own of all these; where several clusters are wanted on
// one machine, kind is the provider. AtOnce tells the pool.
//
// # What is removed
//
// k3s leaves its containers running when it ends; its k3s-killall.sh removes
// whatever looks like Kubernetes (https://docs.k3s.io/upgrades/killall). Down
// removes the same things and only ours: what has a fixed name cannot have
// been there before, since Up refuses such a machine, and for the rest Up
// notes what was there. Nothing is deleted beneath a mount point.
package k3s

import (
	"context"
	"net/http"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
)

// Name is what users call the provider.
const Name = "k3s"

// Where k3s publishes itself, and where things are kept here. Root owns the
// folders, so that nobody else can change what is run as root.
const (
	// DefaultChannels answers which release is the newest of a minor version
	// (https://github.com/rancher/channelserver).
	DefaultChannels = "https://update.k3s.io/v1-release/channels"
	// DefaultReleases has the files of each release below its tag.
	DefaultReleases = "https://github.com/k3s-io/k3s/releases/download"
	DefaultCache    = "/var/cache/chart-matrix/k3s"
	DefaultState    = "/var/lib/chart-matrix/k3s"
	// DefaultBoot is how long a cluster may take until it is ready.
	DefaultBoot = 5 * time.Minute
)

// Provider makes k3s clusters. Booted must be set; every other zero value
// means the default. It may be used by several goroutines at once.
type Provider struct {
	// Booted returns once the cluster is ready, or with what holds it up when
	// the context ends.
	Booted func(ctx context.Context, kubeconfig, context string) error
	// Binary is a k3s program to use instead of a released one, as K3S_BINARY
	// names it. It must be of the version that is asked for.
	Binary string
	// Channels and Releases are base URLs of mirrors.
	Channels, Releases string
	// Versions names the release for a Kubernetes version, "1.33" or "1.33.4",
	// that is not to be asked for: v1.33.4+k3s1.
	Versions map[string]string
	// Cache keeps released programs, State what is known of the clusters here
	// and their data. State must be the same for Up, Down and List.
	Cache, State string
	// Disable names packaged components that are not deployed: coredns,
	// servicelb, traefik, local-storage or metrics-server. A cluster without
	// coredns never becomes ready.
	Disable []string
	// Registries is a file with mirrors of registries
	// (https://docs.k3s.io/installation/private-registry); empty for
	// /etc/rancher/k3s/registries.yaml where there is one.
	Registries string
	// Arguments are added to `k3s server`, such as --kubelet-arg=max-pods=50.
	Arguments []string
	// Boot is how long a cluster may take until it is ready.
	Boot time.Duration
	// HTTP fetches releases; nil for a client of its own.
	HTTP *http.Client

	host host // a test has its own
}

// Name implements provider.Provider.
func (p *Provider) Name() string { return Name }

// AtOnce is how many clusters of this provider a machine can have.
func (p *Provider) AtOnce() int { return 1 }

// Up implements provider.Provider. A machine that runs another Kubernetes node,
// or on which one has left its network, gives provider.ErrUnavailable.
func (p *Provider) Up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	return p.up(ctx, r)
}

// Down implements provider.Provider.
func (p *Provider) Down(ctx context.Context, ref provider.Ref) error { return p.down(ctx, ref) }

// List implements provider.Provider.
func (p *Provider) List(ctx context.Context) ([]provider.Ref, error) { return p.list(ctx) }

func (p *Provider) cache() string { return or(p.Cache, DefaultCache) }
func (p *Provider) state() string { return or(p.State, DefaultState) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
