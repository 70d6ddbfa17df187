package cluster

import (
	"context"
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Object names one object of a release.
type Object struct {
	APIVersion string // "apps/v1", or "v1" for the core group
	Kind       string
	Namespace  string // "" for the release's, and for objects that live in none
	Name       string
}

// String names the object as assertions do: "Deployment/web".
func (o Object) String() string { return named(o.Kind, o.Name) }

func (o Object) group() string {
	gv, err := schema.ParseGroupVersion(o.APIVersion)
	if err != nil {
		return ""
	}
	return gv.Group
}

// named gives the name that a Blocker has for an object. Nodes may have any
// name in a hostile cluster.
func named(kind, name string) string { return clean(kind+"/"+name, maxName) }

// kinds remembers under which resource a cluster serves a kind.
type kinds struct {
	mu sync.Mutex
	of map[string][]metav1.APIResource // by apiVersion
}

// errUnserved says that no API of the cluster has the kind.
type errUnserved struct{ apiVersion, kind string }

func (e *errUnserved) Error() string {
	return fmt.Sprintf("the cluster serves no %s %s; its CustomResourceDefinition is missing, or not of that version", e.apiVersion, e.kind)
}

// resource tells under which resource a kind is served. A kind that is not known
// is asked for anew each time, since its definition may have come meanwhile.
func (c *Cluster) resource(ctx context.Context, apiVersion, kind string) (schema.GroupVersionResource, bool, error) {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return schema.GroupVersionResource{}, false, &errUnserved{apiVersion, kind}
	}
	c.kinds.mu.Lock()
	known := c.kinds.of[apiVersion]
	c.kinds.mu.Unlock()
	for asked := false; ; asked = true {
		for _, r := range known {
			if r.Kind == kind {
				return gv.WithResource(r.Name), r.Namespaced, nil
			}
		}
		if asked {
			return schema.GroupVersionResource{}, false, &errUnserved{apiVersion, kind}
		}
		if known, err = c.served(ctx, apiVersion); err != nil {
			return schema.GroupVersionResource{}, false, err
		}
	}
}

// served lists what the cluster serves of one API version, subresources apart.
func (c *Cluster) served(ctx context.Context, apiVersion string) ([]metav1.APIResource, error) {
	list, err := c.kube.Discovery().ServerResourcesForGroupVersionWithContext(ctx, apiVersion)
	if errors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var whole []metav1.APIResource
	for _, r := range list.APIResources {
		if !isSubresource(r.Name) {
			whole = append(whole, r)
		}
	}
	c.kinds.mu.Lock()
	c.kinds.of[apiVersion] = whole
	c.kinds.mu.Unlock()
	return whole, nil
}

func isSubresource(name string) bool {
	for _, r := range name {
		if r == '/' {
			return true
		}
	}
	return false
}

// get reads any object. Its error is as the API gives it, or *errUnserved.
func (c *Cluster) get(ctx context.Context, o Object, namespace string) (*unstructured.Unstructured, error) {
	resource, namespaced, err := c.resource(ctx, o.APIVersion, o.Kind)
	if err != nil {
		return nil, err
	}
	if !namespaced {
		return c.dynamic.Resource(resource).Get(ctx, o.Name, metav1.GetOptions{})
	}
	if o.Namespace != "" {
		namespace = o.Namespace
	}
	return c.dynamic.Resource(resource).Namespace(namespace).Get(ctx, o.Name, metav1.GetOptions{})
}
