package cli

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/runner"
)

// downGrace is how long down lets a program end by itself.
const downGrace = 5 * time.Second

func newDown(env Env) *cobra.Command {
	var job, results string
	cmd := &cobra.Command{
		Use:   "down",
		Short: "Remove what a job made and could not remove itself",
		Long: `Remove what a job made and could not remove itself, because it was killed. A job notes
down in its result folder what it is about to make; down goes by these notes. It may
be repeated, and where nothing is left it says so and succeeds.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			removed, err := runner.Remove(cmd.Context(), results, job, downGrace, allProviders(env)...)
			for _, r := range removed {
				if _, e := fmt.Fprintln(env.Stdout, inert(describeRef(r))); e != nil {
					return infrastructure(e)
				}
			}
			if err != nil {
				return infrastructure(err)
			}
			if len(removed) == 0 {
				_, err = fmt.Fprintln(env.Stdout, "nothing to remove")
			}
			return infrastructure(err)
		},
	}
	cmd.Flags().StringVar(&job, "job", "", "the job (default: every job that noted something down)")
	cmd.Flags().StringVar(&results, "results", defaultResults, "the folder in which the job kept its results")
	return cmd
}

func describeRef(r runner.Ref) string {
	if r.Cluster != nil {
		return fmt.Sprintf("removed the %s cluster %s of job %s, made at %s", r.Cluster.Provider, r.Name, r.Job, r.Made.UTC().Format(time.RFC3339))
	}
	if r.Kind == runner.FolderKind {
		return fmt.Sprintf("removed the folder %s of job %s, made at %s", r.Dir, r.Job, r.Made.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("removed the %s %d of job %s, started at %s", r.Kind, r.Group, r.Job, r.Made.UTC().Format(time.RFC3339))
}
