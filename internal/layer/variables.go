package layer

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"gopkg.in/yaml.v3"

	"github.com/posthog/chart-matrix/matrix"
)

// variables describes the cell to a program, in its environment; the cell's
// values go to a file in the folder work. In a cluster KUBECONFIG names a file
// with that cluster alone, so that no program finds another one.
func (e *JobEnv) variables(chartPath, work string) ([]string, error) {
	chart, err := filepath.Abs(chartPath)
	if err != nil {
		return nil, err
	}
	values := filepath.Join(work, "values.yaml")
	text, err := yaml.Marshal(e.Values.Map)
	if err == nil {
		err = os.WriteFile(values, text, 0o600) // values may hold passwords
	}
	if err != nil {
		return nil, fmt.Errorf("the file with the cell's values: %w; TMPDIR names where it goes", err)
	}
	variables := []string{
		"CELL=" + e.Cell.ID, "CHART=" + chart, "RELEASE=" + e.Release, "NAMESPACE=" + e.Namespace,
		"VALUES=" + values, "KUBERNETES_VERSION=" + e.KubeVersion, "JUNIT=" + filepath.Join(work, reportName),
		"PROVIDER=" + e.Cell.At[matrix.Provider], "SCENARIO=" + e.Cell.At[matrix.Scenario], "OPERATION=" + e.Cell.At[matrix.Operation],
	}
	if e.Cluster != nil {
		kubeconfig, err := e.Cluster.kubeconfig(work)
		if err != nil {
			return nil, err
		}
		// Helm's own variables beat the kubeconfig.
		variables = append(variables, "KUBECONFIG="+kubeconfig, "HELM_NAMESPACE="+e.Namespace, "HELM_KUBECONTEXT=")
	}
	for axis, value := range e.Cell.At {
		if !slices.Contains(matrix.BuiltinAxes(), axis) {
			variables = append(variables, AxisVariable(axis)+"="+value)
		}
	}
	slices.Sort(variables)
	return variables, nil
}

// kubeconfig gives the path of a kubeconfig whose current context is the
// cluster's. One that says so already is used as it is; else a copy is made.
func (in *InCluster) kubeconfig(work string) (string, error) {
	path, err := filepath.Abs(in.Kubeconfig)
	if err != nil || in.Context == "" {
		return path, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("the kubeconfig of the cell's cluster: %w", err)
	}
	var config map[string]any
	if err := yaml.Unmarshal(data, &config); err != nil {
		return "", fmt.Errorf("the kubeconfig of the cell's cluster: %s: %w", path, err)
	}
	if config["current-context"] == in.Context {
		return path, nil
	}
	if config == nil {
		config = map[string]any{}
	}
	config["current-context"] = in.Context
	if data, err = yaml.Marshal(config); err != nil {
		return "", err
	}
	copied := filepath.Join(work, "kubeconfig.yaml")
	if err := os.WriteFile(copied, data, 0o600); err != nil {
		return "", fmt.Errorf("a copy of the kubeconfig: %w; TMPDIR names where it goes", err)
	}
	return copied, nil
}

// fulfil gives the cluster that a need asks for; nil where it asks for none.
func (e *JobEnv) fulfil(n Need) (*InCluster, error) {
	switch n {
	case NeedCluster:
		return e.cluster()
	case NeedRelease:
		return e.released()
	}
	return nil, nil
}

// requiresFor gives the layers that must not have failed before a layer with
// this need is asked.
func requiresFor(n Need) []string {
	required := []string{RenderName, SchemaName}
	if n == NeedRelease {
		required = append(required, InstallName, UpgradeName)
	}
	return required
}
