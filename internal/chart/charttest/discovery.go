package charttest

import (
	"maps"
	"slices"
	"strings"
)

// discover answers what clients ask to learn what the server serves; nil for
// other paths.
func (s *Server) discover(path string) any {
	switch path {
	case "/version":
		return map[string]any{"gitVersion": "v1.34.4", "major": "1", "minor": "34"}
	case "/api":
		return map[string]any{"kind": "APIVersions", "versions": []string{"v1"}}
	case "/apis":
		var groups []any
		for _, gv := range slices.Sorted(maps.Keys(kinds)) {
			if name, version, ok := strings.Cut(gv, "/"); ok {
				v := map[string]any{"groupVersion": gv, "version": version}
				groups = append(groups, map[string]any{"name": name, "versions": []any{v}, "preferredVersion": v})
			}
		}
		return map[string]any{"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
	case "/openapi/v3":
		paths := map[string]any{}
		for gv := range kinds {
			paths[strings.TrimPrefix(root(gv), "/")] = map[string]any{"serverRelativeURL": "/openapi/v3" + root(gv)}
		}
		return map[string]any{"paths": paths}
	}
	for gv, list := range kinds {
		switch path {
		case root(gv):
			return resources(gv, list)
		case "/openapi/v3" + root(gv):
			return openapi(gv, list)
		}
	}
	return nil
}

func root(gv string) string {
	if strings.Contains(gv, "/") {
		return "/apis/" + gv
	}
	return "/api/" + gv
}

func resources(gv string, list map[string]string) any {
	var out []any
	for _, kind := range slices.Sorted(maps.Keys(list)) {
		out = append(out, map[string]any{
			"name": list[kind], "kind": kind, "namespaced": !clusterWide(kind),
			"verbs": []string{"get", "list", "watch", "create", "update", "patch", "delete"},
		})
	}
	return map[string]any{"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": gv, "resources": out}
}

// openapi says no more than that the server validates fields itself, so that
// clients leave it to do so.
func openapi(gv string, list map[string]string) any {
	group, version, ok := strings.Cut(gv, "/")
	if !ok {
		group, version = "", gv
	}
	paths := map[string]any{}
	for kind, plural := range list {
		paths[root(gv)+"/"+plural] = map[string]any{"patch": map[string]any{
			"x-kubernetes-group-version-kind": map[string]any{"group": group, "version": version, "kind": kind},
			"parameters":                      []any{map[string]any{"name": "fieldValidation", "in": "query"}},
			"responses":                       map[string]any{},
		}}
	}
	return map[string]any{"openapi": "3.0.0", "info": map[string]any{"title": "a stand-in", "version": "1"}, "paths": paths}
}
