package cluster

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/discovery"
	discoveryfake "k8s.io/client-go/discovery/fake"
	metadatafake "k8s.io/client-go/metadata/fake"
	ktesting "k8s.io/client-go/testing"
)

func entry(apiVersion, kind string, m metav1.ObjectMeta) *metav1.PartialObjectMetadata {
	return &metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}, ObjectMeta: m}
}

// served makes the stand-in serve these kinds, with these objects by metadata.
func served(t *testing.T, c *Cluster, objects ...runtime.Object) {
	t.Helper()
	scheme := metadatafake.NewTestScheme()
	if err := metav1.AddMetaToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	c.metadata = metadatafake.NewSimpleMetadataClient(scheme, objects...)
	all := metav1.Verbs{"list", "delete"}
	c.kube.Discovery().(*discoveryfake.FakeDiscovery).Resources = []*metav1.APIResourceList{
		{GroupVersion: "v1", APIResources: []metav1.APIResource{
			{Name: "configmaps", Kind: "ConfigMap", Namespaced: true, Verbs: all}, {Name: "persistentvolumeclaims", Kind: "PersistentVolumeClaim", Namespaced: true, Verbs: all},
			{Name: "persistentvolumes", Kind: "PersistentVolume", Verbs: all}, {Name: "events", Kind: "Event", Namespaced: true, Verbs: all},
			{Name: "pods/log", Kind: "Pod", Namespaced: true, Verbs: all},
		}},
	}
}

var _ discovery.DiscoveryInterface = (*discoveryfake.FakeDiscovery)(nil)

func TestLeftovers(t *testing.T) {
	kept := object("kept")
	kept.Annotations = map[string]string{"helm.sh/resource-policy": "keep"}
	old, root := object("old"), object("kube-root-ca.crt")
	stuck := object("stuck")
	stuck.Finalizers = []string{"example.test/b", "example.test/a"}
	stuck.DeletionTimestamp = new(metav1.Now())
	elsewhere := object("elsewhere")
	elsewhere.Namespace = "other"
	pv := metav1.ObjectMeta{Name: "pv", UID: "pv"}
	volume := &corev1.PersistentVolume{ObjectMeta: pv, Spec: corev1.PersistentVolumeSpec{PersistentVolumeReclaimPolicy: "Retain", ClaimRef: &corev1.ObjectReference{Name: "data"}}}
	c, _ := stand(t, volume)
	served(t, c, entry("v1", "ConfigMap", old))
	before, err := c.Snapshot(t.Context(), ns)
	if err != nil || before.Len() != 1 {
		t.Fatalf("%d, %v", before.Len(), err)
	}
	served(t, c, entry("v1", "ConfigMap", old), entry("v1", "ConfigMap", root), entry("v1", "ConfigMap", kept), entry("v1", "ConfigMap", stuck), entry("v1", "ConfigMap", elsewhere),
		entry("v1", "PersistentVolumeClaim", object("data")), entry("v1", "PersistentVolume", pv), entry("v1", "Event", object("event")))
	var got []string
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		start := time.Now()
		found, err := c.Leftovers(ctx, ns, before)
		if err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
		for _, l := range found {
			got = append(got, l.String()+" "+l.Reason)
			if l.Held != (l.Name == "stuck") {
				t.Errorf("%+v", l)
			}
		}
	})
	want := []string{
		"ConfigMap/kept its annotation helm.sh/resource-policy says so",
		"ConfigMap/stuck it is being deleted, and held by the finalizers example.test/a, example.test/b",
		"PersistentVolume of claim data its reclaim policy is Retain",
		"PersistentVolumeClaim/data the claims of a StatefulSet outlive it unless persistentVolumeClaimRetentionPolicy says otherwise",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestLeftProblems: one remark for each reason, however many objects there are.
func TestLeftProblems(t *testing.T) {
	const claims, tests = "the claims of a StatefulSet outlive it", "hooks are not part of the release"
	left := []Leftover{
		{Kind: "ConfigMap", Name: "stuck", Reason: "it is being deleted, and held by a finalizer", Held: true},
		{Kind: "Job", Name: "migrate", Reason: tests},
		{Kind: "PersistentVolume", Name: "pvc-1", Claim: "data-1", Reason: "its reclaim policy is Delete"},
		{Kind: "PersistentVolume", Name: "pvc-2", Claim: "gone", Reason: "its reclaim policy is Retain"},
		{Kind: "Pod", Name: "reaches", Reason: tests, Test: true},
	}
	for _, name := range []string{"1", "2", "3", "4", "5", "6", "7"} {
		left = append(left, Leftover{Kind: "PersistentVolumeClaim", Name: "data-" + name, Reason: claims})
	}
	var got []string
	for _, p := range LeftProblems(left) {
		got = append(got, fmt.Sprintf("%s %s %s: %s", p.Severity, p.Code, p.Location.Object, p.Message))
	}
	want := []string{
		"error terminating ConfigMap/stuck: ConfigMap/stuck is left: it is being deleted, and held by a finalizer",
		"warning left-behind Job/migrate: Job/migrate is left: " + tests,
		"warning left-behind PersistentVolume of claim gone: PersistentVolume of claim gone is left: its reclaim policy is Retain",
		"info left-behind Pod/reaches: Pod/reaches is left: " + tests,
		"warning left-behind PersistentVolumeClaim/data-1: PersistentVolumeClaim/data-1, PersistentVolumeClaim/data-2, PersistentVolumeClaim/data-3, PersistentVolumeClaim/data-4, " +
			"PersistentVolumeClaim/data-5 and 2 more are left: " + claims,
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestRemoveNamespaceWithoutAPI: where nothing answers, waiting does not help.
func TestRemoveNamespaceWithoutAPI(t *testing.T) {
	c, kube := stand(t)
	kube.PrependReactor("get", "namespaces", func(ktesting.Action) (bool, runtime.Object, error) {
		return true, nil, errors.New("dial tcp 127.0.0.1:6443: connect: connection refused")
	})
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		got, err := c.RemoveNamespace(t.Context(), ns)
		if err != nil || len(got) != 1 || got[0].Class != API || !got[0].Infrastructure {
			t.Errorf("%+v, %v", got, err)
		}
		if took := time.Since(start); took < apiPatience || took > apiPatience+maxPause {
			t.Errorf("after %s", took)
		}
	})
}

func TestRemoveNamespace(t *testing.T) {
	c, _ := stand(t)
	if got, err := c.RemoveNamespace(t.Context(), "none"); err != nil || got != nil {
		t.Errorf("absent: %+v, %v", got, err)
	}
	held := object("held")
	held.Finalizers, held.DeletionTimestamp = []string{"example.test/x"}, new(metav1.Now())
	c, _ = stand(t, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: ns, DeletionTimestamp: new(metav1.NewTime(time.Now().Add(-time.Hour))), Finalizers: []string{"kubernetes"}}, Status: corev1.NamespaceStatus{
		Conditions: []corev1.NamespaceCondition{{Type: corev1.NamespaceFinalizersRemaining, Status: corev1.ConditionTrue, Message: "Some content has finalizers remaining"}},
	}})
	served(t, c, entry("v1", "ConfigMap", held))
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		got, err := c.RemoveNamespace(ctx, ns)
		if err != nil || len(got) != 1 || got[0].Class != Terminating || got[0].Reason != "it does not go away: ConfigMap/held is held by the finalizers example.test/x" {
			t.Errorf("%+v, %v", got, err)
		}
	})
	found, err := c.Damage(t.Context())
	if err != nil || !slices.ContainsFunc(found, func(b Blocker) bool { return b.Object == "Namespace/shop" && b.Class == Terminating }) {
		t.Errorf("%+v, %v", found, err)
	}
	for _, b := range found {
		if strings.Contains(b.Reason, "\n") {
			t.Errorf("%+v", b)
		}
	}
}
