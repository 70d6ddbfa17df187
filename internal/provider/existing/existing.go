// Package existing uses a cluster that the user has. It makes no cluster and
// removes none: what Up makes is a lock, and what Down removes is that lock.
//
// A test installs and removes whatever the chart says, and may leave CRDs and
// volumes behind. So Up refuses a cluster that looks like production; see
// Signs. Two jobs at once would find each other's releases, CRDs and webhooks,
// so each cluster takes one: the lock is a Lease with the name of the job's
// cluster, which says whose it is and until when. Another job may take it over
// after that.
package existing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
)

// Name is what users call the provider.
const Name = "existing"

// DefaultNamespace is where the lock is: beside the Leases of Kubernetes' own
// components, and in no chart's way.
const DefaultNamespace = "kube-system"

// The keys of Ref.Detail.
const (
	DetailKubeconfig = "kubeconfig"
	DetailContext    = "context"
	DetailNamespace  = "lock-namespace"
)

// Provider gives one cluster of a kubeconfig to one job at a time. It may be
// used by several goroutines at once.
type Provider struct {
	// Kubeconfig is a file, or several as KUBECONFIG lists them, the first of
	// which wins; empty for kubectl's own, ~/.kube/config.
	Kubeconfig string
	// Context is the one to use, if the Ref's Detail names none. It may be empty only where there is no other:
	// the current context changes with what somebody looked at last.
	Context string
	// AllowProduction uses the cluster though it looks like production.
	AllowProduction bool
	// Namespace has the lock; empty for DefaultNamespace.
	Namespace string
	// Booted, when set, returns once the cluster is ready, or with what holds
	// it up when the context ends.
	Booted func(ctx context.Context, kubeconfig, context string) error
	// Now is the clock that locks are judged by; nil for the real one.
	Now func() time.Time
}

// Name implements provider.Provider.
func (p *Provider) Name() string { return Name }

// AtOnce is how many jobs can use the cluster at a time.
func (p *Provider) AtOnce() int { return 1 }

// Detail is for Ref.Detail, where it wins over the fields: it lets another
// process find the cluster to unlock. Relative paths are made absolute.
func (p *Provider) Detail() map[string]string {
	files := filepath.SplitList(p.Kubeconfig)
	for i, f := range files {
		if whole, err := filepath.Abs(f); err == nil && f != "" {
			files[i] = whole
		}
	}
	detail := map[string]string{DetailContext: p.Context, DetailNamespace: p.Namespace, DetailKubeconfig: strings.Join(files, string(filepath.ListSeparator))}
	for key, value := range detail {
		if value == "" {
			delete(detail, key)
		}
	}
	return detail
}

// Up implements provider.Provider: it looks at the cluster, locks it and writes
// a kubeconfig with its context alone into the request's folder.
func (p *Provider) Up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	if err := provider.CheckRef(Name, r.Ref); err != nil {
		return nil, err
	}
	if r.Dir == "" {
		return nil, errors.New("a folder is needed for the kubeconfig of the cluster")
	}
	c, err := p.up(ctx, r)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %s", context.Cause(ctx), err.Error()) // not as one that may be tried again
	}
	return c, err
}

func (p *Provider) up(ctx context.Context, r provider.Request) (*provider.Cluster, error) {
	log := r.Log
	if log == nil {
		log = io.Discard
	}
	a, err := p.open(r.Ref)
	if err != nil {
		return nil, err
	}
	version, err := a.version(ctx)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "context %s is a cluster of Kubernetes %s\n", a.context, version)
	if err := agrees(r.Version, version, a.context); err != nil {
		return nil, err
	}
	seen, err := a.look(ctx)
	if err != nil {
		return nil, err
	}
	if r.Nodes > 1 && seen.NodesKnown && !seen.MoreNodes && seen.Nodes < r.Nodes {
		return nil, fmt.Errorf("the cluster of context %s has %d nodes, and %d are asked for", a.context, seen.Nodes, r.Nodes)
	}
	if signs := Signs(seen); len(signs) > 0 && !p.AllowProduction {
		return nil, fmt.Errorf("the cluster of context %s looks like production: %s; a test installs, changes and removes things in it: "+
			"name another context, or say that this is the cluster you mean with --yes-this-cluster", a.context, strings.Join(signs, "; "))
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	// The lock is there from here on, so every error below leaves it to Down.
	if err := a.lock(ctx, r.Ref, p.now()); err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "locked by the lease %s/%s until %s\n", a.namespace, leaseName, r.Ref.Expires.Format(time.RFC3339))
	path := filepath.Join(r.Dir, "kubeconfig")
	if err := a.write(path); err != nil {
		return nil, err
	}
	fmt.Fprintf(log, "wrote %s\n", path)
	if p.Booted != nil {
		if err := p.Booted(ctx, path, a.context); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, context.Cause(ctx)
	}
	return &provider.Cluster{Ref: r.Ref, Kubeconfig: path, Context: a.context, Version: version}, nil
}

// Down implements provider.Provider. The cluster stays as it is, but for the
// lock of this very Ref.
func (p *Provider) Down(ctx context.Context, ref provider.Ref) error {
	if err := provider.CheckRef(Name, ref); err != nil {
		return err
	}
	a, err := p.open(ref)
	if err == nil {
		err = a.unlock(ctx, ref)
	}
	if err != nil {
		return fmt.Errorf("the cluster stays, and its lock could not be removed; it counts no more from %s on: %w", ref.Expires.Format(time.RFC3339), err)
	}
	return nil
}

// List implements provider.Provider: the job that has the cluster locked. Where
// that cannot be seen, the error wraps provider.ErrUnavailable: nobody need have
// named a cluster, and a lock ends by itself.
func (p *Provider) List(ctx context.Context) ([]provider.Ref, error) {
	a, err := p.open(provider.Ref{})
	var holder string
	if err == nil {
		holder, err = a.holder(ctx)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, fmt.Errorf("%w: %s", context.Cause(ctx), err.Error())
	case errors.Is(err, provider.ErrUnavailable):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("%w: %s", provider.ErrUnavailable, err.Error())
	}
	ref, ok := provider.ParseRef(Name, holder)
	if !ok {
		return nil, nil
	}
	ref.Detail = p.Detail()
	return []provider.Ref{ref}, nil
}

func (p *Provider) now() time.Time {
	if p.Now != nil {
		return p.Now()
	}
	return time.Now()
}

// agrees tells whether a cluster's version is the one that a cell asks for.
func agrees(want matrix.Version, reported, kubeContext string) error {
	have, err := matrix.ParseVersion(reported)
	if err != nil {
		return fmt.Errorf("the cluster of context %s reports a version that is none: %w", kubeContext, err)
	}
	if have.Major == want.Major && have.Minor == want.Minor &&
		(want.Patch < 0 || want.Patch == have.Patch && (want.Suffix == "" || want.Suffix == have.Suffix)) {
		return nil
	}
	return provider.UnknownVersion(Name, want, reported+" alone, which is what the cluster of context "+kubeContext+" runs",
		"set axes.kubernetes to "+have.MinorString()+" for this provider, or name another context")
}

// exists tells whether any of the files is there.
func exists(files []string) bool {
	for _, f := range files {
		if _, err := os.Stat(f); err == nil {
			return true
		}
	}
	return false
}
