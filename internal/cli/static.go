package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/progress"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// staticFlags bound what the static layers may take.
type staticFlags struct {
	renderTimeout time.Duration
	renderMemory  int // MiB
}

func (f *staticFlags) add(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&f.renderTimeout, "render-timeout", chart.DefaultTimeout, "how long one render may take")
	cmd.Flags().IntVar(&f.renderMemory, "render-memory", chart.DefaultMemoryLimit>>20, "how much memory one render may take, in MiB")
}

func (f *staticFlags) check() error {
	if f.renderTimeout <= 0 {
		return errors.New("--render-timeout: expected a time above 0, such as 30s")
	}
	return nil
}

// runStatic runs the plan's static layers here, with progress on standard error.
func (p *project) runStatic(ctx context.Context, env Env, plan *matrix.Plan, f staticFlags, quiet bool) ([]result.Cell, error) {
	if len(plan.Cells) == 0 {
		return nil, nil
	}
	workers := runtime.GOMAXPROCS(0)
	renderer, err := p.renderers.of(p.chart, f)
	if err != nil {
		return nil, err
	}
	defer p.renderers.close() // jobs need the memory
	static := &runner.Static{
		Layers: p.layers(plan.Layers, renderer, workers), Inputs: p.inputsOrBlame, Workers: workers, Now: env.Now,
	}
	if !quiet {
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
