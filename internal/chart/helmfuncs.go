package chart

import (
	"bytes"
	"encoding/json"
	"strings"
	"text/template"

	"github.com/BurntSushi/toml"
	"sigs.k8s.io/yaml"
	yamlv3 "sigs.k8s.io/yaml/goyaml.v3"
)

// helmFuncs are the conversions that Helm adds to sprig's functions, as the
// chart template guide describes them. The engine does not export its own, and
// a wrapped function has to be called. What a failed conversion gives is part
// of their contract: toYaml gives nothing, fromYaml a key "Error". A test
// compares each of them with the engine's.
func helmFuncs() template.FuncMap {
	return template.FuncMap{
		"toYaml":        func(v any) string { s, _ := toYAML(v); return s },
		"mustToYaml":    must(toYAML),
		"toYamlPretty":  toYAMLPretty,
		"fromYaml":      func(s string) map[string]any { return parseTable(s, unmarshalYAML) },
		"fromYamlArray": func(s string) []any { return parseList(s, unmarshalYAML) },
		"toJson":        func(v any) string { s, _ := toJSON(v); return s },
		"mustToJson":    must(toJSON),
		"fromJson":      func(s string) map[string]any { return parseTable(s, json.Unmarshal) },
		"fromJsonArray": func(s string) []any { return parseList(s, json.Unmarshal) },
		"toToml": func(v any) string {
			s, err := toTOML(v)
			if err != nil {
				return err.Error()
			}
			return s
		},
		"mustToToml": must(toTOML),
		"fromToml":   func(s string) map[string]any { return parseTable(s, toml.Unmarshal) },
	}
}

func must(f func(any) (string, error)) func(any) string {
	return func(v any) string {
		s, err := f(v)
		if err != nil {
			panic(err) // the engine reports it as an error of the template
		}
		return s
	}
}

func toYAML(v any) (string, error) {
	data, err := yaml.Marshal(v)
	return strings.TrimSuffix(string(data), "\n"), err
}

func toYAMLPretty(v any) string {
	var b bytes.Buffer
	enc := yamlv3.NewEncoder(&b)
	enc.SetIndent(2)
	if err := enc.Encode(v); err != nil {
		return ""
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func toJSON(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

func toTOML(v any) (string, error) {
	var b bytes.Buffer
	if err := toml.NewEncoder(&b).Encode(v); err != nil {
		return "", err
	}
	return b.String(), nil
}

func unmarshalYAML(data []byte, into any) error { return yaml.Unmarshal(data, into) }

func parseTable(s string, parse func([]byte, any) error) map[string]any {
	m := map[string]any{}
	if err := parse([]byte(s), &m); err != nil {
		m["Error"] = err.Error()
	}
	return m
}

func parseList(s string, parse func([]byte, any) error) []any {
	list := []any{}
	if err := parse([]byte(s), &list); err != nil {
		return []any{err.Error()}
	}
	return list
}
