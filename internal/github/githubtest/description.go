package githubtest

import (
	_ "embed"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/routers"
)

//go:generate go run ./gen -file openapi.json

//go:embed openapi.json
var openapi []byte

// load reads the description once: it takes some milliseconds.
//
//nolint:gochecknoglobals // a constant, computed at first use
var load = sync.OnceValues(func() (*openapi3.T, error) {
	document, err := openapi3.NewLoader().LoadFromData(openapi)
	if err != nil {
		return nil, fmt.Errorf("openapi.json: %w; write it anew with the generator", err)
	}
	return document, nil
})

// match finds the operation of a method and path, and the values in the path. A
// name in a template stands for one segment; where several templates fit, the one
// with a word in the earliest place counts.
func match(document *openapi3.T, method, path string) (*routers.Route, map[string]string) {
	var found *routers.Route
	var values map[string]string
	segments := strings.Split(strings.Trim(path, "/"), "/")
	for template, item := range document.Paths.Map() {
		operation := item.Operations()[method]
		if operation == nil {
			continue
		}
		if v, ok := fits(template, segments); ok && (found == nil || moreExact(template, found.Path)) {
			found = &routers.Route{Spec: document, Path: template, PathItem: item, Method: method, Operation: operation}
			values = v
		}
	}
	return found, values
}

// fits compares a path with a template such as /repos/{owner}/{repo}.
func fits(template string, segments []string) (map[string]string, bool) {
	words := strings.Split(strings.Trim(template, "/"), "/")
	if len(words) != len(segments) {
		return nil, false
	}
	values := map[string]string{}
	for i, word := range words {
		if name, ok := placeholder(word); ok && segments[i] != "" {
			values[name] = segments[i]
		} else if word != segments[i] {
			return nil, false
		}
	}
	return values, true
}

func placeholder(word string) (string, bool) {
	name, open := strings.CutPrefix(word, "{")
	name, shut := strings.CutSuffix(name, "}")
	return name, open && shut
}

// moreExact says whether a has a word where b has a placeholder, at the first
// place where they differ so. Both fit one path, and so are of one length.
func moreExact(a, b string) bool {
	other := strings.Split(b, "/")
	for i, word := range strings.Split(a, "/") {
		_, left := placeholder(word)
		_, right := placeholder(other[i])
		if left != right {
			return right
		}
	}
	return false
}

// hasBody says whether a method's requests carry one.
func hasBody(method string) bool {
	return method == http.MethodPost || method == http.MethodPatch || method == http.MethodPut
}
