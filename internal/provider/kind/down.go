package kind

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/internal/provider"
)

// clusterLabel is the label that kind gives the containers of a cluster
// (https://github.com/kubernetes-sigs/kind/blob/main/pkg/cluster/internal/providers/docker/constants.go).
const clusterLabel = "io.x-k8s.kind.cluster"

// Docker goes on with what it was asked for, even if who asked is gone: a
// container may appear some moments after its `docker run` was killed.
const (
	defaultSettle = 300 * time.Millisecond
	settleFactor  = 3 // where a running kind had to be ended
)

// Down implements provider.Provider. It ends a kind command that still makes
// the cluster, since one outlives the process that started it when that is
// killed; then it removes the cluster, and every container with its label that
// kind left. Docker's network "kind" stays, as kind leaves it.
func (p *Provider) Down(ctx context.Context, ref provider.Ref) error {
	if err := provider.CheckRef(Name, ref); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err := p.remove(ctx, ref.Name, nil); err != nil {
		return fmt.Errorf("remove the cluster %s: %w", ref.Name, err)
	}
	return nil
}

// removeTries is how often the containers are looked for: once, once after a
// pause, and more often while Docker is still busy removing some.
const removeTries = 5

func (p *Provider) remove(ctx context.Context, name string, log io.Writer) error {
	pause := p.settle
	if pause <= 0 {
		pause = defaultSettle
	}
	if endMakers(ctx, name) > 0 {
		pause *= settleFactor
	}
	// kind takes the cluster out of a kubeconfig, which must not be the user's.
	dir, err := os.MkdirTemp("", "chart-matrix-kind-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }() // it holds nothing that anyone needs
	kubeconfig := filepath.Join(dir, "kubeconfig")
	_, kindErr := p.kind(ctx, log, kubeconfig, "delete", "cluster", "--name", name, "--kubeconfig", kubeconfig)

	var rmErr error
	for try := range removeTries {
		ids, err := p.containers(ctx, name)
		if err != nil {
			return errors.Join(kindErr, err)
		}
		switch {
		case len(ids) > 0:
			_, rmErr = p.docker(ctx, append([]string{"rm", "--force", "--volumes"}, ids...)...)
		case try > 0:
			// kind's own error is of no interest once everything is gone.
			return nil
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return errors.Join(kindErr, rmErr, fmt.Errorf("containers with the label %s=%s are still there", clusterLabel, name))
}

// containers gives the IDs of a cluster's containers, running or not.
func (p *Provider) containers(ctx context.Context, name string) ([]string, error) {
	out, err := p.docker(ctx, "ps", "--all", "--quiet", "--no-trunc", "--filter", "label="+clusterLabel+"="+name)
	if err != nil {
		return nil, err
	}
	return strings.Fields(out), nil
}

// List implements provider.Provider. A cluster is there as soon as Docker has
// a container of it, and ours when its name says so.
func (p *Provider) List(ctx context.Context) ([]provider.Ref, error) {
	out, err := p.kind(ctx, nil, "", "get", "clusters")
	if err != nil {
		return nil, err
	}
	var refs []provider.Ref
	for line := range strings.Lines(out) {
		if ref, ok := provider.ParseRef(Name, strings.TrimSpace(line)); ok {
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, provider.CompareRefs)
	return refs, nil
}

// makes tells whether a command line is one of kind that makes or fills the
// cluster of this name, which only one cluster ever has.
func makes(argv []string, name string) bool {
	if len(argv) < 3 || filepath.Base(argv[0]) != "kind" || argv[1] != "create" && argv[1] != "load" {
		return false
	}
	at := slices.Index(argv, "--name")
	return at > 0 && at+1 < len(argv) && argv[at+1] == name
}

// endMakers ends the kind commands that make the cluster of this name, with
// their process groups, and gives how many there were. It waits, a moment at
// most, until they are gone.
func endMakers(ctx context.Context, name string) int {
	n := 0
	for range 20 {
		found := 0
		for pid, argv := range processes(ctx) {
			if makes(argv, name) {
				found++
				killGroupOf(pid)
			}
		}
		if found == 0 {
			break
		}
		n += found
		time.Sleep(50 * time.Millisecond)
	}
	return n
}

// psProcesses lists the processes of this machine by `ps`, where the kernel
// shows none as files. Arguments with spaces are taken apart, which the names
// that are looked for have not.
func psProcesses(ctx context.Context) map[int][]string {
	out := map[int][]string{}
	r, err := command.Run(ctx, command.Spec{Argv: []string{"ps", "-axww", "-o", "pid=,command="}, KeepBytes: 4 << 20})
	if err != nil {
		return out // without ps there is nothing to be found
	}
	for line := range strings.Lines(r.Stdout) {
		var pid int
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		if _, err := fmt.Sscan(fields[0], &pid); err == nil {
			out[pid] = fields[1:]
		}
	}
	return out
}
