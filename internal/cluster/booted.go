package cluster

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Part is something that a cluster must have before charts are put into it.
// Its value is the class of the Blocker where it is missing.
type Part string

// The parts that Booted looks at besides the nodes.
const (
	PartDNS            Part = DNS            // the service that resolves names has an endpoint
	PartStorageClass   Part = StorageClass   // there is a default one
	PartServiceAccount Part = ServiceAccount // that of the namespace default: pods can be made
)

// bootPoll is the time between two looks at a cluster that comes up.
const bootPoll = 250 * time.Millisecond

// NotBooted is the error of Booted: what the cluster lacked when the time was over.
type NotBooted struct {
	Blockers []Blocker
	Err      error // of the context, or the API's where it says no
}

// Error names everything that is missing.
func (e *NotBooted) Error() string {
	var parts []string
	for _, b := range e.Blockers {
		parts = append(parts, b.Object+": "+b.Reason)
	}
	if len(parts) == 0 {
		return "the cluster is not ready: " + e.Err.Error()
	}
	return fmt.Sprintf("the cluster is not ready (%v): %s", e.Err, strings.Join(parts, "; "))
}

// Unwrap gives the error of the context or the API.
func (e *NotBooted) Unwrap() error { return e.Err }

// Booted waits until charts can be put into the cluster: every node is ready
// and under no pressure, names resolve, there is a default StorageClass, and
// pods can be made. The parts of which a provider has none are named in without.
// When the context ends it says what was missing, as a *NotBooted.
func (c *Cluster) Booted(ctx context.Context, without ...Part) error {
	var last []Blocker
	for {
		look, stop := context.WithTimeout(ctx, lookTimeout)
		found, err := c.missing(look, without)
		stop()
		switch {
		case err == nil && len(found) == 0:
			return nil
		case err == nil:
			last = found
		case ctx.Err() != nil: // the look was cut off: the one before counts
		case passing(err):
			last = []Blocker{away(err)}
		default:
			return &NotBooted{Err: err}
		}
		select {
		case <-ctx.Done():
			return &NotBooted{Blockers: last, Err: context.Cause(ctx)}
		case <-time.After(bootPoll):
		}
	}
}

// missing says what the cluster lacks at this moment. All of it is the
// infrastructure's.
func (c *Cluster) missing(ctx context.Context, without []Part) ([]Blocker, error) {
	nodes, err := c.kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	out := sickNodes(nodes.Items)
	if len(nodes.Items) == 0 {
		out = append(out, Blocker{Object: "Node", Class: Node, Reason: "the cluster has no node yet", Infrastructure: true})
	}
	for _, part := range []struct {
		part Part
		look func(context.Context) ([]Blocker, error)
	}{{PartDNS, c.dns}, {PartStorageClass, c.defaultStorage}, {PartServiceAccount, c.serviceAccount}} {
		if slices.Contains(without, part.part) {
			continue
		}
		found, err := part.look(ctx)
		if err != nil {
			return nil, err
		}
		out = append(out, found...)
	}
	for i := range out {
		out[i].Infrastructure = true
	}
	return sorted(out), nil
}

// pressures are the conditions of nodes that must not be true
// (https://kubernetes.io/docs/reference/node/node-status/).
var pressures = []corev1.NodeConditionType{corev1.NodeDiskPressure, corev1.NodeMemoryPressure, corev1.NodePIDPressure, corev1.NodeNetworkUnavailable}

// sickNodes names the nodes that are not ready or under pressure.
func sickNodes(nodes []corev1.Node) []Blocker {
	var out []Blocker
	for i := range nodes {
		n := &nodes[i]
		ready := false
		bad := func(reason string) {
			out = append(out, Blocker{Object: named("Node", n.Name), Class: Node, Reason: clean(reason, maxReason), Infrastructure: true, Final: false})
		}
		for _, c := range n.Status.Conditions {
			switch {
			case c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue:
				ready = true
			case c.Type == corev1.NodeReady:
				ready = true // it is named here, and not again below
				bad(fmt.Sprintf("it is not ready: %s: %s", c.Reason, c.Message))
			case slices.Contains(pressures, c.Type) && c.Status == corev1.ConditionTrue:
				bad(fmt.Sprintf("it has %s: %s", c.Type, c.Message))
			}
		}
		if !ready {
			bad("it has not said yet that it is ready")
		}
	}
	return out
}

// dnsLabel marks the service that resolves names, whatever serves it: CoreDNS
// and kube-dns both have it.
const dnsLabel = "k8s-app=kube-dns"

func (c *Cluster) dns(ctx context.Context) ([]Blocker, error) {
	const ns = metav1.NamespaceSystem
	services, err := c.kube.CoreV1().Services(ns).List(ctx, metav1.ListOptions{LabelSelector: dnsLabel})
	if err != nil {
		return nil, err
	}
	if len(services.Items) == 0 {
		return []Blocker{{Object: "Service/kube-dns", Class: DNS, Reason: "kube-system has no service that resolves names (label k8s-app=kube-dns)"}}, nil
	}
	for i := range services.Items {
		name := services.Items[i].Name
		slices, err := c.kube.DiscoveryV1().EndpointSlices(ns).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + name})
		if err != nil {
			return nil, err
		}
		if endpoints(slices.Items) > 0 {
			return nil, nil
		}
	}
	b := about("Service", ns, services.Items[0].Name, DNS, "no pod behind it is ready, so names do not resolve")
	pods, err := c.kube.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{LabelSelector: dnsLabel})
	if err != nil {
		return nil, err
	}
	for i := range pods.Items {
		for _, found := range troubles(&pods.Items[i], -1) {
			b.Reason = clean(b.Reason+": "+found.Reason, maxReason)
			return []Blocker{b}, nil
		}
	}
	return []Blocker{b}, nil
}

// endpoints counts those that are ready; one that does not say is.
func endpoints(list []discoveryv1.EndpointSlice) int {
	n := 0
	for i := range list {
		for _, e := range list[i].Endpoints {
			if e.Conditions.Ready == nil || *e.Conditions.Ready {
				n++
			}
		}
	}
	return n
}

func (c *Cluster) defaultStorage(ctx context.Context) ([]Blocker, error) {
	classes, err := c.kube.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	for i := range classes.Items {
		if classes.Items[i].Annotations[defaultClass] == "true" {
			return nil, nil
		}
	}
	return []Blocker{{Object: "StorageClass", Class: StorageClass, Reason: fmt.Sprintf("none of %d is the default one", len(classes.Items))}}, nil
}

func (c *Cluster) serviceAccount(ctx context.Context) ([]Blocker, error) {
	_, err := c.kube.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Get(ctx, "default", metav1.GetOptions{})
	if errors.IsNotFound(err) {
		return []Blocker{{Object: "ServiceAccount/default", Class: ServiceAccount, Reason: "the namespace default has none yet, so no pod can be made there"}}, nil
	}
	return nil, err
}
