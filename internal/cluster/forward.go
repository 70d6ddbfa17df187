package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
	"k8s.io/klog/v2"
)

// forwardPatience is how long a forward may take to begin.
const forwardPatience = 30 * time.Second

// Forward makes a port of a service reachable at a local address, "127.0.0.1:40123",
// by way of the API server and a pod that is ready behind the service. port is
// the service's, by number or name; "" is its only one. When the pod goes away
// another one takes its place, at the same address; connections through it
// break. It ends with close, which may be called twice, or with the context.
func (c *Cluster) Forward(ctx context.Context, namespace, service, port string) (addr string, closer func(), err error) {
	if c.config == nil {
		return "", nil, errors.New("this connection cannot forward ports")
	}
	first, err := c.behind(ctx, namespace, service, port)
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	f := &forwarder{cluster: c, namespace: namespace, service: service, port: port}
	local, done, err := f.start(ctx, first, 0)
	if err != nil {
		cancel()
		return "", nil, fmt.Errorf("forwarding to %s: %w", named("Service", service), err)
	}
	var wait sync.WaitGroup
	wait.Go(func() { f.keep(ctx, local, done) })
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(local)), func() { cancel(); wait.Wait() }, nil
}

type forwarder struct {
	cluster                  *Cluster
	namespace, service, port string
}

// target is a port of a pod.
type target struct {
	pod  string
	port int32
}

// keep begins anew, at the same local port, whenever a forward has ended.
func (f *forwarder) keep(ctx context.Context, local int, done <-chan error) {
	for {
		select {
		case <-ctx.Done():
			<-done //nolint:errcheck // however it ended, it has
			return
		case <-done: //nolint:errcheck // why it ended says nothing: it begins anew
		}
		for {
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
			to, err := f.cluster.behind(ctx, f.namespace, f.service, f.port)
			if err != nil {
				continue
			}
			if _, done, err = f.start(ctx, to, local); err == nil {
				break
			}
		}
	}
}

// start forwards a local port, 0 for any that is free, to a pod. What comes
// over done is how it ended.
func (f *forwarder) start(ctx context.Context, to target, local int) (port int, done <-chan error, err error) {
	c := f.cluster
	url := c.kube.CoreV1().RESTClient().Post().Resource("pods").Namespace(f.namespace).Name(to.pod).SubResource("portforward").URL()
	transport, upgrader, err := spdy.RoundTripperFor(c.config)
	if err != nil {
		return 0, nil, err
	}
	// WebSockets are newer, and pass through more proxies.
	old := spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, url)
	tunnel, err := portforward.NewSPDYOverWebsocketDialer(url, c.config)
	if err != nil {
		return 0, nil, err
	}
	dialer := portforward.NewFallbackDialer(tunnel, old, func(error) bool { return true })
	ready := make(chan struct{})
	// What the library has to say goes nowhere: else it goes to the standard error.
	quiet := klog.NewContext(ctx, logr.Discard())
	pf, err := portforward.NewOnAddressesWithContext(quiet, dialer, []string{"127.0.0.1"}, []string{fmt.Sprintf("%d:%d", local, to.port)}, ready, io.Discard, io.Discard)
	if err != nil {
		return 0, nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- pf.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-ended:
		if err == nil {
			err = errors.New("the connection ended at once")
		}
		return 0, nil, err
	case <-time.After(forwardPatience):
		pf.Close()
		return 0, nil, fmt.Errorf("the API server opened no connection to pod %s within %s", to.pod, forwardPatience)
	}
	ports, err := pf.GetPorts()
	if err != nil {
		pf.Close()
		return 0, nil, err
	}
	return int(ports[0].Local), ended, nil
}

// behind finds a pod that is ready behind a service, and its port.
func (c *Cluster) behind(ctx context.Context, namespace, service, port string) (target, error) {
	svc, err := c.kube.CoreV1().Services(namespace).Get(ctx, service, metav1.GetOptions{})
	if err != nil {
		return target{}, fmt.Errorf("looking for %s in namespace %s: %w", named("Service", service), namespace, err)
	}
	sp, err := portOf(svc, port)
	if err != nil {
		return target{}, err
	}
	list, err := c.slices(ctx, svc)
	if err != nil {
		return target{}, err
	}
	var found []target
	for i := range list {
		number := slicePort(&list[i], sp)
		for _, e := range list[i].Endpoints {
			if number > 0 && e.TargetRef != nil && e.TargetRef.Kind == "Pod" && (e.Conditions.Ready == nil || *e.Conditions.Ready) {
				found = append(found, target{e.TargetRef.Name, number})
			}
		}
	}
	if len(found) == 0 {
		return target{}, fmt.Errorf("no pod behind %s is ready; its selector is %q", named("Service", service), metav1.FormatLabelSelector(&metav1.LabelSelector{MatchLabels: svc.Spec.Selector}))
	}
	slices.SortFunc(found, func(a, b target) int { return strings.Compare(a.pod, b.pod) })
	return found[0], nil
}

func (c *Cluster) slices(ctx context.Context, svc *corev1.Service) ([]discoveryv1.EndpointSlice, error) {
	list, err := c.kube.DiscoveryV1().EndpointSlices(svc.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discoveryv1.LabelServiceName + "=" + svc.Name})
	if err != nil {
		return nil, fmt.Errorf("looking for what stands behind %s: %w", named("Service", svc.Name), err)
	}
	return list.Items, nil
}

// readyPods counts the endpoints of a service that are ready.
func (c *Cluster) readyPods(ctx context.Context, svc *corev1.Service) (int, error) {
	list, err := c.slices(ctx, svc)
	return endpoints(list), err
}

// portOf finds a port of a service by its name or number.
func portOf(svc *corev1.Service, port string) (*corev1.ServicePort, error) {
	var have []string
	for i := range svc.Spec.Ports {
		p := &svc.Spec.Ports[i]
		if p.Protocol != "" && p.Protocol != corev1.ProtocolTCP {
			continue
		}
		if port == p.Name && port != "" || port == strconv.Itoa(int(p.Port)) {
			return p, nil
		}
		name := strconv.Itoa(int(p.Port))
		if p.Name != "" {
			name += " (" + p.Name + ")"
		}
		have = append(have, name)
	}
	if port == "" && len(have) == 1 {
		for i := range svc.Spec.Ports {
			if p := &svc.Spec.Ports[i]; p.Protocol == "" || p.Protocol == corev1.ProtocolTCP {
				return p, nil
			}
		}
	}
	if port == "" {
		return nil, fmt.Errorf("%s has %d TCP ports; name one of %s", named("Service", svc.Name), len(have), strings.Join(have, ", "))
	}
	return nil, fmt.Errorf("%s has no TCP port %q; have %s", named("Service", svc.Name), port, strings.Join(have, ", "))
}

// slicePort gives the number under which pods serve a port of their service.
func slicePort(s *discoveryv1.EndpointSlice, sp *corev1.ServicePort) int32 {
	for _, p := range s.Ports {
		if p.Port != nil && (p.Name == nil || *p.Name == sp.Name) {
			return *p.Port
		}
	}
	if sp.TargetPort.Type == intstr.Int {
		return sp.TargetPort.IntVal
	}
	return 0
}
