package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// jobLayers makes the job layers of a plan, cheap before dear. A new one is a
// line here.
func (p *project) jobLayers(names []string) []layer.JobLayer {
	c := p.config
	ready := func(timeout time.Duration) layer.Readiness {
		r := layer.Readiness{Timeout: timeout, Settle: c.Readiness.Settle, MaxRestarts: c.Readiness.Restarts}
		if r.Settle == 0 {
			r.Settle = -1 // not at all
		}
		return r
	}
	command, k6 := c.Layers[layer.CommandName], c.Layers[layer.K6Name]
	_, testsRequired := c.Layers[layer.TestName]
	install, upgrade := c.Timeouts[layer.InstallName], c.Timeouts[layer.UpgradeName]
	all := []layer.JobLayer{
		runner.ClusterLayer{},
		&layer.Install{Chart: p.chart, Scripts: p.scripts(), Dir: c.Dir, Timeout: install, Ready: ready(install)},
		&layer.Upgrade{
			Chart: p.chart, From: p.older.from, Scripts: p.scripts(), Dir: c.Dir, Timeout: upgrade, Ready: ready(upgrade),
			Rollback: func(in layer.Inputs) bool { return c.Operations[in.Cell.At[matrix.Operation]].Rollback },
		},
		&layer.HelmTest{Timeout: c.Timeouts[layer.TestName], Required: testsRequired},
		&layer.Kubetest{Path: c.Layers[layer.KubetestName].Path, Chart: p.chart.Path, Dir: c.Dir, Need: layer.Need(c.Layers[layer.KubetestName].Needs)},
		&layer.K6{Script: k6.Script, Chart: p.chart.Path, Dir: c.Dir, Need: layer.Need(k6.Needs), Service: k6.Service},
		&layer.Command{Script: command.Run, Chart: p.chart.Path, Dir: c.Dir, Need: layer.Need(command.Needs)},
		&layer.Uninstall{Timeout: c.Timeouts[layer.UninstallName]},
	}
	var chosen []layer.JobLayer
	for _, name := range names {
		for _, l := range all {
			if l.Name() == name {
				chosen = append(chosen, l)
			}
		}
	}
	return chosen
}

// layerTimeouts bound the layers that run programs of the user's.
func (p *project) layerTimeouts() map[string]time.Duration {
	limits := map[string]time.Duration{}
	for _, name := range []string{layer.KubetestName, layer.K6Name, layer.CommandName} {
		limits[name] = p.config.Timeouts[name]
	}
	return limits
}

// retry says which cells are tried again. Where the clusters are kept, none is:
// the one with the failure in it is wanted.
func (p *project) retry(f clusterFlags) runner.Retry {
	if f.keep {
		return runner.Retry{}
	}
	return runner.Retry(p.config.Retry)
}

// pack divides the cells that job layers are to be asked in among jobs. The
// results of the static layers, which may be nil, say which cells are blocked.
func (p *project) pack(plan *matrix.Plan, results []result.Cell) error {
	return p.packWith(plan, results, false)
}

// packWith is pack that may give the cells of one provider and version a single
// job, so that they share a cluster.
func (p *project) packWith(plan *matrix.Plan, results []result.Cell, sharing bool) error {
	layers := p.jobLayers(plan.JobLayers)
	if len(layers) == 0 {
		return nil
	}
	cells := runner.ForJobs(plan.Cells, results, layers)
	most := p.config.Budget.Jobs
	if sharing {
		most = min(most, max(1, clusterKinds(cells)))
	}
	var err error
	plan.Jobs, err = matrix.Pack(cells, matrix.Packing{
		Name: plan.Name, MaxJobs: most, Lasting: plan.Lasting,
		Settings: func(provider string) matrix.JobSettings {
			r := p.config.Runner(provider)
			return matrix.JobSettings{RunsOn: r.RunsOn, Environment: r.Environment, TimeoutMinutes: r.TimeoutMinutes}
		},
	})
	return err
}

// clusterKinds counts how many clusters the cells need at least: one for each
// provider, version, and set of what they leave behind.
func clusterKinds(cells []matrix.Cell) int {
	kinds := map[string]bool{}
	for _, c := range cells {
		kinds[c.At[matrix.Provider]+"\x00"+c.At[matrix.Kubernetes]+"\x00"+c.Leaves] = true
	}
	return len(kinds)
}

// checkVariables refuses axes that would share a variable in a command's environment.
func checkVariables(axes []matrix.Axis) error {
	seen := map[string]string{}
	for _, a := range axes {
		if slices.Contains(matrix.BuiltinAxes(), a.Name) {
			continue
		}
		name := layer.AxisVariable(a.Name)
		if other, ok := seen[name]; ok {
			return fmt.Errorf("the axes %q and %q would both be %s in the environment of the layer command; rename one of them", other, a.Name, name)
		}
		seen[name] = a.Name
	}
	return nil
}

// describeJobs says how the jobs of a plan are run, in one line; empty for none.
func describeJobs(plan *matrix.Plan, maxParallel int) string {
	if len(plan.Jobs) == 0 {
		return ""
	}
	var sizes []string
	for _, m := range matrix.Fanout(plan.Jobs, maxParallel) {
		sizes = append(sizes, strconv.Itoa(len(m.Include)))
	}
	noun := "matrix"
	if len(sizes) > 1 {
		noun = "matrices"
	}
	text := fmt.Sprintf("%s for %s: %d %s of %s", count(len(plan.Jobs), "job"), strings.Join(plan.JobLayers, ", "), len(sizes), noun, strings.Join(sizes, " and "))
	largest := 0
	for _, j := range plan.Jobs {
		largest = max(largest, len(j.Cells))
	}
	if largest > 1 {
		text += fmt.Sprintf(", up to %d cells in one", largest)
	}
	if maxParallel > 0 && maxParallel < len(plan.Jobs) {
		text += fmt.Sprintf(", %d at a time", maxParallel)
	}
	return text
}

// attemptAt gives the number of this attempt at the workflow's run, and 1
// outside of GitHub.
func attemptAt(env Env) int {
	n, err := strconv.Atoi(env.Getenv("GITHUB_RUN_ATTEMPT"))
	if err != nil || n < 1 {
		return 1
	}
	return n
}
