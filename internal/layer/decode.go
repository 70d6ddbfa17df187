package layer

import (
	"math"
	"unicode/utf8"

	yamlv2 "go.yaml.in/yaml/v2"
	"sigs.k8s.io/yaml"
)

// decodeDocument reads YAML as the API server's clients do, which is what
// sigs.k8s.io/yaml does: YAML 1.1, then JSON. The warning tells of a key that
// stands twice.
//
// That library writes and reads JSON on the way, and once more for the
// warning, which takes most of the time of a large matrix. Nearly every
// document is plain, and for plain data the way through JSON only renames
// types. Whatever else there is goes through the library itself.
func decodeDocument(text string) (body any, warning string, err error) {
	var raw any
	if yamlv2.UnmarshalStrict([]byte(text), &raw) == nil {
		if body, ok := jsonValue(raw); ok {
			return body, "", nil
		}
	}
	if err := yaml.Unmarshal([]byte(text), &body); err != nil {
		return nil, "", err
	}
	if body == nil {
		return nil, "", nil
	}
	if err := yaml.UnmarshalStrict([]byte(text), new(any)); err != nil {
		warning = cleanYAMLError(err)
	}
	return body, warning, nil
}

// jsonValue gives what JSON would make of a decoded value; ok is false for
// what JSON changes or refuses: keys that are no text, text that is not UTF-8,
// and numbers that are not finite.
func jsonValue(v any) (out any, ok bool) {
	switch v := v.(type) {
	case nil, bool:
		return v, true
	case string:
		return v, utf8.ValidString(v)
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case uint64:
		return float64(v), true
	case float64:
		return v, !math.IsNaN(v) && !math.IsInf(v, 0)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			if list[i], ok = jsonValue(e); !ok {
				return nil, false
			}
		}
		return list, true
	case map[any]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			key, isText := k.(string)
			if !isText || !utf8.ValidString(key) {
				return nil, false
			}
			if m[key], ok = jsonValue(e); !ok {
				return nil, false
			}
		}
		return m, true
	}
	return nil, false
}
