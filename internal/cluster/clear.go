package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// ClearNamespace is RemoveNamespace for a cluster that is ours, and does not
// leave the work to Kubernetes, which takes its time: its controller begins five
// seconds after the deletion (namespaceDeletionGracePeriod in
// pkg/controller/namespace), and where a finalizer holds something at its first
// look, as with every bound claim, it looks again eight seconds later. Pods have
// one second to end. What ClearNamespace cannot do itself, or may not, the
// controller does as ever, and is waited for.
func (c *Cluster) ClearNamespace(ctx context.Context, name string) ([]Blocker, error) {
	err := c.clear(ctx, name)
	switch {
	case errors.Is(err, errNotOurs), err == nil, passing(err), ctx.Err() != nil:
		return c.RemoveNamespace(ctx, name)
	}
	return nil, fmt.Errorf("removing namespace %s: %w", name, err)
}

// errNotOurs says that a namespace is better left to the controller.
var errNotOurs = errors.New("only Kubernetes itself can tell when the namespace is empty")

// clear deletes a namespace with all that is in it, if nothing stands in the way.
func (c *Cluster) clear(ctx context.Context, name string) error {
	if single, err := c.oneAPIServer(ctx); err != nil || !single {
		return errors.Join(err, errNotOurs)
	}
	ns, err := c.namespaceOf(ctx, name)
	if err != nil || ns == nil {
		return err
	}
	if ns.DeletionTimestamp == nil {
		// From here on the API server lets nothing new into it.
		uid := ns.UID
		err := c.kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{Preconditions: &metav1.Preconditions{UID: &uid}})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	for wait := new(pause); ; {
		left, err := c.empty(ctx, name)
		if err != nil {
			return err
		}
		if left == 0 {
			return c.finalize(ctx, name)
		}
		if !wait.done(ctx) {
			return context.Cause(ctx)
		}
	}
}

// oneAPIServer tells whether the cluster has a single API server. With several,
// one that has not heard of the deletion could still let something in, which
// would stay for ever once its namespace is gone.
func (c *Cluster) oneAPIServer(ctx context.Context) (bool, error) {
	list, err := c.kube.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=kubernetes"})
	if err != nil {
		return false, err
	}
	// One slice for each family of addresses, each with all of the servers.
	most := 0
	for _, s := range list.Items {
		addresses := 0
		for _, e := range s.Endpoints {
			addresses += len(e.Addresses)
		}
		most = max(most, addresses)
	}
	return most == 1, nil
}

// empty deletes all that is in a namespace, of every kind that it can hold, and
// gives how much was there. An error says that something could not be looked at.
func (c *Cluster) empty(ctx context.Context, namespace string) (int, error) {
	// All kinds: unlike an inventory's, this look must not miss any.
	lists, err := discovery.ServerPreferredNamespacedResourcesWithContext(ctx, c.kube.Discovery())
	if discovery.IsGroupDiscoveryFailedError(err) {
		return 0, errNotOurs
	}
	if err != nil {
		return 0, err
	}
	there := 0
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			return 0, errNotOurs
		}
		for _, r := range list.APIResources {
			if isSubresource(r.Name) || !slices.Contains(r.Verbs, "list") || !slices.Contains(r.Verbs, "delete") {
				continue // nothing of it is kept, as the controller has it, too
			}
			resource := gv.WithResource(r.Name)
			found, err := c.listed(ctx, resource, r.Kind, true, namespace)
			if err != nil {
				return 0, errors.Join(errNotOurs, err)
			}
			there += len(found)
			if err := c.deleteAll(ctx, resource, namespace, found); err != nil {
				return 0, errors.Join(errNotOurs, err)
			}
		}
	}
	return there, nil
}

// podsEnd is how many seconds a pod has to end.
const podsEnd int64 = 1

// deleteAll deletes what was found of one kind and is not on its way out. Of
// pods that are, too: their own time may be minutes.
func (c *Cluster) deleteAll(ctx context.Context, r schema.GroupVersionResource, namespace string, found []item) error {
	background := metav1.DeletePropagationBackground
	options := metav1.DeleteOptions{PropagationPolicy: &background}
	pods := r.Group == corev1.GroupName && r.Resource == "pods"
	if pods {
		options.GracePeriodSeconds = new(podsEnd)
	}
	for _, i := range found {
		going := i.meta.DeletionTimestamp != nil
		grace := i.meta.DeletionGracePeriodSeconds
		if going && (!pods || grace == nil || *grace <= podsEnd) {
			continue
		}
		err := c.metadata.Resource(r).Namespace(namespace).Delete(ctx, i.name, options)
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// finalize says of an empty namespace what the controller would: that it may go.
// Other finalizers than Kubernetes' own stay, and so does the namespace then.
func (c *Cluster) finalize(ctx context.Context, name string) error {
	ns, err := c.namespaceOf(ctx, name)
	if err != nil || ns == nil || ns.DeletionTimestamp == nil {
		return err
	}
	ns.Spec.Finalizers = slices.DeleteFunc(ns.Spec.Finalizers, func(f corev1.FinalizerName) bool { return f == corev1.FinalizerKubernetes })
	_, err = c.kube.CoreV1().Namespaces().Finalize(ctx, ns, metav1.UpdateOptions{})
	if apierrors.IsNotFound(err) || apierrors.IsConflict(err) {
		return nil // the controller was faster
	}
	return err
}

// The pauses between two looks at what is on its way out: short at first, as
// most of it is gone in a moment, and then longer.
const (
	firstPause = 100 * time.Millisecond
	maxPause   = time.Second
)

// pause is the time between two looks; its zero value is the first one.
type pause struct{ last time.Duration }

// done waits; false says that the context ended first.
func (p *pause) done(ctx context.Context) bool {
	p.last = min(max(firstPause, p.last*3/2), maxPause)
	select {
	case <-ctx.Done():
		return false
	case <-time.After(p.last):
		return true
	}
}
