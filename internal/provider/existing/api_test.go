package existing

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// api is a small API server: a version, nodes, namespaces, and the lease with
// an API server's versions and preconditions.
type api struct {
	*httptest.Server
	version    string
	nodes      []corev1.Node
	namespaces []corev1.Namespace
	lockIn     string // the namespace that leases can be made in
	// answer, when set, is asked first; false leaves the answer to the server.
	answer func(w http.ResponseWriter, r *http.Request) bool

	mu       sync.Mutex
	lease    *coordinationv1.Lease
	counter  int
	requests []string
	token    string // of the last request
}

func newAPI(t *testing.T) *api {
	t.Helper()
	s := &api{version: "v1.33.4", lockIn: DefaultNamespace, nodes: []corev1.Node{{ObjectMeta: metav1.ObjectMeta{Name: "node-1"}}}, namespaces: []corev1.Namespace{
		{ObjectMeta: metav1.ObjectMeta{Name: "default"}}, {ObjectMeta: metav1.ObjectMeta{Name: "kube-system"}},
	}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests, s.token = append(s.requests, r.Method+" "+r.URL.Path), r.Header.Get("Authorization")
	if s.answer != nil && s.answer(w, r) {
		return
	}
	switch r.URL.Path {
	case "/version":
		reply(w, 200, map[string]string{"major": "1", "minor": "33", "gitVersion": s.version})
	case "/api/v1/nodes":
		list := corev1.NodeList{TypeMeta: metav1.TypeMeta{Kind: "NodeList", APIVersion: "v1"}, Items: s.nodes}
		if limit, err := strconv.Atoi(r.URL.Query().Get("limit")); err == nil && limit < len(s.nodes) {
			list.Items, list.Continue = s.nodes[:limit], "more"
		}
		reply(w, 200, list)
	case "/api/v1/namespaces":
		reply(w, 200, corev1.NamespaceList{TypeMeta: metav1.TypeMeta{Kind: "NamespaceList", APIVersion: "v1"}, Items: s.namespaces})
	case "/apis/coordination.k8s.io/v1/namespaces/" + s.lockIn + "/leases":
		s.create(w, r)
	case "/apis/coordination.k8s.io/v1/namespaces/" + s.lockIn + "/leases/chart-matrix":
		s.one(w, r)
	default:
		fail(w, 404, metav1.StatusReasonNotFound)
	}
}

func (s *api) create(w http.ResponseWriter, r *http.Request) {
	var l coordinationv1.Lease
	switch {
	case r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&l) != nil || l.Name != leaseName:
		fail(w, 400, metav1.StatusReasonBadRequest)
	case s.lease != nil:
		fail(w, 409, metav1.StatusReasonAlreadyExists)
	default:
		s.keep(&l, types.UID(fmt.Sprintf("uid-%d", s.counter)))
		reply(w, 201, s.lease)
	}
}

func (s *api) one(w http.ResponseWriter, r *http.Request) {
	if s.lease == nil {
		fail(w, 404, metav1.StatusReasonNotFound)
		return
	}
	var l coordinationv1.Lease
	var d metav1.DeleteOptions
	switch r.Method {
	case http.MethodPut:
		if json.NewDecoder(r.Body).Decode(&l) != nil || l.ResourceVersion != s.lease.ResourceVersion {
			fail(w, 409, metav1.StatusReasonConflict)
			return
		}
		s.keep(&l, s.lease.UID)
	case http.MethodDelete:
		if json.NewDecoder(r.Body).Decode(&d) != nil || d.Preconditions == nil ||
			*d.Preconditions.UID != s.lease.UID || *d.Preconditions.ResourceVersion != s.lease.ResourceVersion {
			fail(w, 409, metav1.StatusReasonConflict)
			return
		}
		s.lease = nil
		reply(w, 200, metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess})
		return
	}
	reply(w, 200, s.lease)
}

func (s *api) keep(l *coordinationv1.Lease, uid types.UID) {
	s.counter++
	l.ResourceVersion, l.UID, l.TypeMeta = strconv.Itoa(s.counter), uid, metav1.TypeMeta{Kind: "Lease", APIVersion: "coordination.k8s.io/v1"}
	s.lease = l
}

func reply(w http.ResponseWriter, code int, what any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(what) // a client that goes away
}

func fail(w http.ResponseWriter, code int32, reason metav1.StatusReason) {
	reply(w, int(code), metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: code, Reason: reason, Message: string(reason)})
}

// kubeconfig writes a file with one context for the server, named in the test.
func (s *api) kubeconfig(t *testing.T, context string, more ...string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config")
	text := fmt.Sprintf(`apiVersion: v1
kind: Config
clusters:
- {name: a cluster, cluster: {server: "%s"}}
- {name: another, cluster: {server: "https://prod.example.com"}}
contexts:
- {name: %q, context: {cluster: a cluster, user: me}}
users:
- {name: me, user: {token: secret-of-mine}}
- {name: other, user: {token: secret-of-another}}
`, s.URL, context) + strings.Join(more, "")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
