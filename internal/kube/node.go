package kube

import (
	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// shape is what a place in a document may hold.
type shape int

const (
	shapeAny    shape = iota
	shapeObject       // an object that is not looked into
	shapeStruct       // an object with known fields
	shapeMap
	shapeList
	shapeString
	shapeInt32
	shapeInt64
	shapeFloat
	shapeBool
	shapeBytes
	shapeTime
	shapeQuantity
	shapeIntOrString
)

// expectation names a shape in messages.
func (s shape) expectation() string {
	switch s {
	case shapeObject, shapeStruct, shapeMap:
		return "object"
	case shapeList:
		return "list"
	case shapeString:
		return "string"
	case shapeInt32:
		return "32-bit integer"
	case shapeInt64:
		return "integer"
	case shapeFloat:
		return "number"
	case shapeBool:
		return "boolean"
	case shapeBytes:
		return "string in base64"
	case shapeTime:
		return "time as in RFC 3339"
	case shapeQuantity:
		return "quantity such as 100m or 1Gi"
	case shapeIntOrString:
		return "integer or string"
	}
	return "any value"
}

// node is the schema of one place. Nodes form a graph, as types may contain
// themselves; they are immutable once the schema they belong to is handed out.
type node struct {
	shape  shape
	fields map[string]field // of a struct
	needed []string         // names of the fields that must be there, sorted
	elem   *node            // of a list or map
	typ    *catalog.Type    // of a built-in struct: all its fields in all minors
	rules  *rules           // of a custom resource
	// noBlank marks a list of strings none of which may be empty.
	noBlank bool
}

type field struct {
	node *node
	// enforced: the API server refuses an object without the field.
	enforced bool
	// implied: an absent field counts as an empty object, whose own enforced
	// fields are then missing.
	implied bool
}

// scalars are the shapes of the catalog's value types.
func scalarShape(name string) (shape, bool) {
	switch name {
	case catalog.String:
		return shapeString, true
	case catalog.Int32:
		return shapeInt32, true
	case catalog.Int64:
		return shapeInt64, true
	case catalog.Float:
		return shapeFloat, true
	case catalog.Bool:
		return shapeBool, true
	case catalog.Bytes:
		return shapeBytes, true
	case catalog.Time:
		return shapeTime, true
	case catalog.Quantity:
		return shapeQuantity, true
	case catalog.IntOrString:
		return shapeIntOrString, true
	case catalog.Any:
		return shapeAny, true
	case catalog.Object:
		return shapeObject, true
	}
	return 0, false
}
