package layer

import (
	"context"
	"strconv"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/result"
)

// LintName is the name of the lint layer.
const LintName = "lint"

// Lint asks what `helm lint` asks, once for each set of values.
type Lint struct {
	Renderer *chart.Renderer
	// Strict makes warnings fail, as --strict does.
	Strict bool
}

// Name implements Layer.
func (*Lint) Name() string { return LintName }

// Requires implements Layer: lint needs nothing.
func (*Lint) Requires() []string { return nil }

// Key implements Layer: Helm lints with one version of Kubernetes, so the
// values alone decide.
func (l *Lint) Key(_ context.Context, in Inputs) (string, error) {
	return digest(LintName, in.Values.Digest, in.Release, in.Namespace, strconv.FormatBool(l.Strict)), nil
}

// Run implements Layer. Helm lints with the newest version that is known; what
// depends on the version is asked by the layers behind it.
func (l *Lint) Run(ctx context.Context, in Inputs) ([]result.Assertion, error) {
	minors := kube.Minors()
	newest := minors[len(minors)-1]
	api, err := kube.Lookup(newest)
	if err != nil {
		return nil, err
	}
	messages, err := l.Renderer.Lint(ctx, chart.LintRequest{
		Values: in.Values, Release: in.Release, Namespace: in.Namespace,
		KubeVersion: "v" + newest.String() + ".0", APIVersions: api.Versions(),
	})
	if err != nil {
		return nil, err
	}
	a := result.Assertion{Name: "helm lint"}
	for _, m := range messages {
		a.Problems = append(a.Problems, result.Problem{
			Severity: l.severity(m.Severity), Code: "lint", Message: m.Message,
			Location: result.Location{File: m.File, Line: m.Line, Column: m.Column},
		})
	}
	a.Status = verdict(a.Problems)
	return []result.Assertion{a}, nil
}

func (l *Lint) severity(s chart.LintSeverity) result.Severity {
	switch {
	case s == chart.LintError, s == chart.LintWarning && l.Strict:
		return result.Error
	case s == chart.LintWarning:
		return result.Warning
	}
	return result.Info
}
