package cli

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/config"
	"github.com/posthog/chart-matrix/internal/layer"
	"github.com/posthog/chart-matrix/internal/runner"
	"github.com/posthog/chart-matrix/matrix"
)

// renderers are those of the chart and of what it is upgraded from, made when
// they are asked for. They remember their answers for whoever asks later.
type renderers struct {
	mu       sync.Mutex
	byDigest map[string]*chart.Renderer
}

// of gives the renderer of a chart.
func (r *renderers) of(c *chart.Chart, f staticFlags) (*chart.Renderer, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if made := r.byDigest[c.Digest]; made != nil {
		return made, nil
	}
	made, err := c.NewRenderer(chart.RendererOptions{
		Workers: runtime.GOMAXPROCS(0), Timeout: f.renderTimeout, MemoryLimit: int64(f.renderMemory) << 20,
	})
	if err != nil {
		return nil, infrastructure(fmt.Errorf("preparing to render: %w; TMPDIR names where temporary files go", err))
	}
	if r.byDigest == nil {
		r.byDigest = map[string]*chart.Renderer{}
	}
	r.byDigest[c.Digest] = made
	return made, nil
}

// close ends the workers; who asks afterwards gets new ones.
func (r *renderers) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, made := range r.byDigest {
		_ = made.Close() // its workers end with this process at the latest
	}
	r.byDigest = nil
}

// upgradeRule names an operation in a plan.
func upgradeRule(operation string) string { return "operation " + operation }

// lookAhead tells of upgrades what is known without a cluster. Where there is
// nothing to upgrade from, or nothing to upgrade since both charts render the
// same, cells are left out: such an upgrade would be green and say nothing. One
// from a chart that does not render is blocked. And of all cells it says what
// they leave behind in a cluster.
//
// A chart that cannot be had is told where it is asked for; the error says that
// what the configuration names is not there.
func (p *project) lookAhead(ctx context.Context, plan *matrix.Plan, f staticFlags) error {
	if !slices.Contains(plan.JobLayers, runner.ClusterName) {
		return nil
	}
	if slices.Contains(plan.JobLayers, layer.UpgradeName) {
		if err := p.omitUpgrades(ctx, plan, f); err != nil {
			return err
		}
	}
	return p.findLasting(ctx, plan, f)
}

// omitUpgrades looks at the upgrades of a plan, one operation after the other.
func (p *project) omitUpgrades(ctx context.Context, plan *matrix.Plan, f staticFlags) error {
	for _, operation := range operationsOf(plan) {
		from, err := p.older.of(ctx, operation)
		var nothing *layer.Block
		var wrong *wrongOrigin
		switch {
		case errors.As(err, &nothing):
			plan.Omit(matrix.NothingToTest, upgradeRule(operation), nothing.Reason, func(c matrix.Cell) bool { return c.At[matrix.Operation] == operation })
			continue
		case errors.As(err, &wrong):
			return err
		case err != nil:
			continue
		}
		if err := p.compare(ctx, plan, operation, from, f); err != nil {
			return err
		}
	}
	p.dropUnused(plan)
	return nil
}

// operationsOf lists the upgrades of a plan's cells, sorted.
func operationsOf(plan *matrix.Plan) []string {
	seen := map[string]bool{}
	for _, c := range plan.Cells {
		if operation := c.At[matrix.Operation]; config.IsUpgrade(operation) {
			seen[operation] = true
		}
	}
	return sortedKeys(seen)
}

// compare holds the renderings of both charts against each other, for each cell
// of an operation.
func (p *project) compare(ctx context.Context, plan *matrix.Plan, operation string, from layer.Older, f staticFlags) error {
	older, newer, err := p.both(from.Chart, f)
	if err != nil {
		return err
	}
	seen := make([]layer.Upgrading, len(plan.Cells))
	err = p.eachCell(ctx, plan.Cells, func(i int, in layer.Inputs) (err error) {
		if in.Cell.At[matrix.Operation] == operation {
			seen[i], err = layer.LookAhead(ctx, older, newer, in)
		}
		return err
	})
	if err != nil {
		return err
	}
	same := map[string]bool{}
	for i := range plan.Cells {
		c := &plan.Cells[i]
		switch {
		case seen[i].Same:
			same[c.ID] = true
		case seen[i].Broken != "":
			c.Skip = addSkips(c.Skip, []string{layer.UpgradeName}, matrix.LayerSkip{
				Rule: upgradeRule(operation), Blocked: true,
				Because: fmt.Sprintf("%s, to upgrade from, does not render here: %s", from.Name, seen[i].Broken),
			})
			c.Skip = addSkips(c.Skip, []string{layer.InstallName}, matrix.LayerSkip{
				Rule: upgradeRule(operation), Because: "the release of this cell is upgraded, not installed",
			})
		}
	}
	plan.Omit(matrix.NothingToTest, upgradeRule(operation), "nothing to upgrade: the chart renders the same as "+from.Name+" does",
		func(c matrix.Cell) bool { return same[c.ID] })
	return nil
}

// both gives the renderers of an older chart and of the project's.
func (p *project) both(c *chart.Chart, f staticFlags) (*layer.OlderRenderer, *chart.Renderer, error) {
	older, err := p.renderers.of(c, f)
	if err != nil {
		return nil, nil, err
	}
	newer, err := p.renderers.of(p.chart, f)
	return &layer.OlderRenderer{Chart: c, Renderer: older}, newer, err
}

// eachCell asks a question of every cell whose values can be had, on all cores.
// The first error, in the order of the cells, is given back.
func (p *project) eachCell(ctx context.Context, cells []matrix.Cell, ask func(i int, in layer.Inputs) error) error {
	errs := make([]error, len(cells))
	runner.Parallel(runtime.GOMAXPROCS(0), len(cells), func(_, i int) {
		if ctx.Err() != nil {
			errs[i] = errInterrupted
			return
		}
		in, err := p.inputs(cells[i])
		if err != nil {
			return // the static layers say it
		}
		errs[i] = ask(i, in)
	})
	for _, err := range errs {
		if err != nil && ctx.Err() != nil {
			return errInterrupted
		}
		if err != nil {
			return infrastructure(fmt.Errorf("looking ahead: %w", err))
		}
	}
	return nil
}

// findLasting notes down what each cell's release leaves behind.
func (p *project) findLasting(ctx context.Context, plan *matrix.Plan, f staticFlags) error {
	if len(plan.Cells) == 0 {
		return nil
	}
	newer, err := p.renderers.of(p.chart, f)
	if err != nil {
		return err
	}
	var lasting layer.Lasting
	sets := make([]matrix.LastingSet, len(plan.Cells))
	err = p.eachCell(ctx, plan.Cells, func(i int, in layer.Inputs) error {
		var older *layer.OlderRenderer
		if in.Upgrade {
			from, err := p.older.of(ctx, in.Cell.At[matrix.Operation])
			if err != nil {
				return nil //nolint:nilerr // told where it is asked for
			}
			if older, _, err = p.both(from.Chart, f); err != nil {
				return err
			}
		}
		objects, err := lasting.Of(ctx, p.chart, newer, older, in)
		sets[i] = matrix.NewLastingSet(objects)
		return err
	})
	if err != nil {
		return err
	}
	known := map[string]matrix.LastingSet{}
	for i := range plan.Cells {
		if plan.Cells[i].Leaves = sets[i].ID; sets[i].ID != "" {
			known[sets[i].ID] = sets[i]
		}
	}
	plan.Lasting = nil
	ids := map[string]bool{}
	for id := range known {
		ids[id] = true
	}
	for _, id := range sortedKeys(ids) {
		plan.Lasting = append(plan.Lasting, known[id])
	}
	return nil
}

// omitAsIn takes over what another plan knows from its renderings: the upgrades
// that have nothing to test, and what cells leave behind. Nobody here has that
// plan's chart, and whether it is the one that it says it is cannot be told
// without. So, like the results themselves, that is the word of who made them;
// it is told as such, and of nothing but upgrades.
func omitAsIn(plan, other *matrix.Plan) {
	if other == nil {
		return
	}
	for _, o := range other.Omissions {
		if o.Kind != matrix.NothingToTest {
			continue
		}
		plan.Omit(o.Kind, o.Rule, ownWord+oneLine(o.Because), func(c matrix.Cell) bool {
			operation := c.At[matrix.Operation]
			return slices.Contains(o.Cells, c.ID) && config.IsUpgrade(operation) && o.Rule == upgradeRule(operation)
		})
	}
	told := map[string]matrix.Cell{}
	for _, c := range other.Cells {
		told[c.ID] = c
	}
	plan.Lasting = other.Lasting
	for i := range plan.Cells {
		plan.Cells[i].Leaves = told[plan.Cells[i].ID].Leaves
	}
}

// ownWord begins the reason for which cells are left out that nobody here can check.
const ownWord = "by the run's own word, which is not verified: "
