package kube

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxCRDDepth and maxCRDNodes bound the schema of a custom resource. The
	// largest in use (pod templates inside custom resources) have some 20
	// levels and 20,000 nodes. What lies beyond accepts everything.
	maxCRDDepth = 100
	maxCRDNodes = 200_000
	// maxEnumShown bounds the values that a message lists.
	maxEnumShown = 12
)

// rules are what a custom resource's schema asks beyond types. CEL rules,
// formats and the combinators (allOf, anyOf, oneOf, not) are not judged: what
// they would refuse passes here.
type rules struct {
	nullable bool
	preserve bool // x-kubernetes-preserve-unknown-fields

	enum                 []string // allowed values, as JSON
	pattern              *regexp.Regexp
	minimum, maximum     *float64
	minOpen, maxOpen     bool // exclusive
	minLength, maxLength *float64
	minItems, maxItems   *float64
	minProps, maxProps   *float64
}

// crdCompiler compiles an openAPIV3Schema.
type crdCompiler struct {
	budget   int  // the number of nodes that are left
	preserve bool // unknown fields are kept everywhere
}

func (c *crdCompiler) node(schema map[string]any, depth int) *node {
	c.budget--
	if depth > maxCRDDepth || c.budget < 0 {
		return &node{shape: shapeAny, rules: &rules{nullable: true, preserve: true}}
	}
	// A preserved object keeps unknown fields at its own level only; what is
	// described below it is pruned again.
	preserve := c.preserve || schema["x-kubernetes-preserve-unknown-fields"] == true
	r := &rules{nullable: schema["nullable"] == true, preserve: preserve}
	n := &node{rules: r}
	n.shape = crdShape(schema)
	switch n.shape {
	case shapeStruct:
		c.fields(schema, n, depth)
	case shapeList:
		n.elem = c.node(object(schema["items"]), depth+1)
	}
	if n.shape != shapeAny {
		readLimits(schema, r)
	}
	return n
}

// crdShape picks the shape of a schema. A schema without type accepts all.
func crdShape(schema map[string]any) shape {
	if schema["x-kubernetes-int-or-string"] == true {
		return shapeIntOrString
	}
	switch typ, _ := schema["type"].(string); typ {
	case "object":
		return shapeStruct
	case "array":
		return shapeList
	case "string":
		return shapeString
	case "boolean":
		return shapeBool
	case "number":
		return shapeFloat
	case "integer":
		return shapeInt64 // the API server does not enforce format: int32
	}
	return shapeAny
}

func (c *crdCompiler) fields(schema map[string]any, n *node, depth int) {
	properties := object(schema["properties"])
	n.fields = make(map[string]field, len(properties))
	required, _ := schema["required"].([]any)
	for name, property := range properties {
		n.fields[name] = field{node: c.node(object(property), depth+1)}
	}
	for _, item := range required {
		name, ok := item.(string)
		if !ok || slices.Contains(n.needed, name) {
			continue
		}
		property := object(properties[name])
		if _, hasDefault := property["default"]; hasDefault {
			continue
		}
		f, known := n.fields[name]
		if !known {
			f.node = &node{shape: shapeAny, rules: &rules{nullable: true, preserve: true}}
			n.fields[name] = f
		}
		f.enforced = true
		n.fields[name] = f
		n.needed = append(n.needed, name)
	}
	slices.Sort(n.needed)
	switch extra := schema["additionalProperties"].(type) {
	case nil:
	case bool:
		n.rules.preserve = n.rules.preserve || extra
	default:
		n.elem = c.node(object(extra), depth+1)
	}
	if schema["x-kubernetes-embedded-resource"] == true {
		embedObject(n)
	}
}

func readLimits(schema map[string]any, r *rules) {
	if list, ok := schema["enum"].([]any); ok {
		for _, item := range list {
			r.enum = append(r.enum, asJSON(item))
		}
	}
	if p, ok := schema["pattern"].(string); ok {
		// A pattern that Go cannot compile makes the definition invalid.
		r.pattern, _ = regexp.Compile(p)
	}
	for _, limit := range []struct {
		key   string
		value **float64
	}{
		{"minimum", &r.minimum}, {"maximum", &r.maximum},
		{"minLength", &r.minLength}, {"maxLength", &r.maxLength},
		{"minItems", &r.minItems}, {"maxItems", &r.maxItems},
		{"minProperties", &r.minProps}, {"maxProperties", &r.maxProps},
	} {
		if value := schema[limit.key]; typeOf(value) == typeNumber {
			f := number(value)
			*limit.value = &f
		}
	}
	r.minOpen = schema["exclusiveMinimum"] == true
	r.maxOpen = schema["exclusiveMaximum"] == true
}

// rules judges a value by what a custom resource's schema asks beyond types.
func (v *validator) rules(value any, r *rules, at *place) {
	switch typeOf(value) {
	case typeString:
		s := text(value)
		v.limit(at, float64(utf8.RuneCountInString(s)), r.minLength, r.maxLength, false, false, "a length of")
		if r.pattern != nil && !r.pattern.MatchString(s) {
			expected := "a match of " + r.pattern.String()
			v.add(at, BadPattern, Error, expected, describe(value), fmt.Sprintf("%s does not match the pattern %s", quote(s), r.pattern))
		}
	case typeNumber:
		v.limit(at, number(value), r.minimum, r.maximum, r.minOpen, r.maxOpen, "a value of")
	case typeList:
		v.limit(at, float64(len(value.([]any))), r.minItems, r.maxItems, false, false, "a number of items of")
	case typeObject:
		v.limit(at, float64(len(object(value))), r.minProps, r.maxProps, false, false, "a number of fields of")
	}
	if len(r.enum) > 0 && !slices.Contains(r.enum, asJSON(value)) {
		shown := r.enum
		if len(shown) > maxEnumShown {
			shown = append(slices.Clone(shown[:maxEnumShown]), "…")
		}
		expected := "one of " + strings.Join(shown, ", ")
		v.add(at, NotInEnum, Error, expected, describe(value), fmt.Sprintf("expected %s, got %s", expected, describe(value)))
	}
}

func (v *validator) limit(at *place, got float64, low, high *float64, lowOpen, highOpen bool, what string) {
	var expected string
	switch {
	case low != nil && (got < *low || lowOpen && got == *low):
		expected = fmt.Sprintf("%s at least %v", what, *low)
		if lowOpen {
			expected = fmt.Sprintf("%s more than %v", what, *low)
		}
	case high != nil && (got > *high || highOpen && got == *high):
		expected = fmt.Sprintf("%s at most %v", what, *high)
		if highOpen {
			expected = fmt.Sprintf("%s less than %v", what, *high)
		}
	default:
		return
	}
	v.add(at, OutOfRange, Error, expected, fmt.Sprint(got), fmt.Sprintf("expected %s, got %v", expected, got))
}

// asJSON writes a value in the one form in which equal values are equal.
func asJSON(v any) string {
	data, err := json.Marshal(plain(v, 0))
	if err != nil {
		return describe(v) // plain leaves nothing that JSON cannot hold
	}
	return string(data)
}
