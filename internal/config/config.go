package config

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/posthog/chart-matrix/matrix"
)

// FileName is the name under which a configuration is looked for.
const FileName = ".chart-matrix.yaml"

// Vocabulary is what a configuration may name besides its own words.
type Vocabulary struct {
	Versions  []string // Kubernetes minors that are known, oldest first: "1.30"
	Supported []string // those that get fixes today, oldest first
	Providers []string
	// Layers are the layers that this build runs, cheap before dear; a subset
	// of those that a configuration may speak of.
	Layers []string
	// JobLayers are those that this build runs in jobs, if the configuration
	// names them; Needs is what a job has that they may need.
	JobLayers, Needs []string
	// Windows are the versions that providers offer.
	Windows []matrix.Window
}

// Config is a configuration that was found to be right.
type Config struct {
	File string // as given to Load or Parse; empty where there is none
	Dir  string // the folder to which the configuration's paths are relative

	Name      string // empty: the chart's name
	Chart     string // folder or archive, joined with Dir
	Release   string // empty: the chart's name
	Namespace string // empty: the release's name
	Values    []string
	// Repository is where the chart is published; empty for nowhere that is known.
	Repository string

	Axes       []Axis // kubernetes, provider, scenario, operation, then the user's as written
	Providers  map[string]Provider
	Scenarios  map[string]Scenario
	Operations map[string]Operation
	Layers     map[string]LayerSettings // the layers that the file names
	Timeouts   map[string]time.Duration // by layer, and "cluster"; 0: the job's
	Readiness  Readiness
	Evidence   Evidence
	Retry      Retry
	FollowUp   FollowUp
	Budget     Budget
	Events     []Event // sorted by name; see RunsOn

	// Warnings are about what is right and yet odd, sorted by position.
	Warnings []string

	exclude   []matrix.Exclusion
	include   []matrix.Coordinates
	expect    []matrix.Expectation
	allEvents bool // no events section: every event runs everything
	gate      gateSettings
	// helm is the setting, helmBinaries the programs for values of the axis.
	helm         Helm
	helmBinaries map[string]Helm
	vocab        Vocabulary
	// namesProvider: the axis provider is the file's own.
	namesProvider bool
}

// Load reads a configuration file and checks that the files it names exist.
// The error holds every mistake (*multierror.Error of *Error), sorted by position.
func Load(path string, vocab Vocabulary) (*Config, error) {
	data, err := readFile(path)
	if err != nil {
		return nil, err
	}
	return parse(path, data, vocab, &disk{filepath.Dir(path)})
}

// Parse reads a configuration without looking at any file. The name stands in
// errors; its folder is the one to which paths are relative.
func Parse(name string, data []byte, vocab Vocabulary) (*Config, error) {
	return parse(name, data, vocab, nil)
}

// Default is the configuration of a chart that has none: the supported
// Kubernetes versions, one scenario for each ci/*-values.yaml of the chart (or
// its default values), on kind, installing.
func Default(chartDir string, vocab Vocabulary) (*Config, error) {
	c, err := parse("", nil, vocab, &disk{chartDir})
	if err != nil {
		return nil, fmt.Errorf("the chart in %s without a configuration: %w", chartDir, err)
	}
	return c, nil
}

// readFile reads a file up to one byte past the limit, which checkBytes then
// refuses.
func readFile(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }() // nothing was written
	data, err := io.ReadAll(io.LimitReader(f, MaxFileSize+1))
	if err != nil {
		return nil, fmt.Errorf("the configuration cannot be read: %w", err)
	}
	return data, nil
}

// decoder gives the checked tree its meaning.
type decoder struct {
	*problems
	config   *Config
	disk     *disk // nil: files are not looked at
	axes     map[string]*axis
	warnings []warning
	// scenarioOrder are the names under scenarios, as written.
	scenarioOrder []string
	// These sections had mistakes, and what follows from those is not reported.
	axesDoubtful, scenariosDoubtful bool
	// ciNames and ci are the scenarios of the chart's ci folder, once looked up.
	ciNames []string
	ci      map[string]string
	ciOdd   []string // what is wrong with files there that make none
}

func parse(file string, data []byte, vocab Vocabulary, files *disk) (*Config, error) {
	d := &decoder{
		problems: &problems{file: file},
		disk:     files,
		axes:     map[string]*axis{},
		config:   &Config{File: file, Dir: filepath.Dir(file), vocab: vocab},
	}
	if files != nil {
		d.config.Dir = files.dir
	}
	tree := readTree(data, d.problems)
	if tree != nil {
		tree = checker{d.problems}.check(tree, rootShape)
	}
	d.root(tree)
	if err := d.err(); err != nil {
		return nil, err
	}
	d.config.Warnings = append(d.sortedWarnings(), d.ciOdd...)
	return d.config, nil
}

// root reads the sections in the order in which they build on each other.
func (d *decoder) root(n *node) {
	c := d.config
	c.Name = n.get("name").string()
	c.Release = n.get("release").string()
	c.Namespace = n.get("namespace").string()
	c.Chart = d.chart(n.get("chart"))
	c.Values = d.paths(n.get("values"))
	d.axesDoubtful = n.doubtful("axes")
	d.scenariosDoubtful = n.doubtful("scenarios")
	d.providers(n.get("providers"))
	d.scenarios(n.get("scenarios"))
	c.Repository = n.get("repository").string()
	d.operations(n.get("operations"))
	c.useRepository()
	d.helm(n.get("helm"))
	d.axesSection(n.get("axes"))
	d.noteProvider(n.get("axes"))
	d.layers(n.get("layers"))
	d.clusters(n)
	d.retry(n.get("retry"))
	// Included values widen the axes for the rules that follow.
	d.include(n.get("include"))
	d.unusedOperations(n.get("operations"))
	d.exclude(n.get("exclude"))
	d.expectFailure(n.get("expect-failure"))
	d.events(n, n.get("events"))
	d.followUp(n.get("follow-up"))
	d.budget(n.get("budget"))
	d.gate(n.get("gate"))
}
