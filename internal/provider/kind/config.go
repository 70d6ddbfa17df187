package kind

import (
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// clusterConfig is what we say in kind's configuration file
// (https://kind.sigs.k8s.io/docs/user/configuration/).
type clusterConfig struct {
	Kind                    string   `yaml:"kind"`
	APIVersion              string   `yaml:"apiVersion"`
	Nodes                   []node   `yaml:"nodes"`
	ContainerdConfigPatches []string `yaml:"containerdConfigPatches,omitempty"`
}

type node struct {
	Role string `yaml:"role"`
}

// registryPatch makes containerd read a folder for each registry. Node images
// from kind v0.27 on do so by themselves. kind's file for containerd is of
// version 2, whose names containerd 2 translates.
const registryPatch = `[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "` + registryDir + `"
`

// registryDir is where the nodes' containerd looks for hosts.toml files
// (https://github.com/containerd/containerd/blob/main/docs/hosts.md).
const registryDir = "/etc/containerd/certs.d"

// config gives kind's configuration: one control plane and, beyond the first
// node, workers.
func config(nodes int, mirrors bool) ([]byte, error) {
	c := clusterConfig{Kind: "Cluster", APIVersion: "kind.x-k8s.io/v1alpha4", Nodes: []node{{Role: "control-plane"}}}
	for range nodes - 1 {
		c.Nodes = append(c.Nodes, node{Role: "worker"})
	}
	if mirrors {
		c.ContainerdConfigPatches = []string{registryPatch}
	}
	return yaml.Marshal(c)
}

var registryPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?$`)

// hosts gives the hosts.toml of each registry that has mirrors. They are asked
// in their order, and then the registry itself.
func hosts(mirrors map[string][]string) (map[string]string, error) {
	out := map[string]string{}
	for _, registry := range slices.Sorted(maps.Keys(mirrors)) {
		if !registryPattern.MatchString(registry) {
			return nil, fmt.Errorf("mirrors: %q is not a registry; expected one like docker.io or registry.example.com:5000", registry)
		}
		var b strings.Builder
		for _, endpoint := range mirrors[registry] {
			u, err := url.Parse(endpoint)
			if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || strings.ContainsAny(endpoint, "\"\\\n\r") {
				return nil, fmt.Errorf("mirrors: %q of %s is not a mirror; expected one like https://mirror.example.com", endpoint, registry)
			}
			fmt.Fprintf(&b, "[host.%q]\n  capabilities = [\"pull\", \"resolve\"]\n", endpoint)
		}
		out[registry] = b.String()
	}
	return out, nil
}

// files are those that a cluster has in its folder.
type files struct {
	config     string // kind's configuration
	kubeconfig string
	registries string // a folder of hosts.toml files; empty for none
}

// writeFiles writes what kind reads.
func (p *Provider) writeFiles(dir string, nodes int) (files, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return files{}, err
	}
	f := files{config: filepath.Join(dir, "kind.yaml"), kubeconfig: filepath.Join(dir, "kubeconfig")}
	tomls, err := hosts(p.Mirrors)
	if err != nil {
		return files{}, err
	}
	for registry, text := range tomls {
		f.registries = filepath.Join(dir, "certs.d")
		folder := filepath.Join(f.registries, registry)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return files{}, err
		}
		if err := os.WriteFile(filepath.Join(folder, "hosts.toml"), []byte(text), 0o644); err != nil {
			return files{}, err
		}
	}
	text, err := config(nodes, f.registries != "")
	if err != nil {
		return files{}, err
	}
	return f, os.WriteFile(f.config, text, 0o644)
}
