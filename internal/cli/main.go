// Package cli is the command line: one file for each command, and the only
// place where the parts of the program meet.
package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/cluster"
)

// The exit codes, as the README promises them.
const (
	exitPassed         = 0
	exitFailed         = 1 // red by findings that blame the chart
	exitUsage          = 2 // the command line or the configuration is wrong
	exitInfrastructure = 3 // red by infrastructure, lost cells or leaks
	// ExitInterrupted is that of a run which a signal ended.
	ExitInterrupted = 130
)

// exitError ends the program with a code; its message, if any, was not shown yet.
type exitError struct {
	code  int
	inner error
}

func (e *exitError) Error() string {
	if e.inner == nil {
		return ""
	}
	return e.inner.Error()
}

func (e *exitError) Unwrap() error { return e.inner }

// infrastructure marks an error as one that neither the user nor the chart is
// to blame for, such as a full disk.
func infrastructure(err error) error {
	if err == nil {
		return nil
	}
	return &exitError{code: exitInfrastructure, inner: err}
}

// Main runs the program and gives its exit code.
func Main(ctx context.Context, env Env, args []string) int {
	chart.RunWorkerIfAsked() // does not return in a render worker
	cluster.Quiet()
	root := newRoot(env)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitPassed
	}
	if ctx.Err() != nil {
		_, _ = fmt.Fprintln(env.Stderr, "chart-matrix: interrupted") // nobody is left to tell
		return ExitInterrupted
	}
	code := exitUsage
	var exit *exitError
	if errors.As(err, &exit) {
		code = exit.code
	}
	if msg := strings.TrimSpace(err.Error()); msg != "" {
		_, _ = fmt.Fprintln(env.Stderr, inert("chart-matrix: "+msg))
		env.annotate(msg)
	}
	return code
}

func newRoot(env Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "chart-matrix",
		Short: "Test a Helm chart over a matrix of Kubernetes versions, providers and scenarios",
		Long: `chart-matrix tests one Helm chart over a matrix of Kubernetes versions, providers
and scenarios, and says what fails, where and why.

It reads .chart-matrix.yaml; without one, the chart in the folder is tested on the
supported Kubernetes versions with each values file under its ci/ folder.`,
		Example: `  chart-matrix check                       the chart in this folder, in seconds, no cluster
  chart-matrix check charts/web --only kubernetes=1.34
  chart-matrix plan --explain CELL         what one cell is made of
  chart-matrix run && chart-matrix report  keep the results, look at them again`,
		SilenceUsage: true, SilenceErrors: true,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(env.Stdin)
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return fmt.Errorf("%w\nsee `%s --help`", err, cmd.CommandPath())
	})
	root.AddCommand(
		newCheck(env),
		newPlan(env),
		newRun(env),
		newDown(env),
		newSweep(env),
		newReport(env),
		newDeliver(env),
		newBase(env),
		newVersion(env),
		newAction(env),
	)
	return root
}
