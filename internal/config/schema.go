package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
)

// SchemaID is where the JSON Schema is published.
const SchemaID = "https://raw.githubusercontent.com/posthog/chart-matrix/main/schemas/config.schema.json"

// JSONSchema gives the table as a JSON Schema, draft 2020-12
// (https://json-schema.org/draft/2020-12/schema), for editors. It accepts all
// that the decoder accepts. It cannot see what needs more than the file's form:
// whether a name is defined elsewhere and whether a file exists.
func JSONSchema() ([]byte, error) {
	b := schemaBuilder{defs: map[string]any{}}
	top := b.shape(rootShape)
	top["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	top["$id"] = SchemaID
	top["title"] = "chart-matrix configuration"
	top["description"] = "What chart-matrix tests: " + FileName + ". Every key is optional."
	top["$defs"] = b.defs
	var out bytes.Buffer
	encoder := json.NewEncoder(&out) // maps are written in sorted order
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(top); err != nil {
		return nil, fmt.Errorf("the JSON Schema cannot be encoded: %w", err)
	}
	return escapeUnprintable(out.Bytes()), nil
}

// escapeUnprintable keeps a file free of the characters that its own patterns
// refuse; the encoder escapes only some of them.
func escapeUnprintable(data []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(data) {
		if r != '\n' && unprintable(r) {
			fmt.Fprintf(&out, `\u%04x`, r)
		} else {
			out.WriteRune(r)
		}
	}
	return out.Bytes()
}

type schemaBuilder struct{ defs map[string]any }

// ref gives a reference for a shape that has a name, and the schema for others.
func (b schemaBuilder) ref(s *shape) map[string]any {
	if s.define == "" {
		return b.shape(s)
	}
	if _, ok := b.defs[s.define]; !ok {
		def := b.shape(s)
		def["title"] = s.what
		b.defs[s.define] = def
	}
	return map[string]any{"$ref": "#/$defs/" + s.define}
}

func (b schemaBuilder) shape(s *shape) map[string]any {
	var forms []map[string]any
	if s.scalar != nil {
		forms = append(forms, s.scalar.schema()...)
	} else {
		forms = append(forms, map[string]any{"type": "null"}) // a key with nothing behind it
	}
	if s.item != nil {
		list := map[string]any{"type": "array", "items": b.ref(s.item)}
		if s.minimum > 0 {
			list["minItems"] = s.minimum
		}
		forms = append(forms, list)
	}
	if s.mapping() {
		forms = append(forms, b.mapping(s))
	}
	if s.scalar == nil && (s.minimum > 0 || s.needed()) {
		forms = forms[1:] // nothing is not enough
	}
	if len(forms) == 1 {
		return forms[0]
	}
	// Editors complete better where there is no choice to make.
	if len(forms) == 2 && forms[0]["type"] == "null" {
		forms[1]["type"] = []any{forms[1]["type"], "null"}
		return forms[1]
	}
	return map[string]any{"anyOf": forms}
}

// needed tells whether a mapping has a key that must be there.
func (s *shape) needed() bool {
	for _, k := range s.keys {
		if k.required {
			return true
		}
	}
	return false
}

func (b schemaBuilder) mapping(s *shape) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, k := range s.keys {
		property := b.ref(k.shape)
		property["description"] = strings.ReplaceAll(k.doc, "`", "")
		properties[k.name] = property
		if k.required {
			required = append(required, k.name)
		}
	}
	m := map[string]any{"type": "object", "additionalProperties": false}
	if len(properties) > 0 {
		m["properties"] = properties
	}
	if required != nil {
		m["required"] = required
	}
	if s.minimum > 0 {
		m["minProperties"] = s.minimum
	}
	if s.others != nil {
		m["additionalProperties"] = b.ref(s.others)
		m["propertyNames"] = map[string]any{"minLength": 1, "maxLength": s.nameLimit(), "pattern": noControls}
	}
	return m
}

// Patterns that say what unprintable says, in the regular expressions that ECMA
// 262, which JSON Schema asks for, and RE2 have in common.
const (
	unprintableAbove = "\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069"
	noControls       = `^[^\x00-\x1f` + unprintableAbove + `]*$`
	noControlsLong   = `^[^\x00-\x08\x0b\x0c\x0e-\x1f` + unprintableAbove + `]*$`
)

// schema gives the alternatives of a scalar. Text may be written without
// quotes even where it looks like a number or a word, and JSON sees the latter.
func (s *scalar) schema() []map[string]any {
	switch {
	case s.boolean:
		return []map[string]any{{"type": "boolean"}}
	case s.words != nil || s.whole || s.decimal:
		return s.closedSchema()
	}
	str := map[string]any{"type": "string", "pattern": noControls, "maxLength": s.textLimit()}
	if s.lines {
		str["pattern"] = noControlsLong
	}
	if !s.blank {
		str["minLength"] = 1
	}
	if s.pattern != nil {
		str["pattern"] = s.pattern.String()
	}
	if s.date {
		str["format"] = "date"
		return []map[string]any{str}
	}
	return []map[string]any{str, {"type": []string{"number", "boolean", "null"}}}
}

// closedSchema is for words and numbers.
func (s *scalar) closedSchema() []map[string]any {
	var forms []map[string]any
	if s.words != nil {
		forms = append(forms, map[string]any{"enum": s.words})
	}
	if !s.whole && !s.decimal {
		return forms
	}
	number := map[string]any{"type": "number", "minimum": s.low}
	if s.whole {
		number["type"] = "integer"
	}
	if number["maximum"] = s.high; s.high == 0 {
		number["maximum"] = 999_999_999
	}
	return append(forms, number)
}
