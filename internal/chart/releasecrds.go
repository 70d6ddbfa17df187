package chart

import (
	"context"
	"fmt"
	"time"

	"helm.sh/helm/v4/pkg/kube"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/cli-runtime/pkg/resource"
)

// pollServed is how often it is looked whether a kind is served yet.
const pollServed = 200 * time.Millisecond

// Wait implements kube.Waiter. Helm waits until a CRD is established; the lists
// in which it then looks for the kind are written a moment later, in a cluster
// that is busy seconds later. So this waits for those, too.
func (w *hookWaiter) Wait(resources kube.ResourceList, timeout time.Duration) error {
	if err := w.Waiter.Wait(resources, timeout); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(w.client.ctx, timeout)
	defer cancel()
	for _, info := range resources {
		for _, kind := range definedBy(info) {
			if err := w.client.served(ctx, kind); err != nil {
				return fmt.Errorf("%s is there, and %s is not served after %s: %w", objectOf(info), kind, timeout, err)
			}
		}
	}
	return nil
}

// definedBy gives the kinds that a CRD has served; none for other objects.
func definedBy(info *resource.Info) []schema.GroupVersionKind {
	crd, ok := info.Object.(*unstructured.Unstructured)
	if !ok || crd.GroupVersionKind().Group != "apiextensions.k8s.io" || crd.GetKind() != "CustomResourceDefinition" {
		return nil
	}
	group, _, _ := unstructured.NestedString(crd.Object, "spec", "group") // one without is refused before
	kind, _, _ := unstructured.NestedString(crd.Object, "spec", "names", "kind")
	versions, _, _ := unstructured.NestedSlice(crd.Object, "spec", "versions")
	var kinds []schema.GroupVersionKind
	for _, v := range versions {
		if version, ok := v.(map[string]any); ok && version["served"] == true {
			name, _ := version["name"].(string)
			kinds = append(kinds, schema.GroupVersionKind{Group: group, Version: name, Kind: kind})
		}
	}
	return kinds
}

// served waits until a kind is served.
func (c *hookClient) served(ctx context.Context, kind schema.GroupVersionKind) error {
	for {
		c.access.discovery.Invalidate()
		list, err := c.access.discovery.ServerResourcesForGroupVersion(kind.GroupVersion().String())
		if err == nil {
			for i := range list.APIResources {
				if list.APIResources[i].Kind == kind.Kind {
					c.access.mapper.Reset()
					return nil
				}
			}
			err = fmt.Errorf("the API server lists no such kind in %s", kind.GroupVersion())
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(pollServed):
		}
	}
}
