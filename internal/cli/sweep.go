package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/internal/provider"
	"github.com/posthog/chart-matrix/internal/runner"
)

func newSweep(env Env) *cobra.Command {
	var dry, all bool
	cmd := &cobra.Command{
		Use:   "sweep",
		Short: "Remove the clusters here whose time is over, whoever made them",
		Long: `Remove the clusters on this machine that chart-matrix made and whose time is over, and
list the others. It is the net below down, which needs the result folder: a cluster
carries its job and its expiry in its name.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := env.Now()
			if all {
				now = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
			}
			swept, err := provider.Sweep(cmd.Context(), allProviders(env), now, dry)
			if !dry {
				for _, ref := range swept.Expired { // with the keys of what is gone
					err = errors.Join(err, runner.RemoveDir(ref.Name))
				}
			}
			if e := describeSweep(env.Stdout, swept, dry); e != nil {
				return infrastructure(e)
			}
			return infrastructure(err)
		},
	}
	cmd.Flags().BoolVar(&dry, "dry-run", false, "say what would be removed, and remove nothing")
	cmd.Flags().BoolVar(&all, "all", false, "remove those, too, whose time is not over; jobs that use them fail")
	return cmd
}

func describeSweep(w io.Writer, s provider.Sweeping, dry bool) error {
	removed := "removed"
	if dry {
		removed = "would remove"
	}
	var lines []string
	for _, ref := range s.Expired {
		lines = append(lines, fmt.Sprintf("%s the %s cluster %s, expired at %s", removed, ref.Provider, ref.Name, stamp(ref.Expires)))
	}
	for _, ref := range s.Failed {
		lines = append(lines, fmt.Sprintf("could not remove the %s cluster %s", ref.Provider, ref.Name))
	}
	for _, ref := range s.Kept {
		lines = append(lines, fmt.Sprintf("kept the %s cluster %s until %s", ref.Provider, ref.Name, stamp(ref.Expires)))
	}
	for _, skip := range s.Skipped {
		lines = append(lines, fmt.Sprintf("did not ask %s: %s", skip.Provider, oneLine(skip.Because.Error())))
	}
	if len(s.Expired)+len(s.Failed) == 0 {
		lines = append(lines, "nothing to remove")
	}
	for _, line := range lines {
		if _, err := fmt.Fprintln(w, inert(line)); err != nil {
			return err
		}
	}
	return nil
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
