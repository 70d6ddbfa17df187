package cluster

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	metadatafake "k8s.io/client-go/metadata/fake"
	ktesting "k8s.io/client-go/testing"
)

// apiServers is what tells how many API servers a cluster has.
func apiServers(addresses ...string) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "kubernetes", Labels: map[string]string{discoveryv1.LabelServiceName: "kubernetes"}}}
	for _, a := range addresses {
		s.Endpoints = append(s.Endpoints, discoveryv1.Endpoint{Addresses: []string{a}})
	}
	return s
}

// TestClearNamespace: the stand-in has no controller that empties a namespace,
// so one that goes was cleared by us.
func TestClearNamespace(t *testing.T) {
	held := object("held")
	held.Finalizers, held.DeletionTimestamp = []string{"example.test/x"}, new(metav1.Now())
	forbidden := func(ktesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewForbidden(schema.GroupResource{Resource: "persistentvolumeclaims"}, "", nil)
	}
	for _, s := range []struct {
		name       string
		servers    []string
		finalizers []corev1.FinalizerName
		objects    []runtime.Object
		list       ktesting.ReactionFunc // of claims
		goes       bool
		left       int // objects behind it
	}{
		{"empty", []string{"10.0.0.1"}, []corev1.FinalizerName{"kubernetes"}, nil, nil, true, 0},
		{"full", []string{"10.0.0.1"}, []corev1.FinalizerName{"kubernetes"}, []runtime.Object{
			entry("v1", "ConfigMap", object("kube-root-ca.crt")), entry("v1", "Event", object("event")), entry("v1", "PersistentVolumeClaim", object("data")),
		}, nil, true, 0},
		{"held", []string{"10.0.0.1"}, []corev1.FinalizerName{"kubernetes"}, []runtime.Object{entry("v1", "ConfigMap", held)}, nil, false, 1},
		{"held itself", []string{"10.0.0.1"}, []corev1.FinalizerName{"example.test/y", "kubernetes"}, nil, nil, false, 0},
		{"several API servers", []string{"10.0.0.1", "10.0.0.2"}, []corev1.FinalizerName{"kubernetes"}, []runtime.Object{entry("v1", "ConfigMap", object("a"))}, nil, false, 1},
		{"cannot be looked at", []string{"10.0.0.1"}, []corev1.FinalizerName{"kubernetes"}, nil, forbidden, false, 0},
	} {
		t.Run(s.name, func(t *testing.T) {
			space := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, UID: "space"}, Spec: corev1.NamespaceSpec{Finalizers: s.finalizers}}
			c, kube := stand(t, space, apiServers(s.servers...))
			served(t, c, s.objects...)
			meta := c.metadata.(*metadatafake.FakeMetadataClient)
			if s.list != nil {
				meta.PrependReactor("list", "persistentvolumeclaims", s.list)
			}
			namespaces := corev1.SchemeGroupVersion.WithResource("namespaces")
			kube.PrependReactor("*", "namespaces", func(a ktesting.Action) (bool, runtime.Object, error) {
				switch {
				case a.Matches("delete", "namespaces"):
					space.DeletionTimestamp = new(metav1.Now())
					return true, nil, kube.Tracker().Update(namespaces, space, "")
				case a.GetSubresource() == "finalize":
					now := a.(ktesting.CreateAction).GetObject().(*corev1.Namespace)
					if len(now.Spec.Finalizers) > 0 {
						return true, now, kube.Tracker().Update(namespaces, now, "")
					}
					return true, now, kube.Tracker().Delete(namespaces, "", ns)
				}
				return false, nil, nil
			})
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
				defer stop()
				began := time.Now()
				stuck, err := c.ClearNamespace(ctx, ns)
				if err != nil || (len(stuck) == 0) != s.goes {
					t.Errorf("%+v, %v", stuck, err)
				}
				if took := time.Since(began); s.goes && took > time.Second {
					t.Errorf("it took %s", took)
				}
			})
			left := 0
			for _, r := range []string{"configmaps", "events", "persistentvolumeclaims"} {
				found, err := c.listed(t.Context(), corev1.SchemeGroupVersion.WithResource(r), "", true, ns)
				if err != nil && s.list == nil {
					t.Error(err)
				}
				left += len(found)
			}
			if left != s.left {
				t.Errorf("%d objects are left, expected %d", left, s.left)
			}
		})
	}
}

// TestClearEndsPods: the time that a pod would take to end by itself is cut
// short, also where it is ending already.
func TestClearEndsPods(t *testing.T) {
	ending, soon := object("ending"), object("soon")
	ending.DeletionTimestamp, ending.DeletionGracePeriodSeconds = new(metav1.Now()), new(int64(120))
	soon.DeletionTimestamp, soon.DeletionGracePeriodSeconds = new(metav1.Now()), new(int64(1))
	c, _ := stand(t)
	served(t, c, entry("v1", "Pod", ending), entry("v1", "Pod", object("running")), entry("v1", "Pod", soon))
	pods := corev1.SchemeGroupVersion.WithResource("pods")
	found, err := c.listed(t.Context(), pods, "Pod", true, ns)
	if err != nil || len(found) != 3 {
		t.Fatalf("%+v, %v", found, err)
	}
	if err := c.deleteAll(t.Context(), pods, ns, found); err != nil {
		t.Fatal(err)
	}
	var deleted []string
	for _, a := range c.metadata.(*metadatafake.FakeMetadataClient).Actions() {
		if d, ok := a.(ktesting.DeleteActionImpl); ok {
			deleted = append(deleted, d.Name)
			if grace := d.DeleteOptions.GracePeriodSeconds; grace == nil || *grace != podsEnd {
				t.Errorf("%s: %v", d.Name, grace)
			}
		}
	}
	slices.Sort(deleted)
	if !slices.Equal(deleted, []string{"ending", "running"}) {
		t.Errorf("deleted %q", deleted)
	}
}
