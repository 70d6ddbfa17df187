package existing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/posthog/chart-matrix/internal/provider"
)

// Bounds of what the cluster may answer.
const (
	maxAnswer     = 32 << 20
	requestTakes  = 30 * time.Second
	maxNamespaces = 500
)

// access is one context of a kubeconfig.
type access struct {
	config    *clientcmdapi.Config // that context alone
	context   string
	namespace string // of the lock
	kube      kubernetes.Interface
}

// open reads the kubeconfig that the Ref names or, where it names none, the
// provider's. Nothing is sent yet.
func (p *Provider) open(ref provider.Ref) (*access, error) {
	or := func(own, key, otherwise string) string {
		switch {
		case ref.Detail[key] != "":
			return ref.Detail[key]
		case own != "":
			return own
		}
		return otherwise
	}
	list := or(p.Kubeconfig, DetailKubeconfig, clientcmd.RecommendedHomeFile)
	files := slices.DeleteFunc(filepath.SplitList(list), func(f string) bool { return f == "" })
	if !exists(files) {
		return nil, fmt.Errorf("%w: there is no kubeconfig %s; set KUBECONFIG, or name a file", provider.ErrUnavailable, list)
	}
	// Files are merged as kubectl does it, and relative paths in them are
	// made absolute.
	rules := &clientcmd.ClientConfigLoadingRules{Precedence: files, Warner: func(error) {}}
	config, err := rules.Load()
	if err != nil {
		return nil, fmt.Errorf("%s cannot be used as a kubeconfig: %w", list, err)
	}
	a := &access{namespace: or(p.Namespace, DetailNamespace, DefaultNamespace)}
	if a.context, err = choose(config, or(p.Context, DetailContext, "")); err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	config.CurrentContext = a.context
	if err := clientcmdapi.MinifyConfig(config); err != nil {
		return nil, fmt.Errorf("%s: context %s: %w", list, short(a.context), err)
	}
	a.config = config
	client, err := clientcmd.NewDefaultClientConfig(*config, &clientcmd.ConfigOverrides{}).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("%s: context %s cannot be used: %w", list, short(a.context), err)
	}
	client.UserAgent, client.Timeout = "chart-matrix", requestTakes
	client.WarningHandler = rest.NoWarnings{} // else they go to the standard error
	client.ContentType, client.AcceptContentTypes = "application/json", "application/json"
	client.Wrap(bounded)
	if a.kube, err = kubernetes.NewForConfig(client); err != nil {
		return nil, fmt.Errorf("%s: context %s cannot be used: %w", list, short(a.context), err)
	}
	return a, nil
}

// choose gives the context to use.
func choose(config *clientcmdapi.Config, name string) (string, error) {
	have := slices.Sorted(maps.Keys(config.Contexts))
	shown := make([]string, len(have))
	for i, h := range have {
		shown[i] = short(h)
	}
	switch {
	case len(have) == 0:
		return "", errors.New("it has no context; expected a kubeconfig of a cluster")
	case name == "" && len(have) > 1:
		return "", fmt.Errorf("it has %d contexts; name the one of the cluster to test in: %s", len(have), strings.Join(shown[:min(len(shown), 30)], ", "))
	case name == "":
		return have[0], nil
	case config.Contexts[name] == nil:
		return "", fmt.Errorf("it has no context %q; have %s", short(name), strings.Join(shown[:min(len(shown), 30)], ", "))
	}
	return name, nil
}

// write keeps the context alone, for the job; others may not read it.
func (a *access) write(path string) error {
	data, err := clientcmd.Write(*a.config)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".kubeconfig-")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(0o600), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // it may not be there
	}
	return err
}

// version asks for the version, as the API server reports it.
func (a *access) version(ctx context.Context) (string, error) {
	info, err := a.kube.Discovery().ServerVersionWithContext(ctx)
	if err != nil {
		return "", a.failed("asking for its version", err)
	}
	return short(info.GitVersion), nil
}

// look gathers what Signs judges.
func (a *access) look(ctx context.Context) (Seen, error) {
	s := Seen{Context: a.context, Labels: map[string]map[string]string{}}
	s.Cluster = a.config.Contexts[a.context].Cluster
	if c := a.config.Clusters[s.Cluster]; c != nil {
		if u, err := url.Parse(c.Server); err == nil {
			s.Server = u.Hostname()
		}
	}
	nodes, err := a.kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{Limit: MaxNodes + 1})
	switch {
	case err == nil:
		s.NodesKnown, s.Nodes, s.MoreNodes = true, len(nodes.Items), nodes.Continue != ""
		for i := range nodes.Items {
			s.Labels["node "+nodes.Items[i].Name] = nodes.Items[i].Labels
		}
	case !apierrors.IsForbidden(err):
		return s, a.failed("listing its nodes", err)
	}
	namespaces, err := a.kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: maxNamespaces})
	switch {
	case err == nil:
		s.NamespacesKnown = true
		for i := range namespaces.Items {
			n := &namespaces.Items[i]
			s.Namespaces = append(s.Namespaces, n.Name)
			s.Labels["namespace "+n.Name] = n.Labels
		}
	case !apierrors.IsForbidden(err):
		return s, a.failed("listing its namespaces", err)
	}
	return s, nil
}

// failed says what could not be asked. Whoever may not ask may not ask again;
// all else may pass.
func (a *access) failed(doing string, err error) error {
	err = fmt.Errorf("the cluster of context %s: %s: %w", short(a.context), doing, err)
	if apierrors.IsForbidden(errors.Unwrap(err)) || apierrors.IsUnauthorized(errors.Unwrap(err)) {
		return err
	}
	return fmt.Errorf("%w: %w", provider.ErrTransient, err)
}

// bounded ends an answer that is too long for what is asked here.
func bounded(next http.RoundTripper) http.RoundTripper { return bound{next} }

type bound struct{ next http.RoundTripper }

func (b bound) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := b.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	response.Body = &limited{ReadCloser: response.Body, left: maxAnswer}
	return response, nil
}

type limited struct {
	io.ReadCloser
	left int64
}

func (l *limited) Read(b []byte) (int, error) {
	if l.left <= 0 {
		return 0, fmt.Errorf("the API server's answer has more than %d MiB", maxAnswer>>20)
	}
	n, err := l.ReadCloser.Read(b[:min(int64(len(b)), l.left)])
	l.left -= int64(n)
	return n, err
}
