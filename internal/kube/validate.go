package kube

import (
	"fmt"
	"strings"
)

const (
	// maxViolations bounds what one document reports: a reader fixes the first.
	maxViolations = 100
	// maxDepth is the nesting at which the API server's JSON decoder gives up
	// (sigs.k8s.io/json).
	maxDepth = 10000
)

// Validate judges a document, decoded from YAML or JSON, as the API server
// would that serves the schema, with field validation "Warn" (its default):
// values are decoded, unknown fields dropped, and required fields asked for
// where the server's own validation does. It is no substitute for all of that
// validation; what it reports as an Error, the server refuses.
//
// The violations are sorted by their place; at most 100 are reported.
func Validate(doc any, s *Schema) []Violation {
	v := validator{}
	root := &place{index: -1}
	v.check(doc, s.root, root)
	if s.named && typeOf(doc) == typeObject {
		v.name(object(doc), root)
	}
	sortViolations(v.found)
	return v.found
}

type validator struct{ found []Violation }

func (v *validator) full() bool { return len(v.found) >= maxViolations }

func (v *validator) add(at *place, kind Kind, severity Severity, expected, got, message string) {
	if !v.full() {
		v.found = append(v.found, Violation{at.pointer(), kind, severity, expected, got, message})
	}
}

// name asks for metadata.name or metadata.generateName.
func (v *validator) name(doc map[string]any, root *place) {
	meta := doc["metadata"]
	if t := typeOf(meta); t != typeObject && t != typeNull {
		return // reported as a wrong type
	}
	fields := object(meta)
	for _, key := range []string{"name", "generateName"} {
		if t := typeOf(fields[key]); t != typeNull && (t != typeString || text(fields[key]) != "") {
			return
		}
	}
	v.add(root.field("metadata").field("name"), MissingRequired, Error, "name or generateName",
		describe(fields["name"]), "missing required value: an object needs metadata.name or metadata.generateName")
}

// check judges one value. A null is absent for whoever holds it, so only the
// whole document, a list's item or a custom resource's nullable field get here
// with one.
func (v *validator) check(value any, n *node, at *place) {
	if v.full() {
		return
	}
	if at.depth > maxDepth {
		v.add(at, TooDeep, Error, fmt.Sprintf("at most %d levels", maxDepth), "more", fmt.Sprintf("nested deeper than the %d levels that the API server reads", maxDepth))
		return
	}
	switch t := typeOf(value); n.shape {
	case shapeAny:
	case shapeObject:
		if t != typeObject {
			v.wrongType(at, n, value)
		}
	case shapeStruct:
		if t != typeObject {
			v.wrongType(at, n, value)
			return
		}
		v.structure(object(value), n, at)
	case shapeMap:
		if t != typeObject {
			v.wrongType(at, n, value)
			return
		}
		for key, item := range object(value) {
			v.mapItem(item, n, at.field(key))
		}
	case shapeList:
		list, ok := value.([]any)
		if !ok {
			v.wrongType(at, n, value)
			return
		}
		for i, item := range list {
			v.listItem(item, n, at.item(i))
		}
	default:
		v.scalar(value, t, n, at)
	}
	if n.rules != nil {
		v.rules(value, n.rules, at)
	}
}

// structure judges the fields of an object that has known ones.
func (v *validator) structure(doc map[string]any, n *node, at *place) {
	for _, name := range n.needed {
		v.need(doc, name, n.fields[name], at.field(name))
	}
	for name, value := range doc {
		f, known := n.fields[name]
		switch {
		case known && value == nil:
			// Absent, or accepted because it is nullable.
		case known:
			v.check(value, f.node, at.field(name))
		case n.elem != nil: // a custom resource's additionalProperties
			v.mapItem(value, n, at.field(name))
		case n.rules == nil || !n.rules.preserve:
			v.unknown(name, n, at)
		}
	}
}

// need judges a needed field of an object. A null counts as absent.
func (v *validator) need(doc map[string]any, name string, f field, at *place) {
	value, present := doc[name]
	if f.implied {
		if value == nil {
			v.emptyObject(f.node, at)
		}
		return
	}
	expected := f.node.shape.expectation()
	custom := f.node.rules != nil
	switch t := typeOf(value); {
	case !present:
		v.add(at, MissingRequired, Error, expected, "nothing", "missing required value: expected "+expected)
	case t == typeNull && custom && f.node.rules.nullable:
	case t == typeNull:
		v.add(at, NullValue, Error, expected, "null", "null where a value is required: expected "+expected)
	case custom:
		// Custom resources ask for the presence of a field, not for a value.
	case t == typeString && text(value) == "":
		v.add(at, MissingRequired, Error, expected, "empty string", "must not be empty: a value is required")
	case t == typeNumber && number(value) == 0 && f.node.shape != shapeQuantity:
		v.add(at, MissingRequired, Error, expected, "0", "must not be 0: a value is required")
	case t == typeList && len(value.([]any)) == 0:
		v.add(at, MissingRequired, Error, "at least one item", "empty list", "must not be empty: at least one item is required")
	case t == typeObject && f.node.shape == shapeMap && len(object(value)) == 0:
		v.add(at, MissingRequired, Error, "at least one entry", "empty object", "must not be empty: at least one entry is required")
	}
}

// emptyObject reports what an object lacks that is not there at all.
func (v *validator) emptyObject(n *node, at *place) {
	if n.shape != shapeStruct || !hasNeeds(n, 0) {
		return
	}
	for _, name := range n.needed {
		v.need(nil, name, n.fields[name], at.field(name))
	}
}

// mapItem judges a value of a map.
func (v *validator) mapItem(value any, n *node, at *place) {
	if value == nil {
		return // an empty value of the map's type, or dropped
	}
	v.check(value, n.elem, at)
}

// listItem judges an item of a list. A null there becomes the empty value of
// the item's type, which is seldom what was meant.
func (v *validator) listItem(value any, n *node, at *place) {
	blank := value == nil || typeOf(value) == typeString && text(value) == ""
	expected := n.elem.shape.expectation()
	switch {
	case n.noBlank && blank:
		kind := NullValue
		if value != nil {
			kind = MissingRequired
		}
		v.add(at, kind, Error, "non-empty string", describe(value), describe(value)+" where a non-empty string is required")
	case value != nil:
		v.check(value, n.elem, at)
	case n.elem.rules != nil:
		if !n.elem.rules.nullable && n.elem.shape != shapeAny {
			v.add(at, NullValue, Error, expected, "null", "null in a list: expected "+expected)
		}
	case n.elem.shape == shapeStruct && hasNeeds(n.elem, 0):
		v.add(at, NullValue, Error, expected, "null", "null in a list where an object with "+strings.Join(n.elem.needed, ", ")+" is required")
	case n.elem.shape != shapeAny:
		v.add(at, NullValue, Warning, expected, "null", "null in a list becomes an empty "+expected)
	}
}
