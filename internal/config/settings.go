package config

import "strings"

// Settings are what an axis value changes in the chart's values.
type Settings struct {
	Values    []string // values files, joined with the configuration's folder; later wins
	Set       []string // key=value as for helm --set, in the order written
	SetString []string // key=value as for helm --set-string
}

// IsZero tells whether nothing is set.
func (s Settings) IsZero() bool { return len(s.Values)+len(s.Set)+len(s.SetString) == 0 }

// Provider are the settings of one provider. Zero values leave the choice to
// the provider.
type Provider struct {
	Settings
	Region  string
	Zone    string
	Machine string
	Nodes   int
	// Images has a node image for a version, KubernetesVersion the exact
	// version that the provider reports for one. Keys are as Version.String.
	Images            map[string]string
	KubernetesVersion map[string]string
	// Runner is where the provider's jobs run on GitHub.
	Runner Runner
	// Preload are images that each cluster gets, Mirrors what is asked in place
	// of a registry, by its name, Disable components that k3s does without.
	Preload []string
	Mirrors map[string][]string
	Disable []string
	// Releases and Channels are URLs that k3s comes from, Cache the folder that
	// keeps it, Registries a file for it, both joined with the configuration's
	// folder, and Arguments what its server is started with.
	Releases, Channels, Cache, Registries string
	Arguments                             []string
	// Kubeconfig, joined with the configuration's folder, and Context name an
	// existing cluster, LockNamespace where its lock is.
	Kubeconfig, Context, LockNamespace string
}

// Scenario is a way of using the chart.
type Scenario struct {
	Settings
	Before string // bash script, run before the install
	After  string // bash script, run after the tests
}

// Operation is what an install or an upgrade sets.
type Operation struct {
	Settings
	From     From // of an upgrade
	Rollback bool // an upgrade is rolled back afterwards, too
}

// settings reads values, set and set-string; the zero Settings for nil.
func (d *decoder) settings(n *node) Settings {
	return Settings{
		Values:    d.paths(n.get("values")),
		Set:       d.sets(n.get("set")),
		SetString: d.sets(n.get("set-string")),
	}
}

func (d *decoder) sets(n *node) []string {
	if n == nil {
		return nil
	}
	var out []string
	for _, e := range n.entries {
		if next, ok := secondKey(e.value.text); ok {
			d.at(e.value, `helm --set reads what follows the comma as another key, %s, which has no value; write \, for a comma, or {a,b} for a list`, quote(next))
			continue
		}
		out = append(out, e.key.text+"="+e.value.text)
	}
	return out
}

// secondKey finds text behind a comma that --set takes for a key without a
// value (https://helm.sh/docs/intro/using_helm/#the-format-and-limitations-of---set).
func secondKey(value string) (string, bool) {
	if strings.HasPrefix(value, "{") {
		return "", false
	}
	for i := 0; i < len(value); i++ {
		switch value[i] {
		case '\\':
			i++
		case ',':
			if rest, _, _ := strings.Cut(value[i+1:], ","); !strings.Contains(rest, "=") {
				return rest, true
			}
		}
	}
	return "", false
}

func (d *decoder) providers(n *node) {
	d.config.Providers = map[string]Provider{}
	if n == nil {
		return
	}
	for _, e := range n.entries {
		d.providerName(e.key)
		p := Provider{
			Settings:          d.settings(e.value),
			Region:            e.value.get("region").string(),
			Zone:              e.value.get("zone").string(),
			Machine:           e.value.get("machine").string(),
			Nodes:             e.value.get("nodes").number(),
			Images:            d.byVersion(e.value.get("images")),
			KubernetesVersion: d.reportedVersions(e.value.get("kubernetes-version")),
			Runner:            d.runner(e.value),
		}
		d.clusterKeys(&p, e.key, e.value)
		d.config.Providers[e.key.text] = p
	}
}

func (d *decoder) scenarios(n *node) {
	d.config.Scenarios = map[string]Scenario{}
	if n == nil {
		return
	}
	for _, e := range n.entries {
		d.scenarioOrder = append(d.scenarioOrder, e.key.text)
		d.config.Scenarios[e.key.text] = Scenario{
			Settings: d.settings(e.value),
			Before:   e.value.get("before").string(),
			After:    e.value.get("after").string(),
		}
	}
}
