package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/git"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
)

// older finds the chart that upgrades start from, once for all cells.
type older struct {
	env     Env
	project *project

	once  sync.Once
	found layer.Older
	err   error
	trees []string // exported commits, removed by close
}

// fromBase asks for the chart as it was before the change at hand.
const fromBase = "base"

// from implements what layer.Upgrade asks for.
func (o *older) from(ctx context.Context, _ layer.Inputs) (layer.Older, error) {
	o.once.Do(func() { o.found, o.err = o.find(ctx) })
	return o.found, o.err
}

func (o *older) close() {
	for _, tree := range o.trees {
		_ = os.RemoveAll(tree) // temporary, the system clears it too
	}
}

// find looks at the commits that may be meant, the likeliest first, and takes
// the first one whose chart is another one: an upgrade to itself says nothing.
func (o *older) find(ctx context.Context) (layer.Older, error) {
	from := o.project.config.Operations[layer.UpgradeName].From
	refs := []string{from}
	if from == fromBase {
		refs = o.bases()
	}
	var same []string
	for _, ref := range refs {
		c, err := o.at(ctx, ref)
		switch {
		case errors.Is(err, git.ErrUnknownCommit) && len(refs) > 1:
			continue // a branch that this checkout does not have
		case err != nil:
			return layer.Older{}, fmt.Errorf("the chart to upgrade from, %s: %w", from, err)
		case c.Digest == o.project.chart.Digest:
			same = append(same, ref)
			continue
		}
		return layer.Older{Chart: c, Name: ref}, nil
	}
	if len(same) == 0 {
		return layer.Older{}, fmt.Errorf("the chart to upgrade from, %s: none of the commits %s is here; check the chart out with its history", from, strings.Join(refs, ", "))
	}
	return layer.Older{}, &layer.Block{Reason: "nothing to upgrade from: the chart is the same at " + strings.Join(same, ", ")}
}

// omitUpgrades takes the cells that upgrade out of a plan where there is nothing
// to upgrade from: an upgrade of a chart to itself is green and says nothing. A
// chart that cannot be had is said where it is asked for.
func (p *project) omitUpgrades(ctx context.Context, plan *matrix.Plan) {
	if !slices.Contains(plan.JobLayers, layer.UpgradeName) {
		return
	}
	_, err := p.older.from(ctx, layer.Inputs{})
	var nothing *layer.Block
	if !errors.As(err, &nothing) {
		return
	}
	plan.Omit(matrix.NothingToTest, "operation upgrade", nothing.Reason, func(c matrix.Cell) bool {
		return c.At[matrix.Operation] == layer.UpgradeName
	})
	p.dropUnused(plan)
}

// omitAsIn takes the cells out of a plan for which another plan of the same
// chart had nothing to test.
func omitAsIn(plan, other *matrix.Plan) {
	if other == nil || other.Chart.Digest != plan.Chart.Digest {
		return
	}
	for _, o := range other.Omissions {
		if o.Kind == matrix.NothingToTest {
			plan.Omit(o.Kind, o.Rule, o.Because, func(c matrix.Cell) bool { return slices.Contains(o.Cells, c.ID) })
		}
	}
}

// bases are the commits that base may mean: of an event of GitHub the one that it
// names; elsewhere the last commit, where something was changed since, the
// default branch, and the commit before.
func (o *older) bases() []string {
	if event, err := github.ReadEvent(o.env.Getenv); err == nil && event.BaseSHA != "" {
		return []string{event.BaseSHA}
	}
	return []string{"HEAD", "origin/HEAD", "HEAD~1"}
}

// at opens the chart of a commit.
func (o *older) at(ctx context.Context, ref string) (*chart.Chart, error) {
	path := o.project.config.Chart
	tree, err := os.MkdirTemp("", "chart-matrix-older-")
	if err != nil {
		return nil, err
	}
	o.trees = append(o.trees, tree)
	folder := folderOf(path)
	if err := git.Export(ctx, folder, ref, tree); err != nil {
		return nil, err
	}
	prefix, err := git.Prefix(folder)
	if err != nil {
		return nil, err
	}
	name, err := filepath.Rel(folder, path)
	if err != nil {
		return nil, err
	}
	c, err := chart.Open(ctx, filepath.Join(tree, filepath.FromSlash(prefix), name), chart.Options{Offline: o.project.offline})
	if err != nil {
		// Nobody can look at the folder, so it is not named.
		return nil, errors.New(strings.ReplaceAll(err.Error(), tree+string(filepath.Separator), ref+":"))
	}
	return c, nil
}
