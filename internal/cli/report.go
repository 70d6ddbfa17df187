package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/reporters"
	"github.com/posthog/chart-matrix/result"
)

func newReport(env Env) *cobra.Command {
	c := reportCommand{env: env}
	cmd := &cobra.Command{
		Use:   "report [DIR | gh:OWNER/REPO/runs/ID | URL]",
		Short: "Explain the results of a run, here or on GitHub",
		Long: `Explain the results of a run, without running anything. A planned cell that has no
result is reported as lost.

DIR is a folder that run or check --results kept, or a folder with the parts that the
jobs of a run left as artifacts. gh:OWNER/REPO/runs/ID, or the address of a run's page,
downloads them; that needs a token in GH_TOKEN or GITHUB_TOKEN, and for a public
repository any will do.

In a workflow, and with --run, GitHub is asked what became of each job and for the
newest nightly run to compare with. What cannot be asked is said in the report.
--baseline names other runs to compare with, such as the folder of an earlier one.`,
		Example: `  chart-matrix report
  chart-matrix report --baseline yesterday
  chart-matrix report gh:posthog/charts/runs/1234567890
  chart-matrix report parts --render report      for deliver: page, Markdown, JUnit, JSON, results`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.do(cmd.Context(), argument(args)) },
	}
	c.report.add(cmd)
	c.baseline.add(cmd, "default: in a workflow, the newest nightly run")
	cmd.Flags().StringVar(&c.gate, "gate", "", "which findings make it red: new, or all (default: as in the run)")
	cmd.Flags().StringVar(&c.render, "render", "", "write every form of the report into this folder, and exit with 0")
	cmd.Flags().StringVar(&c.run, "run", "", "the run that the results in DIR are of, gh:OWNER/REPO/runs/ID (default: this workflow's)")
	cmd.Flags().StringVar(&c.name, "name", "", "the chart to report on, where there are results of several")
	cmd.Flags().StringVar(&c.digest, "plan-digest", "", "the digest that the plan must have, as output digest of plan gave it")
	cmd.Flags().StringVar(&c.triage, "triage", "", "how the job that plans the follow-up ended, and how many jobs it planned: \"success 3\", \"failure\"")
	cmd.Flags().StringVar(&c.planFrom, "plan-from", "", "plan anew from this chart or configuration, and hold the results against that")
	cmd.Flags().StringVar(&c.event, "event", "", "the event to plan for with --plan-from (default: the run's, as GitHub has it)")
	cmd.Flags().StringSliceVar(&c.layers, "layers", nil, "run these layers of --plan-from, as the run's plan did")
	cmd.Flags().StringArrayVar(&c.only, "only", nil, "keep these cells of --plan-from, as the run's plan did: AXIS=VALUE; repeatable")
	cmd.Flags().BoolVar(&c.offline, "offline", false, "ask nothing of GitHub and download no dependencies")
	return cmd
}

// reportCommand is report: collect, ask, join, explain, show.
type reportCommand struct {
	env                                      Env
	report                                   reportFlags
	baseline                                 baselineFlags
	gate, render, run, name, planFrom, event string
	digest, triage                           string
	offline                                  bool
	only, layers                             []string
	temporary                                string // the folder of what was downloaded; empty for none
}

func (c *reportCommand) do(ctx context.Context, arg string) error {
	renderer, err := c.check(arg)
	if err != nil {
		return err
	}
	triaged, err := parseTriage(c.triage)
	if err != nil {
		return fmt.Errorf("--triage: %w", err)
	}
	from, err := c.source(arg)
	if err != nil {
		return err
	}
	var base *project // that --plan-from names
	if c.planFrom != "" {
		if base, err = c.openBase(ctx); err != nil {
			return err
		}
		// A fork must not choose which of its charts is looked at.
		c.name = first(c.name, base.name())
	}
	defer c.discard()
	got, on, err := c.collect(ctx, from)
	if err != nil {
		return err
	}
	if err := c.sealed(got.First); err != nil {
		return err
	}
	plan, anomalies, err := c.planOf(base, got, on)
	if err != nil {
		return err
	}
	f := c.ask(ctx, on, got, plan)
	f.notes = append(f.notes, triaged.notes(got)...)
	if c.baseline.given() {
		with, err := c.baseline.load(ctx, c.env, plan.Name, c.report.quiet)
		if err != nil {
			return err
		}
		f.compare(with)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.planFrom != "" && f.unknown != nil {
		// Nothing but their jobs' states speaks against results that anybody made.
		return infrastructure(fmt.Errorf("--plan-from: the results are held against the states of their jobs: %w", f.unknown))
	}
	joined := result.Join(plan, got.Cells, f.jobs)
	joined.Anomalies = slices.Concat(joined.Anomalies, got.Anomalies, anomalies)
	slices.Sort(joined.Anomalies)
	summary := c.explain(joined, f, got)
	if c.render != "" {
		if err := c.keep(ctx, summary, joined, f.past); err != nil {
			return infrastructure(err)
		}
		return infrastructure(keepEvidence(c.env, c.render, from.dir, joined))
	}
	return c.report.show(c.env, renderer, summary)
}

// discard removes what was downloaded.
func (c *reportCommand) discard() { _ = os.RemoveAll(c.temporary) } // "" is no folder

// sealed refuses a plan other than the one that is expected. Anything in a run
// can upload an artifact, and two calls of a workflow for one chart do: the plan
// that came last would hide what the others asked for. A job's output is its own.
func (c *reportCommand) sealed(plan *matrix.Plan) error {
	if c.digest == "" || plan == nil {
		return nil
	}
	again := *plan
	again.Seal()
	if again.Digest == c.digest {
		return nil
	}
	return infrastructure(fmt.Errorf("--plan-digest: the plan of %q here is %s, and %s was expected; something else in the run took its artifact's name: "+
		"give each chart a name of its own in its configuration, and call the workflow once for each", plan.Name, again.Digest, c.digest))
}

// keep renders every form of the report, and tells action.yml what to call it.
func (c *reportCommand) keep(ctx context.Context, s findings.Summary, run *result.Run, past []*findings.Past) error {
	err := render(ctx, c.render, s, run)
	if err == nil {
		err = keepHistory(c.render, past)
	}
	if err != nil {
		return fmt.Errorf("--render: %w", err)
	}
	if err := setOutputs(c.env, map[string]string{"name": artifactName(s.Name)}); err != nil {
		return err
	}
	_, err = fmt.Fprintln(c.env.Stdout, oneLine(s.Verdict.Headline))
	return err
}

// check refuses what cannot work, before any work is done.
func (c *reportCommand) check(arg string) (reporters.Renderer, error) {
	renderer, err := c.report.renderer(c.env)
	if err != nil {
		return nil, err
	}
	if err := (findings.Gate{Mode: c.gate}).Validate(); err != nil {
		return nil, fmt.Errorf("--gate: %w", err)
	}
	if err := c.baseline.check(c.offline); err != nil {
		return nil, err
	}
	if c.render != "" {
		if err := canRender(c.render); err != nil {
			return nil, fmt.Errorf("--render: %w", err)
		}
		if c.report.output != "" {
			return nil, errors.New("--output: --render writes every form; leave one of them out")
		}
	}
	switch {
	case (c.event != "" || len(c.only)+len(c.layers) > 0) && c.planFrom == "":
		return nil, errors.New("--event, --only and --layers say what --plan-from plans for; without that the results' own plan counts")
	case c.offline && isRun(arg):
		return nil, fmt.Errorf("--offline: %s is on GitHub; name a folder", arg)
	case c.run != "" && isRun(arg):
		return nil, fmt.Errorf("--run: %s names the run already", arg)
	}
	return renderer, nil
}

// isRun tells the name of a run from that of a folder.
func isRun(arg string) bool {
	return strings.HasPrefix(arg, "gh:") || strings.HasPrefix(arg, "https://") || strings.HasPrefix(arg, "http://")
}

// source is where results are, and the run that they are of.
type source struct {
	dir string        // empty where they are to be downloaded
	ref github.RunRef // zero where no run is known
}

func (c *reportCommand) source(arg string) (source, error) {
	if isRun(arg) {
		ref, err := github.ParseRunRef(arg)
		return source{ref: ref}, err
	}
	s := source{dir: first(arg, defaultResults)}
	if c.offline {
		return s, nil
	}
	var err error
	if c.run != "" {
		if s.ref, err = github.ParseRunRef(c.run); err != nil {
			return s, fmt.Errorf("--run: %w", err)
		}
	}
	return s, nil
}

// explain judges a run by its plan's gate, or by that of --gate.
func (c *reportCommand) explain(run *result.Run, f facts, got gathered) findings.Summary {
	gate := findings.Gate(run.Plan.Gate)
	if c.gate != "" {
		gate = findings.Gate{Mode: c.gate}
	}
	f.origin.SelfReported = c.planFrom != ""
	options := findings.Options{
		Now: c.env.Now(), Gate: gate, Command: checkCommand(run.Plan.Chart), JobCommand: runCommand(run.Plan.Chart),
		Clusters: clusterWays(),
		History:  f.past, Origin: f.origin, Evidence: got.evidence,
	}
	s := findings.Explain(run, options)
	s.Notes = slices.Concat(s.Notes, followedUp(run, options, s), f.notes)
	if c.planFrom != "" {
		s.Changes = matrix.Diff(run.Plan, got.Plan)
		if run.Plan.FollowUp != nil {
			s.Notes = append(s.Notes, "The run itself chose the cells of its follow-up, as far as the plan here allows them")
		}
	}
	return s
}
