package config

import (
	"fmt"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// Bounds of the tree. An alias costs its file three characters and may stand
// for everything before it, so the size of the file does not bound the tree.
const (
	maxNodes = 100_000
	maxDepth = 32
)

type nodeKind int

const (
	scalarNode nodeKind = iota
	listNode
	mapNode
)

func (k nodeKind) String() string { return [...]string{"text", "a list", "a mapping"}[k] }

// node is a YAML value with its position: aliases and merge keys are resolved,
// scalars are the text that was written.
type node struct {
	kind         nodeKind
	text         string // of a scalar, literally
	tag          string // of a scalar, as YAML resolves it: !!str, !!int, …
	block        bool   // the scalar was written with | or >
	line, column int    // from 1
	items        []*node
	entries      []entry
	// damaged says that a part was taken out because of a mistake that is
	// already reported; what is left may look incomplete.
	damaged bool
	lost    []string // keys whose values were taken out
}

// doubtful tells whether a key's value is incomplete because of a reported
// mistake. What follows from it is not worth a second one.
func (n *node) doubtful(key string) bool {
	if n == nil {
		return false
	}
	value := n.get(key)
	return slices.Contains(n.lost, key) || value != nil && value.damaged
}

// entry is one key of a mapping.
type entry struct {
	key   *node
	value *node
}

// empty tells whether nothing was written: "key:" and no more.
func (n *node) empty() bool { return n.kind == scalarNode && n.text == "" && n.tag == "!!null" }

// get gives the value under a key, nil if there is none. It may be called on nil.
func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	for _, e := range n.entries {
		if e.key.text == key {
			return e.value
		}
	}
	return nil
}

// string gives the text of a scalar, "" for nil.
func (n *node) string() string {
	if n == nil {
		return ""
	}
	return n.text
}

// scalars gives the scalars of "x" and of "[x, y]" alike.
func (n *node) scalars() []*node {
	if n == nil {
		return nil
	}
	if n.kind == scalarNode {
		return []*node{n}
	}
	return n.items
}

// builder turns yaml.Node trees into node trees.
type builder struct {
	*problems
	nodes  int
	halted bool // a bound was exceeded; reported once
}

// build gives nil for what cannot be read; the mistake is then reported.
func (b *builder) build(y *yaml.Node, depth int) *node {
	for y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	b.nodes++
	switch {
	case b.halted:
		return nil
	case b.nodes > maxNodes:
		b.halt(y, fmt.Sprintf("more than %d values once aliases are followed; write them out, or leave some out", maxNodes))
		return nil
	case depth > maxDepth:
		b.halt(y, fmt.Sprintf("nested deeper than %d levels; an alias may lead back into itself", maxDepth))
		return nil
	}
	n := &node{line: max(y.Line, 1), column: max(y.Column, 1), tag: y.ShortTag()}
	if y.Style&yaml.TaggedStyle != 0 && !knownTag(n.tag) {
		if m := unquotedRange.FindStringSubmatch(y.Tag); m != nil {
			b.at(n, rangeAdvice, strings.TrimSpace(y.Tag+y.Value))
			return nil
		}
		b.at(n, "the tag %s has no meaning here; remove it, or put the text in quotes", quote(y.Tag))
		return nil
	}
	switch y.Kind {
	case yaml.ScalarNode:
		n.text = y.Value
		n.block = y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	case yaml.SequenceNode:
		n.kind = listNode
		for _, c := range y.Content {
			if item := b.build(c, depth+1); item != nil {
				n.items = append(n.items, item)
			} else {
				n.damaged = true
			}
		}
	case yaml.MappingNode:
		n.kind = mapNode
		b.mapping(n, y, depth)
	}
	return n
}

func (b *builder) halt(y *yaml.Node, message string) {
	b.halted = true
	b.add(&Error{Line: max(y.Line, 1), Column: max(y.Column, 1), Message: message})
}

func knownTag(tag string) bool {
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp", "!!seq", "!!map":
		return true
	}
	return false
}

// mapping reads the keys of a mapping, then those that merge keys add.
func (b *builder) mapping(n *node, y *yaml.Node, depth int) {
	first := map[string]*node{}
	var merges []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		if y.Content[i].Kind == yaml.ScalarNode && y.Content[i].ShortTag() == "!!merge" {
			merges = append(merges, y.Content[i+1])
			continue
		}
		key := b.build(y.Content[i], depth+1)
		switch {
		case key == nil:
			n.damaged = true
			continue
		case key.kind != scalarNode:
			b.at(key, "a key must be text, not %s; put it in quotes if it is one", key.kind)
			n.damaged = true
			continue
		case key.text == "":
			b.at(key, "a key is empty; write a name before the colon")
			n.damaged = true
			continue
		}
		if before, ok := first[key.text]; ok {
			b.at(key, "the key %s stands here a second time, first on line %d; keep one", quote(key.text), before.line)
			n.damaged = true
			continue
		}
		first[key.text] = key
		value := b.build(y.Content[i+1], depth+1)
		if value == nil {
			n.damaged = true
			n.lost = append(n.lost, key.text)
			continue
		}
		n.entries = append(n.entries, entry{key, value})
	}
	for _, m := range merges {
		b.merge(n, m, first, depth)
	}
}

// merge adds the keys of a merge key that the mapping lacks. Of several merged
// mappings the earlier wins (https://yaml.org/type/merge.html).
func (b *builder) merge(n *node, y *yaml.Node, have map[string]*node, depth int) {
	source := b.build(y, depth+1)
	if source == nil {
		n.damaged = true
		return
	}
	sources := []*node{source}
	if source.kind == listNode {
		sources = source.items
	}
	for _, s := range sources {
		if s.kind != mapNode {
			b.at(s, "<< takes a mapping or a list of mappings, not %s; for example <<: *common", s.kind)
			n.damaged = true
			continue
		}
		for _, e := range s.entries {
			if _, ok := have[e.key.text]; !ok {
				have[e.key.text] = e.key
				n.entries = append(n.entries, e)
			}
		}
	}
}

// shown gives a scalar for an error message, as one line.
func (n *node) shown() string {
	if n.empty() {
		return "nothing"
	}
	if n.kind != scalarNode {
		return n.kind.String()
	}
	return quote(strings.TrimRight(n.text, "\n"))
}
