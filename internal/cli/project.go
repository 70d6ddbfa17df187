package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
)

// project is a configuration together with its chart.
type project struct {
	config    *config.Config
	chart     *chart.Chart
	resolver  *chart.Resolver
	offline   bool
	older     *older // the charts that upgrades start from
	renderers renderers

	mu     sync.Mutex
	values map[string]resolved // by what the layers name
}

type resolved struct {
	values *chart.Values
	err    error
}

// targetFlags say what is tested.
type targetFlags struct {
	config  string
	offline bool
}

// openProject finds the configuration for a path and opens its chart.
func openProject(ctx context.Context, env Env, path string, f targetFlags) (*project, error) {
	c, err := loadConfig(env, path, f)
	if err != nil {
		return nil, err
	}
	opened, err := chart.Open(ctx, c.Chart, chart.Options{Offline: f.offline, Log: func(line string) {
		_, _ = fmt.Fprintln(env.Stderr, inert(line)) // progress, of no consequence
	}})
	if err != nil {
		return nil, err
	}
	p := &project{config: c, chart: opened, resolver: chart.NewResolver(), offline: f.offline, values: map[string]resolved{}}
	p.older = &older{env: env, project: p}
	return p, nil
}

// close removes what was made on the way.
func (p *project) close() {
	p.renderers.close()
	p.older.close()
}

// loadConfig finds the configuration for a path: a folder with a
// .chart-matrix.yaml, or a chart. With --config the path replaces the
// configuration's chart.
func loadConfig(env Env, path string, f targetFlags) (*config.Config, error) {
	vocabulary := vocabularyAt(env)
	if f.config != "" {
		c, err := config.Load(f.config, vocabulary)
		if err == nil && path != "" {
			c.Chart = path
		}
		return c, err
	}
	if path == "" {
		path = "."
	}
	file := filepath.Join(path, config.FileName)
	if _, err := os.Stat(file); err == nil {
		return config.Load(file, vocabulary)
	}
	if isChart(path) {
		return config.Default(path, vocabulary)
	}
	return nil, fmt.Errorf("%s: neither a chart nor a folder with a %s; name the chart's folder, or write the file (docs/configuration.md)", path, config.FileName)
}

func isChart(path string) bool {
	if info, err := os.Stat(path); err == nil && !info.IsDir() {
		return true // an archive; chart.Open says what is wrong with it if it is none
	}
	_, err := os.Stat(filepath.Join(path, "Chart.yaml"))
	return err == nil
}

// vocabularyAt is what a configuration may name today.
func vocabularyAt(env Env) config.Vocabulary {
	now := env.Now()
	v := config.Vocabulary{Providers: providers, Layers: layer.Names(), JobLayers: layer.JobNames(), Needs: layer.Needs()}
	for _, m := range kube.Minors() {
		v.Versions = append(v.Versions, m.String())
		for _, p := range providers {
			if offered, why := kube.Offered(p, m, now); !offered {
				// A minor is always a valid range.
				closed, _ := matrix.ParseVersionRange(m.String())
				v.Windows = append(v.Windows, matrix.Window{Provider: p, Closed: closed, Because: why})
			}
		}
	}
	for _, m := range kube.Supported(now) {
		v.Supported = append(v.Supported, m.String())
	}
	return v
}

func (p *project) name() string    { return first(p.config.Name, p.chart.Name) }
func (p *project) release() string { return first(p.config.Release, p.chart.Name) }
func (p *project) namespace() string {
	return first(p.config.Namespace, p.release())
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

// planFlags say which part of the matrix is meant.
type planFlags struct {
	event  string
	only   []string
	layers []string
	cell   string // by ID or slug; empty for all
	static bool   // leaves the job layers out
	// provider makes the clusters in place of the cells' own; empty for those.
	provider string
}

// seed is that of every plan, so that two plans of one chart are equal.
const seed = 1

// spec is the configuration's matrix as an event and the flags narrow it.
func (p *project) spec(f planFlags) (matrix.Spec, error) {
	spec, err := p.config.Spec(f.event)
	if err != nil {
		return spec, fmt.Errorf("--event: %w", err)
	}
	only, err := parseOnly(f.only, withIncluded(spec.Axes, spec.Include))
	if err != nil {
		return spec, err
	}
	spec.Only = append(spec.Only, only...)
	if f.static {
		spec.Layers = slices.DeleteFunc(spec.Layers, isJobLayer)
	}
	spec.Layers, err = chooseLayers(p.withoutCluster(f.layers), spec.Layers)
	return spec, err
}

func isJobLayer(name string) bool { return slices.Contains(layer.JobNames(), name) }

// expand gives the cells of an event, and all of a plan that the configuration
// alone decides.
func (p *project) expand(f planFlags) (*matrix.Plan, error) {
	spec, err := p.spec(f)
	if err != nil {
		return nil, err
	}
	plan, err := matrix.Expand(spec, seed)
	if err == nil && f.cell != "" {
		if spec.Only, err = onlyCell(plan, spec.Only, f.cell); err == nil {
			plan, err = matrix.Expand(spec, seed)
		}
	}
	if err != nil {
		return nil, err
	}
	plan.Event = f.event
	plan.Gate = matrix.Gate(p.config.Gate(f.event))
	plan.JobLayers = slices.DeleteFunc(slices.Clone(plan.Layers), func(l string) bool { return !isJobLayer(l) })
	if len(plan.JobLayers) == 0 {
		return plan, nil
	}
	p.withClusters(plan, f.provider)
	return plan, checkVariables(plan.Axes)
}

// plan makes the plan of an event, without its jobs; it is sealed where it is
// written down.
func (p *project) plan(f planFlags) (*matrix.Plan, error) {
	plan, err := p.expand(f)
	if err != nil {
		return nil, err
	}
	plan.Name = p.name()
	plan.Chart = matrix.Chart{Name: p.chart.Name, Version: p.chart.Version, Path: filepath.ToSlash(p.config.Chart), Digest: p.chart.Digest, Config: filepath.ToSlash(p.config.File)}
	plan.Notes = slices.Concat(plan.Notes, p.config.Warnings, p.conflicts(plan.Cells))
	return plan, nil
}

// chooseLayers keeps the layers that --layers names, in their own order.
func chooseLayers(want, have []string) ([]string, error) {
	if len(want) == 0 {
		return have, nil
	}
	for _, w := range want {
		if !slices.Contains(have, w) {
			return nil, fmt.Errorf("--layers: there is no layer %q; have %s", w, strings.Join(have, ", "))
		}
	}
	// Render is what schema looks at.
	if slices.Contains(want, layer.SchemaName) && !slices.Contains(want, layer.RenderName) {
		want = append(want, layer.RenderName)
	}
	return slices.DeleteFunc(slices.Clone(have), func(l string) bool { return !slices.Contains(want, l) }), nil
}

// conflicts lists the keys that two axes set to different things, each once
// for each pair of sources.
func (p *project) conflicts(cells []matrix.Cell) []string {
	seen := map[string]bool{}
	for _, c := range cells {
		values, err := p.valuesAt(c.At)
		if err != nil {
			continue // a finding of its own
		}
		for _, o := range values.Conflicts {
			var sources []string
			for _, s := range o.Set {
				if !slices.Contains(sources, s.Source) {
					sources = append(sources, s.Source)
				}
			}
			winner := sources[len(sources)-1]
			seen[fmt.Sprintf("%s is set differently by %s; %s wins", o.Path, strings.Join(sources, " and "), winner)] = true
		}
	}
	notes := make([]string, 0, len(seen))
	for note := range seen {
		notes = append(notes, note)
	}
	slices.Sort(notes)
	return notes
}

// valuesAt resolves the values of a coordinate, once for each distinct list of
// sources.
func (p *project) valuesAt(at matrix.Coordinate) (*chart.Values, error) {
	layers := p.config.ValueLayers(at)
	var key strings.Builder
	for _, l := range layers {
		// The source names an axis and its value, which have one list of
		// files and sets.
		key.WriteString(l.Axis + "\x00" + l.Source + "\x00")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.values[key.String()]
	if !ok {
		converted := make([]chart.ValueLayer, len(layers))
		for i, l := range layers {
			converted[i] = chart.ValueLayer(l)
		}
		r.values, r.err = p.resolver.Resolve(converted)
		p.values[key.String()] = r
	}
	return r.values, r.err
}

// kubeVersion is the version as the cell's provider would report it.
func (p *project) kubeVersion(at matrix.Coordinate) (version, minor string, err error) {
	v, err := matrix.ParseVersion(at[matrix.Kubernetes])
	if err != nil {
		return "", "", err
	}
	provider := at[matrix.Provider]
	if named, ok := p.config.Providers[provider].KubernetesVersion[v.MinorString()]; ok {
		return named, v.MinorString(), nil
	}
	if v.Patch >= 0 {
		return "v" + v.String(), v.MinorString(), nil
	}
	m, err := kube.ParseMinor(v.MinorString())
	if err != nil {
		return "", "", err
	}
	return kube.ProviderVersion(provider, m), v.MinorString(), nil
}

// inputs gives what a layer may read of a cell.
func (p *project) inputs(c matrix.Cell) (layer.Inputs, error) {
	values, err := p.valuesAt(c.At)
	if err != nil {
		return layer.Inputs{}, err
	}
	version, minor, err := p.kubeVersion(c.At)
	if err != nil {
		return layer.Inputs{}, err
	}
	var helm layer.Helm
	if h, ok := p.config.HelmAt(c.At[config.HelmAxis]); ok {
		helm = layer.Helm{Program: h.Binary, Version: h.Version, Where: h.Where}
	}
	return layer.Inputs{
		Helm: helm,
		Cell: c, Values: values, KubeVersion: version, Minor: minor,
		Release: p.release(), Namespace: p.namespace(), Upgrade: config.IsUpgrade(c.At[matrix.Operation]),
	}, nil
}

// errInterrupted is why cells were not asked after a signal.
var errInterrupted = errors.New("interrupted")
