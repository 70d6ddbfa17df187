package cli

import (
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

func newReport(env Env) *cobra.Command {
	var report reportFlags
	var gate string
	cmd := &cobra.Command{
		Use:   "report [DIR]",
		Short: "Explain the results in a folder",
		Long: `Explain the results that run or check --results kept in a folder, without running
anything. A planned cell that has no result is reported as lost.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			renderer, err := report.renderer(env)
			if err != nil {
				return err
			}
			if err := (findings.Gate{Mode: gate}).Validate(); err != nil {
				return fmt.Errorf("--gate: %w", err)
			}
			dir := argument(args)
			if dir == "" {
				dir = defaultResults
			}
			plan, cells, anomalies, err := store.Read(dir)
			if err != nil {
				return err
			}
			run := result.Join(plan, cells, nil)
			run.Anomalies = append(run.Anomalies, anomalies...)
			slices.Sort(run.Anomalies)
			if gate != "" {
				run.Plan.Gate = matrix.Gate{Mode: gate}
			}
			return report.show(env, renderer, explain(env, run))
		},
	}
	report.add(cmd)
	cmd.Flags().StringVar(&gate, "gate", "", "which findings make it red: new, or all (default: as in the run)")
	return cmd
}
