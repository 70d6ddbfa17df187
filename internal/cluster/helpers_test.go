package cluster

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/kubernetes/scheme"
	metadatafake "k8s.io/client-go/metadata/fake"
)

// stand is a cluster of objects in memory. It has no controllers: what a test
// wants to happen, it does.
func stand(t testing.TB, objects ...runtime.Object) (*Cluster, *fake.Clientset) {
	t.Helper()
	kube := fake.NewClientset(objects...)
	meta := metadatafake.NewSimpleMetadataClient(metadatafake.NewTestScheme())
	return newCluster(kube, dynamicfake.NewSimpleDynamicClientWithCustomListKinds(scheme.Scheme, map[schema.GroupVersionResource]string{
		{Group: "apiregistration.k8s.io", Version: "v1", Resource: "apiservices"}: "APIServiceList",
	}), meta), kube
}

const ns = "shop"

func object(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: ns, Name: name, UID: types.UID(name), Generation: 1}
}

func ownedBy(m metav1.ObjectMeta, apiVersion, kind, name string) metav1.ObjectMeta {
	yes := true
	m.OwnerReferences = []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: name, UID: types.UID(name), Controller: &yes}}
	return m
}

// deployment gives one that wants as many pods as it is given, of which ready
// are; with its ReplicaSet.
func deployment(name string, want, ready int32) (*appsv1.Deployment, *appsv1.ReplicaSet) {
	d := &appsv1.Deployment{ObjectMeta: object(name), Spec: appsv1.DeploymentSpec{Replicas: &want}, Status: appsv1.DeploymentStatus{
		ObservedGeneration: 1, Replicas: want, UpdatedReplicas: want, ReadyReplicas: ready, AvailableReplicas: ready,
	}}
	return d, &appsv1.ReplicaSet{ObjectMeta: ownedBy(object(name+"-rs"), "apps/v1", "Deployment", name)}
}

// pod gives a pod with one container, app.
func pod(name string, meta metav1.ObjectMeta, status corev1.ContainerStatus) *corev1.Pod {
	meta.Name, meta.UID = name, types.UID(name)
	status.Name = "app"
	if status.Image == "" {
		status.Image = "example.test/app:1"
	}
	ready := corev1.ConditionFalse
	if status.Ready {
		ready = corev1.ConditionTrue
	}
	return &corev1.Pod{ObjectMeta: meta, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "app", ReadinessProbe: &corev1.Probe{}}}}, Status: corev1.PodStatus{
		Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{status},
		Conditions: []corev1.PodCondition{{Type: corev1.PodReady, Status: ready}},
	}}
}

func ofWeb(name string, status corev1.ContainerStatus) *corev1.Pod {
	return pod(name, ownedBy(object(name), "apps/v1", "ReplicaSet", "web-rs"), status)
}

func running(ready bool) corev1.ContainerStatus {
	return corev1.ContainerStatus{Ready: ready, State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}
}

func waitingFor(reason, message string) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}
}

// lastEnded adds how the run before ended.
func lastEnded(cs corev1.ContainerStatus, restarts, code int32, reason string) corev1.ContainerStatus {
	cs.RestartCount = restarts
	cs.LastTerminationState.Terminated = &corev1.ContainerStateTerminated{ExitCode: code, Reason: reason}
	return cs
}

func linked(s *state) *state {
	s.link()
	return s
}
