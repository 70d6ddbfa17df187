package chart

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"helm.sh/helm/v4/pkg/kube"
	helmrelease "helm.sh/helm/v4/pkg/release/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/cli-runtime/pkg/resource"
)

// hookClient is Helm's client of the cluster, and looks on. What a hook's pods
// printed is read as soon as the hook has ended: Helm may remove them then.
type hookClient struct {
	*kube.Client
	ctx       context.Context //nolint:containedctx // Helm's interface passes none
	access    *access
	namespace string
	say       func(format string, args ...any)

	event  string   // test, while tests run
	making *HookRun // the hook that Helm is about to run, if any
	runs   []HookRun
}

// Create implements kube.Interface.
func (c *hookClient) Create(resources kube.ResourceList, options ...kube.ClientCreateOption) (*kube.Result, error) {
	if events := hookEvents(resources); events != nil {
		c.making = &HookRun{Object: objectOf(resources[0]), Event: strings.Join(events, ",")}
		c.say("hook %s (%s)", c.making.Object, c.making.Event)
	} else {
		c.say("creating %d objects", len(resources))
	}
	return c.Client.Create(resources, options...)
}

// Update implements kube.Interface.
func (c *hookClient) Update(original, target kube.ResourceList, options ...kube.ClientUpdateOption) (*kube.Result, error) {
	c.say("updating %d objects", len(target))
	return c.Client.Update(original, target, options...)
}

// GetWaiter implements kube.Interface.
func (c *hookClient) GetWaiter(s kube.WaitStrategy) (kube.Waiter, error) {
	return c.GetWaiterWithOptions(s)
}

// GetWaiterWithOptions implements kube.InterfaceWaitOptions.
func (c *hookClient) GetWaiterWithOptions(s kube.WaitStrategy, options ...kube.WaitOption) (kube.Waiter, error) {
	ctx, cancel := context.WithCancelCause(c.ctx)
	inner, err := c.Client.GetWaiterWithOptions(s, append(options, kube.WithWatchUntilReadyMethodContext(ctx))...)
	if err != nil {
		cancel(err)
		return nil, err
	}
	return &hookWaiter{Waiter: inner, client: c, ctx: ctx, giveUp: cancel}, nil
}

// hookWaiter waits for hooks as Helm does, and for deletions always: Helm's
// "hookOnly" makes a hook again while its last one is still going away.
type hookWaiter struct {
	kube.Waiter
	client *hookClient
	ctx    context.Context //nolint:containedctx // Helm's interface passes none
	giveUp context.CancelCauseFunc
}

// WatchUntilReady implements kube.Waiter.
func (w *hookWaiter) WatchUntilReady(resources kube.ResourceList, timeout time.Duration) error {
	c := w.client
	if c.making == nil {
		return w.Waiter.WatchUntilReady(resources, timeout)
	}
	began := time.Now()
	ended := make(chan struct{})
	go c.watchForHopeless(*c.making, ended, w.giveUp)
	err := w.Waiter.WatchUntilReady(resources, timeout)
	close(ended)
	if cause := context.Cause(w.ctx); errors.Is(cause, errHopeless) {
		err = cause
	}
	run := *c.making
	c.making = nil
	run.Seconds = time.Since(began).Seconds()
	run.Failed = err != nil
	run.TimedOut = errors.Is(err, context.DeadlineExceeded)
	if run.Kind == "Job" || run.Kind == "Pod" {
		c.podsOf(&run)
	}
	if run.Failed {
		run.explain(err, timeout)
		c.say("hook %s failed: %s", run.Object, run.Message)
	}
	c.runs = append(c.runs, run)
	return err
}

// explain says why a hook failed where its pods do not.
func (run *HookRun) explain(err error, timeout time.Duration) {
	switch {
	case run.TimedOut && run.Message != "":
		run.Message = fmt.Sprintf("has not ended within %s: %s", timeout, run.Message)
	case run.TimedOut:
		run.Message = fmt.Sprintf("has not ended within %s", timeout)
	case run.Message == "":
		run.Message = shorten(firstLine(err.Error()), maxMessage)
	}
}

// pollDeletion is how often an object is looked for that is being deleted.
const pollDeletion = 200 * time.Millisecond

// WaitForDelete implements kube.Waiter. What is not gone in time is named, with
// the finalizers that hold it.
func (w *hookWaiter) WaitForDelete(resources kube.ResourceList, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(w.client.ctx, timeout)
	defer cancel()
	left := slices.Clone(resources)
	for {
		var lastErr error
		left = slices.DeleteFunc(left, func(info *resource.Info) bool {
			_, err := resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name)
			if err != nil && !apierrors.IsNotFound(err) {
				lastErr = err
			}
			return apierrors.IsNotFound(err)
		})
		if len(left) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			if err := w.client.ctx.Err(); err != nil {
				return context.Cause(w.client.ctx)
			}
			if lastErr != nil {
				return lastErr
			}
			return &stillThere{left: left, after: timeout}
		case <-time.After(pollDeletion):
		}
	}
}

// stillThere is the error of objects that were deleted and are not gone.
type stillThere struct {
	left  kube.ResourceList
	after time.Duration
}

func (e *stillThere) Error() string {
	names := make([]string, 0, len(e.left))
	for _, info := range e.left {
		names = append(names, objectOf(info).String())
	}
	return fmt.Sprintf("still there %s after they were deleted: %s", e.after, strings.Join(names, ", "))
}

// finalizersOf gives what holds an object that is being deleted.
func finalizersOf(info *resource.Info) []string {
	live, err := resource.NewHelper(info.Client, info.Mapping).Get(info.Namespace, info.Name)
	if err != nil {
		return nil // gone, or nothing is known of it
	}
	m, err := meta.Accessor(live)
	if err != nil {
		return nil
	}
	return m.GetFinalizers()
}

func objectOf(info *resource.Info) Object {
	gvk := info.Mapping.GroupVersionKind
	return Object{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Namespace: info.Namespace, Name: info.Name}
}

// hookEvents gives what a hook is a hook of; nil where the objects are no hook.
func hookEvents(resources kube.ResourceList) []string {
	if len(resources) == 0 {
		return nil
	}
	m, err := meta.Accessor(resources[0].Object)
	if err != nil {
		return nil
	}
	value, ok := m.GetAnnotations()[helmrelease.HookAnnotation]
	if !ok {
		return nil
	}
	var events []string
	for e := range strings.SplitSeq(value, ",") {
		events = append(events, strings.TrimSpace(e))
	}
	return events
}

// eventsOf gives the events that an operation of Helm's may run hooks of.
func eventsOf(op string) []string {
	switch op {
	case opUninstall:
		return []string{string(helmrelease.HookPreDelete), string(helmrelease.HookPostDelete)}
	case opTest:
		return []string{string(helmrelease.HookTest)}
	}
	return []string{"pre-" + op, "post-" + op}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}
