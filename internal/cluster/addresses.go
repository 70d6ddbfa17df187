package cluster

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
)

// ingressClassAnnotation is how Ingresses named their class before they had a
// field for it.
const (
	ingressClassAnnotation = "kubernetes.io/ingress.class"
	defaultIngressClass    = "ingressclass.kubernetes.io/is-default-class"
)

// loadBalancer judges a Service of that type by its address: some clouds give
// a hostname, others an IP.
func (s *state) loadBalancer(svc *corev1.Service, need Need) []Blocker {
	if svc.Spec.Type != corev1.ServiceTypeLoadBalancer || len(svc.Spec.ExternalIPs) > 0 || need == NotNeeded || svc.DeletionTimestamp != nil {
		return nil
	}
	for _, i := range svc.Status.LoadBalancer.Ingress {
		if i.Hostname != "" || i.IP != "" {
			return nil
		}
	}
	if need == Auto && !s.balances() {
		return nil
	}
	b := about("Service", svc.Namespace, svc.Name, NoAddress, "its load balancer has no address, neither a hostname nor an IP")
	b.silent = true
	return []Blocker{b}
}

// balances tells whether something hands out load balancers: not on kind, whose
// nodes are known by their provider ID, unless one has been given out.
func (s *state) balances() bool {
	for i := range s.services {
		if len(s.services[i].Status.LoadBalancer.Ingress) > 0 {
			return true
		}
	}
	for i := range s.nodes {
		if strings.HasPrefix(s.nodes[i].Spec.ProviderID, "kind://") {
			return false
		}
	}
	return true
}

// ingress judges an Ingress by its address.
func (s *state) ingress(ing *networkingv1.Ingress, need Need) []Blocker {
	if need == NotNeeded || ing.DeletionTimestamp != nil {
		return nil
	}
	for _, i := range ing.Status.LoadBalancer.Ingress {
		if i.Hostname != "" || i.IP != "" {
			return nil
		}
	}
	if need == Auto && !s.serves(ing) {
		return nil
	}
	b := about("Ingress", ing.Namespace, ing.Name, NoAddress, "it has no address, neither a hostname nor an IP")
	b.silent = true
	return []Blocker{b}
}

// serves tells whether the cluster has the IngressClass that an Ingress is of.
func (s *state) serves(ing *networkingv1.Ingress) bool {
	name := ing.Annotations[ingressClassAnnotation]
	if ing.Spec.IngressClassName != nil {
		name = *ing.Spec.IngressClassName
	}
	for i := range s.ingressBy {
		c := &s.ingressBy[i]
		if c.Name == name || name == "" && c.Annotations[defaultIngressClass] == "true" {
			return true
		}
	}
	return false
}
