package layer

import (
	"context"
	"fmt"
	"time"

	"github.com/posthog/chart-matrix/internal/command"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// Scripts are a scenario's own, for bash -e. Both get the environment of the
// command layer.
type Scripts struct {
	Before string // the release is installed; the namespace is there
	After  string // the tests are over, whatever became of them
}

// scriptOf gives the scripts of the cell's scenario.
func scriptOf(scripts map[string]Scripts, env *JobEnv) Scripts {
	return scripts[env.Cell.At[matrix.Scenario]]
}

// RunAfter runs the After of a cell's scenario. ok is false where it has none.
func (s Scripts) RunAfter(ctx context.Context, env *JobEnv, chartPath, dir string) (a result.Assertion, ok bool, err error) {
	if s.After == "" {
		return a, false, nil
	}
	a, err = env.script(ctx, "after", s.After, chartPath, dir)
	return a, err == nil, err
}

// script runs a script of the user's as one check. One that fails says
// something about what the user wrote, not about the machinery.
func (e *JobEnv) script(ctx context.Context, name, text, chartPath, dir string) (result.Assertion, error) {
	work, done, err := e.temp(name)
	if err != nil {
		return result.Assertion{}, fmt.Errorf("a folder for the files of the script %q: %w; TMPDIR names where it goes", name, err)
	}
	defer done()
	variables, err := e.variables(chartPath, work)
	if err != nil {
		return result.Assertion{}, err
	}
	shown := &lastWords{also: e.Log}
	began := time.Now()
	r, err := e.Exec(ctx, command.Spec{
		Argv: []string{"bash", "-e", "-o", "pipefail", "-c", text},
		Dir:  dir, Env: variables, Without: runnersOwn(), Tee: shown,
	})
	if err != nil {
		return result.Assertion{}, fmt.Errorf("the scenario's script %q: %w", name, ended(err))
	}
	a := result.Assertion{Name: name, Status: result.Passed, Seconds: time.Since(began).Seconds()}
	if r.ExitCode != 0 {
		a.Status = result.Failed
		a.Problems = []result.Problem{{
			Severity: result.Error, Code: "scenario-script", Excerpt: shown.lines(),
			Message: fmt.Sprintf("the scenario's script %q exits with %d", name, r.ExitCode),
		}}
	}
	return a, nil
}
