package githubtest

import (
	"net"
	"net/http"
	"path"
	"strconv"
	"time"
)

// Fault is what goes wrong with a request instead of, or besides, its answer.
type Fault struct {
	Status  int // the answer; 0: the one that the request would get anyway
	Message string
	Header  map[string]string
	// After lets the request take effect first: only its answer is lost.
	After bool
	// Delay holds the answer back.
	Delay time.Duration
	// Cut, when positive, breaks the connection after that many bytes of the body.
	Cut int
	// Reset breaks the connection before any answer.
	Reset bool
}

// ServerError is an answer such as 502 from a gateway, which has no JSON.
func ServerError(status int) Fault { return Fault{Status: status} }

// PrimaryLimit says that the hour's requests are used up until a time.
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
func PrimaryLimit(until time.Time) Fault {
	return Fault{
		Status: http.StatusForbidden, Message: primaryMessage,
		Header: map[string]string{
			"X-RateLimit-Remaining": "0",
			"X-RateLimit-Reset":     strconv.FormatInt(until.Unix(), 10),
		},
	}
}

// SecondaryLimit says that too much was asked in too short a time; 0 leaves out
// how long to wait, as GitHub does now and then.
func SecondaryLimit(wait time.Duration) Fault {
	f := Fault{
		Status:  http.StatusForbidden,
		Message: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		Header:  map[string]string{},
	}
	if wait > 0 {
		f.Header["Retry-After"] = strconv.Itoa(int(wait.Seconds()))
	}
	return f
}

// armed is a fault, or a change of the state, that waits for its requests.
type armed struct {
	pattern string
	left    int // negative: for ever
	fault   Fault
	change  func(*State)
}

// Fail makes the next requests that match go wrong; a negative number of times
// means all of them. The pattern is that of path.Match over method and path:
// "POST /repos/*/*/issues/*/comments", "* /user"; "" matches every request. The
// path is that of the API without /api/v3; archives are "GET /blob/ID". Faults
// that match the same request take their turns in the order of the calls.
func (s *Server) Fail(pattern string, times int, fault Fault) {
	s.arm(&armed{pattern: pattern, left: times, fault: fault})
}

// On changes the state just before a matching request is answered: another
// report that comes in between, a run that ends meanwhile.
func (s *Server) On(pattern string, times int, change func(*State)) {
	s.arm(&armed{pattern: pattern, left: times, change: change})
}

func (s *Server) arm(a *armed) {
	if _, err := path.Match(a.pattern, ""); err != nil {
		panic("githubtest: pattern " + a.pattern + ": " + err.Error()) // a slip in the test
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, a)
}

// strike gives the fault of a request, if any, and makes the changes that wait
// for it. The caller holds s.mu.
func (s *Server) strike(method, requestPath string) *Fault {
	var struck *Fault
	for _, a := range s.faults {
		if a.left == 0 || !matches(a.pattern, method, requestPath) || a.change == nil && struck != nil {
			continue
		}
		if a.left > 0 {
			a.left--
		}
		if a.change != nil {
			a.change(&s.state)
			s.fill()
			continue
		}
		struck = &a.fault
	}
	return struck
}

func matches(pattern, method, requestPath string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(pattern, method+" "+requestPath)
	return ok && err == nil
}

// wait holds an answer back, until the fake ends or the client leaves.
func (s *Server) wait(r *http.Request, delay time.Duration) {
	if delay <= 0 {
		return
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	case <-s.closed:
	}
}

// reset ends the connection so that the client reads "connection reset".
func reset(w http.ResponseWriter) {
	connection, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // which ends the connection, too
	}
	if tcp, ok := connection.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset in place of an orderly end
	}
	_ = connection.Close()
}
