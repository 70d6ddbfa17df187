package runner

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// ClusterName is the step that tells of a cell's cluster: whether it came up,
// and whether all of it went away again. What it says is the machinery's doing
// and never the chart's.
const ClusterName = "cluster"

// ClusterLayer stands for that step among the layers of a job, before those
// that need a cluster. The job itself makes the cluster.
type ClusterLayer struct{}

// Name implements layer.JobLayer.
func (ClusterLayer) Name() string { return ClusterName }

// Requires implements layer.JobLayer: what cannot be installed is not worth a cluster.
func (ClusterLayer) Requires() []string { return []string{layer.RenderName, layer.SchemaName} }

// Run implements layer.JobLayer. It is not called by a Job.
func (ClusterLayer) Run(context.Context, *layer.JobEnv) ([]result.Assertion, error) {
	return nil, errors.New("a cluster is made by the job")
}

// Clusters says how a job comes to the clusters that its layers need.
type Clusters struct {
	Provider provider.Provider
	Version  matrix.Version
	Nodes    int
	Image    string
	// Lasting says that the cluster was there before and stays: it is cleaned
	// after the last cell, too, and no other one can be had.
	Lasting bool
	// Fresh names the cells, by ID, before which the cluster is made anew, and why:
	// what the cells before them leave is known to be in their way. A Lasting
	// cluster is cleaned instead.
	Fresh map[string]string
	// Keep leaves the cluster there with all that is in it.
	Keep bool
	// Open connects to a cluster that is up.
	Open func(*provider.Cluster) (Session, error)
	// After runs what the cell's scenario does behind the tests; ok is false where
	// that is nothing.
	After func(ctx context.Context, env *layer.JobEnv) (a result.Assertion, ok bool, err error)
	// Uninstall removes the cell's release, if it is there.
	Uninstall func(ctx context.Context, env *layer.JobEnv) error
	// Evidence gives the folder for what is seen in a try at a cell, from 1; nil
	// for none.
	Evidence func(c matrix.Cell, try int) (string, error)
	// Redact is what is taken out of what the provider prints, besides tokens.
	Redact []*regexp.Regexp
	// Slot waits until there is room for one more cluster here, and gives what
	// makes the room free again; nil for any number.
	Slot func(context.Context) (free func(), err error)
	// The times that one cluster may take; 0 means the defaults.
	UpTimeout, CleanTimeout, DownTimeout time.Duration
}

// The times that a cluster may take where nobody says otherwise.
const (
	DefaultUpTimeout    = 10 * time.Minute
	DefaultCleanTimeout = 2 * time.Minute
	DefaultDownTimeout  = 3 * time.Minute
)

// Session is a cluster that is up, as a job and its layers work with it.
type Session interface {
	layer.Cluster
	// Begin prepares the cluster for a cell: it makes the namespace, remembers
	// what is there, and gathers evidence in the folder, if one is named, until
	// end is called, which is told whether the cell passed.
	Begin(ctx context.Context, namespace, evidence string) (end func(passed bool), err error)
	// Clean removes the namespace and, in a cluster of ours, all else that the
	// cell has left. It names what stays that another cell could see. An error
	// says why it is not clean, or what is wrong with the cluster.
	Clean(ctx context.Context, namespace string, ours bool) (left []string, err error)
}

// standing is a cluster that is up.
type standing struct {
	note    Ref
	cluster *provider.Cluster
	session Session
	free    func()
}

// clusterRun is the state of a job's clusters.
type clusterRun struct {
	*Clusters
	made *Made
	log  io.Writer
	now  *standing // nil: there is none
	// away is why there will be none any more.
	away error
	// dirty is why the next cell cannot use the present one, planned why that was
	// known beforehand.
	dirty, planned string
	// used says that the present one was not cleaned behind its last cell.
	used bool
	// booted is what the last cluster that did not come up left to read.
	booted string
	// boot is how long the last cluster took to come up, and boots all of them.
	boot, boots time.Duration
}

// assertUp is the check that a cell got its cluster, and codeLeak the code of what
// is left behind.
const (
	assertUp = "up"
	codeLeak = "leak"
)

// prepare gives a try at a cell its cluster, and says how. end is to be called
// when the try is over.
func (r *clusterRun) prepare(ctx context.Context, env *layer.JobEnv, try int) (assertions []result.Assertion, end func(passed bool), err error) {
	end = func(bool) {}
	if r.away != nil {
		r.keepBoot(env.Cell, try)
		return nil, end, r.away
	}
	up := result.Assertion{Name: assertUp, Status: result.Passed}
	if r.now != nil && r.dirty != "" {
		if r.Lasting {
			return nil, end, fmt.Errorf("the cluster is not as it was before the cell before: %s; clean it up, and run this cell again", r.dirty)
		}
		up.Problems = append(up.Problems, result.Problem{
			Severity: result.Info, Code: "fresh-cluster", Message: "this cell got a fresh cluster, since of the cell before it is known: " + r.dirty,
		})
		if err := r.down(ctx); err != nil {
			return r.gone(err), end, err
		}
	}
	booted := "" // what went wrong before this cluster came up
	if r.now == nil {
		began := time.Now()
		tried, err := r.up(ctx)
		if err != nil {
			r.keepBoot(env.Cell, try)
			return r.gone(err), end, err
		}
		r.boot = time.Since(began)
		r.boots += r.boot
		up.Seconds = r.boot.Seconds()
		booted = r.booted
		if tried != nil {
			up.Problems = append(up.Problems, result.Problem{
				Severity: result.Warning, Code: "boot-retried", Message: "the first try to make the cluster failed: " + oneLine(tried.Error()),
			})
		}
	}
	evidence := ""
	if r.Evidence != nil {
		if evidence, err = r.Evidence(env.Cell, try); err != nil {
			return nil, end, fmt.Errorf("a folder for evidence: %w", err)
		}
		writeBoot(evidence, booted)
	}
	stop, err := r.now.session.Begin(ctx, env.Namespace, evidence)
	if err != nil {
		r.dirty = "the cell before it could not be prepared"
		return nil, end, fmt.Errorf("preparing the cluster for the cell: %w", err)
	}
	env.KubeVersion = r.now.cluster.Version
	env.Cluster = &layer.InCluster{Kubeconfig: r.now.cluster.Kubeconfig, Context: r.now.cluster.Context, Cluster: r.now.session}
	return []result.Assertion{up}, stop, nil
}

// gone notes that there will be no cluster any more, and gives the check that
// says what is left of one, if anything is.
func (r *clusterRun) gone(err error) []result.Assertion {
	r.away = err
	if stays := onlyStays(err); stays != nil {
		return []result.Assertion{leak(stays)}
	}
	return nil
}

// up makes a cluster. One that fails in a way that another try may not meet is
// tried again once; tried says how the first try failed, then.
func (r *clusterRun) up(ctx context.Context) (tried, err error) {
	r.booted = ""
	free := func() {}
	if r.Slot != nil {
		if free, err = r.Slot(ctx); err != nil {
			return nil, err
		}
	}
	limit := positive(r.UpTimeout, DefaultUpTimeout)
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it was not ready after %s", limit))
	defer cancel()
	for {
		s, err := r.try(limited)
		if err == nil {
			s.free, r.now, r.dirty, r.used = free, s, "", false
			return tried, nil
		}
		if tried == nil && errors.Is(err, provider.ErrTransient) && !errors.Is(err, errStays) && limited.Err() == nil {
			tried = err
			continue
		}
		free()
		if ctx.Err() != nil {
			return nil, &notUp{context.Cause(ctx), onlyStays(err)}
		}
		return nil, fmt.Errorf("no %s cluster: %w", r.Provider.Name(), err)
	}
}

// errStays marks that a cluster could not be removed.
var errStays = errors.New("it is still there")

// notUp is why there is no cluster. What could not be removed of it is another
// matter, which a check of its own tells.
type notUp struct {
	why   error
	stays error // nil for nothing
}

// Error tells why.
func (e *notUp) Error() string { return e.why.Error() }

// Unwrap gives both.
func (e *notUp) Unwrap() []error { return []error{e.why, e.stays} }

// onlyStays gives that part of an error which says that something is left, and
// nil where nothing is.
func onlyStays(err error) error {
	var not *notUp
	switch {
	case errors.As(err, &not):
		return not.stays
	case errors.Is(err, errStays):
		return err
	}
	return nil
}

// try makes one cluster, and removes what there is of it if that fails.
func (r *clusterRun) try(ctx context.Context) (*standing, error) {
	// Where the provider cannot be used at all, nothing is made, and so nothing
	// can be left.
	if _, err := r.Provider.List(ctx); errors.Is(err, provider.ErrUnavailable) {
		return nil, err
	}
	note, err := r.made.newCluster(r.Provider)
	if err != nil {
		return nil, err
	}
	s := &standing{note: note}
	log := &bootLog{next: r.log}
	s.cluster, err = r.Provider.Up(ctx, provider.Request{
		Ref: *note.Cluster, Version: r.Version, Nodes: r.Nodes, Image: r.Image, Dir: note.Dir, Log: log,
	})
	if err == nil {
		s.session, err = r.Open(s.cluster)
	}
	if err == nil {
		return s, nil
	}
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err)
	}
	r.booted = log.text(err, r.Redact)
	if gone := r.remove(ctx, note); gone != nil {
		err = &notUp{err, gone}
	}
	return nil, err
}

// down removes the present cluster.
func (r *clusterRun) down(ctx context.Context) error {
	s := r.now
	r.now, r.dirty, r.booted = nil, "", ""
	defer s.free()
	return r.remove(ctx, s.note)
}

// downTries is how often a cluster is asked to go: what fails once may have been
// in the middle of something.
const downTries = 2

// remove removes a cluster, also when the context has ended. Its note stays
// where that fails, so that down finds it.
func (r *clusterRun) remove(ctx context.Context, note Ref) error {
	ctx, cancel := context.WithTimeout(removing(context.WithoutCancel(ctx)), positive(r.DownTimeout, DefaultDownTimeout))
	defer cancel()
	var err error
	for range downTries {
		if err = r.Provider.Down(ctx, *note.Cluster); err == nil {
			return r.made.goneCluster(note)
		}
	}
	return fmt.Errorf("the cluster %s could not be removed, and %w; remove it with chart-matrix down --job %s: %w", note.Name, errStays, note.Job, err)
}

// leave ends a cell in its cluster. last says that no other cell needs it.
func (r *clusterRun) leave(ctx context.Context, env *layer.JobEnv, last bool) (assertions []result.Assertion) {
	if r.now == nil || env.Cluster == nil || r.Keep && last {
		return nil
	}
	if !r.Lasting && (last || ctx.Err() != nil) {
		r.used = true
		return nil // it goes as a whole
	}
	if !r.Lasting && r.planned != "" {
		r.dirty = r.planned
		return nil // the same, with another one behind it
	}
	began := time.Now()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), positive(r.CleanTimeout, DefaultCleanTimeout))
	defer cancel()
	var errs []error
	if r.Uninstall != nil {
		errs = append(errs, r.Uninstall(ctx, env))
	}
	left, err := r.now.session.Clean(ctx, env.Namespace, !r.Lasting)
	errs = append(errs, err)
	a := result.Assertion{Name: "left clean", Status: result.Passed, Seconds: time.Since(began).Seconds()}
	switch err := errors.Join(errs...); {
	case err != nil:
		r.dirty = oneLine(strings.ReplaceAll(err.Error(), "\n", "; "))
	case len(left) > 0:
		r.dirty = "it left " + strings.Join(left, ", ")
	default:
		return []result.Assertion{a}
	}
	if r.Lasting { // it is somebody's, and they want it back as it was
		a.Status, a.Reason = result.Errored, r.dirty
		a.Problems = []result.Problem{{Severity: result.Error, Code: codeLeak, Message: "what the cell made is still in the cluster: " + r.dirty}}
	} else {
		a.Problems = []result.Problem{{Severity: result.Info, Code: "fresh-cluster", Message: "the next cell gets a fresh cluster: " + r.dirty}}
	}
	return []result.Assertion{a}
}

// end removes the cluster behind the last cell.
func (r *clusterRun) end(ctx context.Context) (assertions []result.Assertion) {
	if r.now == nil {
		return nil
	}
	if r.Keep {
		r.now.free()
		return nil
	}
	began := time.Now()
	a := result.Assertion{Name: "removed", Status: result.Passed}
	if err := r.down(ctx); err != nil {
		a = leak(err)
	}
	a.Seconds = time.Since(began).Seconds()
	return []result.Assertion{a}
}

// leak is the check that says what is left.
func leak(err error) result.Assertion {
	message := oneLine(err.Error())
	return result.Assertion{Name: "removed", Status: result.Errored, Reason: message, Problems: []result.Problem{{
		Severity: result.Error, Code: codeLeak, Message: message,
	}}}
}

func positive(d, otherwise time.Duration) time.Duration {
	if d > 0 {
		return d
	}
	return otherwise
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// after runs what the scenario does behind the tests. What comes of it stands
// with what the scenario did before them.
func (r *clusterRun) after(ctx context.Context, env *layer.JobEnv, steps []result.Step) {
	if r.After == nil || env.Cluster == nil || ctx.Err() != nil {
		return
	}
	i := slices.IndexFunc(steps, func(s result.Step) bool {
		return (s.Layer == layer.InstallName || s.Layer == layer.UpgradeName) && s.Status != result.Skipped && s.Status != result.Blocked
	})
	if i < 0 {
		return
	}
	a, ok, err := r.After(ctx, env)
	if err != nil {
		a, ok = result.Assertion{Name: "after", Status: result.Errored, Reason: err.Error()}, true
	}
	if ok {
		addTo(&steps[i], a)
	}
}
