package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/posthog/chart-matrix/findings"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/internal/store"
)

// gathered is what a report is made of: the results, with the plan that they
// say they followed. The plan is nil where there is none that can be used.
type gathered struct {
	store.Collected
	evidence findings.Evidence // nil where there can be none
}

// errNoResults says that there is nothing to make a report of.
var errNoResults = errors.New("no results")

// The limits on what is downloaded for one report.
const (
	maxDownloadBytes = 4 << 30 // of archives, together
	maxUnpackedBytes = 8 << 30 // of what is in them
	downloadsAtOnce  = 4
	maxAnomalies     = 1_000 // that are taken over from a report
)

// artifact is an artifact of ours, and what its name says.
type artifact struct {
	github.Artifact
	of store.Artifact
}

// ours takes the artifacts that are of chart-matrix, sorted by name, part and attempt.
func ours(all []github.Artifact) []artifact {
	var out []artifact
	for _, a := range all {
		if of, ok := store.ParseArtifact(a.Name); ok {
			out = append(out, artifact{a, of})
		}
	}
	slices.SortStableFunc(out, func(a, b artifact) int {
		return cmp.Or(strings.Compare(a.of.Chart, b.of.Chart), strings.Compare(a.of.Part, b.of.Part), cmp.Compare(a.of.Attempt, b.of.Attempt))
	})
	return out
}

// ofChart keeps the artifacts of one chart; "" takes the only one there is.
func ofChart(all []artifact, name string) ([]artifact, error) {
	var names []string
	for _, a := range all {
		if !slices.Contains(names, a.of.Chart) {
			names = append(names, a.of.Chart)
		}
	}
	switch {
	case len(names) == 0:
		return nil, errors.New("it has no artifacts of chart-matrix; they may have expired, or the run may not have got that far")
	case name == "" && len(names) > 1:
		return nil, fmt.Errorf("it tested several charts; name one of %s with --name", strings.Join(names, ", "))
	case name == "":
		return all, nil
	case !slices.Contains(names, artifactName(name)):
		return nil, fmt.Errorf("it has no results of %q; have %s", name, strings.Join(names, ", "))
	}
	return slices.DeleteFunc(all, func(a artifact) bool { return a.of.Chart != artifactName(name) }), nil
}

// fetch downloads the results of a run. The report that the run itself made is
// one download and holds all of them; where it is missing, or of an earlier
// attempt, the parts of which reports are made do.
func (c *reportCommand) fetch(ctx context.Context, on *connection) (gathered, error) {
	hub, run := on.hub, on.run
	listed, err := hub.Artifacts(ctx, run.Ref, store.ArtifactPrefix)
	if err != nil {
		return gathered{}, infrastructure(err)
	}
	all, err := ofChart(ours(listed), c.name)
	if err != nil {
		return gathered{}, infrastructure(fmt.Errorf("%s: %w: %w", run.Ref, errNoResults, err))
	}
	dir, err := os.MkdirTemp("", "chart-matrix-report-")
	if err != nil {
		return gathered{}, infrastructure(err)
	}
	c.temporary = dir // its evidence is read when the results are explained
	var trouble []string
	// A plan that is made anew is held against what the jobs themselves said.
	if i := slices.IndexFunc(all, func(a artifact) bool { return a.of.Part == store.ReportArtifact && a.of.Attempt == run.Attempt }); i >= 0 && c.planFrom == "" {
		got, err := c.fetchReport(ctx, hub, run, all[i], filepath.Join(dir, store.ReportArtifact))
		if err == nil || ctx.Err() != nil {
			return got, err
		}
		trouble = append(trouble, fmt.Sprintf("the artifact %s is not used: %v", all[i].Name, err))
	}
	parts := slices.DeleteFunc(all, func(a artifact) bool { return a.of.Part == store.ReportArtifact })
	more, err := c.fetchParts(ctx, hub, run, parts, filepath.Join(dir, "parts"))
	if err != nil {
		return gathered{}, infrastructure(err)
	}
	got, err := store.Collect(filepath.Join(dir, "parts"), c.name)
	if err != nil {
		return gathered{}, infrastructure(fmt.Errorf("%s: %w: %w", run.Ref, errNoResults, errors.Join(append([]error{err}, more...)...)))
	}
	for _, err := range more {
		trouble = append(trouble, err.Error())
	}
	got.Anomalies = append(got.Anomalies, trouble...)
	return gathered{got, evidenceIn(filepath.Join(dir, "parts"))}, nil
}

// fetchReport takes the results out of a report that was rendered before.
func (c *reportCommand) fetchReport(ctx context.Context, hub *github.Client, run github.Run, a artifact, dir string) (gathered, error) {
	if err := hub.Download(ctx, run, a.Artifact, dir); err != nil {
		return gathered{}, err
	}
	got, err := store.Collect(filepath.Join(dir, renderedResults), "")
	if err != nil {
		return gathered{}, err
	}
	// What was odd when the parts were joined is not odd in what they became.
	if s, err := readSummary(dir); err == nil {
		got.Anomalies = append(got.Anomalies, s.Anomalies[:min(len(s.Anomalies), maxAnomalies)]...)
	}
	return gathered{got, evidenceIn(filepath.Join(dir, renderedResults))}, nil
}

// fetchParts downloads the parts, several at a time, each into a folder of its
// name. What cannot be had is said, and its cells are lost.
func (c *reportCommand) fetchParts(ctx context.Context, hub *github.Client, run github.Run, parts []artifact, dir string) (missing []error, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	var total int64
	for _, a := range parts {
		total += max(a.Size, 0)
	}
	if total > maxDownloadBytes {
		return nil, fmt.Errorf("%s: its artifacts have %d MiB, and at most %d are downloaded", run.Ref, total>>20, maxDownloadBytes>>20)
	}
	if !c.report.quiet {
		fmt.Fprintf(c.env.Stderr, "chart-matrix: downloading %d artifacts, %d KiB\n", len(parts), total>>10)
	}
	failed := make([]error, len(parts))
	var disk room
	disk.left.Store(maxUnpackedBytes)
	slots := make(chan struct{}, downloadsAtOnce)
	var wait sync.WaitGroup
	for i, a := range parts {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			part := filepath.Join(dir, strconv.Itoa(i)+"-"+a.of.Part)
			if failed[i] = errors.Join(ctx.Err(), disk.check()); failed[i] == nil {
				failed[i] = hub.Download(ctx, run, a.Artifact, part)
				disk.take(part)
			}
		})
	}
	wait.Wait()
	for i, err := range failed {
		if err != nil {
			missing = append(missing, fmt.Errorf("the artifact %s is not used: %w", parts[i].Name, err))
		}
	}
	return missing, ctx.Err()
}

// room is how many bytes of a disk may still be filled. Archives that are small
// each by themselves may come in thousands.
type room struct{ left atomic.Int64 }

func (r *room) check() error {
	if r.left.Load() <= 0 {
		return fmt.Errorf("the artifacts before it take more than %d MiB unpacked", maxUnpackedBytes>>20)
	}
	return nil
}

// take counts what is in a folder; one that cannot be read counts as none.
func (r *room) take(dir string) {
	_ = filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return fs.SkipAll
		}
		if info, err := d.Info(); err == nil && info.Mode().IsRegular() {
			r.left.Add(-info.Size())
		}
		return nil
	})
}
