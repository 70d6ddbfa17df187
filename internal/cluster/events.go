package cluster

import (
	"context"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// maxEvents is how many events of a namespace are read to explain a blocker.
// The API server keeps them for an hour.
const maxEvents = 2000

// warnings reads the warnings in a namespace, the newest first.
func (c *Cluster) warnings(ctx context.Context, namespace string) ([]corev1.Event, error) {
	list, err := c.kube.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{Limit: maxEvents})
	if err != nil {
		return nil, err
	}
	out := slices.DeleteFunc(list.Items, func(e corev1.Event) bool {
		return e.Type != corev1.EventTypeWarning && e.Reason != "WaitForFirstConsumer" && e.Reason != "ExternalProvisioning"
	})
	slices.SortStableFunc(out, func(a, b corev1.Event) int { return when(&b).Compare(when(&a)) })
	return out, nil
}

// when tells the time of an event's last occurrence: writers fill different fields.
func when(e *corev1.Event) time.Time {
	switch {
	case e.Series != nil && !e.Series.LastObservedTime.IsZero():
		return e.Series.LastObservedTime.Time
	case !e.LastTimestamp.IsZero():
		return e.LastTimestamp.Time
	case !e.EventTime.IsZero():
		return e.EventTime.Time
	}
	return e.CreationTimestamp.Time
}
