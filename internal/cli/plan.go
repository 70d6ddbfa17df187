package cli

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

func newPlan(env Env) *cobra.Command {
	var target targetFlags
	var flags planFlags
	var format, output, explain string
	cmd := &cobra.Command{
		Use:   "plan [CHART]",
		Short: "Show what would run, what would not, and why",
		Long: `Show what would run, what would not, and why. Nothing is run and no cluster is made.

With --explain, tell of one cell which values it is installed with, where each comes
from, and what its questions depend on; of one that was left out, by which rule.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if format != "grid" && format != "json" {
				return fmt.Errorf("--format: there is no format %q; have grid, json", format)
			}
			if err := checkOutput(output); err != nil {
				return err
			}
			p, err := openProject(cmd.Context(), env, argument(args), target)
			if err != nil {
				return err
			}
			plan, err := p.plan(flags)
			if err != nil {
				return err
			}
			write := func(w io.Writer) error {
				if format == "json" {
					plan.Seal()
					e := json.NewEncoder(w)
					e.SetIndent("", "  ")
					return e.Encode(plan)
				}
				return planGrid(w, plan)
			}
			if explain != "" {
				write, err = p.explainCell(plan, flags, explain)
				if err != nil {
					return err
				}
			}
			if output == "" {
				return infrastructure(write(env.Stdout))
			}
			return infrastructure(writeFile(output, write))
		},
	}
	target.add(cmd)
	flags.add(cmd)
	cmd.Flags().StringVarP(&format, "format", "f", "grid", "how to show the plan: grid, json")
	cmd.Flags().StringVarP(&output, "output", "o", "", "write the plan to this file (default: standard output)")
	cmd.Flags().StringVar(&explain, "explain", "", "explain one cell, by its ID or slug, or as AXIS=VALUE,…")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"grid", "json"}, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
