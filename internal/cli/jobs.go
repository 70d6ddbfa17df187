package cli

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// jobLayers makes the job layers of a plan, cheap before dear. A new one is a
// line here.
func (p *project) jobLayers(names []string) []layer.JobLayer {
	all := []layer.JobLayer{
		&layer.Command{Script: p.config.Layers[layer.CommandName].Run, Chart: p.chart.Path, Dir: p.config.Dir},
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

// pack divides the cells that job layers are to be asked in among jobs. The
// results of the static layers, which may be nil, say which cells are blocked.
func (p *project) pack(plan *matrix.Plan, results []result.Cell) error {
	layers := p.jobLayers(plan.JobLayers)
	if len(layers) == 0 {
		return nil
	}
	var err error
	plan.Jobs, err = matrix.Pack(runner.ForJobs(plan.Cells, results, layers), matrix.Packing{
		Name: plan.Name, MaxJobs: p.config.Budget.Jobs,
		Settings: func(provider string) matrix.JobSettings {
			r := p.config.Runner(provider)
			return matrix.JobSettings{RunsOn: r.RunsOn, Environment: r.Environment, TimeoutMinutes: r.TimeoutMinutes}
		},
	})
	return err
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
