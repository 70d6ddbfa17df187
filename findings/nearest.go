package findings

import (
	"fmt"
	"maps"
	"slices"

	"github.com/posthog/chart-matrix/findings/diagnosis"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Clusters says where the clusters can be made that reproduce a failure.
type Clusters struct {
	// Local names the providers that make one on the machine at hand, the
	// plainest first.
	Local []string
	// Made names all that JobCommand can make clusters with, but for the provider
	// existing.
	Made []string
}

// clusterLayer is the layer in which clusters are made: nothing but the machinery
// has a part in it.
const clusterLayer = "cluster"

// existingProvider stands for a cluster that is there.
const existingProvider = "existing"

// clouds are the providers that nobody has on a laptop, and what a cluster there
// does not have of theirs: to be read behind "without EKS's". How their versions
// end is known to internal/kube, for the static layers.
var clouds = map[string]string{
	"eks":  "load balancers, storage classes, IAM roles, node images, CNI and -eks- in the version",
	"gke":  "load balancers, storage classes, Workload Identity, node images, CNI and -gke. in the version",
	"aks":  "load balancers, storage classes, Entra identities, node images and CNI",
	"doks": "load balancers, storage classes, node images and CNI",
}

// cloudOnly are the classes of what a cluster on a laptop cannot show, and what
// of a cloud it takes.
var cloudOnly = map[diagnosis.Class]string{
	diagnosis.LoadBalancer: "load balancers",
	diagnosis.Storage:      "storage classes",
	diagnosis.CloudQuota:   "quotas and capacity",
	diagnosis.CloudAuth:    "identities",
	diagnosis.Scheduling:   "nodes",
}

// anywhere are the classes of what Kubernetes refuses by itself, wherever it runs.
var anywhere = []diagnosis.Class{diagnosis.TemplateInvalid, diagnosis.ValuesSchema, diagnosis.UpgradeImmutable, diagnosis.RenderMismatch}

// nearest gives the command that comes nearest to a failure in a job, and what it
// leaves out; nothing where it leaves nothing out.
func (w *writer) nearest(base string, f *Finding, cell *result.Cell) (command, note string) {
	provider := cell.At[matrix.Provider]
	lacks := clouds[provider]
	switch {
	case base == "":
		return "", ""
	case !w.hadCluster(cell):
		return w.command(base, cell, f.Layer, ""), ""
	case provider == existingProvider:
		return w.command(base, cell, f.Layer, ""), "It runs in the cluster that the configuration or kubectl names; another than the run's may not show it."
	case lacks == "":
		return w.command(base, cell, f.Layer, ""), ""
	}
	name := shown(matrix.Provider, provider)
	itself := ""
	if !slices.Contains(w.opts.Clusters.Made, provider) {
		itself = existingProvider
	}
	local, twin := w.twin(cell)
	part, cannot := cloudOnly[diagnosis.Class(f.Class)]
	onIt := w.command(base, cell, f.Layer, itself)
	switch {
	case f.Layer == clusterLayer && itself != "":
		return "", fmt.Sprintf("Only making another cluster on %s can show it.", name)
	case f.Layer == clusterLayer || local == "" || f.Class == string(diagnosis.RunnerLost): // nothing was seen to fail
		return onIt, needs(name, itself, "")
	case cannot:
		return onIt, needs(name, itself, fmt.Sprintf("%s has none of %s's %s", local, name, part))
	case twin != nil && passedLayer(twin, f.Layer) && w.sameValues(cell, twin):
		return onIt, needs(name, itself, fmt.Sprintf("on %s it passes with the same values, as %s shows", local, plain(twin.Slug)))
	}
	if slices.Contains(anywhere, diagnosis.Class(f.Class)) {
		return w.command(base, cell, f.Layer, local), fmt.Sprintf("%s stands in for %s, with its values: what Kubernetes itself refuses, it refuses on both.", local, name)
	}
	note = fmt.Sprintf("The nearest here is %s, without %s's %s.", local, name, lacks)
	if twin != nil && passedLayer(twin, f.Layer) {
		note += fmt.Sprintf(" %s passed, so if this passes too, it is %s itself and not its values.", plain(twin.Slug), name)
	}
	if itself == "" {
		note += fmt.Sprintf(" Without --provider it makes a cluster on %s.", name)
	} else {
		note += fmt.Sprintf(" With --provider %s it runs in your own %s cluster.", existingProvider, name)
	}
	return w.command(base, cell, f.Layer, local), note
}

// needs says what cluster it takes, and why no other will do.
func needs(name, itself, why string) string {
	text := "It makes a cluster on " + name
	if itself != "" {
		text = fmt.Sprintf("It needs kubectl's context to be a cluster on %s", name)
	}
	if why != "" {
		text += ": " + why
	}
	return text + "."
}

// hadCluster tells whether a cell had a cluster, or was to have one.
func (w *writer) hadCluster(cell *result.Cell) bool {
	s := stepOf(cell, clusterLayer)
	return slices.Contains(w.jobLayers(), clusterLayer) && (s == nil || s.Status != result.Skipped)
}

// jobLayers gives the layers that jobs run; of the part of a plan that is one
// job's these are all there are.
func (w *writer) jobLayers() []string {
	if w.plan.OfJob != "" {
		return w.plan.Layers
	}
	return w.plan.JobLayers
}

// twin gives the provider of this machine that is nearest to a cell, and the cell
// of the run that differs in the provider alone, if there is one: one that the
// matrix has rather than another.
func (w *writer) twin(cell *result.Cell) (local string, twin *result.Cell) {
	used := func(provider string) bool {
		return slices.ContainsFunc(w.cells, func(c result.Cell) bool { return c.At[matrix.Provider] == provider })
	}
	for _, name := range w.opts.Clusters.Local {
		at := maps.Clone(cell.At)
		at[matrix.Provider] = name
		if i := slices.IndexFunc(w.cells, func(c result.Cell) bool { return maps.Equal(c.At, at) }); i >= 0 {
			return name, &w.cells[i]
		}
		if local == "" || !used(local) && used(name) {
			local = name
		}
	}
	return local, nil
}

func passedLayer(c *result.Cell, layer string) bool {
	s := stepOf(c, layer)
	return s != nil && s.Status == result.Passed || layer == "" && c.Status == result.Passed
}

// sameValues tells whether two cells are known to have had the same values. It
// asks of two cells once, as many findings may have them.
func (w *writer) sameValues(a, b *result.Cell) bool {
	pair := [2]string{a.ID, b.ID}
	same, ok := w.alike[pair]
	if !ok {
		of := func(c *result.Cell) string {
			return text(w.sources(lastIn(slices.IndexFunc(w.cells, func(x result.Cell) bool { return x.ID == c.ID }))), valuesSource)
		}
		values := of(a)
		same = values != "" && values == of(b)
		w.alike[pair] = same
	}
	return same
}
