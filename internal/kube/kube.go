// Package kube knows the built-in APIs of Kubernetes, minor version by minor
// version: which kinds an API server serves by default, when others came, were
// deprecated and went, what their objects look like, and how the API server
// would judge a document. It also reads CustomResourceDefinitions, and knows
// the release dates of Kubernetes and the version strings of its providers.
//
// All of it is embedded; the package asks no cluster and no network. The data
// are unpacked at first use, so that a program which does not need them does
// not pay. docs/kubernetes-data.md says where each datum comes from.
package kube

//go:generate go run ./gen -file data/kubernetes.txt.gz

import (
	"bytes"
	"compress/gzip"
	_ "embed" // for the table below
	"fmt"
	"io"
	"sync"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

//go:embed data/kubernetes.txt.gz
var packed []byte

// library is the embedded table, indexed. It is immutable but for its caches.
type library struct {
	table  *catalog.Table
	kinds  map[GVK]*catalog.Kind
	lives  map[GVK]*catalog.Life
	types  map[string]*catalog.Type
	groups map[string]bool // groups that have been built in at any time
	apis   map[int]*API

	mu       sync.Mutex
	byDigest map[string]*Schema // one schema for all minors that agree on it
}

// load unpacks and indexes the table, once. The table is part of the program:
// if it cannot be read the program is broken, and a test has failed before.
//
//nolint:gochecknoglobals // a constant, computed at first use
var load = sync.OnceValue(func() *library {
	lib, err := newLibrary(packed)
	if err != nil {
		panic(fmt.Sprintf("the embedded Kubernetes table is damaged: %v", err))
	}
	return lib
})

func newLibrary(packed []byte) (*library, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	table, err := catalog.Decode(string(text))
	if err != nil {
		return nil, err
	}
	lib := &library{
		table:    table,
		kinds:    make(map[GVK]*catalog.Kind, len(table.Kinds)),
		lives:    make(map[GVK]*catalog.Life, len(table.Lives)),
		types:    make(map[string]*catalog.Type, len(table.Types)),
		groups:   map[string]bool{},
		apis:     make(map[int]*API, len(table.Minors)),
		byDigest: map[string]*Schema{},
	}
	for i := range table.Kinds {
		k := &table.Kinds[i]
		gvk := GVK{k.APIVersion, k.Name}
		lib.kinds[gvk] = k
		lib.groups[gvk.Group()] = true
	}
	for i := range table.Lives {
		l := &table.Lives[i]
		gvk := GVK{l.APIVersion, l.Kind}
		lib.lives[gvk] = l
		lib.groups[gvk.Group()] = true
	}
	for i := range table.Types {
		lib.types[table.Types[i].Name] = &table.Types[i]
	}
	for _, m := range table.Minors {
		lib.apis[m.Number] = &API{lib: lib, source: m, schemas: map[GVK]*Schema{}}
	}
	return lib, nil
}

// Minors returns the minors that are known, oldest first.
func Minors() []Minor {
	table := load().table
	out := make([]Minor, len(table.Minors))
	for i, m := range table.Minors {
		out[i] = minor1(m.Number)
	}
	return out
}

// Lookup returns what is known about one minor. The error for an unknown minor
// names the oldest and the newest that are known.
func Lookup(m Minor) (*API, error) {
	lib := load()
	if m.Major == 1 {
		if api := lib.apis[m.Minor]; api != nil {
			return api, nil
		}
	}
	return nil, fmt.Errorf("no data for Kubernetes %s: have %s to %s",
		m, minor1(lib.table.First), minor1(lib.table.Last))
}
