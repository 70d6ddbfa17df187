package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
	"github.com/posthog/chart-matrix/result"
)

// connection is a run on GitHub and the way to it. Where GitHub cannot be
// asked, err says why, and of run the reference alone is known.
type connection struct {
	hub *github.Client
	run github.Run
	err error
	// jobs tells that the results are those of the run's jobs. Where a run on
	// one machine is a step of a workflow, they are not.
	jobs bool
}

func (c *reportCommand) connect(ctx context.Context, ref github.RunRef) *connection {
	on := &connection{run: github.Run{Ref: ref}, jobs: true}
	if on.hub, on.err = c.env.hub(ref, c.report.quiet); on.err != nil {
		return on
	}
	run, err := on.hub.Run(ctx, ref)
	if err != nil {
		on.err = err
		return on
	}
	on.run = run
	if event, err := github.ReadEvent(c.env.Getenv); err == nil {
		on.run = run.With(event)
	}
	return on
}

// collect gets the results from a folder or from GitHub, and finds the run that
// they are of: nil where none is known.
func (c *reportCommand) collect(ctx context.Context, from source) (gathered, *connection, error) {
	if from.dir == "" {
		on := c.connect(ctx, from.ref)
		if on.err != nil {
			return gathered{}, nil, infrastructure(on.err)
		}
		got, err := c.fetch(ctx, on)
		if c.planFrom != "" && errors.Is(err, errNoResults) {
			return withoutResults(err), on, nil
		}
		return got, on, err
	}
	collected, err := store.Collect(from.dir, c.name)
	got := gathered{collected, evidenceIn(from.dir)}
	switch {
	case err == nil:
	case c.planFrom != "":
		got = withoutResults(err)
	default:
		return gathered{}, nil, err
	}
	if from.ref.ID != 0 {
		return got, c.connect(ctx, from.ref), nil
	}
	if c.offline || !c.env.inActions() {
		return got, nil, nil
	}
	on := &connection{}
	if event, err := github.ReadEvent(c.env.Getenv); err != nil {
		on.err = fmt.Errorf("%w; --run names the run", err)
	} else {
		on = c.connect(ctx, ownRun(event))
	}
	on.jobs = len(got.Parts) > 0 || c.planFrom != ""
	return got, on, nil
}

// withoutResults is what is known where there is a plan from elsewhere, and
// nothing else: all its cells are lost.
func withoutResults(why error) gathered {
	return gathered{Collected: store.Collected{Anomalies: []string{oneLine(why.Error())}}}
}

// ownRun is the run that this step is part of.
func ownRun(e github.Event) github.RunRef {
	owner, repo, _ := strings.Cut(e.Repository, "/")
	ref := github.RunRef{Owner: owner, Repo: repo, ID: e.RunID}
	if server, err := url.Parse(e.ServerURL); err == nil {
		ref.Host = server.Host
	}
	return ref
}

// openBase opens the chart or the configuration that --plan-from names.
func (c *reportCommand) openBase(ctx context.Context) (*project, error) {
	path, target := c.planFrom, targetFlags{offline: c.offline}
	if ext := filepath.Ext(path); ext == ".yaml" || ext == ".yml" {
		path, target.config = "", path
	}
	p, err := openProject(ctx, c.env, path, target)
	if err != nil {
		return nil, fmt.Errorf("--plan-from: %w", err)
	}
	return p, nil
}

// planOf gives the plan that the results are held against: the one they say
// they followed or, with --plan-from, one that is made here and now. What the
// two disagree on in kind is an anomaly; in what they ask for, see matrix.Diff.
func (c *reportCommand) planOf(base *project, got gathered, on *connection) (*matrix.Plan, []string, error) {
	if base == nil {
		return got.Plan, nil, nil
	}
	event := c.event
	if event == "" && on != nil && on.err == nil {
		event = on.run.Event
	}
	if event == "" {
		// The event in the results is the word of who made them, and might be
		// one that plans next to nothing.
		err := errors.New("--plan-from: the run's event is not known; name the run with --run, or its event with --event")
		if on != nil && on.err != nil {
			return nil, nil, infrastructure(errors.Join(err, on.err))
		}
		return nil, nil, err
	}
	plan, err := base.plan(planFlags{event: event, only: c.only, layers: c.layers})
	if err == nil {
		omitAsIn(plan, got.Plan)
		// Which cells have jobs depends on what the cheaper layers answered. A
		// forged answer can only take a cell's job away, and such a cell is not green.
		err = base.pack(plan, homeResults(plan, got.Cells))
	}
	if err != nil {
		return nil, nil, fmt.Errorf("--plan-from: %w", err)
	}
	plan.Seal()
	var anomalies []string
	if got.FollowUp != nil {
		if both, err := base.followAgain(plan, planFlags{event: event, only: c.only, layers: c.layers}, got); err != nil {
			anomalies = append(anomalies, fmt.Sprintf("the follow-up is not used: %v", err))
		} else {
			plan = both
		}
	}
	if got.Plan != nil && got.Plan.Event != event {
		anomalies = append(anomalies, fmt.Sprintf("the run says it was planned for %q, and its event was %s", got.Plan.Event, event))
	}
	return plan, anomalies, nil
}

// homeResults gives, in the order of the plan's cells, the newest results of the
// layers that were asked where the run's plan was made.
func homeResults(plan *matrix.Plan, cells []result.Cell) []result.Cell {
	newest := map[string]result.Cell{}
	for _, c := range cells {
		if before, ok := newest[c.ID]; c.Job == "" && (!ok || before.Attempt <= c.Attempt) {
			newest[c.ID] = c
		}
	}
	out := make([]result.Cell, len(plan.Cells))
	for i, c := range plan.Cells {
		out[i] = newest[c.ID]
		out[i].Steps = slices.Clone(out[i].Steps) // packing adds to them
	}
	return out
}
