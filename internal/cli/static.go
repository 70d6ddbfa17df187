package cli

import (
	"context"
	"fmt"
	"runtime"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/progress"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// staticOptions are the choices of one run.
type staticOptions struct {
	quiet         bool
	renderTimeout time.Duration
	renderMemory  int64 // bytes
}

// runStatic runs the plan's static layers here, with progress on standard error.
func (p *project) runStatic(ctx context.Context, env Env, plan *matrix.Plan, o staticOptions) ([]result.Cell, error) {
	if len(plan.Cells) == 0 {
		return nil, nil
	}
	workers := runtime.GOMAXPROCS(0)
	renderer, err := p.chart.NewRenderer(chart.RendererOptions{Workers: workers, Timeout: o.renderTimeout, MemoryLimit: o.renderMemory})
	if err != nil {
		return nil, infrastructure(fmt.Errorf("preparing to render: %w; TMPDIR names where temporary files go", err))
	}
	defer func() { _ = renderer.Close() }() // its workers end with this process at the latest
	static := &runner.Static{
		Layers: p.layers(plan.Layers, renderer, workers), Inputs: p.inputsOrBlame, Workers: workers, Now: env.Now,
	}
	if !o.quiet {
		bar := progress.New(env.Stderr, progress.Options{Live: env.live(), Width: env.Width, Workers: workers, CountFailures: true})
		defer bar.Finish()
		static.Progress = bar
	}
	return static.Run(ctx, plan.Cells), nil
}

// layers makes the layers of a plan, cheap before dear. A new layer is a line here.
func (p *project) layers(names []string, renderer *chart.Renderer, workers int) []layer.Layer {
	lint := p.config.Layers[layer.LintName]
	unit, unitRequired := p.config.Layers[layer.UnitName]
	all := []layer.Layer{
		&layer.Lint{Renderer: renderer, Strict: lint.Strict},
		&layer.Render{Renderer: renderer},
		layer.NewSchema(p.chart, renderer),
		&layer.Unit{Chart: p.chart, Command: unit.Run, Required: unitRequired, Dir: p.config.Dir, Workers: workers},
	}
	var chosen []layer.Layer
	for _, name := range names {
		for _, l := range all {
			if l.Name() == name {
				chosen = append(chosen, l)
			}
		}
	}
	return chosen
}

// inputsOrBlame tells a values file that cannot be used, which is the fault of
// whoever wrote it, from all else.
func (p *project) inputsOrBlame(c matrix.Cell) (layer.Inputs, error) {
	if _, err := p.valuesAt(c.At); err != nil {
		return layer.Inputs{}, &runner.BadInput{Problem: result.Problem{
			Severity: result.Error, Code: "values-file", Message: err.Error(),
		}}
	}
	in, err := p.inputs(c)
	if err != nil {
		return in, fmt.Errorf("preparing the cell: %w", err)
	}
	return in, nil
}
