package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// ReadyOptions says what must be ready, and for how long.
type ReadyOptions struct {
	// Release is the name of the release. What has the label
	// app.kubernetes.io/instance with it belongs to the release too.
	Release string
	// Namespace is the release's own.
	Namespace string
	// Objects are those of the release's manifest. What they have made, by
	// their owner references, is looked at with them. None means everything in
	// the namespace but custom resources.
	Objects []Object
	// Settle is for how long all must stay ready without a restart; 0 is not at all.
	Settle time.Duration
	// MaxRestarts is how often one container may have been started again;
	// negative is without limit.
	MaxRestarts int
	// LoadBalancers and Ingresses say whether these must have an address.
	LoadBalancers, Ingresses Need
	// Poll is the longest time between two looks; 0 means half a second.
	Poll time.Duration
}

// Need says whether something must have an address.
type Need int

// The needs. Auto asks for an address where something hands them out: for load
// balancers anywhere but on kind without one, for Ingresses where the cluster
// has their IngressClass.
const (
	Auto Need = iota
	Needed
	NotNeeded
)

func (o ReadyOptions) namespaces() []string {
	out := []string{o.Namespace}
	for _, object := range o.Objects {
		if object.Namespace != "" && !slices.Contains(out, object.Namespace) {
			out = append(out, object.Namespace)
		}
	}
	slices.Sort(out)
	return out
}

// The patience of Ready: with an API server that does not answer, with one look,
// and with the last one, once its time is over.
const (
	apiPatience = 30 * time.Second
	lookTimeout = 15 * time.Second
	lastLook    = 20 * time.Second
)

// Ready waits until a release is ready and stays so, and gives no blockers
// then. When the deadline of the context passes, or sooner where waiting does
// not help, it names what is in the way, the most telling first. An error says
// that it could not be asked: the context was cancelled, or the account may not
// read the namespace; what is known by then comes with it. An API server that
// does not answer for 30 seconds is a Blocker of the infrastructure.
func (c *Cluster) Ready(ctx context.Context, o ReadyOptions) ([]Blocker, error) {
	w := &waiting{cluster: c, o: o}
	poll := o.Poll
	if poll <= 0 {
		poll = readyPoll
	}
	for {
		ready, err := w.look(ctx)
		switch {
		case ctx.Err() != nil:
			return w.end(ctx)
		case err != nil && !passing(err):
			return nil, err
		case err != nil && time.Since(w.answered) > apiPatience:
			return append([]Blocker{away(err)}, w.last...), nil
		case ready:
			return nil, nil
		case err == nil && slices.ContainsFunc(w.last, func(b Blocker) bool { return b.Final }):
			return c.explain(ctx, o, w.state, w.last), nil
		}
		select {
		case <-ctx.Done():
			return w.end(ctx)
		case <-time.After(w.pause(poll)):
		}
	}
}

// readyPoll is the time between two looks at a release.
const readyPoll = 500 * time.Millisecond

// waiting is what Ready knows from one look to the next.
type waiting struct {
	cluster *Cluster
	o       ReadyOptions

	state    *state
	last     []Blocker
	answered time.Time // when the API server did so last
	since    time.Time // since when all is ready; zero where it is not
	pods     map[string]int32
	upset    string // why it did not stay ready
}

// pause gives the time until the next look: no longer than until all will have
// been ready for as long as it must be.
func (w *waiting) pause(poll time.Duration) time.Duration {
	if w.since.IsZero() {
		return poll
	}
	return max(0, min(poll, time.Until(w.since.Add(w.o.Settle))))
}

// look judges the state anew, and tells whether all has been ready for as long
// as it must be.
func (w *waiting) look(ctx context.Context) (bool, error) {
	if w.answered.IsZero() {
		w.answered = time.Now()
	}
	asking, stop := context.WithTimeout(ctx, lookTimeout)
	defer stop()
	s, err := w.cluster.observe(asking, w.o)
	if err != nil {
		return false, err
	}
	now := time.Now()
	w.state, w.answered = s, now
	w.last = judge(s, w.o)
	pods := s.runs(w.o)
	change := changed(w.pods, pods)
	w.pods = pods
	switch {
	case len(w.last) > 0:
		if !w.since.IsZero() {
			w.upset = w.last[0].Object + ": " + w.last[0].Reason
		}
		w.since = time.Time{}
		return false, nil
	case w.since.IsZero():
		w.since = now
	case change != "":
		w.since, w.upset = now, change
	}
	return now.Sub(w.since) >= w.o.Settle, nil
}

// end says what is in the way once the time is over. It takes a last look, as
// the one before may have been cut off.
func (w *waiting) end(ctx context.Context) ([]Blocker, error) {
	if !errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return w.last, fmt.Errorf("waiting until the release is ready: %w", context.Cause(ctx))
	}
	late, stop := context.WithTimeout(context.WithoutCancel(ctx), lastLook)
	defer stop()
	ready, err := w.look(late)
	switch {
	case err != nil && !passing(err):
		return w.last, err
	case err != nil:
		return append([]Blocker{away(err)}, w.last...), nil
	case ready:
		return nil, nil
	case len(w.last) > 0:
		return w.cluster.explain(late, w.o, w.state, w.last), nil
	}
	reason := fmt.Sprintf("all is ready, but has not been for %s", w.o.Settle)
	if w.upset != "" {
		reason += "; last it was not: " + w.upset
	}
	b := Blocker{Object: "Release/" + clean(w.o.Release, maxName), Class: Unstable, Reason: cut(reason, maxReason)}
	return w.cluster.explain(late, w.o, w.state, append(w.state.restarted(w.o, 0), b)), nil
}

// passing tells whether an error of the API may pass: it does not answer, or is
// too busy, rather than saying no.
func passing(err error) bool {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return true // the connection
	}
	return apierrors.IsTimeout(err) || apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err) ||
		apierrors.IsServiceUnavailable(err) || apierrors.IsInternalError(err) || apierrors.IsUnexpectedServerError(err) ||
		status.Status().Code >= 500
}

func away(err error) Blocker {
	return Blocker{Object: "API server", Class: API, Infrastructure: true, Reason: clean("it does not answer: "+err.Error(), maxReason)}
}

// runs gives how often each container of the pods that count was started again.
func (s *state) runs(o ReadyOptions) map[string]int32 {
	out := map[string]int32{}
	m := s.members(o)
	for i := range s.pods {
		p := &s.pods[i]
		if p.DeletionTimestamp != nil || !m.pod(p) || p.Status.Phase == corev1.PodSucceeded {
			continue
		}
		for _, cs := range p.Status.ContainerStatuses {
			out[p.Name+"/"+string(p.UID)+"/"+cs.Name] = cs.RestartCount
		}
	}
	return out
}

// changed says what differs between two answers of runs; "" for nothing.
func changed(before, after map[string]int32) string {
	var out []string
	for k, n := range after {
		switch was, ok := before[k]; {
		case !ok:
			out = append(out, "a pod is new")
		case was != n:
			out = append(out, fmt.Sprintf("container %s was started again (%d times by now)", lastPart(k), n))
		}
	}
	for k := range before {
		if _, ok := after[k]; !ok {
			out = append(out, "a pod is gone")
		}
	}
	if len(out) == 0 {
		return ""
	}
	slices.Sort(out)
	return clean(out[len(out)-1], maxReason) // a restart tells more than a new pod
}
