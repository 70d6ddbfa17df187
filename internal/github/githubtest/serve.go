package githubtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/getkin/kin-openapi/routers"
)

// maxRequest bounds the body of a request, in bytes.
const maxRequest = 16 << 20

// answer is what goes back to the client.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxRequest+1))
	if err != nil || len(body) > maxRequest {
		http.Error(w, "Payload too large", http.StatusRequestEntityTooLarge)
		return
	}
	path, ok := s.apiPath(r.URL.Path)
	if strings.HasPrefix(r.URL.Path, testPrefix) {
		s.serveTest(w, r)
		return
	}
	if !ok {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.misfit(misfit("the path", r.Method, r.URL.Path, errors.New("expected it under "+enterprisePrefix)))
		http.NotFound(w, r)
		return
	}
	out, fault, login := s.handle(r, path, body)
	s.send(w, r, sent{path: path, body: string(body), login: login}, out, fault)
}

// apiPath is a path without the prefix of GitHub Enterprise Server.
func (s *Server) apiPath(path string) (string, bool) {
	if !s.options.Enterprise {
		return path, true
	}
	if path == "/api"+graphqlPath {
		return graphqlPath, true
	}
	rest, ok := strings.CutPrefix(path, enterprisePrefix)
	return rest, ok && strings.HasPrefix(rest, "/")
}

// handle finds the answer of a request and the fault that befalls it.
func (s *Server) handle(r *http.Request, path string, body []byte) (out answer, fault *Fault, login string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	header := http.Header{}
	header.Set("Content-Type", "application/json; charset=utf-8")
	header.Set("X-GitHub-Request-Id", fmt.Sprintf("FAKE:%d", len(s.requests)+1))
	if s.options.Enterprise {
		header.Set("X-GitHub-Enterprise-Version", "3.20.0")
	}
	if path == graphqlPath {
		return s.graphql(r, body, header)
	}
	document, _ := load() // Start has shown that it loads
	route, values := match(document, r.Method, path)
	operation := operations()[methodAndPath(r.Method, route)]
	if route == nil || operation.answer == nil {
		s.misfit(misfit("the request", r.Method, path, errors.New("no such operation in openapi.json; if it is a new one, add it to gen/operations.go and answer it")))
		return refused(notFound(), header), nil, ""
	}
	if err := checkRequest(r, body, route, values); err != nil {
		s.misfit(misfit("the request", r.Method, path, err))
		return refused(refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n"+err.Error()), header), nil, ""
	}
	token, no := s.token(r)
	fault = s.strike(r.Method, path)
	if no != nil {
		return refused(no, header), fault, ""
	}
	if fault != nil && !fault.After && (fault.Status != 0 || fault.Reset) {
		_ = s.spend(token, header)
		return faulty(fault, header), fault, token.User.Login
	}
	out = s.operate(&call{Server: s, request: r, route: route, values: values, body: body, token: token}, operation, header)
	if err := checkResponse(r, route, values, out.status, out.header, out.body); err != nil {
		s.misfit(misfit(fmt.Sprintf("the fake's own answer %d", out.status), r.Method, path, err))
	}
	if fault != nil && fault.Status != 0 {
		out = faulty(fault, header)
	}
	return out, fault, token.User.Login
}

func methodAndPath(method string, route *routers.Route) string {
	if route == nil {
		return ""
	}
	return method + " " + route.Path
}

// operate has an operation answer, once it is clear that it may.
func (s *Server) operate(c *call, operation operation, header http.Header) answer {
	if no := s.spend(c.token, header); no != nil {
		return refused(no, header)
	}
	if c.request.UserAgent() == "" {
		return refused(refuse(http.StatusForbidden, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header."), header)
	}
	if owner := c.values["owner"]; owner != "" {
		if c.repo = s.state.Repository(owner + "/" + c.values["repo"]); c.repo == nil {
			return refused(notFound(), header)
		}
	}
	if no := c.token.allow(operation.need, c.repo); no != nil {
		return refused(no, header)
	}
	value, no := operation.answer(c)
	if no != nil {
		return refused(no, header)
	}
	status := http.StatusOK
	if c.status != 0 {
		status = c.status
	}
	for name, values := range c.header {
		header[name] = values
	}
	if value == nil {
		header.Del("Content-Type")
		return answer{status: status, header: header}
	}
	response := c.route.Operation.Responses.Status(status)
	if response != nil && response.Value != nil && response.Value.Content.Get("application/json") != nil {
		value = complete(value, response.Value.Content.Get("application/json").Schema.Value)
	}
	return encoded(status, value, header)
}

func refused(no *refusal, header http.Header) answer {
	for name, values := range no.header {
		header[name] = values
	}
	return encoded(no.status, no.body(), header)
}

func faulty(fault *Fault, header http.Header) answer {
	if fault.Status == 0 {
		return answer{header: header} // of a connection that is reset
	}
	for name, value := range fault.Header {
		header.Set(name, value)
	}
	if fault.Message == "" {
		header.Set("Content-Type", "text/html")
		text := fmt.Sprintf("<html><body>%d %s</body></html>", fault.Status, http.StatusText(fault.Status))
		return answer{status: fault.Status, header: header, body: []byte(text)}
	}
	return encoded(fault.Status, refuse(fault.Status, fault.Message).body(), header)
}

func encoded(status int, value any, header http.Header) answer {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("githubtest: " + err.Error()) // the fake's own values can be written
	}
	return answer{status: status, header: header, body: bytes.TrimSpace(body.Bytes())}
}

// sent is a request as it is recorded.
type sent struct{ path, body, login string }

// send writes the answer, or breaks off where the fault says so.
func (s *Server) send(w http.ResponseWriter, r *http.Request, what sent, out answer, fault *Fault) {
	status := out.status
	if fault == nil {
		fault = &Fault{}
	}
	if fault.Reset {
		status = 0
	}
	s.mu.Lock()
	s.record(r, what.path, what.body, what.login, status)
	s.mu.Unlock()
	s.wait(r, fault.Delay)
	if fault.Reset {
		reset(w)
		return
	}
	for name, values := range out.header {
		w.Header()[name] = values
	}
	cut := fault.Cut > 0 && fault.Cut < len(out.body)
	if len(out.body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(out.body)))
	}
	w.WriteHeader(out.status)
	if cut {
		_, _ = w.Write(out.body[:fault.Cut])
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // ends the connection in the middle of the body
	}
	_, _ = w.Write(out.body) // a client that has left is none of ours
}
