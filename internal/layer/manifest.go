package layer

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/result"
)

// document is a parsed document and where it comes from.
type document struct {
	*parsed
	file   string
	text   string
	digest string
}

// manifest is all that Helm would send to a cluster of one version.
type manifest struct {
	api       *kube.API
	documents []document
	objects   []object
	crds      map[string][]*kube.CRD // by group and kind
	judged    map[kube.GVK]judgement
}

// judgement is what one version of Kubernetes, together with the CRDs of the
// manifest, says about a kind.
type judgement struct {
	api      *result.Problem // the kind itself is not served, or going away
	schema   *kube.Schema    // nil: objects cannot be checked further
	noSchema string          // why nothing is known about the kind
	digest   string          // equal digests, equal answers for equal objects
}

// manifest renders a cell and parses what comes out.
func (s *Schema) manifest(ctx context.Context, in Inputs) (*manifest, error) {
	r, err := render(ctx, s.renderer, in)
	if err != nil {
		return nil, err
	}
	if r.Failure != nil {
		return nil, fmt.Errorf("the chart does not render: %w", r.Failure)
	}
	minor, err := kube.ParseMinor(in.Minor)
	if err != nil {
		return nil, err
	}
	m := &manifest{crds: map[string][]*kube.CRD{}, judged: map[kube.GVK]judgement{}}
	if m.api, err = kube.Lookup(minor); err != nil {
		return nil, err
	}
	m.documents = slices.Clone(s.own)
	for _, d := range r.Documents {
		m.documents = append(m.documents, s.document(d))
	}
	for _, d := range m.documents {
		for _, o := range d.objects {
			o.file = d.file
			m.objects = append(m.objects, o)
			if crd := s.crd(o); crd != nil {
				key := crd.Group + "/" + crd.Kind
				m.crds[key] = append(m.crds[key], crd)
			}
		}
	}
	return m, nil
}

// document parses a document, once for each distinct text.
func (s *Schema) document(d chart.Document) document {
	s.mu.Lock()
	p := s.parsed[d.Digest]
	s.mu.Unlock()
	if p == nil {
		p = parseDocument(d.Text, d.Digest)
		s.mu.Lock()
		s.parsed[d.Digest] = p
		s.mu.Unlock()
	}
	return document{parsed: p, file: chartRelative(d.Template), text: d.Text, digest: d.Digest}
}

// crd compiles an object that is a CustomResourceDefinition; nil if it is none,
// or one that makes no sense, which checking it as an object will say.
func (s *Schema) crd(o object) *kube.CRD {
	if o.gvk.Kind != "CustomResourceDefinition" {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	crd, ok := s.compiled[o.digest]
	if !ok {
		crd, _ = kube.CompileCRD(o.body)
		s.compiled[o.digest] = crd
	}
	return crd
}

// judge looks a kind up, once for each manifest.
func (m *manifest) judge(gvk kube.GVK) judgement {
	j, ok := m.judged[gvk]
	if !ok {
		j = m.lookUp(gvk)
		m.judged[gvk] = j
	}
	return j
}

func (m *manifest) lookUp(gvk kube.GVK) judgement {
	if gvk.APIVersion == "" || gvk.Kind == "" {
		p := result.Problem{Severity: result.Error, Code: string(kube.MissingRequired), Message: "expected apiVersion and kind"}
		return judgement{api: &p, digest: digest("no kind")}
	}
	if crds := m.crds[gvk.Group()+"/"+gvk.Kind]; len(crds) > 0 {
		return m.custom(gvk, crds)
	}
	status := m.api.Status(gvk)
	j := judgement{}
	if schema, ok := m.api.Schema(gvk); ok {
		j.schema = schema
	}
	text := explain(m.api, gvk, status.State)
	switch status.State {
	case kube.Served:
		if text != "" {
			j.api = &result.Problem{Severity: result.Warning, Code: "api-deprecated", Message: text, Hint: apiHint(status)}
		}
	case kube.Unknown:
		j.noSchema = fmt.Sprintf("no schema: %s is not built into Kubernetes, and the chart brings no CRD for it", gvk)
		j.schema = nil
	default:
		j.api = &result.Problem{Severity: result.Error, Code: apiCode(status.State), Message: text, Hint: apiHint(status)}
		j.schema = nil // what its fields looked like no longer matters
	}
	schemaDigest := ""
	if j.schema != nil {
		schemaDigest = j.schema.Digest()
	}
	j.digest = digest(gvk.String(), fmt.Sprint(status.State), text, schemaDigest)
	return j
}

// custom judges a kind that the chart's own CRDs define.
func (m *manifest) custom(gvk kube.GVK, crds []*kube.CRD) judgement {
	for _, crd := range crds {
		schema, served := crd.Schema(gvk)
		if !served {
			continue
		}
		j := judgement{schema: schema}
		if schema == nil {
			j.noSchema = fmt.Sprintf("no schema: the CRD of %s describes no fields", gvk)
			j.digest = digest(gvk.String(), "no fields")
			return j
		}
		j.digest = digest(gvk.String(), "custom", schema.Digest())
		return j
	}
	have := fmt.Sprint(crds[0].Served())
	p := result.Problem{
		Severity: result.Error, Code: "crd-version-not-served",
		Message: fmt.Sprintf("%s is not served by the chart's own CRD, which serves %s", gvk, have),
	}
	return judgement{api: &p, digest: digest(gvk.String(), "not served", have)}
}

// explain says what is the matter with a kind, without what to do, which is the
// hint. Where the whole group/version is meant it names that alone, as the kind
// stands beside the text.
func explain(api *kube.API, gvk kube.GVK, state kube.State) string {
	text, _, _ := strings.Cut(api.Explain(gvk), "; use ")
	var whole bool
	switch {
	case text == "":
		return ""
	case state == kube.Served:
		// Pre-releases go as a whole: autoscaling/v2beta2, but not v1 with one of its kinds.
		whole = strings.Contains(gvk.APIVersion, "alpha") || strings.Contains(gvk.APIVersion, "beta")
	default:
		whole = !slices.Contains(api.Versions(), gvk.APIVersion)
	}
	if whole {
		return strings.Replace(text, gvk.String(), gvk.APIVersion, 1)
	}
	return text
}

// apiCode names the state of a kind that an API server refuses.
func apiCode(s kube.State) string {
	switch s {
	case kube.Removed:
		return "api-removed"
	case kube.OffByDefault:
		return "api-off-by-default"
	case kube.NotYet:
		return "api-not-yet"
	}
	return "api-unknown"
}

// apiHint says how to write a template that suits both sides of the change.
func apiHint(s kube.Status) string {
	if s.Replacement == (kube.GVK{}) {
		return ""
	}
	hint := "use " + s.Replacement.APIVersion
	if s.State == kube.Removed {
		hint += fmt.Sprintf(`, or choose by {{ if .Capabilities.APIVersions.Has "%s" }}`, s.Replacement)
	}
	return hint
}
