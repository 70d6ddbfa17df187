package cluster

import (
	"context"
	"fmt"
	"time"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// stuckAfter is how long a namespace may take to go away before the cluster
// counts as damaged by it.
const stuckAfter = time.Minute

// Damage says what is wrong with the cluster as it stands, so that the next
// cell had better get another one: nodes that are sick, names that do not
// resolve, namespaces that do not go away, APIs that do not answer, and webhooks
// that refuse everything because what they call is gone. None is a whole cluster. An
// API server that does not answer is a Blocker too; an error says that the
// account may not look.
func (c *Cluster) Damage(ctx context.Context) ([]Blocker, error) {
	out, err := c.missing(ctx, []Part{PartStorageClass, PartServiceAccount})
	for _, look := range []func(context.Context) ([]Blocker, error){c.stuckNamespaces, c.deadAPIs, c.deadWebhooks} {
		if err != nil {
			break
		}
		var found []Blocker
		found, err = look(ctx)
		out = append(out, found...)
	}
	switch {
	case err == nil:
		return c.tidy(sorted(out)), nil
	case ctx.Err() == nil && !passing(err):
		return nil, fmt.Errorf("looking for damage: %w", err)
	}
	return []Blocker{away(err)}, nil
}

func (c *Cluster) stuckNamespaces(ctx context.Context) ([]Blocker, error) {
	list, err := c.kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var out []Blocker
	for i := range list.Items {
		ns := &list.Items[i]
		if ns.DeletionTimestamp == nil || time.Since(ns.DeletionTimestamp.Time) < stuckAfter {
			continue
		}
		found, _ := c.inventory(ctx, ns.Name)
		out = append(out, holders(ns, found))
	}
	return out, nil
}

// deadAPIs names the APIService objects that answer nothing: with one of them
// namespaces do not go away, and discovery fails.
func (c *Cluster) deadAPIs(ctx context.Context) ([]Blocker, error) {
	resource := schema.GroupVersionResource{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}
	list, err := c.dynamic.Resource(resource).List(ctx, metav1.ListOptions{})
	if errors.IsNotFound(err) || errors.IsForbidden(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var out []Blocker
	for i := range list.Items {
		u := &list.Items[i]
		conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
		for _, entry := range conditions {
			condition, ok := entry.(map[string]any)
			if ok && condition["type"] == "Available" && condition["status"] == "False" {
				out = append(out, about("APIService", "", u.GetName(), APIService, fmt.Sprintf("it does not answer: %v: %v", condition["reason"], condition["message"])))
			}
		}
	}
	return out, nil
}

// deadWebhooks names the webhooks that must be asked and whose service has no
// pod that is ready: they refuse all that they are asked about.
func (c *Cluster) deadWebhooks(ctx context.Context) ([]Blocker, error) {
	admission := c.kube.AdmissionregistrationV1()
	validating, err := admission.ValidatingWebhookConfigurations().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, forbiddenIsNone(err)
	}
	mutating, err := admission.MutatingWebhookConfigurations().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, forbiddenIsNone(err)
	}
	var out []Blocker
	see := func(kind, name, hook string, policy *admissionv1.FailurePolicyType, config admissionv1.WebhookClientConfig) error {
		if policy != nil && *policy == admissionv1.Ignore || config.Service == nil {
			return nil
		}
		reason, err := c.deadService(ctx, config.Service.Namespace, config.Service.Name)
		if err == nil && reason != "" {
			out = append(out, about(kind, "", name, Webhook, fmt.Sprintf("webhook %s must be asked, and %s", hook, reason)))
		}
		return err
	}
	for i := range validating.Items {
		for _, h := range validating.Items[i].Webhooks {
			if err := see("ValidatingWebhookConfiguration", validating.Items[i].Name, h.Name, h.FailurePolicy, h.ClientConfig); err != nil {
				return nil, err
			}
		}
	}
	for i := range mutating.Items {
		for _, h := range mutating.Items[i].Webhooks {
			if err := see("MutatingWebhookConfiguration", mutating.Items[i].Name, h.Name, h.FailurePolicy, h.ClientConfig); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

func forbiddenIsNone(err error) error {
	if errors.IsForbidden(err) {
		return nil
	}
	return err
}

// deadService says what is wrong with a service that must answer; "" for nothing.
func (c *Cluster) deadService(ctx context.Context, namespace, name string) (string, error) {
	svc, err := c.kube.CoreV1().Services(namespace).Get(ctx, name, metav1.GetOptions{})
	switch {
	case errors.IsNotFound(err):
		return fmt.Sprintf("its service %s/%s is gone", namespace, name), nil
	case err != nil:
		return "", err
	case svc.Spec.Type == corev1.ServiceTypeExternalName:
		return "", nil
	}
	ready, err := c.readyPods(ctx, svc)
	if err != nil {
		return "", err
	}
	if ready == 0 {
		return fmt.Sprintf("no pod behind its service %s/%s is ready", namespace, name), nil
	}
	return "", nil
}
