package runner

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/cluster"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/result"
)

// EvidenceLimits bound what is kept of one cell.
type EvidenceLimits struct {
	Bytes  int              // 0 means 5 MB
	Redact []*regexp.Regexp // what is taken out besides the values of Secrets and tokens
}

// OpenCluster gives what connects to a cluster that is up, for a job and its layers.
func OpenCluster(limits EvidenceLimits) func(*provider.Cluster) (Session, error) {
	return func(c *provider.Cluster) (Session, error) {
		opened, err := cluster.Open(c.Kubeconfig, c.Context)
		if err != nil {
			return nil, err
		}
		return &kubeSession{cluster: opened, logs: c.Logs, limits: cluster.Limits{Total: limits.Bytes, Patterns: limits.Redact}}, nil
	}
}

// kubeSession is the Session of a real cluster.
type kubeSession struct {
	cluster *cluster.Cluster
	logs    []string // of the programs that the cluster is made of
	limits  cluster.Limits
	// Of the present cell:
	before   cluster.Snapshot
	evidence *cluster.Evidence // nil for none
	objects  []cluster.Object  // of the release, as far as one is known
}

// Begin implements Session.
func (s *kubeSession) Begin(ctx context.Context, namespace, evidence string) (end func(bool), err error) {
	s.objects, s.evidence = nil, nil
	if s.before, err = s.cluster.Snapshot(ctx, namespace); err != nil {
		return nil, err
	}
	if evidence == "" {
		return func(bool) {}, nil
	}
	// It goes on behind a signal, until the cell ends.
	s.evidence = s.cluster.Watch(context.WithoutCancel(ctx), namespace, evidence, s.limits)
	for _, log := range s.logs {
		s.evidence.Follow(log)
	}
	return func(passed bool) {
		if !passed && ctx.Err() == nil {
			late, cancel := context.WithTimeout(ctx, collectTime)
			defer cancel()
			_ = s.evidence.Collect(late, s.objects...) // Close tells of it again
		}
		// Evidence that is not complete is of use still, and changes no answer.
		_ = s.evidence.Close(passed)
	}, nil
}

// collectTime is how long objects may take to be written down.
const collectTime = 20 * time.Second

// Clean implements Session.
func (s *kubeSession) Clean(ctx context.Context, namespace string, ours bool) ([]string, error) {
	remove := s.cluster.RemoveNamespace
	if ours {
		remove = s.cluster.ClearNamespace
	}
	stuck, err := remove(ctx, namespace)
	if err != nil {
		return nil, err
	}
	if len(stuck) > 0 {
		return nil, wrong(stuck)
	}
	found, err := s.leftovers(ctx, namespace)
	if err == nil && ours && len(found) > 0 {
		// Such as the definitions in a chart's crds folder, which Helm leaves.
		if err = s.cluster.Delete(ctx, found); err == nil {
			found, err = s.leftovers(ctx, namespace)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("removing what the cell left: %w", err)
	}
	var left []string
	for _, l := range found {
		left = append(left, l.String())
	}
	damage, err := s.cluster.Damage(ctx)
	if err != nil {
		return left, err
	}
	return left, wrong(damage)
}

// leftovers gives what the cell left; what is on its way out has a moment for it.
func (s *kubeSession) leftovers(ctx context.Context, namespace string) ([]cluster.Leftover, error) {
	soon, cancel := context.WithTimeout(ctx, goingTime)
	defer cancel()
	return s.cluster.Leftovers(soon, namespace, s.before)
}

// goingTime is how long objects outside of the namespace may take to go after it.
const goingTime = 20 * time.Second

// wrong makes one error of blockers; nil for none.
func wrong(blockers []cluster.Blocker) error {
	var errs []error
	for _, b := range blockers {
		errs = append(errs, fmt.Errorf("%s: %s", b.Object, b.Reason))
	}
	return errors.Join(errs...)
}

// Ready implements layer.Cluster.
func (s *kubeSession) Ready(ctx context.Context, want layer.ReadyOptions) (layer.Seen, error) {
	o := cluster.ReadyOptions{
		Release: want.Release, Namespace: want.Namespace, Settle: want.Readiness.Settle, MaxRestarts: want.Readiness.MaxRestarts,
	}
	for _, object := range want.Objects {
		o.Objects = append(o.Objects, cluster.Object{APIVersion: object.APIVersion, Kind: object.Kind, Namespace: object.Namespace, Name: object.Name})
	}
	s.objects = o.Objects
	blockers, err := s.cluster.Ready(ctx, o)
	if err != nil {
		return layer.Seen{}, err
	}
	if s.evidence != nil && len(blockers) > 0 {
		blockers = s.evidence.Cite(blockers)
	}
	what := seen(blockers)
	if len(blockers) == 0 {
		// It is ready all the same, also where this cannot be told any more.
		what.Problems, _ = s.cluster.SelectsNothing(ctx, o)
	}
	return what, nil
}

func seen(blockers []cluster.Blocker) layer.Seen {
	var s layer.Seen
	s.Status, s.Reason = cluster.Verdict(blockers)
	for _, b := range blockers {
		s.Problems = append(s.Problems, b.Problem())
	}
	return s
}

// Keep implements layer.Cluster.
func (s *kubeSession) Keep(name, text string) {
	if s.evidence != nil {
		s.evidence.Keep(name, text)
	}
}

// Trace implements layer.Cluster.
func (s *kubeSession) Trace(ctx context.Context, namespace string) (layer.Trace, error) {
	before, err := s.cluster.Snapshot(ctx, namespace)
	if err != nil {
		return nil, err
	}
	return &trace{cluster: s.cluster, namespace: namespace, before: before}, nil
}

// trace compares a cluster with what was in it before a release came.
type trace struct {
	cluster   *cluster.Cluster
	namespace string
	before    cluster.Snapshot
}

// Left implements layer.Trace.
func (t *trace) Left(ctx context.Context) (layer.Seen, error) {
	ctx, cancel := context.WithTimeout(ctx, leftTime)
	defer cancel()
	found, err := t.cluster.Leftovers(ctx, t.namespace, t.before)
	if err != nil {
		return layer.Seen{}, err
	}
	s := layer.Seen{Status: result.Passed, Problems: cluster.LeftProblems(found)}
	if slices.ContainsFunc(s.Problems, func(p result.Problem) bool { return p.Severity == result.Error }) {
		s.Status = result.Failed
	}
	return s, nil
}

// leftTime is how long what an uninstall deletes may take to be gone, finalizers
// and garbage collection included.
const leftTime = time.Minute

// Endpoint implements layer.Cluster.
func (s *kubeSession) Endpoint(ctx context.Context, want layer.EndpointOptions) (layer.Endpoint, func(), error) {
	o := cluster.EndpointOptions{Release: want.Release, Namespace: want.Namespace}
	o.Service, o.Port, _ = strings.Cut(want.Service, ":")
	e, stop, err := s.cluster.Endpoint(ctx, o)
	if err != nil {
		return layer.Endpoint{}, nil, err
	}
	return layer.Endpoint{URL: e.URL, Host: e.Host}, stop, nil
}
