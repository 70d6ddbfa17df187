package kube

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// Schema says what documents of one kind look like. It is immutable and safe
// for concurrent use.
type Schema struct {
	root   *node
	digest string
	// named: the API server refuses an object that has neither name nor
	// generateName.
	named bool
}

// Digest identifies the content of the schema: schemas of equal digests judge
// every document alike, in whatever minor they were looked up.
func (s *Schema) Digest() string { return s.digest }

// Schema returns the schema of a built-in kind that this minor has, whether it
// is on or off by default. Minors that agree on a kind share one schema.
func (a *API) Schema(gvk GVK) (*Schema, bool) {
	kind := a.kind(gvk)
	if kind == nil || kind.Type == "" {
		return nil, false
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.schemas[gvk]; s != nil {
		return s, true
	}
	named := !strings.HasSuffix(kind.Name, "Review")
	s := a.lib.schema(kind.Type, a.source.Number, named)
	a.schemas[gvk] = s
	return s, true
}

// schema returns the one schema of a type's content at a minor.
func (l *library) schema(typ string, minor int, named bool) *Schema {
	c := compiler{lib: l, minor: minor, nodes: map[string]*node{}}
	digest := c.digest(typ)
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.byDigest[digest]; s != nil {
		return s
	}
	s := &Schema{root: c.typeNode(typ), digest: digest, named: named}
	l.byDigest[digest] = s
	return s
}

// compiler builds the nodes of one schema at one minor.
type compiler struct {
	lib   *library
	minor int
	nodes map[string]*node // by type name; breaks circles
}

// digest hashes all fields of all types that can be reached from one.
func (c *compiler) digest(root string) string {
	seen := map[string]bool{root: true}
	queue := []string{root}
	for i := 0; i < len(queue); i++ {
		typ := c.lib.types[queue[i]]
		if typ == nil {
			continue
		}
		for _, f := range typ.Fields {
			element := strings.TrimLeft(f.Type, "[]{}")
			if f.In.Has(c.minor) && !seen[element] && strings.Contains(element, ".") {
				seen[element] = true
				queue = append(queue, element)
			}
		}
	}
	// The root's name makes kinds differ; the rest is content alone.
	slices.Sort(queue)
	h := sha256.New()
	fmt.Fprintln(h, root)
	for _, name := range queue {
		h.Write([]byte(name))
		if typ := c.lib.types[name]; typ != nil {
			for _, f := range typ.Fields {
				if f.In.Has(c.minor) {
					h.Write([]byte(" " + f.Name + " " + f.Type))
					if f.Required {
						h.Write([]byte{'!'})
					}
				}
			}
		}
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil))[:32]
}

func (c *compiler) typeNode(name string) *node {
	if n := c.nodes[name]; n != nil {
		return n
	}
	typ := c.lib.types[name]
	if typ == nil {
		return &node{shape: shapeAny}
	}
	n := &node{shape: shapeStruct, typ: typ, fields: make(map[string]field, len(typ.Fields))}
	c.nodes[name] = n
	for _, f := range typ.Fields {
		if !f.In.Has(c.minor) {
			continue
		}
		target := c.valueNode(f.Type)
		if noBlanks[name+"."+f.Name] {
			target = &node{shape: shapeList, elem: target.elem, noBlank: true}
		}
		enforced, implied := requirement(name, f, target)
		n.fields[f.Name] = field{node: target, enforced: enforced, implied: implied}
		if enforced || implied {
			n.needed = append(n.needed, f.Name)
		}
	}
	slices.Sort(n.needed)
	return n
}

func (c *compiler) valueNode(typ string) *node {
	if n := c.nodes[typ]; n != nil {
		return n
	}
	var n *node
	if element, ok := strings.CutPrefix(typ, "[]"); ok {
		n = &node{shape: shapeList, elem: c.valueNode(element)}
	} else if element, ok := strings.CutPrefix(typ, "{}"); ok {
		n = &node{shape: shapeMap, elem: c.valueNode(element)}
	} else if shape, ok := scalarShape(typ); ok {
		n = &node{shape: shape}
	} else {
		return c.typeNode(typ)
	}
	c.nodes[typ] = n
	return n
}

// metadataNode is the schema of metadata in custom resources.
func (l *library) metadataNode() *node {
	c := compiler{lib: l, minor: l.table.Last, nodes: map[string]*node{}}
	return c.typeNode("meta/v1.ObjectMeta")
}

// hasNeeds reports whether an empty object of a struct lacks something.
func hasNeeds(n *node, depth int) bool {
	if depth > 8 { // deeper than any chain of value structs; ends a circle
		return false
	}
	for _, name := range n.needed {
		f := n.fields[name]
		if f.enforced || hasNeeds(f.node, depth+1) {
			return true
		}
	}
	return false
}

// fieldMinors says in which minors a built-in type has a field that it lacks
// at the minor of the schema: "from 1.25", "up to 1.28"; empty if in none.
func fieldMinors(typ *catalog.Type, name string) string {
	var in catalog.Set
	for _, f := range typ.Fields {
		if f.Name == name {
			in |= f.In
		}
	}
	if in == 0 {
		return ""
	}
	table := load().table
	switch first, last := minor1(in.First()), minor1(in.Last()); {
	case last.Minor == table.Last:
		return fmt.Sprintf("from Kubernetes %s on", first)
	case first.Minor == table.First:
		return fmt.Sprintf("up to Kubernetes %s", last)
	default:
		return fmt.Sprintf("from Kubernetes %s to %s", first, last)
	}
}
