package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// swagger is the part of an OpenAPI 2.0 document that is read.
type swagger struct {
	Definitions map[string]definition                 `json:"definitions"`
	Paths       map[string]map[string]json.RawMessage `json:"paths"`
}

type definition struct {
	Properties map[string]property `json:"properties"`
	Required   []string            `json:"required"`
	GVKs       []gvk               `json:"x-kubernetes-group-version-kind"`
}

type property struct {
	Ref        string    `json:"$ref"`
	Type       string    `json:"type"`
	Format     string    `json:"format"`
	Items      *property `json:"items"`
	Additional *property `json:"additionalProperties"`
}

type gvk struct{ Group, Version, Kind string }

func readSwagger(file string) (*swagger, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	doc := &swagger{}
	if err := json.Unmarshal(data, doc); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return doc, nil
}

// kinds derives the kinds of discovery from the paths: every resource and
// subresource of a group/version is listed there under its kind.
func (doc *swagger) kinds(minor int, enabled enablement) []catalog.Kind {
	types := map[gvk]string{}
	for name, def := range doc.Definitions {
		if len(def.GVKs) == 1 {
			types[def.GVKs[0]] = typeName(name)
		}
	}
	at := catalog.Range(minor, minor)
	found := map[string]*catalog.Kind{}
	for path, operations := range doc.Paths {
		apiVersion, resource, subresource, namespaced, ok := parsePath(path)
		if !ok {
			continue
		}
		for _, raw := range operations {
			var operation struct {
				GVK gvk `json:"x-kubernetes-group-version-kind"`
			}
			// "parameters" stands beside the operations and is a list.
			if json.Unmarshal(raw, &operation) != nil || operation.GVK.Kind == "" {
				continue
			}
			kind := operation.GVK.Kind
			key := apiVersion + "/" + kind
			k := found[key]
			if k == nil {
				k = &catalog.Kind{APIVersion: apiVersion, Name: kind, Scope: catalog.Subresource}
				found[key] = k
			}
			if !subresource {
				k.Type = types[operation.GVK]
				if namespaced {
					k.Scope = catalog.Namespaced
				} else if k.Scope != catalog.Namespaced {
					k.Scope = catalog.Cluster
				}
			}
			if enabled.serves(apiVersion, resource) {
				k.On, k.Off = at, 0
			} else if k.On == 0 {
				k.Off = at
			}
		}
	}
	out := make([]catalog.Kind, 0, len(found))
	for _, k := range found {
		out = append(out, *k)
	}
	return out
}

// parsePath reads /api/v1/… and /apis/GROUP/VERSION/… down to the resource.
func parsePath(path string) (apiVersion, resource string, subresource, namespaced, ok bool) {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		apiVersion, parts = parts[1], parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		apiVersion, parts = parts[1]+"/"+parts[2], parts[3:]
	default:
		return "", "", false, false, false
	}
	if parts[0] == "watch" {
		return "", "", false, false, false
	}
	if len(parts) > 2 && parts[0] == "namespaces" && parts[1] == "{namespace}" {
		namespaced, parts = true, parts[2:]
	}
	return apiVersion, parts[0], len(parts) > 2, namespaced, true
}

// types collects the types that objects of the kinds are made of. The status of
// a kind is not looked into: the API server ignores it in what a chart creates.
func (doc *swagger) types(minor int, kinds []catalog.Kind) ([]catalog.Type, error) {
	byName := map[string]string{}
	for name := range doc.Definitions {
		short := typeName(name)
		if other, taken := byName[short]; taken {
			return nil, fmt.Errorf("definitions %s and %s would both be named %s: make typeName tell them apart", name, other, short)
		}
		byName[short] = name
	}
	at := catalog.Range(minor, minor)
	roots := map[string]bool{}
	var queue []string
	for _, k := range kinds {
		if k.Type != "" && !roots[k.Type] {
			roots[k.Type] = true
			queue = append(queue, k.Type)
		}
	}
	done := map[string]bool{}
	var out []catalog.Type
	for len(queue) > 0 {
		name := queue[0]
		queue = queue[1:]
		if done[name] {
			continue
		}
		done[name] = true
		def, ok := doc.Definitions[byName[name]]
		if !ok {
			return nil, fmt.Errorf("no definition of %s", name)
		}
		typ := catalog.Type{Name: name, In: at}
		for field, p := range def.Properties {
			fieldType, err := doc.fieldType(p)
			if err != nil {
				return nil, fmt.Errorf("%s.%s: %w", name, field, err)
			}
			required := slices.Contains(def.Required, field)
			if roots[name] && field == "status" && strings.Contains(fieldType, ".") {
				fieldType, required = catalog.Object, false
			}
			typ.Fields = append(typ.Fields, catalog.Field{Name: field, Type: fieldType, Required: required, In: at})
			if element := strings.TrimLeft(fieldType, "[]{}"); strings.Contains(element, ".") {
				queue = append(queue, element)
			}
		}
		out = append(out, typ)
	}
	return out, nil
}

func (doc *swagger) fieldType(p property) (string, error) {
	if p.Ref != "" {
		return doc.refType(strings.TrimPrefix(p.Ref, "#/definitions/")), nil
	}
	switch p.Type + "/" + p.Format {
	case "string/":
		return catalog.String, nil
	case "string/byte":
		return catalog.Bytes, nil
	case "string/date-time":
		return catalog.Time, nil
	case "string/int-or-string":
		return catalog.IntOrString, nil
	case "integer/int32":
		return catalog.Int32, nil
	case "integer/int64":
		return catalog.Int64, nil
	case "number/double", "number/float":
		return catalog.Float, nil
	case "boolean/":
		return catalog.Bool, nil
	case "array/":
		if p.Items == nil {
			return "[]" + catalog.Any, nil
		}
		item, err := doc.fieldType(*p.Items)
		return "[]" + item, err
	case "object/":
		if p.Additional == nil {
			return catalog.Object, nil
		}
		value, err := doc.fieldType(*p.Additional)
		return "{}" + value, err
	case "/":
		return catalog.Any, nil
	}
	return "", fmt.Errorf("unknown type %q with format %q: add it to fieldType and to package catalog", p.Type, p.Format)
}

// refType gives the value type of a definition that has a form of its own in
// JSON, else its type's name.
func (doc *swagger) refType(name string) string {
	switch short := typeName(name); short {
	case "api/resource.Quantity":
		return catalog.Quantity
	case "meta/v1.Time", "meta/v1.MicroTime":
		return catalog.Time
	case "util/intstr.IntOrString":
		return catalog.IntOrString
	case "pkg/runtime.RawExtension", "meta/v1.FieldsV1":
		return catalog.Object
	case "apiextensions/v1.JSON", "apiextensions/v1.JSONSchemaPropsOrArray",
		"apiextensions/v1.JSONSchemaPropsOrBool", "apiextensions/v1.JSONSchemaPropsOrStringArray":
		return catalog.Any
	default:
		if len(doc.Definitions[name].Properties) == 0 {
			return catalog.Object
		}
		return short
	}
}

// typeName shortens io.k8s.api.core.v1.Pod to core/v1.Pod.
func typeName(definition string) string {
	parts := strings.Split(definition, ".")
	if len(parts) < 3 {
		return definition
	}
	last := parts[len(parts)-3:]
	return last[0] + "/" + last[1] + "." + last[2]
}
