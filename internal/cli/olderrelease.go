package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/git"
	"github.com/posthog/chart-matrix/internal/layer"
)

// candidate is a release that may be meant.
type candidate struct {
	name string // for people: "1.2.0 from https://…", "the tag app-1.2.0"
	open func(context.Context) (*chart.Chart, error)
}

// maxCandidates bounds how many releases are opened on the way to the one that
// is meant.
const maxCandidates = 30

// release finds the older chart among the releases of a repository, or among the
// tags of git where none is named. The last release is the newest one that is
// no pre-release, is not newer than the chart, and is not the chart itself, as
// it is behind the commit that was released.
func (o *older) release(ctx context.Context, from config.From) (layer.Older, error) {
	list := o.tagged
	if from.Repository != "" {
		list = o.inRepository
	}
	candidates, err := list(ctx, from)
	if err != nil {
		return layer.Older{}, err
	}
	back := from.Back
	for i, c := range candidates {
		if i == maxCandidates {
			break
		}
		older, err := c.open(ctx)
		switch {
		case errors.Is(err, errNoChartThere):
			continue // from before the chart came, or of another chart
		case err != nil:
			return layer.Older{}, fmt.Errorf("the chart to upgrade from, %s: %w", from.Text, err)
		case from.Kind == config.FromVersion && older.Equal(o.project.chart):
			return layer.Older{}, &layer.Block{Reason: "nothing to upgrade from: the chart is the same in " + c.name}
		case older.Equal(o.project.chart), from.Kind == config.FromRelease && !chart.NotNewer(older.Version, o.project.chart.Version):
			continue
		case back > 0:
			back--
			continue
		}
		return layer.Older{Chart: older, Name: c.name}, nil
	}
	where := "among the tags of git"
	if from.Repository != "" {
		where = "in " + from.Repository
	}
	if from.Kind == config.FromRelease {
		reason := fmt.Sprintf("releases of %s up to %s %s", cmp.Or(from.Chart, o.project.chart.Name), o.project.chart.Version, where)
		if from.Back > 0 {
			reason = "too few " + reason + " for " + from.Text
		} else {
			reason = "no " + reason
		}
		return layer.Older{}, &layer.Block{Reason: "nothing to upgrade from: " + reason}
	}
	return layer.Older{}, wrongFrom(from, "nothing fits "+where)
}

// publishedChart is a chart in a repository, which is asked once.
type publishedChart struct {
	once  sync.Once
	chart *chart.Published
	err   error
}

// inRepository lists the releases of a repository that may be meant, the newest first.
func (o *older) inRepository(ctx context.Context, from config.From) ([]candidate, error) {
	name := cmp.Or(from.Chart, o.project.chart.Name)
	o.mu.Lock()
	if o.published == nil {
		o.published = map[[2]string]*publishedChart{}
	}
	key := [2]string{from.Repository, name}
	p := o.published[key]
	if p == nil {
		p = &publishedChart{}
		o.published[key] = p
	}
	o.mu.Unlock()
	p.once.Do(func() {
		p.chart, p.err = chart.Publish(ctx, from.Repository, name, chart.Options{Offline: o.project.offline})
	})
	switch {
	case errors.Is(p.err, chart.ErrNoVersions) && from.Kind == config.FromRelease:
		return nil, nil // the chart was not released yet
	case errors.Is(p.err, chart.ErrNoVersions):
		return nil, wrongFrom(from, p.err.Error())
	case p.err != nil:
		return nil, fmt.Errorf("the chart to upgrade from, %s: %w", from.Text, p.err)
	}
	versions, err := p.chart.Match(from.Version)
	if err != nil {
		return nil, wrongFrom(from, err.Error())
	}
	if from.Kind == config.FromRelease {
		versions = slices.DeleteFunc(versions, func(v string) bool { return !chart.NotNewer(v, o.project.chart.Version) })
	}
	if len(versions) == 0 && from.Kind == config.FromVersion {
		return nil, wrongFrom(from, fmt.Sprintf("%s has no such version of %s; have %s", from.Repository, name, few(p.chart.Versions())))
	}
	var out []candidate
	for _, v := range versions {
		out = append(out, candidate{
			name: v + " from " + from.Repository,
			open: func(ctx context.Context) (*chart.Chart, error) { return p.chart.Open(ctx, v) },
		})
	}
	return out, nil
}

// few lists the first of many.
func few(list []string) string {
	const most = 8
	if len(list) > most {
		return strings.Join(list[:most], ", ") + fmt.Sprintf(" and %d more", len(list)-most)
	}
	return strings.Join(list, ", ")
}

// tagged lists the tags of git that may be meant, the newest first. Those that
// name the chart, as chart-releaser writes them (app-1.2.3), count alone where
// there are any; else those that are a version (v1.2.3, 1.2.3).
func (o *older) tagged(ctx context.Context, from config.From) ([]candidate, error) {
	tags, err := git.Tags(ctx, folderOf(o.project.config.Chart), o.project.offline)
	if err != nil {
		return nil, fmt.Errorf("the chart to upgrade from, %s: %w", from.Text, err)
	}
	name := cmp.Or(from.Chart, o.project.chart.Name)
	byVersion := map[string]git.Tag{}
	for _, prefix := range []string{name + "-", name + "/", ""} {
		for _, tag := range tags {
			rest, ok := strings.CutPrefix(tag.Name, prefix)
			if !ok || !isRelease(rest) {
				continue
			}
			if _, twice := byVersion[rest]; !twice {
				byVersion[rest] = tag
			}
		}
		if len(byVersion) > 0 {
			break
		}
	}
	versions := make([]string, 0, len(byVersion))
	for v := range byVersion {
		versions = append(versions, v)
	}
	slices.Sort(versions) // what is one version, such as 1.0.0 and v1.0.0, stays in an order
	versions, err = chart.MatchVersions(versions, from.Version)
	if err != nil {
		return nil, wrongFrom(from, err.Error())
	}
	if len(versions) == 0 && from.Kind == config.FromVersion {
		return nil, wrongFrom(from, fmt.Sprintf("no tag of git like %s-1.2.3 or v1.2.3 is such a version; name the repository of the chart's releases (repository: https://…)", name))
	}
	var out []candidate
	for _, v := range versions {
		tag := byVersion[v]
		out = append(out, candidate{
			name: "the tag " + tag.Name,
			open: func(ctx context.Context) (*chart.Chart, error) { return o.at(ctx, tag.Commit, tag.Name) },
		})
	}
	return out, nil
}

// isRelease tells a whole version from other names of tags: 1.2.3 or v1.2.3,
// but not v1, which moves.
func isRelease(name string) bool {
	return name != "" && strings.Count(strings.SplitN(name, "-", 2)[0], ".") == 2 && strings.Trim(name[:1], "v0123456789") == ""
}
