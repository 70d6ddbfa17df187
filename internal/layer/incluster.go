package layer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/result"
)

// InCluster is a cell's place in a cluster. The layers of one cell share it,
// one after the other.
type InCluster struct {
	Kubeconfig string // path of a file
	Context    string // in that file; empty is its current one
	Cluster    Cluster
	// Installed is the release that the cell's tests are about, once an install
	// or an upgrade has left one that is ready; nil before, and after an uninstall.
	Installed *chart.Release
	// program is the Helm of the user's that works here, once it was found.
	program *chart.Program
	// before is the cluster as it was before the release came.
	before Trace
}

// Cluster is what layers ask of a cluster besides Helm.
type Cluster interface {
	// Ready waits until the release is ready and stays so, or the context's
	// deadline passes. An error says that it could not be asked.
	Ready(ctx context.Context, want ReadyOptions) (Seen, error)
	// Trace remembers what is there that outlives a namespace's pods.
	Trace(ctx context.Context, namespace string) (Trace, error)
	// Endpoint gives an address of the release that can be reached from here,
	// until stop is called.
	Endpoint(ctx context.Context, want EndpointOptions) (at Endpoint, stop func(), err error)
	// Keep puts a text into the evidence of the cell, if any is gathered.
	Keep(name, text string)
}

// Endpoint is where a release can be reached.
type Endpoint struct {
	URL string // http://127.0.0.1:40123
	// Host is the name that an Ingress expects in a request, where it is not
	// the one in the URL.
	Host string
}

// Seen is what a look at a cluster says.
type Seen struct {
	Status   result.Status // passed, failed, or errored where the machinery is at fault
	Reason   string        // in one line, of what did not pass
	Problems []result.Problem
}

// Trace compares a cluster with what it was.
type Trace interface {
	// Left gives what is there now and was not before: claims, volumes, custom
	// resources, definitions, webhooks, and what hangs on a finalizer.
	Left(ctx context.Context) (Seen, error)
}

// ReadyOptions say what must be ready, and how well.
type ReadyOptions struct {
	Release   string
	Namespace string
	Objects   []chart.Object
	Readiness Readiness
}

// Readiness says when a release counts as ready.
type Readiness struct {
	Timeout     time.Duration // 0 means DefaultReadyTimeout
	Settle      time.Duration // for how long it must stay ready; 0 means DefaultSettle, negative not at all
	MaxRestarts int           // of one container; negative is without limit
}

// Defaults of Readiness. A container that crashes after its start mostly does
// so within seconds.
const (
	DefaultReadyTimeout = 5 * time.Minute
	DefaultSettle       = 10 * time.Second
)

// EndpointOptions say what must be reached.
type EndpointOptions struct {
	Release, Namespace string
	// Service is the one that is meant, "name" or "name:port"; empty lets the
	// release's Ingresses and Services decide.
	Service string
}

// errNoCluster says that a layer was asked where there is no cluster.
var errNoCluster = errors.New("the layer needs a cluster, and this job has none")

// cluster gives the cell's cluster.
func (e *JobEnv) cluster() (*InCluster, error) {
	if e.Cluster == nil {
		return nil, errNoCluster
	}
	return e.Cluster, nil
}

// released gives the cell's cluster, and skips where the release is not in it.
func (e *JobEnv) released() (*InCluster, error) {
	in, err := e.cluster()
	if err == nil && in.Installed == nil {
		err = newSkip("no release is installed in this cell")
	}
	return in, err
}

// target is the cell's release for Helm. The error says that the Helm that is
// asked for is not here.
func (in *InCluster) target(ctx context.Context, env *JobEnv, timeout time.Duration) (*chart.Target, error) {
	t := &chart.Target{
		Kubeconfig: in.Kubeconfig, Context: in.Context, Release: env.Release, Namespace: env.Namespace, Timeout: timeout, Exec: env.Exec,
	}
	if env.Helm != (Helm{}) {
		if in.program == nil {
			found, err := chart.FindProgram(ctx, env.Helm.Program, env.Helm.Version)
			if err != nil && env.Helm.Where != "" {
				err = fmt.Errorf("%s: %w", env.Helm.Where, err)
			}
			if err != nil {
				return nil, err
			}
			in.program = found
		}
		t.Program = in.program
	}
	if env.Log != nil {
		t.Log = func(line string) { _, _ = io.WriteString(env.Log, line+"\n") } // nobody listens: no harm
	}
	return t, nil
}

// ready asks whether a release is ready, as one assertion.
func (in *InCluster) ready(ctx context.Context, name string, r *chart.Release, want Readiness) (result.Assertion, error) {
	began := time.Now()
	if want.Timeout <= 0 {
		want.Timeout = DefaultReadyTimeout
	}
	switch {
	case want.Settle == 0:
		want.Settle = DefaultSettle
	case want.Settle < 0:
		want.Settle = 0
	}
	// The settling comes on top: what is ready in the last second has time for it.
	limited, cancel := context.WithTimeout(ctx, want.Timeout+want.Settle)
	defer cancel()
	seen, err := in.Cluster.Ready(limited, ReadyOptions{Release: r.Name, Namespace: r.Namespace, Objects: r.Objects, Readiness: want})
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return result.Assertion{}, fmt.Errorf("asking whether release %s is ready: %w", r.Name, err)
	}
	return seen.assertion(name, began), nil
}

// assertion makes one check of what was seen.
func (s Seen) assertion(name string, began time.Time) result.Assertion {
	a := result.Assertion{Name: name, Status: s.Status, Problems: s.Problems, Seconds: time.Since(began).Seconds()}
	if s.Status == result.Errored || s.Status == result.Skipped {
		a.Reason = s.Reason
	}
	return a
}
