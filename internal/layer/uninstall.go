package layer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/result"
)

// UninstallName is the name of the uninstall layer.
const UninstallName = "uninstall"

// Uninstall asks whether the release goes, and leaves nothing behind.
type Uninstall struct {
	// Timeout is how long deleted objects may take to go; 0 means
	// chart.DefaultHelmTimeout.
	Timeout time.Duration
}

// Name implements JobLayer.
func (*Uninstall) Name() string { return UninstallName }

// Requires implements JobLayer: what failed can be uninstalled as well, but says
// nothing about a release that works.
func (*Uninstall) Requires() []string { return []string{InstallName, UpgradeName} }

// Needs implements Needer.
func (*Uninstall) Needs() Need { return NeedRelease }

// Run implements JobLayer.
func (l *Uninstall) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	in, err := env.released()
	if err != nil {
		return nil, err
	}
	target, err := in.target(ctx, env, l.Timeout)
	if err != nil {
		return nil, err
	}
	r, err := target.Uninstall(ctx)
	if err != nil {
		return nil, err
	}
	in.Installed = nil
	goes := operation("uninstalls", r, env.Minor)
	// What the API server warns of was told when the release came.
	goes.Problems = slices.DeleteFunc(goes.Problems, func(p result.Problem) bool { return p.Code == apiServerWarning })
	checks := []result.Assertion{goes}
	if in.before == nil {
		return checks, nil
	}
	began := time.Now()
	if l.Timeout > 0 {
		limited, cancel := context.WithTimeout(ctx, l.Timeout)
		defer cancel()
		ctx = limited
	}
	seen, err := in.before.Left(ctx)
	if err != nil {
		return checks, fmt.Errorf("looking for what the release left: %w", err)
	}
	a := seen.assertion("leaves nothing behind", began)
	a.Problems = append(a.Problems, keptProblems(r.Kept)...)
	return append(checks, a), nil
}

// keptProblems names what stays on purpose.
func keptProblems(kept []chart.Object) []result.Problem {
	var out []result.Problem
	for _, o := range kept {
		out = append(out, result.Problem{
			Severity: result.Info, Code: "kept", Message: "stays, as the chart wants it (helm.sh/resource-policy: keep)", Location: location(o),
		})
	}
	return out
}
