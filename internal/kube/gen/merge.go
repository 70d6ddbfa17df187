package main

import (
	"fmt"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// merge puts a table of one minor into a table of many, in the place of what
// that one said of the minor. Of two accounts of a kind's life the newest
// minor's counts, as deprecations are announced and postponed over time.
func merge(old, fresh *catalog.Table) (*catalog.Table, error) {
	minors := map[int]*catalog.Table{fresh.First: fresh}
	first, last := fresh.First, fresh.First
	for _, m := range old.Minors {
		if m.Number != fresh.First {
			minors[m.Number] = old.Only(m.Number)
		}
		first, last = min(first, m.Number), max(last, m.Number)
	}
	out := &catalog.Table{First: first, Last: last}
	b := builder{kinds: map[string]*catalog.Kind{}, types: map[string]*typeBuilder{}}
	for m := first; m <= last; m++ {
		table := minors[m]
		if table == nil {
			return nil, fmt.Errorf("the table would have a gap at 1.%d: add that minor first", m)
		}
		out.Minors = append(out.Minors, table.Minors...)
		b.add(table)
	}
	for _, k := range b.kinds {
		out.Kinds = append(out.Kinds, *k)
	}
	for name, t := range b.types {
		typ := catalog.Type{Name: name, In: t.in}
		for variant, in := range t.fields {
			variant.In = in
			typ.Fields = append(typ.Fields, variant)
		}
		out.Types = append(out.Types, typ)
	}
	earlier, later := old.Lives, fresh.Lives
	if fresh.First < old.Last {
		earlier, later = later, earlier
	}
	lives := map[[2]string]catalog.Life{}
	for _, l := range append(append([]catalog.Life{}, earlier...), later...) {
		lives[[2]string{l.APIVersion, l.Kind}] = l
	}
	for _, l := range lives {
		out.Lives = append(out.Lives, l)
	}
	out.Sort()
	return out, nil
}

// builder joins single minors. A field with its In set to zero is the key of
// one variant of that field.
type builder struct {
	kinds map[string]*catalog.Kind
	types map[string]*typeBuilder
}

type typeBuilder struct {
	in     catalog.Set
	fields map[catalog.Field]catalog.Set
}

func (b *builder) add(t *catalog.Table) {
	for _, k := range t.Kinds {
		key := k.APIVersion + "/" + k.Name
		if known := b.kinds[key]; known != nil {
			k.On |= known.On
			k.Off |= known.Off
		}
		b.kinds[key] = &k
	}
	for _, typ := range t.Types {
		known := b.types[typ.Name]
		if known == nil {
			known = &typeBuilder{fields: map[catalog.Field]catalog.Set{}}
			b.types[typ.Name] = known
		}
		known.in |= typ.In
		for _, f := range typ.Fields {
			in := f.In
			f.In = 0
			known.fields[f] |= in
		}
	}
}
