package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/provider/existing"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// clusterFlags say how run comes to its clusters.
type clusterFlags struct {
	keep        bool
	provider    string // in place of the cells' own
	thisCluster bool   // although it looks like production
	atOnce      int    // how many clusters; 0 means what the machine has room for
	single      bool   // a cluster for each cell
}

func (f *clusterFlags) add(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.keep, "keep-cluster", false, "leave the clusters with what is in them; `down` removes them")
	cmd.Flags().StringVar(&f.provider, "provider", "", "make every cluster with this provider, to try the cells of a cloud here: "+strings.Join(clusterMakers(), ", "))
	cmd.Flags().BoolVar(&f.thisCluster, "yes-this-cluster", false, "use the cluster of the provider existing although it looks like production")
	cmd.Flags().IntVar(&f.atOnce, "clusters", 0, "how many clusters there may be at once (default: what the memory has room for)")
	cmd.Flags().BoolVar(&f.single, "cluster-per-cell", false, "share no cluster between cells")
	_ = cmd.RegisterFlagCompletionFunc("provider", cobra.FixedCompletions(clusterMakers(), cobra.ShellCompDirectiveNoFileComp))
}

func (f *clusterFlags) check() error {
	if f.provider != "" && !makesClusters(f.provider) {
		return fmt.Errorf("--provider: this version makes no clusters with %q; have %s", f.provider, strings.Join(clusterMakers(), ", "))
	}
	if f.atOnce < 0 {
		return errors.New("--clusters: expected a number from 1 on, or 0 for what the memory has room for")
	}
	return nil
}

// withClusters puts the step "cluster" into a plan in front of the layers that
// need one, and takes these out of cells for which no cluster can be made.
func (p *project) withClusters(plan *matrix.Plan, override string) {
	var inCluster []string
	for _, l := range plan.JobLayers {
		if p.config.NeedsCluster(l) {
			inCluster = append(inCluster, l)
		}
	}
	p.dropUnused(plan)
	inCluster = slices.DeleteFunc(inCluster, func(l string) bool { return !slices.Contains(plan.JobLayers, l) })
	if len(inCluster) == 0 {
		return
	}
	none := map[string]bool{}
	for i := range plan.Cells {
		c := &plan.Cells[i]
		name := c.At[matrix.Provider]
		if override != "" || makesClusters(name) {
			continue
		}
		none[name] = true
		c.Skip = addSkips(c.Skip, inCluster, matrix.LayerSkip{
			Rule: "provider " + name, Because: "this version of chart-matrix makes no clusters on " + name,
		})
	}
	if len(none) > 0 {
		plan.Notes = append(plan.Notes, fmt.Sprintf("this version of chart-matrix makes no clusters on %s: %s not asked there",
			strings.Join(sortedKeys(none), ", "), strings.Join(inCluster, ", ")))
	}
	at := slices.Index(plan.Layers, plan.JobLayers[0])
	plan.Layers = slices.Insert(slices.Clone(plan.Layers), at, runner.ClusterName)
	plan.JobLayers = append([]string{runner.ClusterName}, plan.JobLayers...)
}

// layerOf names the layer that does what an operation asks for.
func layerOf(operation string) string {
	if config.IsUpgrade(operation) {
		return layer.UpgradeName
	}
	return layer.InstallName
}

// dropUnused takes install, or upgrade, out of a plan that no cell of asks for it.
// A follow-up keeps the layers of the plan that it follows.
func (p *project) dropUnused(plan *matrix.Plan) {
	if plan.FollowUp != nil {
		return
	}
	for _, name := range []string{layer.InstallName, layer.UpgradeName} {
		if slices.ContainsFunc(plan.Cells, func(c matrix.Cell) bool { return layerOf(c.At[matrix.Operation]) == name }) {
			continue
		}
		is := func(l string) bool { return l == name }
		plan.Layers = slices.DeleteFunc(slices.Clone(plan.Layers), is)
		plan.JobLayers = slices.DeleteFunc(slices.Clone(plan.JobLayers), is)
		for i := range plan.Cells {
			delete(plan.Cells[i].Skip, name)
		}
	}
}

// withoutCluster puts those layers in the place of "cluster" for whose sake there
// is a cluster: it is a step of results, and not one to ask alone.
func (p *project) withoutCluster(names []string) []string {
	i := slices.Index(names, runner.ClusterName)
	if i < 0 {
		return names
	}
	out := slices.Delete(slices.Clone(names), i, i+1)
	for _, l := range p.config.JobLayers() {
		if p.config.NeedsCluster(l) {
			out = append(out, l)
		}
	}
	return out
}

// addSkips skips layers that nothing else skips, in a copy.
func addSkips(skips map[string]matrix.LayerSkip, layers []string, skip matrix.LayerSkip) map[string]matrix.LayerSkip {
	out := map[string]matrix.LayerSkip{}
	for _, l := range layers {
		out[l] = skip
	}
	for l, s := range skips {
		out[l] = s
	}
	return out
}

// withoutClusters takes everything that needs a cluster out of a plan, and says why.
func (p *project) withoutClusters(plan *matrix.Plan, because string) {
	needs := func(l string) bool { return l == runner.ClusterName || p.config.NeedsCluster(l) }
	plan.Layers = slices.DeleteFunc(slices.Clone(plan.Layers), needs)
	plan.JobLayers = slices.DeleteFunc(slices.Clone(plan.JobLayers), needs)
	plan.Notes = append(plan.Notes, because)
}

// settle decides whether a run here has clusters. Where the configuration does
// not ask for a provider, and there is none here, the static layers are all that
// is asked, and the plan says so.
func (p *project) settle(ctx context.Context, env Env, plan *matrix.Plan, f clusterFlags) {
	if !slices.Contains(plan.JobLayers, runner.ClusterName) || p.config.NamesProvider() || f.provider != "" {
		return
	}
	for _, name := range p.providersOf(plan) {
		_, err := clusterProvider(env, name, p.config.Providers[name], nil, false).List(ctx)
		if errors.Is(err, provider.ErrUnavailable) {
			p.withoutClusters(plan, fmt.Sprintf("no cluster was made, and the chart was not installed: %s. Name the provider under axes, and this is an error", oneLine(err.Error())))
			return
		}
	}
}

// providersOf lists those of a plan's cells that clusters can be made with.
func (p *project) providersOf(plan *matrix.Plan) []string {
	seen := map[string]bool{}
	for _, c := range plan.Cells {
		if name := c.At[matrix.Provider]; makesClusters(name) {
			seen[name] = true
		}
	}
	return sortedKeys(seen)
}

// clusters says how a job comes to its clusters; nil where no layer needs one.
// The results are kept in the folder dir; "" for nowhere.
func (p *project) clusters(env Env, planned matrix.Job, cells []matrix.Cell, layers []layer.JobLayer, made *runner.Made, dir string, attempt int, f clusterFlags) (*runner.Clusters, error) {
	if !slices.ContainsFunc(layers, func(l layer.JobLayer) bool { return l.Name() == runner.ClusterName }) || len(cells) == 0 {
		return nil, nil
	}
	name := planned.Provider
	if f.provider != "" {
		name = f.provider
	}
	settings := p.config.Providers[name]
	maker := clusterProvider(env, name, settings, made.Exec, f.thisCluster)
	if maker == nil {
		return nil, nil // every layer that needs a cluster is skipped in its cells
	}
	version, err := matrix.ParseVersion(cells[0].At[matrix.Kubernetes])
	if err != nil {
		return nil, err
	}
	limits := p.evidenceLimits(env)
	k := &runner.Clusters{
		Provider: maker, Version: version, Nodes: settings.Nodes, Keep: f.keep,
		Open: runner.OpenCluster(limits), Redact: limits.Redact, UpTimeout: p.config.Timeouts[runner.ClusterName],
		Uninstall: p.uninstall, After: p.after,
	}
	if limit := p.config.Timeouts[layer.UninstallName]; limit > 0 {
		k.CleanTimeout = min(limit, runner.DefaultCleanTimeout)
	}
	k.Lasting = name == existing.Name
	k.Fresh = map[string]string{}
	for _, fresh := range planned.Fresh {
		k.Fresh[fresh.Cell] = fresh.Because
	}
	if dir != "" {
		k.Evidence = func(c matrix.Cell, try int) (string, error) { return store.Evidence(dir, c.ID, attempt, try) }
	}
	return k, nil
}

// evidenceLimits bound what is kept of a cell, without this process's own tokens.
func (p *project) evidenceLimits(env Env) runner.EvidenceLimits {
	l := runner.EvidenceLimits{Bytes: int(p.config.Evidence.Bytes), Redact: slices.Clone(p.config.Evidence.Redact)}
	for _, name := range []string{"GITHUB_TOKEN", "GH_TOKEN", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"} {
		if secret := env.Getenv(name); len(secret) >= 8 {
			l.Redact = append(l.Redact, regexp.MustCompile(regexp.QuoteMeta(secret)))
		}
	}
	return l
}

// uninstall removes the release of a cell, for the next cell.
func (p *project) uninstall(ctx context.Context, env *layer.JobEnv) error {
	t := &chart.Target{
		Kubeconfig: env.Cluster.Kubeconfig, Context: env.Cluster.Context, Release: env.Release, Namespace: env.Namespace,
		Timeout: p.config.Timeouts[layer.UninstallName],
	}
	r, err := t.Uninstall(ctx)
	if err == nil && len(r.Refusals) > 0 {
		err = errors.New(r.Refusals[0].Message)
	}
	if err != nil {
		return fmt.Errorf("uninstalling the release: %w", err)
	}
	return nil
}

// after runs the script that a cell's scenario has for behind the tests.
func (p *project) after(ctx context.Context, env *layer.JobEnv) (result.Assertion, bool, error) {
	return p.scripts()[env.Cell.At[matrix.Scenario]].RunAfter(ctx, env, p.chart.Path, p.config.Dir)
}

func (p *project) scripts() map[string]layer.Scripts {
	scripts := map[string]layer.Scripts{}
	for name, s := range p.config.Scenarios {
		scripts[name] = layer.Scripts{Before: s.Before, After: s.After}
	}
	return scripts
}

// sayLeft tells what a run that ends at once leaves behind.
func sayLeft(w io.Writer, made *runner.Made, results string) {
	for _, ref := range made.Left() {
		command := "chart-matrix sweep"
		if results != "" {
			command = "chart-matrix down --results " + shellQuote(results)
		}
		_, _ = fmt.Fprintln(w, inert(fmt.Sprintf("chart-matrix: the %s cluster %s is left; remove it with: %s", ref.Cluster.Provider, ref.Name, command))) // nobody is left to tell
	}
}

// sayKept tells where the clusters are that --keep-cluster has left.
func sayKept(w io.Writer, made *runner.Made, results string) {
	for _, ref := range made.Left() {
		_, _ = fmt.Fprintln(w, inert(fmt.Sprintf("chart-matrix: the %s cluster %s stays: export KUBECONFIG=%s", // of no consequence
			ref.Cluster.Provider, ref.Name, shellQuote(filepath.Join(ref.Dir, "kubeconfig")))))
	}
	sayLeft(w, made, results)
}

func sortedKeys(set map[string]bool) []string {
	keys := make([]string, 0, len(set))
	for k := range set {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
