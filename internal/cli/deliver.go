package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/reporters/markdown"
)

func newDeliver(env Env) *cobra.Command {
	c := deliverCommand{env: env}
	cmd := &cobra.Command{
		Use:   "deliver [DIR]",
		Short: "Post a rendered report to GitHub; the exit code is its verdict",
		Long: `Post the report that report --render wrote into DIR: as a comment on the pull request,
which later runs edit, as a check run with annotations on the chart's files, and as the
step's summary.

Where the token may not write, as in pull requests of forks and of Dependabot, the
step's summary is all; that is said, and is no failure. The exit code is the report's
verdict: 0 passed, 1 the chart fails, 3 infrastructure, or nothing could be shown.

With --missing there is no report, since no plan could be made, say. That is then what the
comment of an earlier report says from now on, and the exit code is 3.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return c.do(cmd.Context(), argument(args)) },
	}
	cmd.Flags().StringVar(&c.htmlURL, "html-url", "", "where report.html can be read")
	cmd.Flags().StringVar(&c.run, "run", "", "the run that the report is of, gh:OWNER/REPO/runs/ID (default: this workflow's)")
	cmd.Flags().StringVar(&c.chart, "chart", "", "the chart's folder as the workflow names it, which --missing finds the comment by")
	cmd.Flags().StringVar(&c.missing, "missing", "", "there is no report, for this reason")
	cmd.Flags().StringVar(&c.name, "name", "", "the chart that --missing is about (default: whatever earlier comments on --chart name)")
	return cmd
}

// deliverCommand is deliver.
type deliverCommand struct {
	env                  Env
	htmlURL, run         string
	chart, missing, name string
	ref                  github.RunRef // what --run names
}

// summaryOf reads the report, or makes one that says that there is none.
func (c *deliverCommand) summaryOf(dir string) (findings.Summary, error) {
	switch {
	case c.missing != "" && dir != "":
		return findings.Summary{}, errors.New("--missing says that there is no report, and DIR names one; leave one of them out")
	case c.missing != "":
		return absence(c.name, c.missing), nil
	case dir == "":
		return findings.Summary{}, errors.New("name the folder that report --render has written")
	}
	s, err := readSummary(dir)
	return s, infrastructure(err)
}

// absence is the summary of a run that has no report.
func absence(name, reason string) findings.Summary {
	return findings.Summary{Schema: findings.SummarySchema, Name: name, Verdict: findings.Verdict{
		ExitCode: exitInfrastructure, Headline: "there is no report on this commit",
		Reasons: []string{reason, "what was reported on an earlier commit need not hold for this one"},
	}}
}

func (c *deliverCommand) do(ctx context.Context, dir string) error {
	s, err := c.summaryOf(dir)
	if err != nil {
		return err
	}
	if c.run == "" && !c.env.inActions() {
		return errors.New("deliver posts to GitHub: name the run with --run, or call it in a workflow's job")
	}
	if c.run != "" {
		if c.ref, err = github.ParseRunRef(c.run); err != nil {
			return fmt.Errorf("--run: %w", err)
		}
	}
	d := delivery{deliverCommand: c, summary: s, step: github.NewStep(c.env.Getenv, c.env.Stdout)}
	d.toGitHub(ctx)
	if err := ctx.Err(); err != nil {
		return err
	}
	d.stepSummary()
	d.outputs()
	if err := d.say(); err != nil {
		return infrastructure(err)
	}
	if !d.shown {
		return infrastructure(errors.New("the report could not be shown anywhere"))
	}
	if s.Verdict.ExitCode != exitPassed {
		return &exitError{code: s.Verdict.ExitCode}
	}
	return nil
}

// delivery is one report on its way.
type delivery struct {
	*deliverCommand
	summary    findings.Summary
	step       *github.Step
	shown      bool
	annotated  bool // a check run has the annotations
	commentURL string
	notes      []string // what could not be delivered, each in one line
}

func (d *delivery) note(format string, args ...any) {
	d.notes = append(d.notes, oneLine(fmt.Sprintf(format, args...)))
}

// toGitHub posts what needs the API.
func (d *delivery) toGitHub(ctx context.Context) {
	hub, run, err := d.connect(ctx)
	if err != nil {
		d.note("No comment and no check run: %v", err)
		return
	}
	if d.missing != "" {
		d.summary.Origin = origin(&connection{run: run})
	}
	var readOnly []string
	for _, d.summary.Name = range d.charts(ctx, hub, run) {
		if d.comment(ctx, hub, run) {
			readOnly = append(readOnly, "comment")
		}
		if d.check(ctx, hub, run) {
			readOnly = append(readOnly, "check run")
		}
	}
	if len(readOnly) > 0 {
		d.note("No %s: the token may not write here, as in pull requests of forks and of Dependabot", strings.Join(readOnly, " and no "))
	}
}

// connect finds the run. That of this very step is known from its event, and
// the API need not be asked.
func (d *delivery) connect(ctx context.Context) (*github.Client, github.Run, error) {
	event, err := github.ReadEvent(d.env.Getenv)
	if err != nil && d.run == "" {
		return nil, github.Run{}, err
	}
	ref := ownRun(event)
	if d.run != "" {
		ref = d.ref
	}
	hub, err := d.env.hub(ref, false)
	if err != nil {
		return nil, github.Run{}, err
	}
	if event.RunID != 0 && ref.ID == event.RunID && strings.EqualFold(ref.Repository(), event.Repository) {
		run := github.Run{
			Ref: ref, Repository: event.Repository, Event: event.Name,
			HeadSHA: event.HeadSHA, HeadBranch: event.HeadBranch, HeadRepository: event.HeadRepository,
			URL: fmt.Sprintf("%s/%s/actions/runs/%d", event.ServerURL, event.Repository, event.RunID),
		}
		return hub, run.With(event), nil
	}
	run, err := hub.Run(ctx, ref)
	return hub, run, err
}

// charts gives the names of the charts that the delivery is about. That is the
// report's; where there is none, and no plan has told a name, those that earlier
// comments have: without one, nothing can be out of date.
func (d *delivery) charts(ctx context.Context, hub *github.Client, run github.Run) []string {
	if d.missing == "" || d.name != "" {
		return []string{d.summary.Name}
	}
	if d.chart == "" || !strings.HasPrefix(run.Event, "pull_request") {
		return nil
	}
	pr, err := hub.PullRequest(ctx, run)
	if err != nil {
		d.note("No comment: %v", err)
		return nil
	}
	markers, err := hub.Markers(ctx, pr, d.chart)
	if err != nil && !errors.Is(err, github.ErrReadOnly) {
		d.note("No comment: %v", err)
	}
	for i, m := range markers {
		markers[i] = markedName(m)
	}
	return markers
}

// comment posts the comment, and tells whether the token was too weak for it.
func (d *delivery) comment(ctx context.Context, hub *github.Client, run github.Run) (readOnly bool) {
	if !strings.HasPrefix(run.Event, "pull_request") {
		return false
	}
	pr, err := hub.PullRequest(ctx, run)
	if err != nil {
		d.note("No comment: %v", err)
		return false
	}
	name := marker(d.summary)
	body, err := d.markdown(github.MaxComment-github.ChartLineBytes, github.MarkerText(name, run.Ref.ID, run.Attempt))
	if err != nil {
		d.note("No comment: %v", err)
		return false
	}
	d.commentURL, err = hub.Comment(ctx, github.CommentRequest{
		PullRequest: pr, Marker: name, Body: body, Chart: filepath.ToSlash(d.chart), Run: run.Ref.ID, Attempt: run.Attempt,
	})
	switch {
	case err == nil:
		d.shown = true
	case errors.Is(err, github.ErrReadOnly):
		return true
	default:
		d.note("No comment: %v", err)
	}
	return false
}

// check posts the check run, and tells whether the token was too weak for it.
func (d *delivery) check(ctx context.Context, hub *github.Client, run github.Run) (readOnly bool) {
	summary, err := d.markdown(github.MaxCheckSummary, "")
	if err != nil {
		d.note("No check run: %v", err)
		return false
	}
	conclusion := "success"
	if !d.summary.Verdict.Passed {
		conclusion = "failure"
	}
	_, err = hub.CheckRun(ctx, github.CheckRequest{
		Repository: run.Repository, HeadSHA: run.HeadSHA, Name: "chart-matrix / " + artifactName(d.summary.Name),
		Conclusion: conclusion, Title: shorten(oneLine(d.summary.Verdict.Headline), maxTitle), Summary: summary,
		DetailsURL: d.htmlURL, Annotations: annotations(d.summary, d.env.Getenv("GITHUB_WORKSPACE")),
		Run: run.Ref.ID, Attempt: run.Attempt,
	})
	switch {
	case err == nil:
		d.shown, d.annotated = true, true
	case errors.Is(err, github.ErrReadOnly):
		return true
	default:
		d.note("No check run: %v", err)
	}
	return false
}

func (d *delivery) markdown(limit int, mark string) (string, error) {
	var b strings.Builder
	o := markdown.Options{Limit: limit, Marker: mark, Links: markdown.Links{HTML: d.htmlURL}}
	err := markdown.New(o).Render(&b, d.summary)
	return b.String(), err
}

// stepSummary writes the page of the step, where there is one.
func (d *delivery) stepSummary() {
	if !d.step.HasSummary() {
		return
	}
	text, err := d.markdown(stepSummaryLimit, "")
	if err == nil {
		if len(d.notes) > 0 {
			text += "\n<!-- -->\n" // ends a list, of which the lines would be paragraphs
		}
		for _, n := range d.notes {
			text += "\n    " + n + "\n" // an indented line is code: nothing in it acts
		}
		err = d.step.Summary(text)
	}
	if err != nil {
		d.note("No step summary: %v", err)
		return
	}
	d.shown = true
}

func (d *delivery) outputs() {
	if !d.step.HasOutputs() {
		return
	}
	verdict := map[int]string{exitPassed: "passed", exitFailed: "failed", exitInfrastructure: "errored"}[d.summary.Verdict.ExitCode]
	count := 0
	for _, f := range d.summary.Findings {
		if f.State != findings.Advice {
			count++
		}
	}
	for _, o := range [][2]string{
		{"verdict", verdict}, {"findings", strconv.Itoa(count)}, {"html-url", d.htmlURL}, {"comment-url", d.commentURL},
	} {
		if err := d.step.SetOutput(o[0], o[1]); err != nil {
			d.note("No output %s: %v", o[0], err)
		}
	}
}

// say tells the log what was delivered. Where no check run has the annotations,
// workflow commands put the first of them on the chart's files: they need no
// permission.
func (d *delivery) say() error {
	lines := []string{d.summary.Verdict.Headline}
	if d.commentURL != "" {
		lines = append(lines, "comment: "+d.commentURL)
	}
	lines = append(lines, d.notes...)
	for _, l := range lines {
		if _, err := fmt.Fprintln(d.env.Stdout, oneLine(l)); err != nil {
			return err
		}
	}
	if !d.env.inActions() {
		return nil
	}
	var failed error
	if !d.summary.Verdict.Passed {
		failed = d.step.Error(github.Note{Title: marker(d.summary), Message: oneLine(d.summary.Verdict.Headline)})
	}
	if d.annotated {
		return failed
	}
	for _, a := range annotations(d.summary, d.env.Getenv("GITHUB_WORKSPACE")) {
		note := github.Note{File: a.Path, Line: a.StartLine, Column: a.StartColumn, Title: a.Title, Message: a.Message}
		show := map[string]func(github.Note) error{"failure": d.step.Error, "warning": d.step.Warning, "notice": d.step.Notice}[a.Level]
		failed = errors.Join(failed, show(note))
	}
	return failed
}
