package cluster

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// EndpointOptions says where a release is to be reached. Without Service and
// Ingress the first Ingress with an address is taken, else the first load
// balancer, else the only service that has a port.
type EndpointOptions struct {
	Release, Namespace string
	Service            string
	Ingress            string
	Port               string // of the service, by number or name; "" for its only one
}

// Endpoint is where a release can be reached from this machine.
type Endpoint struct {
	// URL is for clients: "http://127.0.0.1:40123". The address in it may not be
	// the name that an Ingress expects, which is Host.
	URL string
	// Host is what to send as the Host of a request; "" for that of the URL.
	Host string
	// Via says how it was found: "Ingress/web", "Service/web (load balancer)",
	// "Service/web (port-forward)".
	Via string
}

// Endpoint finds where a release can be reached. close ends a forward, where one
// was needed; it is never nil where there is no error.
func (c *Cluster) Endpoint(ctx context.Context, o EndpointOptions) (e Endpoint, closer func(), err error) {
	none := func() {}
	ingresses, services, err := c.doors(ctx, o)
	if err != nil {
		return Endpoint{}, nil, err
	}
	for i := range ingresses {
		if ing := &ingresses[i]; o.Service == "" && (o.Ingress == "" || ing.Name == o.Ingress) {
			if e, ok := ofIngress(ing); ok {
				return e, none, nil
			}
		}
	}
	if o.Ingress != "" {
		return Endpoint{}, nil, fmt.Errorf("%s in namespace %s is not there or has no address; have %s", named("Ingress", o.Ingress), o.Namespace, listOf(ingresses))
	}
	for i := range services {
		if svc := &services[i]; o.Service == "" || svc.Name == o.Service {
			if e, ok := ofLoadBalancer(svc, o.Port); ok {
				return e, none, nil
			}
		}
	}
	svc, err := theService(services, o)
	if err != nil {
		return Endpoint{}, nil, err
	}
	port, err := portOf(svc, o.Port)
	if err != nil {
		return Endpoint{}, nil, err
	}
	addr, closer, err := c.Forward(ctx, o.Namespace, svc.Name, strconv.Itoa(int(port.Port)))
	if err != nil {
		return Endpoint{}, nil, err
	}
	return Endpoint{URL: schemeOf(port) + "://" + addr, Via: named("Service", svc.Name) + " (port-forward)"}, closer, nil
}

// doors lists the Ingresses and services of a release, sorted by name. Where
// nothing in the namespace has the release's label, all of it counts.
func (c *Cluster) doors(ctx context.Context, o EndpointOptions) ([]networkingv1.Ingress, []corev1.Service, error) {
	ingresses, err := c.kube.NetworkingV1().Ingresses(o.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("listing the Ingresses of namespace %s: %w", o.Namespace, err)
	}
	services, err := c.kube.CoreV1().Services(o.Namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, nil, fmt.Errorf("listing the services of namespace %s: %w", o.Namespace, err)
	}
	slices.SortFunc(ingresses.Items, func(a, b networkingv1.Ingress) int { return strings.Compare(a.Name, b.Name) })
	slices.SortFunc(services.Items, func(a, b corev1.Service) int { return strings.Compare(a.Name, b.Name) })
	ours := func(labels map[string]string) bool { return o.Release != "" && labels[instanceLabel] == o.Release }
	if o.Ingress == "" && slices.ContainsFunc(ingresses.Items, func(i networkingv1.Ingress) bool { return ours(i.Labels) }) {
		ingresses.Items = slices.DeleteFunc(ingresses.Items, func(i networkingv1.Ingress) bool { return !ours(i.Labels) })
	}
	if o.Service == "" && slices.ContainsFunc(services.Items, func(s corev1.Service) bool { return ours(s.Labels) }) {
		services.Items = slices.DeleteFunc(services.Items, func(s corev1.Service) bool { return !ours(s.Labels) })
	}
	return ingresses.Items, services.Items, nil
}

func ofIngress(ing *networkingv1.Ingress) (Endpoint, bool) {
	for _, i := range ing.Status.LoadBalancer.Ingress {
		address := i.Hostname
		if address == "" {
			address = i.IP
		}
		if address == "" {
			continue
		}
		e := Endpoint{Via: named("Ingress", ing.Name)}
		for _, rule := range ing.Spec.Rules {
			if rule.Host != "" && !strings.HasPrefix(rule.Host, "*.") {
				e.Host = rule.Host
				break
			}
		}
		protocol := "http"
		if len(ing.Spec.TLS) > 0 {
			protocol = "https"
		}
		e.URL = protocol + "://" + bracketed(address)
		return e, true
	}
	return Endpoint{}, false
}

func ofLoadBalancer(svc *corev1.Service, wanted string) (Endpoint, bool) {
	if svc.Spec.Type != corev1.ServiceTypeLoadBalancer || len(svc.Spec.Ports) == 0 {
		return Endpoint{}, false
	}
	port, err := portOf(svc, wanted)
	if err != nil {
		if wanted != "" {
			return Endpoint{}, false
		}
		port = &svc.Spec.Ports[0]
	}
	for _, i := range svc.Status.LoadBalancer.Ingress {
		address := i.Hostname
		if address == "" {
			address = i.IP
		}
		if address != "" {
			return Endpoint{
				URL: schemeOf(port) + "://" + net.JoinHostPort(address, strconv.Itoa(int(port.Port))),
				Via: named("Service", svc.Name) + " (load balancer)",
			}, true
		}
	}
	return Endpoint{}, false
}

// theService picks the service that a forward goes to.
func theService(services []corev1.Service, o EndpointOptions) (*corev1.Service, error) {
	var open []*corev1.Service
	var have []string
	for i := range services {
		svc := &services[i]
		if len(svc.Spec.Ports) == 0 || svc.Spec.Type == corev1.ServiceTypeExternalName {
			continue
		}
		have = append(have, clean(svc.Name, maxName))
		if svc.Name == o.Service {
			return svc, nil
		}
		if svc.Spec.ClusterIP != corev1.ClusterIPNone { // headless ones serve the pods among themselves
			open = append(open, svc)
		}
	}
	switch {
	case o.Service != "":
		return nil, fmt.Errorf("namespace %s has no service %q with a port; have %s", o.Namespace, o.Service, strings.Join(have, ", "))
	case len(open) == 1:
		return open[0], nil
	case len(have) == 0:
		return nil, fmt.Errorf("namespace %s has no service with a port, and no Ingress with an address", o.Namespace)
	}
	return nil, fmt.Errorf("namespace %s has no Ingress with an address and %d services; name one of %s", o.Namespace, len(have), strings.Join(have, ", "))
}

func schemeOf(p *corev1.ServicePort) string {
	if p.Port == 443 || p.Name == "https" || p.AppProtocol != nil && *p.AppProtocol == "https" {
		return "https"
	}
	return "http"
}

func bracketed(address string) string {
	if ip := net.ParseIP(address); ip != nil && ip.To4() == nil {
		return "[" + address + "]"
	}
	return address
}

func listOf(ingresses []networkingv1.Ingress) string {
	if len(ingresses) == 0 {
		return "none"
	}
	var out []string
	for i := range ingresses {
		out = append(out, clean(ingresses[i].Name, maxName))
	}
	return strings.Join(out, ", ")
}
