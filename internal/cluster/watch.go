package cluster

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
)

// The bounds of a watch: a page of its listing, the pause after a fault, and how
// many objects it remembers to have seen.
const (
	watchPage   = 200
	watchPause  = time.Second
	maxRemember = 10_000
)

// source is a kind of object that can be listed and watched.
type source struct {
	list  func(context.Context, metav1.ListOptions) (runtime.Object, error)
	watch func(context.Context, metav1.ListOptions) (watch.Interface, error)
}

// follow tells handle of every object of a source, as it is at first and as it
// changes, until the context ends. It holds one page in memory. fault is told
// when the API server cannot be asked, once for each time.
func follow(ctx context.Context, s source, handle func(watch.EventType, runtime.Object), fault func(error)) {
	version, failed := "", false
	for ctx.Err() == nil {
		var err error
		if version == "" {
			version, err = s.first(ctx, handle)
		}
		if err == nil {
			if failed {
				failed = false
				fault(nil)
			}
			version, err = s.further(ctx, version, handle)
		}
		if err != nil && ctx.Err() == nil && !failed {
			failed = true
			fault(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(watchPause):
		}
	}
}

// first lists what is there, and gives the version from which to watch on.
func (s source) first(ctx context.Context, handle func(watch.EventType, runtime.Object)) (string, error) {
	options := metav1.ListOptions{Limit: watchPage}
	for {
		list, err := s.list(ctx, options)
		if err != nil {
			return "", err
		}
		err = meta.EachListItem(list, func(o runtime.Object) error {
			handle(watch.Added, o)
			return nil
		})
		if err != nil {
			return "", err
		}
		m, err := meta.ListAccessor(list)
		if err != nil {
			return "", err
		}
		if options.Continue = m.GetContinue(); options.Continue == "" {
			return m.GetResourceVersion(), nil
		}
	}
}

// further watches until the connection ends, and gives the version to go on
// from; "" where all must be listed again.
func (s source) further(ctx context.Context, version string, handle func(watch.EventType, runtime.Object)) (string, error) {
	w, err := s.watch(ctx, metav1.ListOptions{ResourceVersion: version, AllowWatchBookmarks: true})
	if err != nil {
		return "", err
	}
	defer w.Stop()
	for {
		select {
		case <-ctx.Done():
			return version, nil
		case event, open := <-w.ResultChan():
			if !open {
				return version, nil
			}
			if event.Type == watch.Error {
				return "", nil // it is too old, as a rule
			}
			if m, err := meta.Accessor(event.Object); err == nil {
				version = m.GetResourceVersion()
			}
			if event.Type != watch.Bookmark {
				handle(event.Type, event.Object)
			}
		}
	}
}

// fault notes down that the API server does not answer, and that it does again.
func (e *Evidence) fault(err error) {
	if err == nil {
		e.states.add(time.Now(), "the API server answers again")
		return
	}
	e.states.add(time.Now(), "the API server cannot be asked: "+err.Error())
}

func (e *Evidence) watchSecrets(ctx context.Context) {
	api := e.cluster.kube.CoreV1().Secrets(e.namespace)
	const noReleases = "type!=helm.sh/release.v1" // they are large and hold nothing that is written out
	follow(ctx, source{
		list: func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
			o.FieldSelector = noReleases
			return api.List(ctx, o)
		},
		watch: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) {
			o.FieldSelector = noReleases
			return api.Watch(ctx, o)
		},
	}, func(_ watch.EventType, o runtime.Object) {
		if s, ok := o.(*corev1.Secret); ok {
			e.cluster.Redactor.AddSecret(s)
		}
	}, func(error) {})
}

func (e *Evidence) watchEvents(ctx context.Context) {
	api := e.cluster.kube.CoreV1().Events(e.namespace)
	seen := map[types.UID]int32{}
	follow(ctx, source{
		list:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return api.List(ctx, o) },
		watch: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) { return api.Watch(ctx, o) },
	}, func(kind watch.EventType, o runtime.Object) {
		event, ok := o.(*corev1.Event)
		if !ok || kind == watch.Deleted {
			return
		}
		count := max(event.Count, 1)
		if event.Series != nil {
			count = event.Series.Count
		}
		if was, known := seen[event.UID]; known && (count <= was || !worthRepeating(count)) {
			return
		}
		if len(seen) >= maxRemember {
			clear(seen)
		}
		seen[event.UID] = count
		e.events.add(when(event), eventLine(event, count))
	}, e.fault)
}

// worthRepeating thins out what happens again and again.
func worthRepeating(count int32) bool { return count <= 3 || count&(count-1) == 0 }

func eventLine(e *corev1.Event, count int32) string {
	line := fmt.Sprintf("%s %s %s: %s", e.Type, e.Reason, named(e.InvolvedObject.Kind, e.InvolvedObject.Name), clean(e.Message, maxLogged))
	if count > 1 {
		line += fmt.Sprintf(" (%s)", times(count))
	}
	return line
}

func (e *Evidence) watchPods(ctx context.Context) {
	api := e.cluster.kube.CoreV1().Pods(e.namespace)
	last := map[string]string{}
	follow(ctx, source{
		list:  func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) { return api.List(ctx, o) },
		watch: func(ctx context.Context, o metav1.ListOptions) (watch.Interface, error) { return api.Watch(ctx, o) },
	}, func(kind watch.EventType, o runtime.Object) {
		p, ok := o.(*corev1.Pod)
		if !ok {
			return
		}
		if kind == watch.Deleted {
			e.states.add(time.Now(), named("Pod", p.Name)+" is gone")
		}
		if len(last) >= maxRemember {
			clear(last)
		}
		for _, st := range podStates(p) {
			k := string(p.UID) + "/" + st.container
			if last[k] != st.text && kind != watch.Deleted {
				e.states.add(time.Now(), st.text)
			}
			last[k] = st.text
		}
		e.logs.see(ctx, p)
	}, e.fault)
}

// podState is one line about a pod, or about one of its containers.
type podState struct{ container, text string }

// podStates tells the state of a pod and of its containers, with how each run
// before ended.
func podStates(p *corev1.Pod) []podState {
	name := named("Pod", p.Name)
	text := fmt.Sprintf("%s is %s", name, p.Status.Phase)
	switch {
	case p.DeletionTimestamp != nil:
		text += ", being deleted"
	case isReady(p):
		text += ", ready"
	}
	if p.Spec.NodeName != "" {
		text += " on node " + clean(p.Spec.NodeName, maxName)
	}
	if p.Status.Reason != "" || p.Status.Message != "" {
		text += ": " + clean(p.Status.Reason+" "+p.Status.Message, maxReason)
	}
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			text += ": " + clean(c.Reason+": "+c.Message, maxReason)
		}
	}
	out := []podState{{"", text}}
	for _, group := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses, p.Status.EphemeralContainerStatuses} {
		for i := range group {
			out = append(out, podState{group[i].Name, name + " " + containerState(&group[i])})
		}
	}
	return out
}

func containerState(cs *corev1.ContainerStatus) string {
	text := "container " + clean(cs.Name, maxName) + " "
	switch s := cs.State; {
	case s.Waiting != nil:
		text += "waits: " + clean(s.Waiting.Reason+" "+s.Waiting.Message, maxReason)
	case s.Running != nil && cs.Ready:
		text += "runs and is ready"
	case s.Running != nil:
		text += "runs and is not ready"
	case s.Terminated != nil:
		text += terminated(s.Terminated)
	default:
		text += "has no state yet"
	}
	if cs.RestartCount > 0 {
		text += ", started again " + times(cs.RestartCount)
	}
	if t := cs.LastTerminationState.Terminated; t != nil {
		text += "; the run before " + terminated(t)
	}
	return text
}

func terminated(t *corev1.ContainerStateTerminated) string {
	text := fmt.Sprintf("ended with exit code %d (%s)", t.ExitCode, clean(t.Reason, maxName))
	if !t.StartedAt.IsZero() && !t.FinishedAt.IsZero() {
		text += fmt.Sprintf(" after %s", t.FinishedAt.Sub(t.StartedAt.Time))
	}
	if t.Message != "" {
		text += ": " + clean(t.Message, maxReason)
	}
	return text
}
