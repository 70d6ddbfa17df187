package githubtest

import (
	"encoding/json"
	"net/http"
)

// testPrefix is where a fake that runs by itself can be looked into:
//
//	GET /githubtest/state       what it remembers
//	GET /githubtest/requests    what it was asked
//	GET /githubtest/misfits     what did not fit GitHub's description
const testPrefix = "/githubtest/"

func (s *Server) serveTest(w http.ResponseWriter, r *http.Request) {
	var value any
	switch r.URL.Path {
	case testPrefix + "state":
		value = s.State()
	case testPrefix + "requests":
		value = s.Requests()
	case testPrefix + "misfits":
		value = s.Misfits()
	default:
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
