package cli

import (
	"context"
	"slices"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/cluster"
	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/existing"
	"github.com/posthog/chart-matrix/internal/provider/k3s"
	"github.com/posthog/chart-matrix/internal/provider/kind"
)

// providers lists where clusters can come from. The static layers know how each
// of them reports its version; none is contacted for that.
var providers = []string{"aks", "doks", "eks", "existing", "gke", "k3s", "kind"}

// clusterMakers lists those of them that this version can make clusters with.
func clusterMakers() []string { return []string{existing.Name, k3s.Name, kind.Name} }

// clusterWays says where a failure can be reproduced. Anybody with Docker has
// kind; k3s runs on this machine as root.
func clusterWays() findings.Clusters {
	return findings.Clusters{Local: []string{kind.Name, k3s.Name}, Made: clusterMakers()}
}

func makesClusters(name string) bool { return slices.Contains(clusterMakers(), name) }

// execFunc runs a program as command.Run does.
type execFunc = func(context.Context, command.Spec) (command.Result, error)

// clusterProvider makes the provider of that name, with its settings; nil for
// one that this version makes no clusters with. A new one is a case here.
func clusterProvider(env Env, name string, s config.Provider, exec execFunc, thisCluster bool) provider.Provider {
	switch name {
	case existing.Name:
		files := s.Kubeconfig
		if files == "" {
			files = env.Getenv("KUBECONFIG")
		}
		return &existing.Provider{Kubeconfig: files, Context: s.Context, Namespace: s.LockNamespace, AllowProduction: thisCluster, Booted: booted(), Now: env.Now}
	case k3s.Name:
		var without []cluster.Part
		if slices.Contains(s.Disable, "coredns") {
			without = append(without, cluster.PartDNS)
		}
		if slices.Contains(s.Disable, "local-storage") {
			without = append(without, cluster.PartStorageClass)
		}
		return &k3s.Provider{
			Binary: env.Getenv("K3S_BINARY"), Releases: s.Releases, Channels: s.Channels, Cache: s.Cache, Versions: s.KubernetesVersion,
			Disable: s.Disable, Registries: s.Registries, Arguments: s.Arguments, Booted: booted(without...),
		}
	case kind.Name:
		ready := booted()
		return &kind.Provider{
			Images: s.Images, Preload: s.Preload, Mirrors: s.Mirrors, Exec: exec,
			Booted: func(ctx context.Context, kubeconfig, kubeContext string) (string, error) {
				if err := ready(ctx, kubeconfig, kubeContext); err != nil {
					return "", err
				}
				c, err := cluster.Open(kubeconfig, kubeContext)
				if err != nil {
					return "", err
				}
				return c.Version(ctx)
			},
		}
	}
	return nil
}

// allProviders gives every provider that clusters can have been made with, as
// down and sweep need them.
func allProviders(env Env) []provider.Provider {
	var all []provider.Provider
	for _, name := range clusterMakers() {
		all = append(all, clusterProvider(env, name, config.Provider{}, nil, true))
	}
	return all
}

// booted is the check that a cluster is whole, but for the parts that it has none of.
func booted(without ...cluster.Part) func(ctx context.Context, kubeconfig, kubeContext string) error {
	return func(ctx context.Context, kubeconfig, kubeContext string) error {
		c, err := cluster.Open(kubeconfig, kubeContext)
		if err != nil {
			return err
		}
		return c.Booted(ctx, without...)
	}
}
