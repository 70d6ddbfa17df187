package githubtest

import (
	"maps"
	"net/http"
	"slices"
)

// Request is one request that the fake was sent.
type Request struct {
	Method string `json:"method"`
	Path   string `json:"path"` // without /api/v3; archives: /blob/ID
	Query  string `json:"query,omitempty"`
	// Headers are the names, sorted. Their values are not kept: one is a secret.
	Headers []string `json:"headers"`
	Login   string   `json:"login,omitempty"` // whose token it was
	Body    string   `json:"body,omitempty"`
	// Status is that of the answer; 0 where the connection was reset.
	Status int `json:"status"`
}

// Requests lists what was asked, in the order of the answers.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// Count says how many requests match a pattern, see Fail. Archives, which cost
// nothing of a token's limit, count for the empty pattern, too.
func (s *Server) Count(pattern string) int {
	n := 0
	for _, r := range s.Requests() {
		if matches(pattern, r.Method, r.Path) {
			n++
		}
	}
	return n
}

// record notes a request down. The caller holds s.mu.
func (s *Server) record(r *http.Request, path, body, login string, status int) {
	s.requests = append(s.requests, Request{
		Method: r.Method, Path: path, Query: r.URL.RawQuery, Headers: slices.Sorted(maps.Keys(r.Header)),
		Login: login, Body: body, Status: status,
	})
}
