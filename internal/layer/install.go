package layer

import (
	"context"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/result"
)

// InstallName is the name of the install layer.
const InstallName = "install"

// Install asks whether the chart installs in the cell's cluster and becomes
// ready there.
type Install struct {
	Chart *chart.Chart
	// Scripts are run around the tests, by scenario.
	Scripts map[string]Scripts
	Dir     string        // where the scripts run
	Timeout time.Duration // of a hook; 0 means chart.DefaultHelmTimeout
	Ready   Readiness
}

// Name implements JobLayer.
func (*Install) Name() string { return InstallName }

// Requires implements JobLayer.
func (*Install) Requires() []string { return []string{RenderName, SchemaName} }

// Needs implements Needer.
func (*Install) Needs() Need { return NeedCluster }

// The checks of the layers install and upgrade, in their order.
const (
	assertInstalls   = "installs"
	assertReady      = "becomes ready"
	assertUpgrades   = "upgrades"
	assertReadyAgain = "becomes ready after the upgrade"
	assertRollsBack  = "rolls back"
	assertReadyBack  = "becomes ready after the rollback"
)

// Run implements JobLayer.
func (l *Install) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	if env.Upgrade {
		return nil, newSkip("the release of this cell is upgraded, not installed")
	}
	in, err := env.cluster()
	if err != nil {
		return nil, err
	}
	i := &installation{env: env, in: in, timeout: l.Timeout, ready: l.Ready}
	if err := i.begin(ctx, scriptOf(l.Scripts, env), l.Chart.Path, l.Dir); err != nil || i.failed() {
		return i.checks, err
	}
	err = i.install(ctx, l.Chart, env.Values, assertInstalls, assertReady)
	return i.done(err)
}

// installation is one run of install or upgrade.
type installation struct {
	env     *JobEnv
	in      *InCluster
	timeout time.Duration
	ready   Readiness

	release *chart.Release
	checks  []result.Assertion
}

// begin remembers what is in the cluster, and runs the scenario's script.
func (i *installation) begin(ctx context.Context, s Scripts, chartPath, dir string) error {
	i.in.Installed = nil
	var err error
	if i.in.before, err = i.in.Cluster.Trace(ctx, i.env.Namespace); err != nil || s.Before == "" {
		return err
	}
	target, err := i.in.target(ctx, i.env, 0)
	if err == nil {
		err = target.EnsureNamespace(ctx)
	}
	if err != nil {
		return err
	}
	a, err := i.env.script(ctx, "before", s.Before, chartPath, dir)
	if err == nil {
		i.checks = append(i.checks, a)
	}
	return err
}

// install installs and waits; the names are those of the checks.
func (i *installation) install(ctx context.Context, c *chart.Chart, v *chart.Values, installs, ready string) error {
	target, err := i.in.target(ctx, i.env, i.timeout)
	if err != nil {
		return err
	}
	r, err := target.Install(ctx, c, v)
	return i.after(ctx, r, err, installs, ready)
}

// after files what Helm did, and waits where it worked.
func (i *installation) after(ctx context.Context, r *chart.Release, err error, does, ready string) error {
	i.keep(r)
	if err != nil {
		return err
	}
	i.release = r
	a := operation(does, r, i.env.Minor)
	if i.checks = append(i.checks, a); a.Status != result.Passed {
		return nil
	}
	if a, err = i.in.ready(ctx, ready, r, i.ready); err == nil {
		i.checks = append(i.checks, a)
	}
	return err
}

// failed tells whether a check did not pass, so that there is no going on.
func (i *installation) failed() bool {
	for _, a := range i.checks {
		if a.Status != result.Passed {
			return true
		}
	}
	return false
}

// done hands the release on to the layers that follow, if all is well.
func (i *installation) done(err error) ([]result.Assertion, error) {
	if err == nil && !i.failed() {
		i.in.Installed = i.release
	}
	return i.checks, err
}
