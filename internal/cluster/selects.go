package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/posthog/chart-matrix/result"
)

// SelectsNothing names the Services of a release that no pod can be behind: a
// mistake that Kubernetes and Helm accept, and readiness does not see. What
// keeps pods running counts with the pods that it would make, so that a
// Deployment of no replicas is none. It is a warning, since an operator may make
// the pods later. An error says that it could not be asked.
func (c *Cluster) SelectsNothing(ctx context.Context, o ReadyOptions) ([]result.Problem, error) {
	s := &state{}
	for _, ns := range o.namespaces() {
		if err := c.observeNamespace(ctx, s, ns); err != nil {
			return nil, fmt.Errorf("reading namespace %s: %w", ns, err)
		}
	}
	s.link()
	ours := s.members(o)
	var out []result.Problem
	for i := range s.services {
		svc := &s.services[i]
		if len(svc.Spec.Selector) == 0 || svc.Spec.Type == corev1.ServiceTypeExternalName || svc.DeletionTimestamp != nil || !ours.has("Service", svc) {
			continue
		}
		if s.selected(svc.Namespace, labels.SelectorFromSet(svc.Spec.Selector)) {
			continue
		}
		name := named("Service", svc.Name)
		out = append(out, result.Problem{
			Severity: result.Warning, Code: "selects-nothing", Location: result.Location{Object: name},
			Message: clean(fmt.Sprintf("%s selects no pod: none has the labels %s", name, labels.FormatLabels(svc.Spec.Selector)), maxReason),
			Hint:    "Compare the Service's selector with the labels of the pods that it is for.",
		})
	}
	return out, nil
}

// selected tells whether a selector matches a pod of the namespace, or one that
// something there would make.
func (s *state) selected(namespace string, selector labels.Selector) bool {
	matches := func(in string, m *metav1.ObjectMeta) bool {
		return in == namespace && selector.Matches(labels.Set(m.Labels))
	}
	for i := range s.pods {
		if matches(s.pods[i].Namespace, &s.pods[i].ObjectMeta) {
			return true
		}
	}
	for i := range s.deployments {
		if matches(s.deployments[i].Namespace, &s.deployments[i].Spec.Template.ObjectMeta) {
			return true
		}
	}
	for i := range s.stateful {
		if matches(s.stateful[i].Namespace, &s.stateful[i].Spec.Template.ObjectMeta) {
			return true
		}
	}
	for i := range s.daemons {
		if matches(s.daemons[i].Namespace, &s.daemons[i].Spec.Template.ObjectMeta) {
			return true
		}
	}
	return false
}
