package config

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// LayerSettings are the settings of a layer that the file names.
type LayerSettings struct {
	Strict bool   // lint: warnings fail, too
	Run    string // unit, command: the command line
	Script string // k6: path, joined with the configuration's folder
	Path   string // kubetest: folder, joined with the configuration's folder
	Needs  string // kubetest, k6, command: nothing, cluster or release
	// Service is the one that k6 is led to, "name" or "name:port"; may be empty.
	Service string
}

// Budget is what a run may take. A nil or zero limit is none.
type Budget struct {
	Jobs          int // never 0
	MaxParallel   int
	RunnerMinutes int
	Dollars       *float64 // US dollars
	Refuse        bool     // a plan over budget runs nothing; else cells are left out
}

// number gives a whole number that the table has checked; 0 for nil.
func (n *node) number() int {
	i, err := strconv.Atoi(n.string())
	if err != nil {
		return 0
	}
	return i
}

func (d *decoder) layers(n *node) {
	d.config.Layers = map[string]LayerSettings{}
	if n == nil {
		return
	}
	for _, e := range n.entries {
		s := LayerSettings{
			Strict: isTrue(e.value.get("strict")),
			Run:    e.value.get("run").string(),
			Script: d.path(e.value.get("script"), false),
			Path:   d.path(e.value.get("path"), true),
			Needs:  e.value.get("needs").string(),

			Service: e.value.get("service").string(),
		}
		if s.Needs == "" {
			s.Needs = defaultNeeds(e.key.text)
		}
		d.config.Layers[e.key.text] = s
		d.layerExists(e.key, s)
	}
}

// layerExists warns of a layer that this build does not run.
func (d *decoder) layerExists(name *node, s LayerSettings) {
	switch v := d.config.vocab; {
	case slices.Contains(v.Layers, name.text):
	case !slices.Contains(v.JobLayers, name.text):
		d.warn(name, "the layer %s does not exist yet in this version of chart-matrix, so it does not run", name.text)
	case !slices.Contains(v.Needs, s.Needs):
		d.warn(name, "the layer %s needs a %s, which jobs do not have yet in this version of chart-matrix, so it does not run; "+
			"write needs: %s if that is enough", name.text, s.Needs, strings.Join(v.Needs, " or needs: "))
	}
}

// isTrue reads the spellings of true that YAML knows.
func isTrue(n *node) bool {
	switch n.string() {
	case "true", "True", "TRUE":
		return true
	}
	return false
}

// What a layer may need.
const (
	needsNothing = "nothing"
	needsCluster = "cluster"
	needsRelease = "release"
)

func defaultNeeds(layer string) string {
	switch layer {
	case "install", "upgrade":
		return needsCluster
	case "kubetest":
		return needsCluster // its tests install the chart themselves
	case "k6", "command", "test", "uninstall":
		return needsRelease
	}
	return ""
}

func (d *decoder) budget(n *node) {
	d.config.Budget = Budget{
		Jobs:          cmp.Or(n.get("jobs").number(), maxJobs),
		MaxParallel:   n.get("max-parallel").number(),
		RunnerMinutes: n.get("runner-minutes").number(),
		Refuse:        n.get("exceed").string() == "refuse",
	}
	if dollars, err := strconv.ParseFloat(n.get("dollars").string(), 64); err == nil {
		d.config.Budget.Dollars = &dollars
	}
}
