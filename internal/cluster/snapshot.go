package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// Snapshot is what is in a cluster at one moment, by name and UID: everything
// that lives in no namespace, and everything in one namespace. It holds no contents.
type Snapshot struct {
	uids map[thing]string
}

// thing names an object for a Snapshot.
type thing struct {
	apiVersion, kind, namespace, name string
}

// item is an object as a listing by metadata shows it.
type item struct {
	thing
	meta *metav1.PartialObjectMetadata
}

// unasked are resources that come and go by themselves, or are Kubernetes' own
// book-keeping: nobody's leavings.
var unasked = []string{
	"events", "events.events.k8s.io", "componentstatuses", "endpoints", "endpointslices.discovery.k8s.io", "leases.coordination.k8s.io",
	"nodes", "csinodes.storage.k8s.io", "csistoragecapacities.storage.k8s.io", "controllerrevisions.apps",
	"flowschemas.flowcontrol.apiserver.k8s.io", "prioritylevelconfigurations.flowcontrol.apiserver.k8s.io",
	"certificatesigningrequests.certificates.k8s.io", "ipaddresses.networking.k8s.io", "resourceslices.resource.k8s.io",
	"leasecandidates.coordination.k8s.io", "storageversions.internal.apiserver.k8s.io", "servicecidrs.networking.k8s.io",
}

// Snapshot lists what is there. What cannot be listed is left out, such as the
// kinds of an APIService that does not answer; an error says that nothing could.
func (c *Cluster) Snapshot(ctx context.Context, namespace string) (Snapshot, error) {
	found, err := c.inventory(ctx, namespace)
	if err != nil {
		return Snapshot{}, err
	}
	s := Snapshot{uids: make(map[thing]string, len(found))}
	for _, i := range found {
		s.uids[i.thing] = string(i.meta.UID)
	}
	return s, nil
}

// Len is how many objects the snapshot holds.
func (s Snapshot) Len() int { return len(s.uids) }

// inventory lists every object outside of namespaces and in the given one.
func (c *Cluster) inventory(ctx context.Context, namespace string) ([]item, error) {
	lists, err := discovery.ServerPreferredResourcesWithContext(ctx, c.kube.Discovery())
	if err != nil && !discovery.IsGroupDiscoveryFailedError(err) {
		return nil, fmt.Errorf("asking the API server for its kinds: %w", err)
	}
	if len(lists) == 0 {
		return nil, errors.New("the API server names no kind that it serves")
	}
	var out []item
	for _, list := range lists {
		gv, err := schema.ParseGroupVersion(list.GroupVersion)
		if err != nil {
			continue
		}
		for _, r := range list.APIResources {
			resource := gv.WithResource(r.Name)
			if isSubresource(r.Name) || !slices.Contains(r.Verbs, "list") || !slices.Contains(r.Verbs, "delete") || slices.Contains(unasked, resource.GroupResource().String()) {
				continue
			}
			if r.Namespaced && namespace == "" {
				continue
			}
			found, err := c.listed(ctx, resource, r.Kind, r.Namespaced, namespace)
			if err != nil {
				if ctx.Err() != nil {
					return nil, fmt.Errorf("listing %s: %w", resource.GroupResource(), context.Cause(ctx))
				}
				continue
			}
			out = append(out, found...)
		}
	}
	slices.SortFunc(out, func(a, b item) int { return a.compare(b.thing) })
	return out, nil
}

func (t thing) compare(u thing) int {
	return cmp.Or(strings.Compare(t.kind, u.kind), strings.Compare(t.namespace, u.namespace), strings.Compare(t.name, u.name), strings.Compare(t.apiVersion, u.apiVersion))
}

// maxPages bounds a listing; each page has 500 objects.
const maxPages = 100

func (c *Cluster) listed(ctx context.Context, r schema.GroupVersionResource, kind string, namespaced bool, namespace string) ([]item, error) {
	options := metav1.ListOptions{Limit: 500}
	var out []item
	for range maxPages {
		list, err := c.metadata.Resource(r).Namespace(within(namespaced, namespace)).List(ctx, options)
		if err != nil {
			return nil, err
		}
		for i := range list.Items {
			m := &list.Items[i]
			m.ManagedFields = nil
			out = append(out, item{thing{r.GroupVersion().String(), kind, m.Namespace, m.Name}, m})
		}
		if options.Continue = list.Continue; options.Continue == "" {
			break
		}
	}
	return out, nil
}

func within(namespaced bool, namespace string) string {
	if namespaced {
		return namespace
	}
	return ""
}

// byItself tells what a namespace or cluster makes of its own accord, and
// Helm's records, which an uninstall may keep.
func byItself(i item) bool {
	switch i.kind {
	case "ServiceAccount":
		return i.name == "default"
	case "ConfigMap":
		return i.name == "kube-root-ca.crt"
	case "Secret":
		return strings.HasPrefix(i.name, "sh.helm.release.v1.") || strings.HasPrefix(i.name, "default-token-")
	case "APIService": // comes with its CustomResourceDefinition, or with Kubernetes
		return i.meta.Labels["kube-aggregator.kubernetes.io/automanaged"] != ""
	}
	return false
}

// namespaceOf reads a namespace; nil where there is none.
func (c *Cluster) namespaceOf(ctx context.Context, name string) (*corev1.Namespace, error) {
	ns, err := c.kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return ns, err
}
