package chart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/downloader"
	"helm.sh/helm/v4/pkg/getter"
	"helm.sh/helm/v4/pkg/helmpath"
	"helm.sh/helm/v4/pkg/registry"
	"helm.sh/helm/v4/pkg/repo/v1"
)

// Origin says where the chart comes from that an upgrade starts with: a folder,
// such as that of an earlier commit, or a repository.
type Origin struct {
	Folder string // of a chart; the rest is not read then
	// Repository is the address of a Helm repository (https://…), or of the
	// place in an OCI registry that holds the chart (oci://host/path).
	Repository string
	Name       string // empty is the chart's own
	// Version is one version or a constraint ("1.2.x"). Empty is the newest
	// release that is not newer than the chart, pre-releases left out.
	Version string
}

// Older gives the chart to upgrade from.
func (c *Chart) Older(ctx context.Context, from Origin, opt Options) (*Chart, error) {
	if from.Folder != "" {
		return Open(ctx, from.Folder, opt)
	}
	from.Name = cmp.Or(from.Name, c.Name)
	from.Version = cmp.Or(from.Version, "<="+c.Version)
	dir, err := os.MkdirTemp("", "chart-matrix-older-")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // temporary, the system clears it too
	done := make(chan error, 1)
	var archive string
	// Helm's downloader takes no context; it works in dir only, so it is left
	// alone when the caller gives up.
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("%v", r)
			}
		}()
		path, err := download(from, dir, opt)
		archive = path
		done <- err
	}()
	select {
	case err = <-done:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s from %s: %w", from.Name, from.Version, from.Repository, err)
	}
	return Open(ctx, archive, opt)
}

// download puts the chart's archive into dir.
func download(from Origin, dir string, opt Options) (string, error) {
	clientOptions := []registry.ClientOption{registry.ClientOptWriter(io.Discard), registry.ClientOptEnableCache(true)}
	if opt.PlainHTTP {
		clientOptions = append(clientOptions, registry.ClientOptPlainHTTP())
	}
	client, err := registry.NewClient(clientOptions...)
	if err != nil {
		return "", err
	}
	getters := getter.Getters(getter.WithPlainHTTP(opt.PlainHTTP))
	d := &downloader.ChartDownloader{
		Out: io.Discard, Verify: downloader.VerifyNever, Getters: getters, RegistryClient: client,
		Options:          []getter.Option{getter.WithPlainHTTP(opt.PlainHTTP), getter.WithRegistryClient(client)},
		RepositoryConfig: filepath.Join(dir, "repositories.yaml"), RepositoryCache: filepath.Join(dir, "repository"),
		ContentCache: filepath.Join(dir, "content"),
	}
	if registry.IsOCI(from.Repository) {
		path, _, err := d.DownloadTo(strings.TrimSuffix(from.Repository, "/")+"/"+from.Name, from.Version, dir)
		return path, err
	}
	user, password, err := login(from.Repository)
	if err != nil {
		return "", err
	}
	url, err := repo.FindChartInRepoURL(from.Repository, from.Name, getters,
		repo.WithChartVersion(from.Version), repo.WithUsernamePassword(user, password))
	if err != nil {
		return "", err
	}
	d.Options = append(d.Options, getter.WithBasicAuth(user, password), getter.WithURL(from.Repository))
	path, _, err := d.DownloadTo(url, "", dir)
	return path, err
}

// login gives what the user's own list of Helm repositories knows about an address.
func login(address string) (user, password string, err error) {
	list, err := repo.LoadFile(cmp.Or(os.Getenv("HELM_REPOSITORY_CONFIG"), helmpath.ConfigPath("repositories.yaml")))
	if errors.Is(err, os.ErrNotExist) {
		return "", "", nil
	}
	if err != nil {
		return "", "", err
	}
	for _, e := range list.Repositories {
		if strings.TrimSuffix(e.URL, "/") == strings.TrimSuffix(address, "/") {
			return e.Username, e.Password, nil
		}
	}
	return "", "", nil
}

// Same tells whether two charts render the same objects for one request, so
// that there is nothing to upgrade from one to the other. CRDs do not count, as
// an upgrade leaves them alone, nor do notes. A chart that does not render is
// like no other.
func Same(ctx context.Context, older, newer *Renderer, req Request) (bool, error) {
	a, err := older.Render(ctx, req)
	if err != nil {
		return false, err
	}
	b, err := newer.Render(ctx, req)
	if err != nil {
		return false, err
	}
	if a.Failure != nil || b.Failure != nil {
		return false, nil //nolint:nilerr // the render layer says it
	}
	return slices.Equal(digests(a), digests(b)), nil
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
