package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/git"
	"github.com/posthog/chart-matrix/internal/github"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/matrix"
)

// older finds the charts that upgrades start from, once for each operation.
type older struct {
	env     Env
	project *project

	mu        sync.Mutex
	found     map[string]*olderChart        // by operation
	published map[[2]string]*publishedChart // by address and name
	trees     []string                      // exported commits, removed by close
}

// olderChart is what an operation starts from.
type olderChart struct {
	once  sync.Once
	chart layer.Older
	err   error
}

// from implements what layer.Upgrade asks for.
func (o *older) from(ctx context.Context, in layer.Inputs) (layer.Older, error) {
	return o.of(ctx, in.Cell.At[matrix.Operation])
}

// of gives what an operation starts from. A *layer.Block says that there is
// nothing, a *config.Error that what the file names is not there.
func (o *older) of(ctx context.Context, operation string) (layer.Older, error) {
	o.mu.Lock()
	if o.found == nil {
		o.found = map[string]*olderChart{}
	}
	c := o.found[operation]
	if c == nil {
		c = &olderChart{}
		o.found[operation] = c
	}
	o.mu.Unlock()
	c.once.Do(func() { c.chart, c.err = o.find(ctx, o.project.config.Operations[operation].From) })
	return c.chart, c.err
}

func (o *older) close() {
	for _, tree := range o.trees {
		_ = os.RemoveAll(tree) // temporary, the system clears it too
	}
}

func (o *older) find(ctx context.Context, from config.From) (layer.Older, error) {
	switch from.Kind {
	case config.FromRelease, config.FromVersion:
		return o.release(ctx, from)
	case config.FromRef:
		return o.commit(ctx, from, []string{from.Text})
	}
	return o.commit(ctx, from, o.bases())
}

// commit looks at the commits that may be meant, the likeliest first, and takes
// the first one whose chart is another one: an upgrade to itself says nothing.
func (o *older) commit(ctx context.Context, from config.From, refs []string) (layer.Older, error) {
	var same []string
	for _, ref := range refs {
		c, err := o.at(ctx, ref, ref)
		switch {
		case errors.Is(err, git.ErrUnknownCommit) && len(refs) > 1:
			continue // a branch that this checkout does not have
		case errors.Is(err, git.ErrUnknownCommit):
			return layer.Older{}, wrongFrom(from, err.Error())
		case err != nil:
			return layer.Older{}, fmt.Errorf("the chart to upgrade from, %s: %w", from.Text, err)
		case c.Equal(o.project.chart):
			same = append(same, ref)
			continue
		}
		return layer.Older{Chart: c, Name: ref}, nil
	}
	if len(same) == 0 {
		return layer.Older{}, fmt.Errorf("the chart to upgrade from, %s: none of the commits %s is here; check the chart out with its history", from.Text, strings.Join(refs, ", "))
	}
	return layer.Older{}, &layer.Block{Reason: "nothing to upgrade from: the chart is the same at " + strings.Join(same, ", ")}
}

// wrongFrom says that what a file names is not there, and where it names it.
func wrongFrom(from config.From, what string) error {
	if from.Where == "" {
		return &wrongOrigin{"the chart to upgrade from, " + from.Text + ": " + what}
	}
	return &wrongOrigin{from.Where + ": the chart to upgrade from, " + from.Text + ": " + what}
}

// wrongOrigin is a mistake in a configuration that only shows when it is looked
// up what it names.
type wrongOrigin struct{ message string }

func (e *wrongOrigin) Error() string { return e.message }

// bases are the commits that base may mean: of an event of GitHub the one that it
// names; elsewhere the last commit, where something was changed since, the
// default branch, and the commit before.
func (o *older) bases() []string {
	if event, err := github.ReadEvent(o.env.Getenv); err == nil && event.BaseSHA != "" {
		return []string{event.BaseSHA}
	}
	return []string{"HEAD", "origin/HEAD", "HEAD~1"}
}

// errNoChartThere says that a commit does not have the chart's folder.
var errNoChartThere = errors.New("the commit does not have the chart")

// at opens the chart of a commit; name is what people call it.
func (o *older) at(ctx context.Context, ref, name string) (*chart.Chart, error) {
	path := o.project.config.Chart
	tree, err := os.MkdirTemp("", "chart-matrix-older-")
	if err != nil {
		return nil, err
	}
	o.mu.Lock()
	o.trees = append(o.trees, tree)
	o.mu.Unlock()
	folder := folderOf(path)
	if err := git.Export(ctx, folder, ref, tree); err != nil {
		return nil, err
	}
	prefix, err := git.Prefix(folder)
	if err != nil {
		return nil, err
	}
	file, err := filepath.Rel(folder, path)
	if err != nil {
		return nil, err
	}
	there := filepath.Join(tree, filepath.FromSlash(prefix), file)
	if _, err := os.Stat(there); errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w in %s", name, errNoChartThere, filepath.ToSlash(filepath.Join(prefix, file)))
	}
	c, err := chart.Open(ctx, there, chart.Options{Offline: o.project.offline})
	if err != nil {
		// Nobody can look at the folder, so it is not named.
		return nil, errors.New(strings.ReplaceAll(err.Error(), tree+string(filepath.Separator), name+":"))
	}
	return c, nil
}
