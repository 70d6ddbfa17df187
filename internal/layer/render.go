package layer

import (
	"context"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/result"
)

// RenderName is the name of the render layer.
const RenderName = "render"

// Render asks whether the chart renders with a cell's values on its version, as
// Helm would in front of a real cluster of that version.
type Render struct {
	Renderer *chart.Renderer
}

// Name implements Layer.
func (*Render) Name() string { return RenderName }

// Requires implements Layer: render needs nothing.
func (*Render) Requires() []string { return nil }

// Key implements Layer.
func (*Render) Key(_ context.Context, in Inputs) (string, error) {
	return digest(RenderName, in.Values.Digest, in.Release, in.Namespace, in.KubeVersion, strconv.FormatBool(in.Upgrade)), nil
}

// The assertions of the render layer, in the order in which Helm checks them.
const (
	assertKubeVersion = "accepts the Kubernetes version"
	assertValues      = "accepts the values"
	assertTemplates   = "templates render"
)

// Run implements Layer.
func (l *Render) Run(ctx context.Context, in Inputs) ([]result.Assertion, error) {
	r, err := render(ctx, l.Renderer, in)
	if err != nil {
		return nil, err
	}
	names := []string{assertKubeVersion, assertValues, assertTemplates}
	failed := len(names)
	if r.Failure != nil {
		failed = 2
		switch r.Failure.Kind {
		case chart.KubeVersion, chart.VersionSuffix:
			failed = 0
		case chart.ValuesSchema, chart.ValuesInvalid:
			failed = 1
		}
	}
	out := make([]result.Assertion, 0, len(names))
	for i, name := range names {
		a := result.Assertion{Name: name, Status: result.Passed}
		switch {
		case i == failed:
			a.Status = result.Failed
			a.Problems = []result.Problem{renderProblem(r.Failure)}
		case i > failed:
			a.Status, a.Reason = result.Skipped, "Helm stops before: "+names[failed]
		}
		out = append(out, a)
	}
	return out, nil
}

// render asks the renderer what this cell's chart looks like. The renderer
// remembers its answers, so that layers can ask again.
func render(ctx context.Context, r *chart.Renderer, in Inputs) (*chart.Rendering, error) {
	request, err := renderRequest(in)
	if err != nil {
		return nil, err
	}
	return r.Render(ctx, request)
}

func renderRequest(in Inputs) (chart.Request, error) {
	minor, err := kube.ParseMinor(in.Minor)
	if err != nil {
		return chart.Request{}, err
	}
	api, err := kube.Lookup(minor)
	if err != nil {
		return chart.Request{}, err
	}
	return chart.Request{
		Values: in.Values, ValuesName: in.Cell.At["scenario"],
		Release: in.Release, Namespace: in.Namespace,
		KubeVersion: in.KubeVersion, APIVersions: api.Versions(), Upgrade: in.Upgrade,
	}, nil
}

// renderHints says what to do about each kind of failure.
var renderHints = map[chart.FailureKind]string{
	chart.KubeVersion:    "leave this version out of the matrix, or widen kubeVersion in Chart.yaml",
	chart.VersionSuffix:  "Helm 3 and 4 refuse to install here, though `helm template --kube-version` passes; write kubeVersion with -0, such as \">=1.25.0-0\"",
	chart.Required:       "set the value in the scenario, or give it a default in values.yaml",
	chart.ValuesSchema:   "mend the values, or values.schema.json if it is too strict",
	chart.Timeout:        "look for a loop that does not end",
	chart.Memory:         "look for a loop or a `repeat` that grows without end",
	chart.OutputTooLarge: "look for a loop or a `repeat` that grows without end",
	chart.NotInstallable: "test a chart that uses the library",
}

func renderProblem(f *chart.Failure) result.Problem {
	return result.Problem{
		Severity: result.Error, Code: renderCode(f.Kind), Message: f.Message, Hint: renderHints[f.Kind],
		Location: result.Location{File: chartRelative(f.Template), Line: f.Line, Column: f.Column},
	}
}

// renderCode names a failure as findings do: what Helm calls by many names is
// for a maintainer an invalid template, unless it has a better word.
func renderCode(k chart.FailureKind) string {
	switch k {
	case chart.TemplateParse, chart.TemplateExec:
		return "template-invalid"
	case chart.Required:
		return "required-value"
	case chart.Fail:
		return "template-refuses"
	case chart.Timeout, chart.Memory, chart.OutputTooLarge:
		return "template-runaway"
	}
	return string(k)
}

// chartRelative takes the chart's own name off a template's path, so that it
// can be opened: hogwatch/templates/web.yaml is templates/web.yaml on disk, and
// hogwatch/charts/redis/templates/x.yaml is charts/redis/templates/x.yaml.
func chartRelative(template string) string {
	if _, rest, ok := strings.Cut(template, "/"); ok {
		return rest
	}
	return template
}
