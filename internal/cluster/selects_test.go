package cluster

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestSelectsNothing(t *testing.T) {
	service := func(name, app string) *corev1.Service {
		s := &corev1.Service{ObjectMeta: object(name)}
		if app != "" {
			s.Spec.Selector = map[string]string{"app": app}
		}
		return s
	}
	pod := &corev1.Pod{ObjectMeta: object("web-1")}
	pod.Labels = map[string]string{"app": "web"}
	asleep := &appsv1.Deployment{ObjectMeta: object("asleep")} // of no replicas
	asleep.Spec.Template.ObjectMeta = metav1.ObjectMeta{Labels: map[string]string{"app": "asleep"}}
	elsewhere := service("elsewhere", "absent")
	elsewhere.Spec.Type = corev1.ServiceTypeExternalName
	c, _ := stand(t, pod, asleep, elsewhere, service("web", "web"), service("asleep", "asleep"), service("by-hand", ""), service("wrong", "wbe"), service("theirs", "wbe"))
	got, err := c.SelectsNothing(t.Context(), ReadyOptions{Namespace: ns, Objects: []Object{
		{APIVersion: "v1", Kind: "Service", Name: "web"}, {APIVersion: "v1", Kind: "Service", Name: "asleep"}, {APIVersion: "v1", Kind: "Service", Name: "by-hand"},
		{APIVersion: "v1", Kind: "Service", Name: "elsewhere"}, {APIVersion: "v1", Kind: "Service", Name: "wrong"},
	}})
	if err != nil || len(got) != 1 || got[0].Message != "Service/wrong selects no pod: none has the labels app=wbe" || got[0].Location.Object != "Service/wrong" {
		t.Errorf("%+v, %v", got, err)
	}
}
