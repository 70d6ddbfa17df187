package chart

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// access gives Helm its clients of one cluster. Nothing is cached on disk,
// where Helm's command line shares a cache between all clusters of one address.
type access struct {
	loader    clientcmd.ClientConfig
	config    *rest.Config
	discovery discovery.CachedDiscoveryInterface
	mapper    meta.ResettableRESTMapper

	mu       sync.Mutex
	warnings []string
}

// Requests per second and their burst: those of kubectl, as client-go's own
// (5 and 10) hold up a chart of fifty objects for seconds.
const (
	requestsPerSecond = 50
	requestBurst      = 300
)

func newAccess(kubeconfig, kubecontext, namespace string) (*access, error) {
	a := &access{loader: clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		&clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig},
		&clientcmd.ConfigOverrides{CurrentContext: kubecontext, Context: clientcmdapi.Context{Namespace: namespace}},
	)}
	config, err := a.loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig %s cannot be used: %w", kubeconfig, err)
	}
	config.QPS, config.Burst = requestsPerSecond, requestBurst
	config.UserAgent = "chart-matrix"
	config.WarningHandler = a
	a.config = config
	plain, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("the kubeconfig %s cannot be used: %w", kubeconfig, err)
	}
	a.discovery = memory.NewMemCacheClient(plain)
	a.mapper = restmapper.NewDeferredDiscoveryRESTMapper(a.discovery)
	return a, nil
}

// ToRESTConfig implements action.RESTClientGetter.
func (a *access) ToRESTConfig() (*rest.Config, error) { return rest.CopyConfig(a.config), nil }

// ToDiscoveryClient implements action.RESTClientGetter.
func (a *access) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	return a.discovery, nil
}

// ToRESTMapper implements action.RESTClientGetter.
func (a *access) ToRESTMapper() (meta.RESTMapper, error) { return a.mapper, nil }

// ToRawKubeConfigLoader is what kubectl's factory wants besides.
func (a *access) ToRawKubeConfigLoader() clientcmd.ClientConfig { return a.loader }

// HandleWarningHeader implements rest.WarningHandler: it keeps each warning of
// the API server once.
func (a *access) HandleWarningHeader(code int, _, text string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	// 299 is "miscellaneous persistent warning" (RFC 7234, 5.5.7), the only
	// code that Kubernetes sends.
	if code == 299 && text != "" && len(a.warnings) < maxWarnings && !slices.Contains(a.warnings, text) {
		a.warnings = append(a.warnings, text)
	}
}

// maxWarnings bounds how many warnings are kept of one operation.
const maxWarnings = 100

func (a *access) said() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.warnings)
}

func (a *access) clientset() (*kubernetes.Clientset, error) {
	return kubernetes.NewForConfig(a.config)
}

func (a *access) ensureNamespace(ctx context.Context, name string) error {
	clients, err := a.clientset()
	if err != nil {
		return err
	}
	_, err = clients.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}, metav1.CreateOptions{})
	return err
}

// lineHandler turns what Helm logs into lines. Its debugging names each object
// that it waits for, so it is left out.
type lineHandler struct {
	say   func(format string, args ...any)
	attrs string
}

// Enabled implements slog.Handler.
func (h *lineHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= slog.LevelInfo
}

// Handle implements slog.Handler.
func (h *lineHandler) Handle(_ context.Context, r slog.Record) error {
	var b strings.Builder
	b.WriteString(r.Message + h.attrs)
	r.Attrs(func(a slog.Attr) bool {
		fmt.Fprintf(&b, " %s=%v", a.Key, a.Value)
		return true
	})
	h.say("%s", b.String())
	return nil
}

// WithAttrs implements slog.Handler.
func (h *lineHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.attrs += fmt.Sprintf(" %s=%v", a.Key, a.Value)
	}
	return &with
}

// WithGroup implements slog.Handler; groups are not shown.
func (h *lineHandler) WithGroup(string) slog.Handler { return h }

// namespaced tells whether objects of a kind lie in namespaces, as far as the
// cluster knows the kind.
func (a *access) namespaced(apiVersion, kind string) bool {
	gv, err := schema.ParseGroupVersion(apiVersion)
	if err != nil {
		return false
	}
	mapping, err := a.mapper.RESTMapping(schema.GroupKind{Group: gv.Group, Kind: kind}, gv.Version)
	return err == nil && mapping.Scope.Name() == meta.RESTScopeNameNamespace
}
