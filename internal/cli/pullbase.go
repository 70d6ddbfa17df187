package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/github"
)

func newBase(env Env) *cobra.Command {
	return &cobra.Command{
		Use:   "base gh:OWNER/REPO/runs/ID",
		Short: "Print the commit that the pull request of a run would be merged into",
		Long: `Print the commit that the pull request of a run would be merged into, and set it as the
step's output "base". A report on a fork makes its plan from that commit.

The pull request is found by head repository, branch and commit, as GitHub knows them;
nothing that the run itself says counts. Where there is none, nothing is printed.`,
		Hidden: true,
		Args:   cobra.ExactArgs(1),
		RunE:   func(cmd *cobra.Command, args []string) error { return baseOf(cmd.Context(), env, args[0]) },
	}
}

func baseOf(ctx context.Context, env Env, name string) error {
	ref, err := github.ParseRunRef(name)
	if err != nil {
		return err
	}
	hub, err := env.hub(ref, false)
	if err != nil {
		return infrastructure(err)
	}
	run, err := hub.Run(ctx, ref)
	if err != nil {
		return infrastructure(err)
	}
	pr, err := hub.PullRequest(ctx, run)
	switch {
	case errors.Is(err, github.ErrNoPullRequest), errors.Is(err, github.ErrOutdated):
		_, err := fmt.Fprintln(env.Stderr, inert("chart-matrix: "+oneLine(err.Error())))
		return infrastructure(err)
	case err != nil:
		// Any other commit might ask for less, so none is better than a guess.
		return infrastructure(err)
	}
	if _, err := fmt.Fprintln(env.Stdout, pr.BaseSHA); err != nil {
		return infrastructure(err)
	}
	return setOutputs(env, map[string]string{"base": pr.BaseSHA})
}
