package cluster

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	admissionv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

func aService(name string, ports ...corev1.ServicePort) *corev1.Service {
	return &corev1.Service{ObjectMeta: object(name), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.0.0.1", Ports: ports}}
}

func TestEndpoint(t *testing.T) {
	web := corev1.ServicePort{Name: "http", Port: 80}
	balancer := aService("lb", corev1.ServicePort{Name: "https", Port: 443})
	balancer.Spec.Type = corev1.ServiceTypeLoadBalancer
	balancer.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "2001:db8::1"}}
	ing := &networkingv1.Ingress{ObjectMeta: object("web"), Spec: networkingv1.IngressSpec{
		Rules: []networkingv1.IngressRule{{Host: "*.example.test"}, {Host: "shop.example.test"}}, TLS: []networkingv1.IngressTLS{{}},
	}, Status: networkingv1.IngressStatus{LoadBalancer: networkingv1.IngressLoadBalancerStatus{Ingress: []networkingv1.IngressLoadBalancerIngress{{Hostname: "a.elb.example.test"}}}}}
	for _, c := range []struct {
		name    string
		objects []runtime.Object
		o       EndpointOptions
		want    Endpoint
		err     string
	}{
		{"ingress", []runtime.Object{ing, balancer}, EndpointOptions{}, Endpoint{"https://a.elb.example.test", "shop.example.test", "Ingress/web"}, ""},
		{"load balancer", []runtime.Object{balancer, aService("web", web)}, EndpointOptions{}, Endpoint{"https://[2001:db8::1]:443", "", "Service/lb (load balancer)"}, ""},
		{"no such ingress", []runtime.Object{ing}, EndpointOptions{Ingress: "gone"}, Endpoint{}, "have web"},
		{"no such service", []runtime.Object{aService("web", web)}, EndpointOptions{Service: "gone"}, Endpoint{}, "have web"},
		{"several", []runtime.Object{aService("a", web), aService("b", web)}, EndpointOptions{}, Endpoint{}, "name one of a, b"},
		{"nothing", nil, EndpointOptions{}, Endpoint{}, "no service with a port"},
		{"no such port", []runtime.Object{aService("a", web)}, EndpointOptions{Port: "grpc"}, Endpoint{}, `no TCP port "grpc"; have 80 (http)`},
		{"which port", []runtime.Object{aService("a", web, corev1.ServicePort{Port: 81})}, EndpointOptions{}, Endpoint{}, "name one of 80 (http), 81"},
	} {
		cl, _ := stand(t, c.objects...)
		c.o.Namespace = ns
		got, closer, err := cl.Endpoint(t.Context(), c.o)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%s: %v", c.name, err)
			}
			continue
		}
		if err != nil || got != c.want {
			t.Errorf("%s: %+v, %v", c.name, got, err)
			continue
		}
		closer()
	}
	cl, _ := stand(t, aService("web", web))
	if _, err := cl.behind(t.Context(), ns, "web", ""); err == nil || !strings.Contains(err.Error(), "no pod behind Service/web is ready") {
		t.Errorf("%v", err)
	}
}

func TestDeadWebhook(t *testing.T) {
	ignore := admissionv1.Ignore
	hook := func(name string, policy *admissionv1.FailurePolicyType) *admissionv1.ValidatingWebhookConfiguration {
		return &admissionv1.ValidatingWebhookConfiguration{ObjectMeta: metav1.ObjectMeta{Name: name}, Webhooks: []admissionv1.ValidatingWebhook{{
			Name: "v.example.test", FailurePolicy: policy, ClientConfig: admissionv1.WebhookClientConfig{Service: &admissionv1.ServiceReference{Namespace: ns, Name: "gone"}},
		}}}
	}
	c, _ := stand(t, append(whole(), hook("must", nil), hook("may", &ignore))...)
	got, err := c.Damage(t.Context())
	if err != nil || len(got) != 1 || got[0].Object != "ValidatingWebhookConfiguration/must" || got[0].Class != Webhook || !strings.Contains(got[0].Reason, "service shop/gone is gone") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestOpen(t *testing.T) {
	file := filepath.Join(t.TempDir(), "kubeconfig")
	for text, c := range map[string]struct{ context, err string }{
		"":     {"", "has no context; expected a kubeconfig"},
		"x: [": {"", "cannot be used as a kubeconfig"},
		"contexts: [{name: a, context: {cluster: a}}]":                                                                    {"", "has no current context; name one of a"},
		"contexts: [{name: b, context: {}}, {name: a, context: {}}]\ncurrent-context: b":                                  {"c", `has no context "c"; have a, b`},
		"contexts: [{name: a, context: {cluster: none}}]\ncurrent-context: a":                                             {"", "context a of "},
		"contexts: [{name: a, context: {cluster: a}}]\nclusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}]\n": {"a", ""},
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		opened, err := Open(file, c.context)
		if c.err == "" && (err != nil || opened == nil) || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%q: %v", text, err)
		}
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent"), ""); err == nil {
		t.Error("a file that is not there can be used")
	}
}
