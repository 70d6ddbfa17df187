package kube

import (
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// GVK names a kind by the two fields that a document carries.
type GVK struct {
	APIVersion string // "apps/v1", or "v1" for the core group
	Kind       string
}

// String writes the kind as "apps/v1/Deployment", the form of Helm's
// Capabilities.APIVersions.
func (g GVK) String() string { return g.APIVersion + "/" + g.Kind }

// Group returns "apps" of "apps/v1", and "" for the core group.
func (g GVK) Group() string {
	group, _, grouped := strings.Cut(g.APIVersion, "/")
	if !grouped {
		return ""
	}
	return group
}

// parseGVK reads what String writes.
func parseGVK(s string) GVK {
	at := strings.LastIndexByte(s, '/')
	if at < 0 {
		return GVK{Kind: s}
	}
	return GVK{APIVersion: s[:at], Kind: s[at+1:]}
}

// API is what a plain cluster of one minor serves: kube-apiserver with its
// default flags, including the two groups that it aggregates
// (apiextensions.k8s.io and apiregistration.k8s.io), and no add-ons. It is safe
// for concurrent use.
type API struct {
	lib    *library
	source catalog.Minor

	mu      sync.Mutex
	schemas map[GVK]*Schema
}

// Minor returns the minor that the API belongs to.
func (a *API) Minor() Minor { return minor1(a.source.Number) }

// Source returns the release whose source the data were read from, "v1.30.14".
func (a *API) Source() string { return a.source.Source }

// Versions returns what Helm puts into Capabilities.APIVersions when it talks
// to such a cluster, sorted: every group/version, and every group/version/kind
// of its resources and subresources (hence apps/v1/Scale and v1/Eviction).
func (a *API) Versions() []string {
	var out []string
	for _, k := range a.lib.table.Kinds {
		if k.On.Has(a.source.Number) {
			out = append(out, k.APIVersion, k.APIVersion+"/"+k.Name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Scope says where objects of a built-in kind live.
type Scope int

// The scopes. A kind that the minor does not know has the scope ScopeUnknown.
const (
	ScopeUnknown Scope = iota
	ScopeNamespaced
	ScopeCluster
)

// Scope returns the scope of a kind that this minor knows, on or off.
func (a *API) Scope(gvk GVK) Scope {
	k := a.kind(gvk)
	switch {
	case k == nil:
		return ScopeUnknown
	case k.Scope == catalog.Namespaced:
		return ScopeNamespaced
	case k.Scope == catalog.Cluster:
		return ScopeCluster
	}
	return ScopeUnknown
}

// kind returns a kind that this minor knows and that can be created.
func (a *API) kind(gvk GVK) *catalog.Kind {
	k := a.lib.kinds[gvk]
	if k == nil || k.Scope == catalog.Subresource || !(k.On | k.Off).Has(a.source.Number) {
		return nil
	}
	return k
}
