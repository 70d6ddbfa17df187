package layer

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/internal/kube"
)

// object is one Kubernetes object of a rendered document or of crds/.
type object struct {
	file string // relative to the chart: templates/web.yaml
	text string // the document that it stands in
	path string // within the document, for items of a List: /items/3
	gvk  kube.GVK
	name string // "Deployment/web", unique within a rendering
	body map[string]any
	// digest identifies the body's content.
	digest string
}

// errNotObject says that a document is YAML, but no Kubernetes object.
var errNotObject = errors.New("not a Kubernetes object")

// parsed is what a document's text holds. It does not depend on where the
// document was rendered, and is kept by the text's digest.
type parsed struct {
	objects []object
	warning string // such as a key that stands twice
	err     error
}

// parseDocument reads the objects of a document as the API server's clients
// do: YAML 1.1, where an unquoted yes is a boolean.
func parseDocument(text, digest string) *parsed {
	p := &parsed{}
	body, warning, err := decodeDocument(text)
	if err != nil {
		p.err = fmt.Errorf("not valid YAML: %s", cleanYAMLError(err))
		return p
	}
	if body == nil {
		return p
	}
	p.warning = warning
	p.add(text, digest, "", body)
	return p
}

// add files one value as an object, or each item of a List.
func (p *parsed) add(text, digest, path string, value any) {
	body, ok := value.(map[string]any)
	if !ok {
		p.err = fmt.Errorf("%w: expected a mapping with apiVersion and kind, found %s", errNotObject, describeValue(value))
		return
	}
	gvk := kube.GVK{APIVersion: stringAt(body, "apiVersion"), Kind: stringAt(body, "kind")}
	items, isList := body["items"].([]any)
	if gvk.APIVersion == "v1" && gvk.Kind == "List" && isList {
		for i, item := range items {
			p.add(text, digest, path+"/items/"+strconv.Itoa(i), item)
		}
		return
	}
	meta, _ := body["metadata"].(map[string]any)
	name := gvk.Kind
	if n := stringAt(meta, "name"); n != "" {
		name += "/" + n
	} else if n := stringAt(meta, "generateName"); n != "" {
		name += "/" + n + "*"
	}
	p.objects = append(p.objects, object{text: text, path: path, gvk: gvk, name: name, body: body, digest: digest + path})
}

func stringAt(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

func describeValue(v any) string {
	switch v := v.(type) {
	case []any:
		return "a list"
	case string:
		return "the text " + strconv.Quote(shorten(v, 60))
	}
	return fmt.Sprintf("%v", v)
}

// cleanYAMLError takes the layers of prefixes off an error of the YAML library.
func cleanYAMLError(err error) string {
	msg := err.Error()
	for _, prefix := range []string{"error converting YAML to JSON: ", "error unmarshaling JSON: ", "yaml: ", "unmarshal errors:\n  "} {
		msg = strings.TrimPrefix(msg, prefix)
	}
	return strings.ReplaceAll(strings.TrimSpace(msg), "\n", "; ")
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	return string(runes[:limit]) + "…"
}
