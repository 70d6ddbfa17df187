package layer

import (
	"context"
	"slices"
	"strings"
	"sync"

	"github.com/posthog/chart-matrix/internal/chart"
	"github.com/posthog/chart-matrix/internal/kube"
	"github.com/posthog/chart-matrix/matrix"
)

// Lasting tells beforehand what is still in a cluster when a cell's release was
// uninstalled and its namespace deleted: definitions in crds folders, and what
// lies outside of the namespace and is kept, or made by a hook that nothing
// deletes. Claims of StatefulSets go with the namespace. What is made while the
// release runs, such as by an operator, is seen afterwards alone.
type Lasting struct {
	mu     sync.Mutex
	parsed map[string]*parsed // by digest of the document
}

// Reasons why an object outlives its release.
const (
	crdsStay  = "Helm does not uninstall what is in crds/"
	keptStays = "helm.sh/resource-policy: keep"
	hookStays = "no helm.sh/hook-delete-policy deletes this hook"
)

// Of gives what the release of a chart leaves behind. The renderer is that of
// the chart; older, if any, is what the release is upgraded from.
func (l *Lasting) Of(ctx context.Context, c *chart.Chart, r *chart.Renderer, older *OlderRenderer, in Inputs) ([]matrix.Lasting, error) {
	installed := c
	if older != nil {
		installed = older.Chart // an upgrade leaves definitions as the install made them
	}
	out := map[string]matrix.Lasting{}
	scopes := map[string]bool{} // by group and kind: whether objects lie in namespaces
	for _, d := range installed.CRDs() {
		for _, o := range l.parse(d) {
			if crd, err := kube.CompileCRD(o.body); o.gvk.Kind == "CustomResourceDefinition" && err == nil {
				scopes[crd.Group+"/"+crd.Kind] = crd.Namespaced
				out[o.name] = matrix.Lasting{Object: o.name, Digest: o.digest, Because: crdsStay}
			}
		}
	}
	if older != nil && installed.MayKeep() {
		first := in
		first.Upgrade = false
		if err := l.rendered(ctx, older.Renderer, first, scopes, out); err != nil {
			return nil, err
		}
	}
	if c.MayKeep() {
		if err := l.rendered(ctx, r, in, scopes, out); err != nil {
			return nil, err
		}
	}
	set := make([]matrix.Lasting, 0, len(out))
	for _, o := range out {
		set = append(set, o)
	}
	return matrix.NewLastingSet(set).Objects, nil
}

// rendered adds what of a rendering lasts. What does not render leaves nothing.
func (l *Lasting) rendered(ctx context.Context, r *chart.Renderer, in Inputs, scopes map[string]bool, out map[string]matrix.Lasting) error {
	rendering, err := render(ctx, r, in)
	if err != nil || rendering.Failure != nil {
		return err
	}
	minor, err := kube.ParseMinor(in.Minor)
	if err != nil {
		return err
	}
	api, err := kube.Lookup(minor)
	if err != nil {
		return err
	}
	for _, d := range rendering.Documents {
		for _, o := range l.parse(d) {
			meta, _ := o.body["metadata"].(map[string]any)
			annotations, _ := meta["annotations"].(map[string]any)
			because := stays(annotations, in.Upgrade)
			if because == "" || !outside(api, scopes, o, stringAt(meta, "namespace"), in.Namespace) {
				continue
			}
			name := o.name
			if namespace := stringAt(meta, "namespace"); namespace != "" && namespace != in.Namespace {
				name = namespace + "/" + name
			}
			out[name] = matrix.Lasting{Object: name, Digest: o.digest, Because: because}
		}
	}
	return nil
}

// stays says why an object is not uninstalled; empty where it is.
func stays(annotations map[string]any, upgrade bool) string {
	hook := stringAt(annotations, "helm.sh/hook")
	if hook == "" {
		if strings.EqualFold(strings.TrimSpace(stringAt(annotations, "helm.sh/resource-policy")), "keep") {
			return keptStays
		}
		return ""
	}
	if !slices.ContainsFunc(words(hook), func(event string) bool { return runs(event, upgrade) }) ||
		slices.Contains(words(stringAt(annotations, "helm.sh/hook-delete-policy")), "hook-succeeded") {
		return ""
	}
	return hookStays
}

// runs tells whether a hook runs in the life of a release that is installed, or
// upgraded.
func runs(event string, upgrade bool) bool {
	switch event {
	case "pre-upgrade", "post-upgrade":
		return upgrade
	case "pre-install", "post-install":
		return !upgrade
	}
	return true
}

func words(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// outside tells whether an object does not go with the release's namespace.
func outside(api *kube.API, scopes map[string]bool, o object, namespace, own string) bool {
	if inNamespace, ok := scopes[o.gvk.Group()+"/"+o.gvk.Kind]; ok && !inNamespace {
		return true
	}
	return api.Scope(o.gvk) == kube.ScopeCluster || namespace != "" && namespace != own
}

// parse reads a document's objects, once for each text.
func (l *Lasting) parse(d chart.Document) []object {
	l.mu.Lock()
	defer l.mu.Unlock()
	p := l.parsed[d.Digest]
	if p == nil {
		if l.parsed == nil {
			l.parsed = map[string]*parsed{}
		}
		p = parseDocument(d.Text, d.Digest)
		l.parsed[d.Digest] = p
	}
	return p.objects
}
