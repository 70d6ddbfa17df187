package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	storagev1 "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
)

// state is what readiness is judged by: everything of the kinds that matter in
// the namespaces of a release, as it was at about one moment.
type state struct {
	deployments []appsv1.Deployment
	replicaSets []appsv1.ReplicaSet
	stateful    []appsv1.StatefulSet
	daemons     []appsv1.DaemonSet
	jobs        []batchv1.Job
	pods        []corev1.Pod
	claims      []corev1.PersistentVolumeClaim
	services    []corev1.Service
	ingresses   []networkingv1.Ingress
	nodes       []corev1.Node
	classes     []storagev1.StorageClass
	ingressBy   []networkingv1.IngressClass
	custom      []customObject
	// knowsClasses: the account may read StorageClasses.
	knowsClasses bool

	byUID  map[types.UID]metav1.Object
	podsBy map[types.UID][]*corev1.Pod
}

// customObject is one that is judged by its conditions; without content it is
// not there, and why tells more.
type customObject struct {
	Object
	content *unstructured.Unstructured
	why     string
}

// observe reads the state. What an account may not read of the cluster as a
// whole is left out; in the namespaces everything must be readable.
func (c *Cluster) observe(ctx context.Context, o ReadyOptions) (*state, error) {
	s := &state{}
	for _, ns := range o.namespaces() {
		if err := c.observeNamespace(ctx, s, ns); err != nil {
			return nil, fmt.Errorf("reading namespace %s: %w", ns, err)
		}
	}
	if err := c.observeCluster(ctx, s); err != nil {
		return nil, err
	}
	for _, object := range o.Objects {
		if !judgedByConditions(object) {
			continue
		}
		content, err := c.get(ctx, object, o.Namespace)
		switch unserved, ok := unservedBy(err); {
		case errors.IsNotFound(err):
			s.custom = append(s.custom, customObject{Object: object})
		case ok:
			s.custom = append(s.custom, customObject{Object: object, why: unserved})
		case err != nil:
			return nil, fmt.Errorf("reading %s: %w", object, err)
		default:
			s.custom = append(s.custom, customObject{Object: object, content: content})
		}
	}
	s.link()
	return s, nil
}

func (c *Cluster) observeNamespace(ctx context.Context, s *state, ns string) error {
	var all metav1.ListOptions
	apps, core := c.kube.AppsV1(), c.kube.CoreV1()
	deployments, err := apps.Deployments(ns).List(ctx, all)
	if err != nil {
		return err
	}
	replicaSets, err := apps.ReplicaSets(ns).List(ctx, all)
	if err != nil {
		return err
	}
	stateful, err := apps.StatefulSets(ns).List(ctx, all)
	if err != nil {
		return err
	}
	daemons, err := apps.DaemonSets(ns).List(ctx, all)
	if err != nil {
		return err
	}
	jobs, err := c.kube.BatchV1().Jobs(ns).List(ctx, all)
	if err != nil {
		return err
	}
	pods, err := core.Pods(ns).List(ctx, all)
	if err != nil {
		return err
	}
	claims, err := core.PersistentVolumeClaims(ns).List(ctx, all)
	if err != nil {
		return err
	}
	services, err := core.Services(ns).List(ctx, all)
	if err != nil {
		return err
	}
	ingresses, err := c.kube.NetworkingV1().Ingresses(ns).List(ctx, all)
	if err != nil {
		return err
	}
	s.deployments = append(s.deployments, deployments.Items...)
	s.replicaSets = append(s.replicaSets, replicaSets.Items...)
	s.stateful = append(s.stateful, stateful.Items...)
	s.daemons = append(s.daemons, daemons.Items...)
	s.jobs = append(s.jobs, jobs.Items...)
	s.pods = append(s.pods, pods.Items...)
	s.claims = append(s.claims, claims.Items...)
	s.services = append(s.services, services.Items...)
	s.ingresses = append(s.ingresses, ingresses.Items...)
	return nil
}

func (c *Cluster) observeCluster(ctx context.Context, s *state) error {
	var all metav1.ListOptions
	switch nodes, err := c.kube.CoreV1().Nodes().List(ctx, all); {
	case err == nil:
		s.nodes = nodes.Items
	case !errors.IsForbidden(err):
		return err
	}
	switch classes, err := c.kube.StorageV1().StorageClasses().List(ctx, all); {
	case err == nil:
		s.classes, s.knowsClasses = classes.Items, true
	case !errors.IsForbidden(err):
		return err
	}
	switch classes, err := c.kube.NetworkingV1().IngressClasses().List(ctx, all); {
	case err == nil:
		s.ingressBy = classes.Items
	case !errors.IsForbidden(err):
		return err
	}
	return nil
}

// link makes the way from objects to their owners, and back to their pods.
func (s *state) link() {
	s.byUID = map[types.UID]metav1.Object{}
	for i := range s.replicaSets {
		s.byUID[s.replicaSets[i].UID] = &s.replicaSets[i]
	}
	for i := range s.jobs {
		s.byUID[s.jobs[i].UID] = &s.jobs[i]
	}
	for i := range s.stateful {
		s.byUID[s.stateful[i].UID] = &s.stateful[i]
	}
	for i := range s.deployments {
		s.byUID[s.deployments[i].UID] = &s.deployments[i]
	}
	for i := range s.daemons {
		s.byUID[s.daemons[i].UID] = &s.daemons[i]
	}
	s.podsBy = map[types.UID][]*corev1.Pod{}
	slices.SortFunc(s.pods, func(a, b corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	for i := range s.pods {
		p := &s.pods[i]
		if p.DeletionTimestamp != nil {
			continue // it is on its way out
		}
		for _, owner := range s.owners(p) {
			s.podsBy[owner.UID] = append(s.podsBy[owner.UID], p)
		}
	}
}

// owners gives the owners of an object, from the nearest on, among the objects
// of the state.
func (s *state) owners(m metav1.Object) []metav1.OwnerReference {
	var out []metav1.OwnerReference
	for range 10 { // a chain of owners is short, unless somebody makes a ring
		refs := m.GetOwnerReferences()
		if len(refs) == 0 {
			return out
		}
		ref := &refs[0]
		if controller := metav1.GetControllerOf(m); controller != nil {
			ref = controller
		}
		out = append(out, *ref)
		next := s.byUID[ref.UID]
		if next == nil {
			return out
		}
		m = next
	}
	return out
}
