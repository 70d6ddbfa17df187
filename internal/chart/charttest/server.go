// Package charttest stands in for a cluster, for tests of what Helm does. Its
// API server stores objects, lets hooks end as their annotations say, and can
// be told to refuse.
package charttest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/kubernetes/scheme"
)

// The annotations of a Job or Pod that say how it ends, as soon as it is made:
// "succeeds" (the default), "fails" or "hangs", and what it prints.
const (
	Outcome = "charttest/outcome"
	Prints  = "charttest/prints"
)

// Server is an API server that knows a few kinds.
type Server struct {
	URL string
	// Refuse, where set, is asked before each change: a status is given back
	// instead of doing it. Set it before the server is used.
	Refuse func(method, path string, object map[string]any) *Refusal
	// Warn is sent with each change, as a warning of the API server.
	Warn string

	mu      sync.Mutex
	objects map[string]map[string]any // by path
	version int
	changes []string // "apply /api/v1/…", in order
	http    *httptest.Server
}

// Refusal is an error that the server answers with.
type Refusal struct {
	Code    int
	Reason  string
	Message string
	Field   string // of the first cause
	Delay   time.Duration
}

// kinds are what the server serves: plural names by API version and kind.
var kinds = map[string]map[string]string{
	"v1":                           {"Namespace": "namespaces", "Secret": "secrets", "ConfigMap": "configmaps", "Pod": "pods", "Service": "services"},
	"apps/v1":                      {"Deployment": "deployments", "StatefulSet": "statefulsets"},
	"batch/v1":                     {"Job": "jobs"},
	"rbac.authorization.k8s.io/v1": {"ClusterRole": "clusterroles"},
}

func clusterWide(kind string) bool { return kind == "Namespace" || kind == "ClusterRole" }

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{objects: map[string]map[string]any{}}
	s.http = httptest.NewServer(s)
	s.URL = s.http.URL
	t.Cleanup(func() {
		s.http.CloseClientConnections() // watches would hold Close up
		s.http.Close()
	})
	return s
}

// Stop ends the server, as a cluster that is killed.
func (s *Server) Stop() {
	s.http.CloseClientConnections()
	go s.http.Close() // waits for requests under way
}

// Kubeconfig writes a kubeconfig for the server and gives its path.
func (s *Server) Kubeconfig(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kubeconfig.yaml")
	text := fmt.Sprintf(`{apiVersion: v1, kind: Config, current-context: test,
clusters: [{name: test, cluster: {server: %q}}],
contexts: [{name: test, context: {cluster: test, user: test}}],
users: [{name: test, user: {token: a}}]}
`, s.URL)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Changes lists what was done, in order: "create Namespace/a".
func (s *Server) Changes() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.changes...)
}

// Has tells whether an object is there, by its path.
func (s *Server) Has(path string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.objects[path] != nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if answer := s.discover(r.URL.Path); answer != nil {
		reply(w, http.StatusOK, answer)
		return
	}
	at, ok := locate(r.URL.Path)
	switch {
	case r.URL.Path == "/openapi/v2":
		// Asked for as protobuf, of which an empty document has no bytes.
		w.WriteHeader(http.StatusOK)
	case !ok:
		refuse(w, &Refusal{Code: http.StatusNotFound, Reason: "NotFound", Message: "the server could not find the requested resource"})
	case at.sub == "log":
		s.log(w, at)
	case r.Method == http.MethodGet && r.URL.Query().Get("watch") != "":
		s.watch(w, r, at)
	case r.Method == http.MethodGet && at.name == "":
		s.list(w, r, at)
	case r.Method == http.MethodGet:
		s.get(w, at)
	default:
		s.change(w, r, at)
	}
}

// place is what a path leads to.
type place struct {
	apiVersion, kind, namespace, name, sub string
	collection                             string // path without the name
}

func (p place) path() string { return p.collection + "/" + p.name }

func locate(path string) (place, bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var p place
	switch {
	case len(parts) > 2 && parts[0] == "api":
		p.apiVersion, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		p.apiVersion, parts = parts[1]+"/"+parts[2], parts[3:]
	default:
		return p, false
	}
	base := strings.TrimSuffix(path, "/"+strings.Join(parts, "/"))
	if parts[0] == "namespaces" && len(parts) > 2 {
		p.namespace = parts[1]
		base += "/namespaces/" + parts[1]
		parts = parts[2:]
	}
	for kind, plural := range kinds[p.apiVersion] {
		if plural == parts[0] {
			p.kind = kind
		}
	}
	p.collection = base + "/" + parts[0]
	if len(parts) > 1 {
		p.name = parts[1]
	}
	if len(parts) > 2 {
		p.sub = parts[2]
	}
	return p, p.kind != ""
}

func reply(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client is gone
}

func refuse(w http.ResponseWriter, r *Refusal) {
	time.Sleep(r.Delay)
	details := map[string]any{}
	if r.Field != "" {
		details["causes"] = []any{map[string]any{"field": r.Field, "message": r.Message}}
	}
	reply(w, r.Code, map[string]any{
		"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": r.Code, "reason": r.Reason, "message": r.Message, "details": details,
	})
}

func (s *Server) change(w http.ResponseWriter, r *http.Request, at place) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	object, err := decode(data)
	if err != nil {
		refuse(w, &Refusal{Code: http.StatusBadRequest, Reason: "BadRequest", Message: err.Error()})
		return
	}
	if at.name == "" {
		meta, _ := object["metadata"].(map[string]any)
		at.name, _ = meta["name"].(string)
	}
	if s.Warn != "" {
		w.Header().Add("Warning", fmt.Sprintf("299 - %q", s.Warn))
	}
	if s.Refuse != nil {
		if no := s.Refuse(r.Method, at.path(), object); no != nil {
			refuse(w, no)
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known := s.objects[at.path()]
	switch {
	case r.Method == http.MethodDelete && known == nil:
		refuse(w, notFound(at))
		return
	case r.Method == http.MethodDelete:
		s.note("delete", at)
		s.remove(at, known)
		reply(w, http.StatusOK, map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Success"})
		return
	case r.Method == http.MethodPost && known != nil:
		refuse(w, &Refusal{Code: http.StatusConflict, Reason: "AlreadyExists", Message: fmt.Sprintf("%s %q already exists", at.kind, at.name)})
		return
	case r.Method == http.MethodPost:
		s.note("create", at)
	case at.kind != "Secret":
		s.note("apply", at)
	}
	s.store(at, object, known)
	reply(w, http.StatusOK, s.objects[at.path()])
}

// decode reads an object in any of the forms in which clients send it: JSON, or
// Kubernetes' protobuf for built-in kinds.
func decode(data []byte) (map[string]any, error) {
	object := map[string]any{}
	if len(bytes.TrimSpace(data)) == 0 {
		return object, nil
	}
	if data[0] != '{' {
		typed, _, err := scheme.Codecs.UniversalDeserializer().Decode(data, nil, nil)
		if err != nil {
			return nil, err
		}
		if data, err = json.Marshal(typed); err != nil {
			return nil, err
		}
	}
	err := json.Unmarshal(data, &object)
	return object, err
}

func (s *Server) note(what string, at place) {
	if at.kind != "Secret" {
		s.changes = append(s.changes, what+" "+at.kind+"/"+at.name)
	}
}

func notFound(at place) *Refusal {
	return &Refusal{Code: http.StatusNotFound, Reason: "NotFound", Message: fmt.Sprintf("%s %q not found", at.kind, at.name)}
}
