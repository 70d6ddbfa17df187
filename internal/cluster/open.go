package cluster

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// Cluster is a connection to one cluster. It is safe for concurrent use and
// needs no closing.
type Cluster struct {
	// Redactor takes secrets out of all that the methods give back. Ready and
	// Watch teach it the values of the Secrets that they see.
	Redactor *Redactor

	config   *rest.Config
	kube     kubernetes.Interface
	dynamic  dynamic.Interface
	metadata metadata.Interface
	kinds    *kinds
}

// The client's own limits on requests to the API server. Readiness is asked for
// twice a second with ten requests, and what is left with one for each kind,
// some seventy; beside them evidence is gathered. The API server shares itself
// out fairly in any case.
const (
	requestsPerSecond = 200
	requestBurst      = 400
)

// Open reads a kubeconfig file and prepares a connection to the cluster of one
// of its contexts; "" means the file's current one. Nothing is sent yet: an
// error speaks of the file.
func Open(kubeconfig, kubeContext string) (*Cluster, error) {
	file, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used as a kubeconfig: %w", kubeconfig, err)
	}
	if kubeContext == "" {
		kubeContext = file.CurrentContext
	}
	have := slices.Sorted(maps.Keys(file.Contexts))
	switch {
	case len(have) == 0:
		return nil, fmt.Errorf("%s has no context; expected a kubeconfig of a cluster", kubeconfig)
	case kubeContext == "":
		return nil, fmt.Errorf("%s has no current context; name one of %s", kubeconfig, strings.Join(have, ", "))
	case file.Contexts[kubeContext] == nil:
		return nil, fmt.Errorf("%s has no context %q; have %s", kubeconfig, kubeContext, strings.Join(have, ", "))
	}
	config, err := clientcmd.NewDefaultClientConfig(*file, &clientcmd.ConfigOverrides{CurrentContext: kubeContext}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("context %s of %s cannot be used: %w", kubeContext, kubeconfig, err)
	}
	return open(config)
}

func open(config *rest.Config) (*Cluster, error) {
	config = rest.CopyConfig(config)
	config.QPS, config.Burst = requestsPerSecond, requestBurst
	config.UserAgent = "chart-matrix"
	config.WarningHandler = rest.NoWarnings{} // else they go to the standard error
	http, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	kube, err := kubernetes.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, err
	}
	dyn, err := dynamic.NewForConfigAndClient(config, http)
	if err != nil {
		return nil, err
	}
	meta, err := metadata.NewForConfigAndClient(metadata.ConfigFor(config), http)
	if err != nil {
		return nil, err
	}
	c := newCluster(kube, dyn, meta)
	c.config = config
	return c, nil
}

// newCluster puts a cluster together from its clients.
func newCluster(kube kubernetes.Interface, dyn dynamic.Interface, meta metadata.Interface) *Cluster {
	return &Cluster{Redactor: NewRedactor(), kube: kube, dynamic: dyn, metadata: meta, kinds: &kinds{of: map[string][]metav1.APIResource{}}}
}

// Version gives the version that the API server reports: v1.33.4+k3s1.
func (c *Cluster) Version(ctx context.Context) (string, error) {
	body, err := c.kube.Discovery().ServerVersionWithContext(ctx)
	if err != nil {
		return "", fmt.Errorf("asking the API server for its version: %w", err)
	}
	return clean(body.GitVersion, maxReason), nil
}
