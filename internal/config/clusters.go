package config

import (
	"regexp"
	"slices"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// Readiness is what ready means beyond what Helm waits for.
type Readiness struct {
	Settle   time.Duration // how long everything must stay ready
	Restarts int           // how often a container may restart
}

// Evidence is what is kept of a cell for those who look into a failure.
type Evidence struct {
	Bytes  int64
	Redact []*regexp.Regexp
}

// The times that steps of a job may take, and the other numbers of clusters,
// where the file does not say. Zero is the time of the whole job.
const (
	defaultSettle   = 10 * time.Second
	defaultEvidence = 5 // MB
)

func defaultTimeouts() map[string]time.Duration {
	return map[string]time.Duration{
		"cluster": 10 * time.Minute, "install": 10 * time.Minute, "upgrade": 10 * time.Minute,
		"test": 5 * time.Minute, "uninstall": 5 * time.Minute,
	}
}

// duration reads a time that the table has checked; otherwise for nil.
func (n *node) duration(otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(n.string()); err == nil {
		return d
	}
	return otherwise
}

func (d *decoder) clusters(root *node) {
	c := d.config
	c.Timeouts = defaultTimeouts()
	if n := root.get("timeouts"); n != nil {
		for _, e := range n.entries {
			c.Timeouts[e.key.text] = e.value.duration(0)
		}
	}
	readiness, evidence := root.get("readiness"), root.get("evidence")
	c.Readiness = Readiness{Settle: readiness.get("settle").duration(defaultSettle), Restarts: readiness.get("restarts").number()}
	c.Evidence.Bytes = defaultEvidence << 20
	if limit := evidence.get("limit-mb"); limit != nil {
		c.Evidence.Bytes = int64(limit.number()) << 20
	}
	for _, item := range evidence.get("redact").scalars() {
		re, err := regexp.Compile(item.text)
		if err != nil {
			d.at(item, "%s is not a regular expression: %v; see https://github.com/google/re2/wiki/Syntax", quote(item.text), err)
			continue
		}
		c.Evidence.Redact = append(c.Evidence.Redact, re)
	}
}

// clusterKeys reads what only one provider knows, and warns where another has it.
func (d *decoder) clusterKeys(p *Provider, name *node, n *node) {
	if n == nil {
		return
	}
	for _, e := range n.entries {
		if of, ok := keysOf[e.key.text]; ok && of != name.text {
			d.warn(e.key, "%s means something to %s alone; %s does not read it", e.key.text, of, quote(name.text))
		}
	}
	for _, item := range n.get("preload").scalars() {
		p.Preload = append(p.Preload, item.text)
	}
	if mirrors := n.get("mirrors"); mirrors != nil {
		p.Mirrors = map[string][]string{}
		for _, e := range mirrors.entries {
			for _, url := range e.value.scalars() {
				p.Mirrors[e.key.text] = append(p.Mirrors[e.key.text], url.text)
			}
		}
	}
	for _, item := range n.get("disable").scalars() {
		p.Disable = append(p.Disable, item.text)
	}
	for _, item := range n.get("arguments").scalars() {
		p.Arguments = append(p.Arguments, item.text)
	}
	p.Releases, p.Channels = n.get("releases").string(), n.get("channels").string()
	p.Cache, p.Registries = d.path(n.get("cache"), false), d.path(n.get("registries"), false)
	p.Kubeconfig = d.path(n.get("kubeconfig"), false)
	p.Context, p.LockNamespace = n.get("context").string(), n.get("lock-namespace").string()
}

// defaultJobLayers are those that run in jobs where the file names no layer
// that does.
func defaultJobLayers() []string { return []string{"install", "upgrade", "test", "uninstall"} }

// inJobs tells whether a layer runs in jobs, in this build or a later one.
func inJobs(layer string) bool {
	return slices.Contains([]string{"install", "upgrade", "test", "kubetest", "k6", "command", "uninstall"}, layer)
}

// JobLayers gives the layers that jobs run, cheap before dear: those that the
// file names and whose needs a job can meet, with install and upgrade where one
// of them needs the release. Where it names none, the chart is installed or
// upgraded, tested and uninstalled.
func (c *Config) JobLayers() []string {
	wanted := map[string]bool{}
	named := false
	for name, s := range c.Layers {
		if !inJobs(name) {
			continue
		}
		named = true
		if !slices.Contains(c.vocab.Needs, s.Needs) {
			continue
		}
		wanted[name] = true
		if s.Needs == needsRelease {
			wanted["install"], wanted["upgrade"] = true, true
		}
	}
	if !named {
		for _, name := range defaultJobLayers() {
			wanted[name] = true
		}
	}
	var names []string
	for _, name := range c.vocab.JobLayers {
		if wanted[name] {
			names = append(names, name)
		}
	}
	return names
}

// NeedsCluster tells whether a layer is asked in front of a cluster.
func (c *Config) NeedsCluster(layer string) bool {
	if s, ok := c.Layers[layer]; ok {
		return inJobs(layer) && s.Needs != needsNothing
	}
	return inJobs(layer) && defaultNeeds(layer) != needsNothing
}

// NamesProvider tells whether the file itself asks for a provider, or names a
// layer that needs a cluster: then a cluster that cannot be had is an error.
func (c *Config) NamesProvider() bool {
	if c.namesProvider {
		return true
	}
	for name := range c.Layers {
		if c.NeedsCluster(name) {
			return true
		}
	}
	return false
}

// noteProvider remembers whether the file names providers.
func (d *decoder) noteProvider(axes *node) {
	d.config.namesProvider = axes.get(matrix.Provider) != nil
}
