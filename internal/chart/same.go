package chart

import (
	"bytes"
	"context"
	"reflect"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
)

// Comparison is what the renderings of two charts say about each other.
type Comparison struct {
	// Same says that both render the same objects.
	Same bool
	// Older is why the older chart does not render; nil where it does.
	Older *Failure
}

// Compare tells whether two charts render the same objects for one request, so
// that there is nothing to upgrade from one to the other. Every letter counts:
// where a label holds the chart's version, another version is another object,
// and is upgraded. What is random in templates is the same in both, and what
// they look up in a cluster is empty. CRDs in crds folders do not count, as an
// upgrade leaves them alone, nor do notes. A chart that does not render is like
// no other.
func Compare(ctx context.Context, older, newer *Renderer, req Request) (Comparison, error) {
	a, err := older.Render(ctx, req)
	if err != nil || a.Failure != nil {
		if a == nil {
			a = &Rendering{}
		}
		return Comparison{Older: a.Failure}, err
	}
	b, err := newer.Render(ctx, req)
	if err != nil || b.Failure != nil {
		return Comparison{}, err // the render layer says it
	}
	return Comparison{Same: slices.Equal(digests(a), digests(b))}, nil
}

// digests gives the documents of a rendering in an order of their own: it makes
// no difference in which file an object stands.
func digests(r *Rendering) []string {
	out := make([]string, 0, len(r.Documents))
	for _, d := range r.Documents {
		out = append(out, d.Digest)
	}
	slices.Sort(out)
	return out
}

// Equal tells whether two charts are one: the same files, but for how
// Chart.yaml is written, which `helm package` writes anew.
func (c *Chart) Equal(other *Chart) bool {
	if c.Digest == other.Digest {
		return true
	}
	a, b := plainFiles(c.files), plainFiles(other.files)
	return slices.EqualFunc(a, b, func(x, y *archive.BufferedFile) bool {
		return x.Name == y.Name && bytes.Equal(x.Data, y.Data)
	}) && reflect.DeepEqual(c.loaded.Metadata, other.loaded.Metadata)
}

// plainFiles gives the files whose bytes packaging keeps, by name. Hidden ones,
// such as .helmignore, are for tools.
func plainFiles(files []*archive.BufferedFile) []*archive.BufferedFile {
	out := slices.DeleteFunc(slices.Clone(files), func(f *archive.BufferedFile) bool {
		return f.Name == "Chart.yaml" || f.Name == "Chart.lock" || strings.HasPrefix(f.Name, ".")
	})
	slices.SortFunc(out, func(a, b *archive.BufferedFile) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// MayKeep tells whether anything in the chart's templates could outlive an
// uninstall: where it is false, nothing is kept and there are no hooks.
func (c *Chart) MayKeep() bool {
	return slices.ContainsFunc(c.files, func(f *archive.BufferedFile) bool {
		return strings.HasSuffix(f.Name, ".tgz") || bytes.Contains(f.Data, []byte("resource-policy")) || bytes.Contains(f.Data, []byte("helm.sh/hook"))
	})
}
