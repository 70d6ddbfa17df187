package cluster

import (
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Delete deletes what was left, and does not wait until it is gone. It is for
// clusters that are ours: nobody is asked. What is gone already is a success;
// the error names everything that could not be deleted.
func (c *Cluster) Delete(ctx context.Context, left []Leftover) error {
	var errs []error
	for _, l := range left {
		resource, namespaced, err := c.resource(ctx, l.APIVersion, l.Kind)
		if err == nil {
			err = c.dynamic.Resource(resource).Namespace(within(namespaced, l.Namespace)).Delete(ctx, l.Name, metav1.DeleteOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			errs = append(errs, fmt.Errorf("deleting %s: %w", l, err))
		}
	}
	return errors.Join(errs...)
}
