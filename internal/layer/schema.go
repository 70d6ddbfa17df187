package layer

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/result"
)

// SchemaName is the name of the schema layer.
const SchemaName = "schema"

// Schema asks whether the API server of a cell's version would take every
// object: is the kind served, do the fields have the right types. Custom
// resources are held against the CRDs that the chart brings.
type Schema struct {
	chart    *chart.Chart
	renderer *chart.Renderer
	own      []document // crds/ of the chart and its subcharts, which Helm installs first

	mu       sync.Mutex
	parsed   map[string]*parsed             // by digest of the document
	problems map[[2]string][]result.Problem // by digests of object and judgement
	compiled map[string]*kube.CRD           // by digest of the CRD's object
	lines    map[[2]string]int              // by file and rendered line
}

// NewSchema makes the layer for the chart behind the renderer.
func NewSchema(c *chart.Chart, r *chart.Renderer) *Schema {
	s := &Schema{
		chart:    c,
		renderer: r,
		parsed:   map[string]*parsed{},
		problems: map[[2]string][]result.Problem{},
		compiled: map[string]*kube.CRD{},
		lines:    map[[2]string]int{},
	}
	for _, d := range c.CRDs() {
		s.own = append(s.own, s.document(d))
	}
	return s
}

// Name implements Layer.
func (*Schema) Name() string { return SchemaName }

// Requires implements Layer.
func (*Schema) Requires() []string { return []string{RenderName} }

// Key implements Layer: the objects, and what this version knows about each.
// Versions that agree on every kind of the chart share one answer.
func (s *Schema) Key(ctx context.Context, in Inputs) (string, error) {
	m, err := s.manifest(ctx, in)
	if err != nil {
		return "", err
	}
	parts := []string{SchemaName}
	for _, d := range m.documents {
		parts = append(parts, d.digest)
	}
	seen := map[kube.GVK]bool{}
	for _, o := range m.objects {
		if !seen[o.gvk] {
			seen[o.gvk] = true
			parts = append(parts, o.gvk.String(), m.judge(o.gvk).digest)
		}
	}
	return digest(parts...), nil
}

// Run implements Layer: one assertion for each object.
func (s *Schema) Run(ctx context.Context, in Inputs) ([]result.Assertion, error) {
	m, err := s.manifest(ctx, in)
	if err != nil {
		return nil, err
	}
	var out []result.Assertion
	names := map[string]int{}
	unique := func(name string) string {
		names[name]++
		if n := names[name]; n > 1 {
			return fmt.Sprintf("%s (%d)", name, n)
		}
		return name
	}
	for _, d := range m.documents {
		if d.err != nil {
			out = append(out, failedAssertion(unique(d.file), result.Problem{
				Severity: result.Error, Code: "template-invalid", Message: d.err.Error(), Location: result.Location{File: d.file},
				Excerpt: firstLines(d.text, 3),
			}))
		} else if d.warning != "" {
			out = append(out, failedAssertion(unique(d.file), result.Problem{
				Severity: result.Warning, Code: "duplicate-key", Message: d.warning, Location: result.Location{File: d.file},
			}))
		}
	}
	for _, o := range m.objects {
		out = append(out, s.check(m, o, unique(o.name)))
	}
	return out, nil
}

// check judges one object.
func (s *Schema) check(m *manifest, o object, name string) result.Assertion {
	j := m.judge(o.gvk)
	if j.noSchema != "" {
		return result.Assertion{Name: name, Status: result.Skipped, Reason: j.noSchema}
	}
	key := [2]string{o.digest, j.digest}
	s.mu.Lock()
	problems, ok := s.problems[key]
	s.mu.Unlock()
	if !ok {
		problems = s.judgeObject(j, o)
		s.mu.Lock()
		s.problems[key] = problems
		s.mu.Unlock()
	}
	// The same object may come out of another template elsewhere.
	problems = append([]result.Problem(nil), problems...)
	for i := range problems {
		at := &problems[i].Location
		at.File, at.Object = o.file, o.name
		if lines := problems[i].Excerpt; len(lines) > 0 {
			at.Line = s.lineOf(o.file, lines[len(lines)-1])
		}
	}
	return result.Assertion{Name: name, Status: verdict(problems), Problems: problems}
}

// lineOf asks the chart where a rendered line comes from, once for each.
func (s *Schema) lineOf(file, rendered string) int {
	key := [2]string{file, rendered}
	s.mu.Lock()
	defer s.mu.Unlock()
	line, ok := s.lines[key]
	if !ok {
		line = s.chart.LineOf(file, rendered)
		s.lines[key] = line
	}
	return line
}

func (s *Schema) judgeObject(j judgement, o object) []result.Problem {
	var out []result.Problem
	if j.api != nil {
		p := *j.api
		p.Excerpt = excerptAt(o.text, o.path+"/apiVersion")
		out = append(out, p)
	}
	if j.schema == nil {
		return out
	}
	for _, v := range kube.Validate(o.body, j.schema) {
		p := result.Problem{
			Severity: result.Error, Code: string(v.Kind), Message: v.Message,
			Location: result.Location{Path: v.Path}, Excerpt: excerptAt(o.text, o.path+v.Path),
		}
		if v.Severity == kube.Warning {
			p.Severity = result.Warning
		}
		out = append(out, p)
	}
	return out
}

func failedAssertion(name string, p result.Problem) result.Assertion {
	problems := []result.Problem{p}
	return result.Assertion{Name: name, Status: verdict(problems), Problems: problems}
}

func firstLines(text string, n int) []string {
	lines := strings.SplitN(strings.TrimSpace(text), "\n", n+1)
	return lines[:min(n, len(lines))]
}
