package k3s

import (
	"context"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"

	"github.com/posthog/chart-matrix/internal/cluster"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/providertest"
)

// TestRealK3s runs the suite with a real k3s, where K3S_BINARY names one and
// this is root: as on a runner of GitHub, after
//
//	curl -fLo /tmp/k3s https://github.com/k3s-io/k3s/releases/download/v1.33.4+k3s1/k3s && chmod +x /tmp/k3s
//	sudo K3S_BINARY=/tmp/k3s go test -run RealK3s -v -timeout 30m ./internal/provider/k3s
//
// Afterwards the machine must be as it was.
func TestRealK3s(t *testing.T) {
	binary := os.Getenv("K3S_BINARY")
	if binary == "" || os.Geteuid() != 0 {
		t.Skip("K3S_BINARY names no k3s, or this is not root")
	}
	printed, err := exec.Command(binary, "--version").Output()
	if err != nil {
		t.Fatal(err)
	}
	tag, err := programVersion(string(printed))
	if err != nil {
		t.Fatal(err)
	}
	state, err := os.MkdirTemp("/var/lib", "cm-k3s-") // short, for sockets in it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeAll(state); err != nil {
			t.Error(err)
		}
	})
	booted := func(ctx context.Context, kubeconfig, kubeContext string) error {
		c, err := cluster.Open(kubeconfig, kubeContext)
		if err != nil {
			return err
		}
		return c.Booted(ctx)
	}
	open := func(t *testing.T) (provider.Provider, func(provider.Ref) provider.Request) {
		p := &Provider{Binary: binary, State: state, Booted: booted, Disable: []string{"traefik", "metrics-server"}}
		return p, func(ref provider.Ref) provider.Request {
			return provider.Request{Ref: ref, Version: version(t, tag), Dir: t.TempDir()}
		}
	}
	p := &Provider{State: state}
	before, err := p.survey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	providertest.Run(t, open, providertest.Single(), providertest.Stages(5), providertest.Within(5*time.Minute))
	after, err := p.survey(t.Context())
	if err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("the machine was\n%+v\nand is\n%+v, %v", before, after, err)
	}
}
