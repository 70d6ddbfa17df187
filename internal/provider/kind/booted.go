package kind

import (
	"context"

	"github.com/posthog/chart-matrix/internal/cluster"
)

// booted waits until a cluster is ready: its nodes, its DNS, its default
// StorageClass, the account that pods run as. It gives the version that the API
// server reports.
func booted(ctx context.Context, kubeconfig, kubeContext string) (string, error) {
	c, err := cluster.Open(kubeconfig, kubeContext)
	if err != nil {
		return "", err
	}
	if err := c.Booted(ctx); err != nil {
		return "", err
	}
	return c.Version(ctx)
}
