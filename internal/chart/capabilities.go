package chart

import (
	"helm.sh/helm/v4/pkg/chart/common"
)

// The objects below stand in for Helm's Capabilities while a render is
// recorded. They offer what templates can reach there, as methods, because a
// field could not tell that it is read. Whoever turns one of them into text or
// JSON as a whole gives up on recording.

type capabilities struct {
	r       *recorder
	bareAPI bool // some template reads the list of APIs other than through Has
}

// KubeVersion is .Capabilities.KubeVersion.
func (c *capabilities) KubeVersion() *kubeVersion { return &kubeVersion{c.r} }

// APIVersions is .Capabilities.APIVersions.
func (c *capabilities) APIVersions() any {
	if c.bareAPI {
		c.r.allAPIs()
		return c.r.target.apis
	}
	return &apiSet{c.r}
}

// HelmVersion is .Capabilities.HelmVersion.
func (c *capabilities) HelmVersion() any { return helmVersion() }

func (c *capabilities) String() string               { c.r.giveUp(); return "" }
func (c *capabilities) MarshalJSON() ([]byte, error) { c.r.giveUp(); return nil, nil }
func (c *capabilities) MarshalText() ([]byte, error) { c.r.giveUp(); return nil, nil }
func (c *capabilities) MarshalYAML() (any, error)    { c.r.giveUp(); return nil, nil }

type kubeVersion struct{ r *recorder }

// Version is the full version, as in Helm.
func (k *kubeVersion) Version() string {
	return k.r.read("version", func(t *target) string { return t.full })
}

// GitVersion is the same under its older name.
func (k *kubeVersion) GitVersion() string { return k.Version() }

// String is the full version, as Helm gives it where a cluster was asked for
// its version. Only `helm template --kube-version` takes suffixes off.
func (k *kubeVersion) String() string { return k.Version() }

// Major is "1".
func (k *kubeVersion) Major() string {
	return k.r.read("major", func(t *target) string { return t.major })
}

// Minor is "33".
func (k *kubeVersion) Minor() string {
	return k.r.read("minor", func(t *target) string { return t.minor })
}

func (k *kubeVersion) MarshalJSON() ([]byte, error) { k.r.giveUp(); return nil, nil }
func (k *kubeVersion) MarshalText() ([]byte, error) { k.r.giveUp(); return nil, nil }
func (k *kubeVersion) MarshalYAML() (any, error)    { k.r.giveUp(); return nil, nil }

type apiSet struct{ r *recorder }

// Has is .Capabilities.APIVersions.Has.
func (a *apiSet) Has(name string) bool { return a.r.hasAPI(name) }

func (a *apiSet) String() string               { a.r.giveUp(); return "" }
func (a *apiSet) MarshalJSON() ([]byte, error) { a.r.giveUp(); return nil, nil }
func (a *apiSet) MarshalText() ([]byte, error) { a.r.giveUp(); return nil, nil }
func (a *apiSet) MarshalYAML() (any, error)    { a.r.giveUp(); return nil, nil }

// isStandIn says whether v is one of the objects above, or holds one at its
// top: the context of a template does.
func isStandIn(v any) bool {
	switch v.(type) {
	case *capabilities, *kubeVersion, *apiSet, capabilities, kubeVersion, apiSet:
		return true
	}
	return false
}

// holdsStandIn looks for the capabilities in maps within maps, where a deep
// copy would find and ruin them.
func holdsStandIn(v any, depth int) bool {
	if isStandIn(v) {
		return true
	}
	var m map[string]any
	switch v := v.(type) {
	case map[string]any:
		m = v
	case common.Values:
		m = v
	case []any:
		for _, e := range v {
			if depth > 0 && holdsStandIn(e, depth-1) {
				return true
			}
		}
	}
	for _, e := range m {
		if depth > 0 && holdsStandIn(e, depth-1) {
			return true
		}
	}
	return false
}

func helmVersion() any { return common.DefaultCapabilities.HelmVersion }
