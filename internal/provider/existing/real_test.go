package existing

import (
	"context"
	"os"
	"testing"

	"github.com/posthog/chart-matrix/internal/cluster"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
	"github.com/posthog/chart-matrix/matrix"
)

// TestRealCluster runs the suite against the cluster of a kubeconfig with one
// context, where EXISTING_KUBECONFIG names one. It is locked and unlocked, and
// nothing else is done to it.
func TestRealCluster(t *testing.T) {
	path := os.Getenv("EXISTING_KUBECONFIG")
	if path == "" {
		t.Skip("EXISTING_KUBECONFIG names no kubeconfig")
	}
	c, err := cluster.Open(path, "")
	if err != nil {
		t.Fatal(err)
	}
	text, err := c.Version(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	version, err := matrix.ParseVersion(text)
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
		p := &Provider{Kubeconfig: path, Booted: func(ctx context.Context, kubeconfig, kubeContext string) error {
			c, err := cluster.Open(kubeconfig, kubeContext)
			if err != nil {
				return err
			}
			return c.Booted(ctx)
		}}
		return p, func(ref provider.Ref) provider.Request {
			return provider.Request{Ref: ref, Version: version, Dir: t.TempDir()}
		}
	}, providertest.Single())
}
