package k3s

import (
	"errors"
	"fmt"

	"gopkg.in/yaml.v3"
)

// kubeconfig is the file that k3s writes, with one of each.
type kubeconfig struct {
	APIVersion     string        `yaml:"apiVersion"`
	Kind           string        `yaml:"kind"`
	Clusters       []namedThing  `yaml:"clusters"`
	Contexts       []namedAccess `yaml:"contexts"`
	CurrentContext string        `yaml:"current-context"`
	Users          []namedThing  `yaml:"users"`
}

type namedThing struct {
	Name    string         `yaml:"name"`
	Cluster map[string]any `yaml:"cluster,omitempty"`
	User    map[string]any `yaml:"user,omitempty"`
}

type namedAccess struct {
	Name    string `yaml:"name"`
	Context struct {
		Cluster string `yaml:"cluster"`
		User    string `yaml:"user"`
	} `yaml:"context"`
}

// renamed gives k3s's kubeconfig with the cluster's name in place of "default",
// which every k3s has. An error means that it is not whole.
func renamed(data []byte, name string) ([]byte, error) {
	var k kubeconfig
	if err := yaml.Unmarshal(data, &k); err != nil {
		return nil, fmt.Errorf("the kubeconfig of k3s: %w", err)
	}
	if len(k.Clusters) != 1 || len(k.Contexts) != 1 || len(k.Users) != 1 || len(k.Clusters[0].Cluster) == 0 || len(k.Users[0].User) == 0 {
		return nil, errors.New("the kubeconfig of k3s: expected one cluster, context and user")
	}
	k.Clusters[0].Name, k.Users[0].Name, k.Contexts[0].Name, k.CurrentContext = name, name, name, name
	k.Contexts[0].Context.Cluster, k.Contexts[0].Context.User = name, name
	return yaml.Marshal(k)
}
