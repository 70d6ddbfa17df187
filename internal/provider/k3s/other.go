//go:build !linux

package k3s

import (
	"context"
	"fmt"
	"runtime"

	"github.com/posthog/chart-matrix/internal/provider"
)

func unavailable() error {
	return fmt.Errorf("%w: k3s runs on Linux, and this is %s; use the provider kind", provider.ErrUnavailable, runtime.GOOS)
}

func (p *Provider) up(context.Context, provider.Request) (*provider.Cluster, error) {
	return nil, unavailable()
}

func (p *Provider) down(_ context.Context, ref provider.Ref) error {
	return provider.CheckRef(Name, ref) // there is none here
}

func (p *Provider) list(context.Context) ([]provider.Ref, error) { return nil, unavailable() }
