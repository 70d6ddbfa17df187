// Package catalog is the file format of chart-matrix's knowledge about the
// built-in Kubernetes APIs: one text table for a range of minor versions, in
// which every kind, type and field says in which minors it exists.
//
// The generator (internal/kube/gen) writes it, package kube reads it. The text
// is line based, so that a difference between two editions can be read:
//
//	minor 24 v1.24.17 2022-05-03
//	kind apps/v1 Deployment namespaced apps/v1.Deployment on=24-37
//	life extensions/v1beta1 Ingress introduced=1.1 deprecated=1.14 removed=1.22 replacement=networking.k8s.io/v1/Ingress
//	type core/v1.ServicePort 24-37
//	 appProtocol string
//	 port int32!
//
// A field or type without a range exists wherever its owner exists. "!" marks
// a field that the published OpenAPI document calls required.
package catalog

import "sort"

// Table holds everything that is known about the minors First to Last.
type Table struct {
	First, Last int // minor numbers of Kubernetes 1.x, both included
	Minors      []Minor
	Kinds       []Kind
	Lives       []Life
	Types       []Type
}

// Minor names the sources of one minor version's data.
type Minor struct {
	Number   int
	Source   string // the module version that was read, such as "v1.30.14"
	Released string // the day of the .0 release, as 2006-01-02 (UTC)
}

// Scope says where objects of a kind live.
type Scope string

// The scopes of a kind. A kind that is reached only through a subresource
// (Scale, Eviction) is part of discovery but cannot be created by itself.
const (
	Namespaced  Scope = "namespaced"
	Cluster     Scope = "cluster"
	Subresource Scope = "subresource"
)

// Kind is one group/version/kind that an API server knows in some minor.
type Kind struct {
	APIVersion string // "apps/v1", or "v1" for the core group
	Name       string
	Scope      Scope
	Type       string // the name of its type; empty when there is none
	On         Set    // minors that serve it by default
	Off        Set    // minors that serve it only when it is switched on
}

// Life is what Kubernetes' own source says about the life of one kind.
// Releases are written "1.25"; an empty string means that nothing is said.
type Life struct {
	APIVersion, Kind                string
	Introduced, Deprecated, Removed string
	Replacement                     string // "networking.k8s.io/v1/Ingress"
}

// Type is one named object type, the union of its fields over all minors.
type Type struct {
	Name   string
	In     Set
	Fields []Field
}

// Field is one property of a Type. A property whose type or requirement
// changed between minors has one Field per variant.
type Field struct {
	Name     string
	Type     string // see the Type constants
	Required bool
	In       Set
}

// The value types of fields. Beside these a field's type is the name of a Type,
// or one of them prefixed by "[]" (list) or "{}" (map with string keys).
const (
	String      = "string"
	Int32       = "int32"
	Int64       = "int64"
	Float       = "float"
	Bool        = "bool"
	Bytes       = "bytes"    // base64
	Time        = "time"     // RFC 3339
	Quantity    = "quantity" // resource.Quantity: a number, or a string with a suffix
	IntOrString = "intstr"   // intstr.IntOrString
	Any         = "any"      // any JSON value
	Object      = "object"   // an object that is not looked into
)

// Only returns the part of the table that speaks of one minor, without the
// lives, which are joined over all minors.
func (t *Table) Only(minor int) *Table {
	at := Range(minor, minor)
	out := &Table{First: minor, Last: minor}
	for _, m := range t.Minors {
		if m.Number == minor {
			out.Minors = append(out.Minors, m)
		}
	}
	for _, k := range t.Kinds {
		k.On, k.Off = k.On&at, k.Off&at
		if k.On|k.Off != 0 {
			out.Kinds = append(out.Kinds, k)
		}
	}
	for _, typ := range t.Types {
		if typ.In&at == 0 {
			continue
		}
		cut := Type{Name: typ.Name, In: at}
		for _, f := range typ.Fields {
			if f.In&at != 0 {
				f.In = at
				cut.Fields = append(cut.Fields, f)
			}
		}
		out.Types = append(out.Types, cut)
	}
	return out
}

// Sort puts every part of the table into its one order.
func (t *Table) Sort() {
	sort.Slice(t.Minors, func(i, j int) bool { return t.Minors[i].Number < t.Minors[j].Number })
	sort.Slice(t.Kinds, func(i, j int) bool {
		a, b := t.Kinds[i], t.Kinds[j]
		if a.APIVersion != b.APIVersion {
			return a.APIVersion < b.APIVersion
		}
		return a.Name < b.Name
	})
	sort.Slice(t.Lives, func(i, j int) bool {
		a, b := t.Lives[i], t.Lives[j]
		if a.APIVersion != b.APIVersion {
			return a.APIVersion < b.APIVersion
		}
		return a.Kind < b.Kind
	})
	sort.Slice(t.Types, func(i, j int) bool { return t.Types[i].Name < t.Types[j].Name })
	for i := range t.Types {
		f := t.Types[i].Fields
		sort.Slice(f, func(i, j int) bool {
			if f[i].Name != f[j].Name {
				return f[i].Name < f[j].Name
			}
			if f[i].Type != f[j].Type {
				return f[i].Type < f[j].Type
			}
			return !f[i].Required && f[j].Required
		})
	}
}
