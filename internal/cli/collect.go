package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/matrix"
)

// connection is a run on GitHub and the way to it. Where GitHub cannot be
// asked, err says why, and of run the reference alone is known.
type connection struct {
	hub *github.Client
	run github.Run
	err error
}

func (c *reportCommand) connect(ctx context.Context, ref github.RunRef) *connection {
	on := &connection{run: github.Run{Ref: ref}}
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
		return got, on, err
	}
	collected, err := store.Collect(from.dir, c.name)
	if err != nil && c.planFrom == "" {
		return gathered{}, nil, err
	}
	got := gathered{collected}
	if err != nil {
		// There is a plan without it; all its cells are lost.
		got.Anomalies = append(got.Anomalies, err.Error())
	}
	ref := from.ref
	if ref.ID == 0 && !c.offline && c.env.inActions() && (len(got.Parts) > 0 || c.planFrom != "") {
		event, err := github.ReadEvent(c.env.Getenv)
		if err != nil {
			return gathered{}, nil, fmt.Errorf("%w; --run names the run, and --offline does without", err)
		}
		ref = ownRun(event)
	}
	if ref.ID == 0 {
		return got, nil, nil
	}
	return got, c.connect(ctx, ref), nil
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

// planOf gives the plan that the results are held against: the one they say
// they followed or, with --plan-from, one that is made here and now. What the
// two disagree on in kind is an anomaly; in what they ask for, see matrix.Diff.
func (c *reportCommand) planOf(ctx context.Context, got gathered, on *connection) (*matrix.Plan, []string, error) {
	if c.planFrom == "" {
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
	p, err := openProject(ctx, c.env, c.planFrom, targetFlags{offline: c.offline})
	if err != nil {
		return nil, nil, fmt.Errorf("--plan-from: %w", err)
	}
	plan, err := p.plan(planFlags{event: event})
	if err != nil {
		return nil, nil, fmt.Errorf("--plan-from: %w", err)
	}
	plan.Seal()
	var anomalies []string
	if got.Plan != nil && got.Plan.Event != event {
		anomalies = append(anomalies, fmt.Sprintf("the run says it was planned for %q, and its event was %s", got.Plan.Event, event))
	}
	return plan, anomalies, nil
}
