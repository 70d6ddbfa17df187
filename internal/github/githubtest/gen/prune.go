package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// prune keeps the operations and what they refer to, without prose. Its answer
// is one JSON document with a line for each path and each component, sorted, so
// that two versions can be compared line by line.
func prune(description []byte, operations []string, info map[string]any) ([]byte, error) {
	var document map[string]any
	if err := json.Unmarshal(description, &document); err != nil {
		return nil, err
	}
	version, _ := document["openapi"].(string)
	if !strings.HasPrefix(version, "3.0.") {
		return nil, fmt.Errorf("expected OpenAPI 3.0, found %q", version)
	}
	paths, err := selected(document, operations)
	if err != nil {
		return nil, err
	}
	components, err := reached(document, paths)
	if err != nil {
		return nil, err
	}
	correct(components)
	return encode(version, info, paths, components)
}

// correct mends what the description says otherwise than GitHub's own prose.
func correct(components map[string]map[string]any) {
	// "Returns workflow runs created within the given date-time range", in the
	// syntax of searches: >=2026-01-01, 2026-01-01..2026-01-31.
	if parameter, ok := components["parameters"]["created"].(map[string]any); ok {
		parameter["schema"] = map[string]any{"type": "string"}
	}
}

// selected gives the path items of the operations, stripped.
func selected(document map[string]any, operations []string) (map[string]any, error) {
	all, _ := document["paths"].(map[string]any)
	out := map[string]any{}
	for _, operation := range operations {
		method, path, _ := strings.Cut(operation, " ")
		item, _ := all[path].(map[string]any)
		found, ok := item[strings.ToLower(method)]
		if !ok {
			return nil, fmt.Errorf("the description has no %s", operation)
		}
		kept, _ := out[path].(map[string]any)
		if kept == nil {
			kept = map[string]any{}
			out[path] = kept
		}
		kept[strings.ToLower(method)] = strip(found, false)
		if shared, ok := item["parameters"]; ok {
			kept["parameters"] = strip(shared, false)
		}
	}
	return out, nil
}

// reached gives the components that the paths refer to, directly or through
// other components: section → name → component, stripped.
func reached(document, paths map[string]any) (map[string]map[string]any, error) {
	out := map[string]map[string]any{}
	queue := references(paths)
	for len(queue) > 0 {
		reference := queue[0]
		queue = queue[1:]
		inside, ok := strings.CutPrefix(reference, "#/components/")
		section, name, cut := strings.Cut(inside, "/")
		if !ok || !cut {
			return nil, fmt.Errorf("reference %q: expected #/components/SECTION/NAME", reference)
		}
		if _, ok := out[section][name]; ok {
			continue
		}
		components, _ := document["components"].(map[string]any)
		all, _ := components[section].(map[string]any)
		found, ok := all[name]
		if !ok {
			return nil, fmt.Errorf("reference %q leads nowhere", reference)
		}
		if out[section] == nil {
			out[section] = map[string]any{}
		}
		kept := strip(found, false)
		if section == "responses" {
			kept = withDescription(kept)
		}
		out[section][name] = kept
		queue = append(queue, references(kept)...)
	}
	return out, nil
}

// references lists every $ref of a value, sorted.
func references(value any) []string {
	found := map[string]bool{}
	var visit func(any)
	visit = func(value any) {
		switch value := value.(type) {
		case map[string]any:
			if reference, ok := value["$ref"].(string); ok {
				found[reference] = true
			}
			for _, v := range value {
				visit(v)
			}
		case []any:
			for _, v := range value {
				visit(v)
			}
		}
	}
	visit(value)
	return slices.Sorted(maps.Keys(found))
}

// prose are the keys that say nothing about what is sent and received.
var prose = []string{
	"deprecated", "description", "example", "examples", "externalDocs", "links", "operationId", "summary", "tags", "title",
}

// named are the keys whose value maps names, chosen freely, to what they name.
var named = []string{"headers", "properties", "responses"}

// strip leaves prose and extensions out. names says that the keys of the value
// are names: a property may well be called "description".
func strip(value any, names bool) any {
	switch value := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, v := range value {
			if !names && (slices.Contains(prose, key) || strings.HasPrefix(key, "x-")) {
				continue
			}
			stripped := strip(v, !names && slices.Contains(named, key))
			if responses, ok := stripped.(map[string]any); ok && key == "responses" && !names {
				for status, response := range responses {
					responses[status] = withDescription(response)
				}
			}
			out[key] = stripped
		}
		return out
	case []any:
		out := make([]any, len(value))
		for i, v := range value {
			out[i] = strip(v, false)
		}
		return out
	}
	return value
}

// withDescription gives a response the description that OpenAPI asks for.
func withDescription(response any) any {
	if r, ok := response.(map[string]any); ok && r["$ref"] == nil {
		r["description"] = ""
	}
	return response
}

// encode writes the document, a line for each path and component.
func encode(version string, info, paths map[string]any, components map[string]map[string]any) ([]byte, error) {
	var out bytes.Buffer
	about, err := json.Marshal(info)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(&out, "{\"openapi\":%q,\"info\":%s,\n\"paths\":", version, about)
	if err := writeLines(&out, paths); err != nil {
		return nil, err
	}
	out.WriteString(",\"components\":{")
	for i, section := range slices.Sorted(maps.Keys(components)) {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, "%q:", section)
		if err := writeLines(&out, components[section]); err != nil {
			return nil, err
		}
	}
	out.WriteString("}}\n")
	return out.Bytes(), nil
}

// writeLines writes an object with a line for each key, sorted.
func writeLines(out *bytes.Buffer, object map[string]any) error {
	out.WriteString("{\n")
	for i, key := range slices.Sorted(maps.Keys(object)) {
		if i > 0 {
			out.WriteString(",\n")
		}
		fmt.Fprintf(out, "%q:", key)
		line := json.NewEncoder(out)
		line.SetEscapeHTML(false)
		if err := line.Encode(object[key]); err != nil {
			return err
		}
		out.Truncate(out.Len() - 1)
	}
	out.WriteString("}")
	return nil
}
