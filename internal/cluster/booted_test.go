package cluster

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// whole gives the objects of a cluster that has booted.
func whole() []runtime.Object {
	yes := true
	return []runtime.Object{
		&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}}},
		&corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-dns", Labels: map[string]string{"k8s-app": "kube-dns"}}},
		&discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "kube-dns-x", Labels: map[string]string{discoveryv1.LabelServiceName: "kube-dns"}},
			Endpoints: []discoveryv1.Endpoint{{Conditions: discoveryv1.EndpointConditions{Ready: &yes}}}},
		&storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "standard", Annotations: map[string]string{defaultClass: "true"}}},
		&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "default"}},
	}
}

func TestBooted(t *testing.T) {
	c, _ := stand(t, whole()...)
	if err := c.Booted(t.Context()); err != nil {
		t.Fatal(err)
	}
	if found, err := c.Damage(t.Context()); err != nil || len(found) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
	for i, wants := range []string{"the cluster has no node yet", "no service that resolves names", "no pod behind it is ready", "none of 0 is the default one", "the namespace default has none yet"} {
		objects := whole()
		objects = append(objects[:i], objects[i+1:]...)
		c, _ := stand(t, objects...)
		synctest.Test(t, func(t *testing.T) {
			ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
			defer stop()
			err := c.Booted(ctx)
			var missing *NotBooted
			if !errors.As(err, &missing) || !errors.Is(err, context.DeadlineExceeded) || len(missing.Blockers) != 1 || !missing.Blockers[0].Infrastructure || !strings.Contains(err.Error(), wants) {
				t.Errorf("%v; want %s", err, wants)
			}
		})
	}
	c, _ = stand(t, whole()[:3]...)
	if err := c.Booted(t.Context(), PartStorageClass, PartServiceAccount); err != nil {
		t.Error(err)
	}
}

func TestSickNodes(t *testing.T) {
	node := func(conditions ...corev1.NodeCondition) corev1.Node {
		return corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Status: corev1.NodeStatus{Conditions: conditions}}
	}
	ready := corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionTrue}
	for _, c := range []struct {
		node corev1.Node
		says string
	}{
		{node(ready), ""},
		{node(), "it has not said yet that it is ready"},
		{node(corev1.NodeCondition{Type: corev1.NodeReady, Status: corev1.ConditionUnknown, Reason: "NodeStatusUnknown", Message: "Kubelet stopped posting node status."}), "Kubelet stopped posting"},
		{node(ready, corev1.NodeCondition{Type: corev1.NodeDiskPressure, Status: corev1.ConditionTrue}), "it has DiskPressure"},
	} {
		got := sickNodes([]corev1.Node{c.node})
		if c.says == "" && len(got) > 0 || c.says != "" && (len(got) != 1 || !strings.Contains(got[0].Reason, c.says)) {
			t.Errorf("%+v; want %q", got, c.says)
		}
	}
}
