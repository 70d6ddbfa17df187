package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/internal/store"
	"github.com/posthog/chart-matrix/result"
)

// noBaseline is what --baseline says to compare with nothing.
const noBaseline = "none"

// maxBaselines bounds the runs of a comparison. More nights say little more, and
// each of them is read in full.
const maxBaselines = 100

// baselineFlags name earlier runs to compare with, the newest first.
type baselineFlags struct{ names []string }

func (f *baselineFlags) add(cmd *cobra.Command, without string) {
	cmd.Flags().StringArrayVar(&f.names, "baseline", nil, "compare with an earlier run: a folder, gh:OWNER/REPO/runs/ID, its address, or none ("+
		without+"); repeatable, newest first: the first tells what is new, all together what is flaky")
}

// given tells whether the flag says anything; off, that it says none.
func (f *baselineFlags) given() bool { return len(f.names) > 0 }
func (f *baselineFlags) off() bool   { return slices.Contains(f.names, noBaseline) }

// check refuses what cannot work, before any work is done.
func (f *baselineFlags) check(offline bool) error {
	if f.off() && len(f.names) > 1 {
		return fmt.Errorf("--baseline: %s stands alone", noBaseline)
	}
	if len(f.names) > maxBaselines {
		return fmt.Errorf("--baseline: %d runs, and at most %d can be compared with", len(f.names), maxBaselines)
	}
	for _, name := range f.names {
		switch {
		case name == "":
			return errors.New("--baseline: expected a folder, gh:OWNER/REPO/runs/ID, the address of a run, or none")
		case isRun(name) && offline:
			return fmt.Errorf("--baseline: %s is on GitHub, and --offline asks nothing of it; name a folder", name)
		case isRun(name):
			if _, err := github.ParseRunRef(name); err != nil {
				return fmt.Errorf("--baseline: %w", err)
			}
		case name != noBaseline:
			if info, err := os.Stat(name); err != nil {
				return fmt.Errorf("--baseline: %w; expected a folder with results, gh:OWNER/REPO/runs/ID, the address of a run, or none", err)
			} else if !info.IsDir() {
				return fmt.Errorf("--baseline: %s is not a folder; name the one that run, check --results or report --render wrote", name)
			}
		}
	}
	return nil
}

// compared is what a run is compared with, and how that is said.
type compared struct {
	past   []*findings.Past // newest first
	origin findings.Origin  // its baseline alone
	notes  []string
}

// to says it of a run.
func (c *compared) to(o *findings.Origin) {
	o.Baseline, o.BaselineURL, o.NoBaseline = c.origin.Baseline, c.origin.BaselineURL, c.origin.NoBaseline
}

// more says how many runs are compared with besides the baseline.
func (c *compared) more(word string) {
	if n := len(c.past) - 1; n > 0 {
		c.origin.Baseline += fmt.Sprintf(", and %s before it", count(n, word))
	}
}

// load reads the runs that the flags name, of the chart called name. One at a
// time is in memory.
func (f *baselineFlags) load(ctx context.Context, env Env, name string, quiet bool) (compared, error) {
	var c compared
	if f.off() {
		c.origin.NoBaseline = "--baseline none"
		return c, nil
	}
	for i, from := range f.names {
		run, origin, err := loadBaseline(ctx, env, from, name, quiet)
		if err != nil {
			return c, fmt.Errorf("--baseline: %w", err)
		}
		if i == 0 {
			c.origin = origin
		}
		c.past = append(c.past, findings.Remember(run))
	}
	c.more("run")
	return c, nil
}

func loadBaseline(ctx context.Context, env Env, from, name string, quiet bool) (*result.Run, findings.Origin, error) {
	if isRun(from) {
		return fetchBaseline(ctx, env, from, name, quiet)
	}
	got, err := store.Collect(resultsIn(from), name)
	if err != nil {
		return nil, findings.Origin{}, err
	}
	return result.Join(got.Plan, got.Cells, nil), findings.Origin{Baseline: "the results in " + oneLine(from)}, nil
}

// resultsIn gives the folder of the results, where a rendered report is named.
func resultsIn(dir string) string {
	inside := filepath.Join(dir, renderedResults)
	if _, err := os.Stat(filepath.Join(dir, renderedSummary)); err != nil {
		return dir
	}
	if info, err := os.Stat(inside); err != nil || !info.IsDir() {
		return dir
	}
	return inside
}

// fetchBaseline downloads a run's results, as report does.
func fetchBaseline(ctx context.Context, env Env, from, name string, quiet bool) (*result.Run, findings.Origin, error) {
	ref, err := github.ParseRunRef(from)
	if err != nil {
		return nil, findings.Origin{}, err
	}
	c := reportCommand{env: env, name: name, report: reportFlags{quiet: quiet}}
	defer c.discard()
	on := c.connect(ctx, ref)
	if on.err != nil {
		return nil, findings.Origin{}, infrastructure(on.err)
	}
	defer c.discard()
	got, err := c.fetch(ctx, on)
	if err != nil {
		return nil, findings.Origin{}, err
	}
	return result.Join(got.Plan, got.Cells, nil), findings.Origin{
		Baseline:    fmt.Sprintf("run %d of %s", ref.ID, on.run.Created.UTC().Format(time.DateOnly)),
		BaselineURL: on.run.URL,
	}, nil
}

// seek finds the run to compare with by itself: the last night and, where there
// is none, the run of the commit that the change is made to. The report of a
// night takes those before it along. It never fails: why there is no baseline is
// said.
func (c *reportCommand) seek(ctx context.Context, on *connection, name string) compared {
	var out compared
	found, err := on.hub.Baseline(ctx, on.run, name)
	if errors.Is(err, github.ErrNoBaseline) {
		if base, at := c.seekBase(ctx, on, name); base != nil {
			found, err = base, nil
			out.origin.Baseline = "the run of the commit " + at[:7] + ", which the change is made to"
		}
	}
	if err == nil {
		out.past, out.notes, err = downloadBaseline(ctx, on.hub, found)
	}
	if err != nil {
		return compared{origin: findings.Origin{NoBaseline: why(err)}}
	}
	if out.origin.BaselineURL = found.Run.URL; out.origin.Baseline == "" {
		out.origin.Baseline = "the nightly run of " + found.Run.Created.UTC().Format(time.DateOnly)
	}
	out.more("run")
	return out
}

// seekBase finds the run of the commit that a change is made to. Where this is a
// step of the run itself, its event tells the commit; else its pull request does.
func (c *reportCommand) seekBase(ctx context.Context, on *connection, name string) (*github.Baseline, string) {
	base := ""
	if event, err := github.ReadEvent(c.env.Getenv); err == nil && event.RunID == on.run.Ref.ID {
		base = event.BaseSHA
	} else if pr, err := on.hub.PullRequest(ctx, on.run); err == nil {
		base = pr.BaseSHA
	}
	if base == "" {
		return nil, ""
	}
	found, err := on.hub.BaselineAt(ctx, on.run, name, base)
	if err != nil {
		return nil, "" // that there is no night is what is said
	}
	return found, base
}

// downloadBaseline reads the results in a run's report, and the runs before it
// that the report took along. Without those, the baseline still tells what is new.
func downloadBaseline(ctx context.Context, hub *github.Client, b *github.Baseline) (past []*findings.Past, notes []string, err error) {
	dir, err := os.MkdirTemp("", "chart-matrix-baseline-")
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // temporary
	dir = filepath.Join(dir, store.ReportArtifact)
	if err := hub.Download(ctx, b.Run, b.Artifact, dir); err != nil {
		return nil, nil, err
	}
	plan, cells, _, err := store.Read(filepath.Join(dir, renderedResults))
	if err != nil {
		return nil, nil, fmt.Errorf("the results of run %d cannot be used: %w", b.Run.Ref.ID, err)
	}
	older, err := readHistory(dir)
	if err != nil {
		notes = []string{fmt.Sprintf("What run %d knows of the runs before it cannot be used: %v", b.Run.Ref.ID, err)}
	}
	return append([]*findings.Past{findings.Remember(result.Join(plan, cells, nil))}, older...), notes, nil
}
