package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CRD is a CustomResourceDefinition: a kind of its own, in some versions.
type CRD struct {
	// APIVersion is that of the definition itself. A cluster takes only
	// apiextensions.k8s.io/v1; v1beta1 was removed in Kubernetes 1.22.
	APIVersion string
	Group      string
	Kind       string
	Plural     string
	Namespaced bool
	Versions   []CRDVersion // in the definition's order
}

// CRDVersion is one version of a custom kind.
type CRDVersion struct {
	Name    string
	Served  bool
	Storage bool
	Schema  *Schema // nil if the definition gives none
}

// Schema returns the schema of a kind that the definition serves. The schema is
// nil, and served true, if the definition gives none.
func (c *CRD) Schema(gvk GVK) (s *Schema, served bool) {
	for _, v := range c.Versions {
		if v.Served && gvk == (GVK{c.Group + "/" + v.Name, c.Kind}) {
			return v.Schema, true
		}
	}
	return nil, false
}

// Served returns the kinds that the definition makes the API server serve.
func (c *CRD) Served() []GVK {
	var out []GVK
	for _, v := range c.Versions {
		if v.Served {
			out = append(out, GVK{c.Group + "/" + v.Name, c.Kind})
		}
	}
	return out
}

// ErrNotCRD is returned by CompileCRD for a document of another kind.
var ErrNotCRD = errors.New("not a CustomResourceDefinition")

// CompileCRD reads a CustomResourceDefinition of apiextensions.k8s.io/v1 or
// v1beta1. Parts of a schema that are malformed accept everything: Validate
// with the schema of the definition's own kind says what is wrong with them.
func CompileCRD(doc any) (*CRD, error) {
	root := object(doc)
	apiVersion, _ := root["apiVersion"].(string)
	if kind, _ := root["kind"].(string); kind != "CustomResourceDefinition" || !strings.HasPrefix(apiVersion, "apiextensions.k8s.io/") {
		return nil, ErrNotCRD
	}
	spec := object(root["spec"])
	names := object(spec["names"])
	c := &CRD{APIVersion: apiVersion, Namespaced: spec["scope"] != "Cluster"}
	for _, part := range []struct {
		path  string
		from  map[string]any
		key   string
		value *string
	}{
		{"/spec/group", spec, "group", &c.Group},
		{"/spec/names/kind", names, "kind", &c.Kind},
		{"/spec/names/plural", names, "plural", &c.Plural},
	} {
		*part.value, _ = part.from[part.key].(string)
		if *part.value == "" {
			return nil, fmt.Errorf("CustomResourceDefinition: %s: expected a non-empty string, got %s", part.path, describe(part.from[part.key]))
		}
	}
	var err error
	switch apiVersion {
	case "apiextensions.k8s.io/v1":
		err = c.readVersions(spec)
	case "apiextensions.k8s.io/v1beta1":
		err = c.readBetaVersions(spec)
	default:
		err = fmt.Errorf("CustomResourceDefinition %s.%s: expected apiVersion apiextensions.k8s.io/v1, got %s", c.Plural, c.Group, quote(apiVersion))
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func (c *CRD) readVersions(spec map[string]any) error {
	list, _ := spec["versions"].([]any)
	if len(list) == 0 {
		return fmt.Errorf("CustomResourceDefinition %s.%s: /spec/versions: expected a list of versions, got %s", c.Plural, c.Group, describe(spec["versions"]))
	}
	preserve := spec["preserveUnknownFields"] == true
	for i, item := range list {
		version := object(item)
		name, _ := version["name"].(string)
		if name == "" {
			return fmt.Errorf("CustomResourceDefinition %s.%s: /spec/versions/%d/name: expected a non-empty string, got %s", c.Plural, c.Group, i, describe(version["name"]))
		}
		c.Versions = append(c.Versions, CRDVersion{
			Name:    name,
			Served:  version["served"] == true,
			Storage: version["storage"] == true,
			Schema:  structural(object(version["schema"])["openAPIV3Schema"], preserve),
		})
	}
	return nil
}

// readBetaVersions reads the forms of v1beta1: one version or a list, one
// schema for all versions or one for each, unknown fields kept unless told.
func (c *CRD) readBetaVersions(spec map[string]any) error {
	preserve := spec["preserveUnknownFields"] != false
	shared := object(spec["validation"])["openAPIV3Schema"]
	list, _ := spec["versions"].([]any)
	if len(list) == 0 {
		name, _ := spec["version"].(string)
		if name == "" {
			return fmt.Errorf("CustomResourceDefinition %s.%s: expected /spec/versions or /spec/version", c.Plural, c.Group)
		}
		list = []any{map[string]any{"name": name, "served": true, "storage": true}}
	}
	for i, item := range list {
		version := object(item)
		name, _ := version["name"].(string)
		if name == "" {
			return fmt.Errorf("CustomResourceDefinition %s.%s: /spec/versions/%d/name: expected a non-empty string, got %s", c.Plural, c.Group, i, describe(version["name"]))
		}
		schema := object(version["schema"])["openAPIV3Schema"]
		if schema == nil {
			schema = shared
		}
		c.Versions = append(c.Versions, CRDVersion{
			Name:    name,
			Served:  version["served"] == true,
			Storage: version["storage"] == true,
			Schema:  structural(schema, preserve),
		})
	}
	return nil
}

// structural compiles the schema of one version; nil if there is none.
func structural(schema any, preserve bool) *Schema {
	top := object(schema)
	if len(top) == 0 {
		return nil
	}
	c := crdCompiler{budget: maxCRDNodes, preserve: preserve}
	root := c.node(top, 0)
	if root.shape != shapeStruct {
		// The API server makes every root an object, whatever it says.
		root = &node{shape: shapeStruct, rules: root.rules}
		root.rules.preserve = true
	}
	embedObject(root)
	return &Schema{root: root, digest: "crd-" + digestOf(schema, preserve), named: true}
}

// embedObject gives a node the fields that every object has.
func embedObject(n *node) {
	if n.fields == nil {
		n.fields = map[string]field{}
	}
	plain := &node{shape: shapeString}
	n.fields["apiVersion"] = field{node: plain}
	n.fields["kind"] = field{node: plain}
	n.fields["metadata"] = field{node: load().metadataNode()}
	n.needed = slices.DeleteFunc(n.needed, func(name string) bool {
		return name == "apiVersion" || name == "kind" || name == "metadata"
	})
}

// digestOf hashes a schema's content. JSON writes keys in order.
func digestOf(schema any, preserve bool) string {
	h := sha256.New()
	fmt.Fprintln(h, preserve)
	if err := json.NewEncoder(h).Encode(plain(schema, 0)); err != nil {
		fmt.Fprintf(h, "%v", err) // plain leaves nothing that JSON cannot hold
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

// plain copies a decoded value into one that JSON can hold.
func plain(v any, depth int) any {
	if depth > maxCRDDepth {
		return nil
	}
	switch typeOf(v) {
	case typeObject:
		out := map[string]any{}
		for key, item := range object(v) {
			out[key] = plain(item, depth+1)
		}
		return out
	case typeList:
		list := v.([]any)
		out := make([]any, len(list))
		for i, item := range list {
			out[i] = plain(item, depth+1)
		}
		return out
	case typeString:
		return text(v)
	case typeOther:
		return describe(v)
	}
	return v
}
