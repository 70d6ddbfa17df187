package layer

import (
	"context"
	"fmt"
	"time"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/result"
)

// TestName is the name of the test layer.
const TestName = "test"

// HelmTest runs the tests that the chart brings (helm.sh/hook: test), each of
// them.
type HelmTest struct {
	Timeout time.Duration // of one test; 0 means chart.DefaultHelmTimeout
	// Required says that the configuration names the layer: a chart without
	// tests is an error then, and not a skip.
	Required bool
}

// Name implements JobLayer.
func (*HelmTest) Name() string { return TestName }

// Requires implements JobLayer.
func (*HelmTest) Requires() []string { return []string{InstallName, UpgradeName} }

// Needs implements Needer.
func (*HelmTest) Needs() Need { return NeedRelease }

// Run implements JobLayer.
func (l *HelmTest) Run(ctx context.Context, env *JobEnv) ([]result.Assertion, error) {
	in, err := env.released()
	if err != nil {
		return nil, err
	}
	target, err := in.target(ctx, env, l.Timeout)
	if err != nil {
		return nil, err
	}
	r, err := target.Test(ctx)
	var checks []result.Assertion
	if r != nil {
		checks = testChecks(r, env.Minor)
	}
	if err != nil {
		return checks, err
	}
	if len(r.Refusals) > 0 {
		return append(checks, operation("runs", r, env.Minor)), nil
	}
	if len(checks) == 0 {
		const none = "the chart has no tests (helm.sh/hook: test)"
		if l.Required {
			return nil, fmt.Errorf("test: configured, but %s", none)
		}
		return nil, newSkip(none)
	}
	return bounded(distinct(checks)), nil
}

// testChecks gives a check for each test that ran. Other objects that come with
// tests, such as a ConfigMap, are none, as long as they can be made.
func testChecks(r *chart.Release, minor string) []result.Assertion {
	var checks []result.Assertion
	for _, run := range r.Hooks {
		if run.Kind != "Pod" && run.Kind != "Job" && !run.Failed {
			continue
		}
		a := result.Assertion{Name: run.String(), Status: result.Passed, Seconds: run.Seconds}
		switch {
		case run.Infrastructure:
			a.Status, a.Reason = result.Errored, run.Message
		case len(run.Refusals) > 0:
			for _, refusal := range run.Refusals {
				a.Problems = append(a.Problems, refusalProblem(refusal, minor))
			}
			a.Status = result.Failed
		case run.Failed:
			p := result.Problem{
				Severity: result.Error, Code: "test-failed", Message: oneLine(run.Message),
				Location: location(run.Object), Excerpt: lastLog(run),
			}
			if run.TimedOut {
				p.Code = "test-timeout"
			}
			a.Status, a.Problems = result.Failed, []result.Problem{p}
		}
		checks = append(checks, a)
	}
	return checks
}
