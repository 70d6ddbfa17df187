package layer

import (
	"context"
	"fmt"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/result"
)

// UpgradeName is the name of the upgrade layer.
const UpgradeName = "upgrade"

// Upgrade asks whether a release of an older chart upgrades to the chart, and
// is ready afterwards.
type Upgrade struct {
	Chart *chart.Chart
	// From gives what a cell upgrades from. A *Block says why there is nothing.
	From    func(ctx context.Context, in Inputs) (Older, error)
	Scripts map[string]Scripts // by scenario
	Dir     string             // where the scripts run
	Timeout time.Duration      // of a hook; 0 means chart.DefaultHelmTimeout
	Ready   Readiness
	// Rollback says in which cells it is asked, too, whether the older release
	// comes back; nil for none.
	Rollback func(in Inputs) bool
}

// Older is what an upgrade starts with.
type Older struct {
	Chart *chart.Chart
	// Values are those that the older chart is installed with; nil is the cell's.
	Values *chart.Values
	Name   string // for people: "the base 1a2b3c4", "release 1.2.0"
}

// Name implements JobLayer.
func (*Upgrade) Name() string { return UpgradeName }

// Requires implements JobLayer.
func (*Upgrade) Requires() []string { return []string{RenderName, SchemaName} }

// Needs implements Needer.
func (*Upgrade) Needs() Need { return NeedCluster }

// Run implements JobLayer.
func (l *Upgrade) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	if !env.Upgrade {
		return nil, newSkip("the release of this cell is installed, not upgraded")
	}
	in, err := env.cluster()
	if err != nil {
		return nil, err
	}
	older, err := l.From(ctx, env.Inputs)
	if err != nil {
		return nil, err
	}
	if older.Values == nil {
		older.Values = env.Values
	}
	i := &installation{env: env, in: in, timeout: l.Timeout, ready: l.Ready}
	if err := i.begin(ctx, scriptOf(l.Scripts, env), l.Chart.Path, l.Dir); err != nil || i.failed() {
		return i.checks, err
	}
	if err := l.install(ctx, i, older); err != nil {
		return i.checks, err
	}
	before := i.release.Revision
	target, err := in.target(ctx, env, l.Timeout)
	if err != nil {
		return i.checks, err
	}
	r, err := target.Upgrade(ctx, l.Chart, env.Values)
	if err = i.after(ctx, r, err, assertUpgrades, assertReadyAgain); err == nil && l.Rollback != nil && l.Rollback(env.Inputs) && !i.failed() {
		r, err = target.Rollback(ctx, before)
		err = i.after(ctx, r, err, assertRollsBack, assertReadyBack)
	}
	return i.done(err)
}

// install installs the older chart. Where that does not work, nobody has such a
// release, and there is nothing to upgrade: that is no answer about the chart.
func (l *Upgrade) install(ctx context.Context, i *installation, older Older) error {
	checks := i.checks
	if err := i.install(ctx, older.Chart, older.Values, assertInstalls, assertReady); err != nil {
		return fmt.Errorf("installing %s, to upgrade from it: %w", older.Name, err)
	}
	last := i.checks[len(i.checks)-1]
	i.checks = checks
	switch last.Status {
	case result.Passed:
		return nil
	case result.Errored:
		return fmt.Errorf("installing %s, to upgrade from it: %s", older.Name, why(last))
	}
	what := "does not install here"
	if last.Name == assertReady {
		what = "does not become ready here"
	}
	return &Block{fmt.Sprintf("%s, to upgrade from, %s: %s", older.Name, what, why(last))}
}
