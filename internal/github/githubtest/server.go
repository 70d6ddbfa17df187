package githubtest

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// TB is what the fake asks of a test; *testing.T has it.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
	Cleanup(func())
}

// Options change how the fake serves.
type Options struct {
	// Enterprise serves under /api/v3, as GitHub Enterprise Server does.
	Enterprise bool
	// Now is the clock of rate limits and of what is made; default: time.Now.
	Now func() time.Time
	// Addr is where the API listens; default: a free port of 127.0.0.1.
	Addr string
}

// Server is the fake. It is safe for concurrent use.
type Server struct {
	options Options
	report  func(message string)
	api     *httptest.Server
	blobs   *httptest.Server
	closed  chan struct{}

	mu       sync.Mutex // guards what follows
	state    State
	lastID   int64
	limits   map[string]*limit
	faults   []*armed
	requests []Request
	misfits  []string
}

// New starts a fake that ends with the test. Every request and answer that does
// not fit GitHub's description fails the test.
func New(t TB, state State, options Options) *Server {
	t.Helper()
	s, err := Start(state, options, func(message string) { t.Errorf("%s", message) })
	if err != nil {
		t.Errorf("githubtest: %v", err)
		panic(err) // a test cannot go on without its server
	}
	t.Cleanup(s.Close)
	return s
}

// Start starts a fake outside of a test. report is told of what does not fit
// GitHub's description, from several goroutines, one at a time; nil keeps it for Misfits.
func Start(state State, options Options, report func(message string)) (*Server, error) {
	if _, err := load(); err != nil {
		return nil, err
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	s := &Server{
		options: options, report: report, closed: make(chan struct{}),
		state: state.clone(), lastID: firstID, limits: map[string]*limit{},
	}
	s.fill()
	s.api = httptest.NewUnstartedServer(http.HandlerFunc(s.serveAPI))
	if options.Addr != "" {
		listener, err := net.Listen("tcp", options.Addr)
		if err != nil {
			return nil, err
		}
		_ = s.api.Listener.Close() // the port that it chose itself
		s.api.Listener = listener
	}
	s.api.Start()
	s.blobs = httptest.NewServer(http.HandlerFunc(s.serveBlob))
	return s, nil
}

// Close ends the fake; a request that a Fault delays is cut off.
func (s *Server) Close() {
	close(s.closed)
	s.api.CloseClientConnections()
	s.api.Close()
	s.blobs.CloseClientConnections()
	s.blobs.Close()
}

// URL is the API's base, as GITHUB_API_URL has it, without a slash at the end.
func (s *Server) URL() string {
	if s.options.Enterprise {
		return s.api.URL + enterprisePrefix
	}
	return s.api.URL
}

const enterprisePrefix = "/api/v3"

// web is the base of pages for people.
func (s *Server) web() string {
	if s.options.Enterprise {
		return s.api.URL
	}
	return "https://github.com"
}

// blobURL is the base of the storage that holds archives. Its host has another
// name than the API's: a client that compares hosts, as Go's does, then drops
// the token.
func (s *Server) blobURL() string {
	return fmt.Sprintf("http://localhost:%d", s.blobs.Listener.Addr().(*net.TCPAddr).Port)
}

// State is a copy of what the fake remembers. The bytes of artifacts are not
// copied; leave them as they are.
func (s *Server) State() *State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.state.clone()
	return &out
}

// Update changes what the fake remembers, between two requests.
func (s *Server) Update(change func(*State)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.state)
	s.fill()
}

// Misfits are the messages of all that did not fit GitHub's description so far.
func (s *Server) Misfits() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string{}, s.misfits...)
}

// misfit notes a message down and reports it. The caller holds s.mu.
func (s *Server) misfit(message string) {
	s.misfits = append(s.misfits, message)
	if s.report != nil {
		s.report(message)
	}
}
