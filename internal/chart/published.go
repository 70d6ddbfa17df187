package chart

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"helm.sh/helm/v4/pkg/helmpath"
	"helm.sh/helm/v4/pkg/registry"
	"helm.sh/helm/v4/pkg/repo/v1"
)

// Bounds of what a repository may answer. The largest public indexes have some
// 20 MB; an archive has as much as Helm unpacks at most.
const (
	maxIndex   = 64 << 20  // bytes
	maxArchive = 100 << 20 // bytes
	// askTime bounds one question to a repository, with Helm's own retries.
	askTime = 3 * time.Minute
)

// Published is a chart as a repository has it.
type Published struct {
	// Address is that of a Helm repository (https://…), or of the place in an
	// OCI registry that holds the chart (oci://host/path).
	Address string
	Name    string

	opt      Options
	versions []*semver.Version // newest first
	entries  map[string]*repo.ChartVersion
	client   *registry.Client // of an OCI registry
}

// ErrNoVersions says that a repository does not have a chart.
var ErrNoVersions = errors.New("it has none")

// Publish asks a repository which versions of a chart it has. The error says
// which repository was asked for what.
func Publish(ctx context.Context, address, name string, opt Options) (*Published, error) {
	p := &Published{Address: strings.TrimSuffix(address, "/"), Name: name, opt: opt}
	if opt.Offline {
		return nil, fmt.Errorf("--offline forbids to ask %s for the versions of %s", address, name)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, fmt.Errorf("it did not answer within %s", askTime))
	defer cancel()
	var err error
	if registry.IsOCI(address) {
		err = p.readTags(ctx)
	} else {
		err = p.readIndex(ctx)
	}
	if err == nil && len(p.versions) == 0 {
		err = ErrNoVersions
	}
	if err != nil {
		return nil, fmt.Errorf("asking %s for the versions of %s: %w", address, name, err)
	}
	return p, nil
}

// Versions lists what there is, the newest first.
func (p *Published) Versions() []string { return texts(p.versions) }

// Match lists the versions that a constraint admits ("1.2.x", ">=1 <2"; ""
// admits every release), the newest first. Pre-releases come where the
// constraint names one alone.
func (p *Published) Match(constraint string) ([]string, error) {
	return matching(p.versions, constraint)
}

// MatchVersions is Match for a list of one's own; what is no version is left out.
func MatchVersions(versions []string, constraint string) ([]string, error) {
	var parsed []*semver.Version
	for _, text := range versions {
		if v, err := semver.NewVersion(text); err == nil {
			parsed = append(parsed, v)
		}
	}
	return matching(newestFirst(parsed), constraint)
}

// NotNewer tells whether a version comes before another, or is the same; false
// where one of them is none.
func NotNewer(version, than string) bool {
	a, err := semver.NewVersion(version)
	if err != nil {
		return false
	}
	b, err := semver.NewVersion(than)
	return err == nil && !a.GreaterThan(b)
}

// ParseConstraint says what is wrong with a constraint; nil for nothing.
func ParseConstraint(constraint string) error {
	_, err := semver.NewConstraint(constraint)
	return err
}

func matching(versions []*semver.Version, constraint string) ([]string, error) {
	wanted, err := semver.NewConstraint(cmp.Or(constraint, "*"))
	if err != nil {
		return nil, fmt.Errorf("%q is neither a version nor a range of versions: %w", constraint, err)
	}
	return texts(slices.DeleteFunc(slices.Clone(versions), func(v *semver.Version) bool { return !wanted.Check(v) })), nil
}

func newestFirst(versions []*semver.Version) []*semver.Version {
	slices.SortStableFunc(versions, func(a, b *semver.Version) int {
		return cmp.Or(b.Compare(a), strings.Compare(b.Original(), a.Original()))
	})
	return versions
}

func texts(versions []*semver.Version) []string {
	out := make([]string, 0, len(versions))
	for _, v := range versions {
		out = append(out, v.Original())
	}
	return out
}

// Open gives one of the versions. Archives are kept in the cache by the digest
// of their content, which is checked whenever one is read.
func (p *Published) Open(ctx context.Context, version string) (*Chart, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, askTime, fmt.Errorf("it did not come within %s", askTime))
	defer cancel()
	cache, err := cacheDir(p.opt)
	if err != nil {
		return nil, err
	}
	kept := &archives{dir: filepath.Join(cache, "archives")}
	var path string
	if p.client != nil {
		path, err = p.pull(ctx, kept, version)
	} else {
		path, err = p.download(ctx, kept, version)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s from %s: %w", p.Name, version, p.Address, err)
	}
	c, err := Open(ctx, path, p.opt)
	if err == nil && (c.Name != p.Name) {
		err = fmt.Errorf("expected the chart %s, have %s", p.Name, c.Name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s %s from %s: %w", p.Name, version, p.Address, err)
	}
	return c, nil
}

// cacheDir gives the folder of what was downloaded.
func cacheDir(opt Options) (string, error) {
	if opt.CacheDir != "" {
		return opt.CacheDir, nil
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no cache folder for charts: %w; set XDG_CACHE_HOME", err)
	}
	return filepath.Join(user, "chart-matrix"), nil
}

// httpClient asks as Helm's registry client does, with its retries, and reads
// no more than limit bytes of an answer.
func httpClient(ctx context.Context, limit int64) *http.Client {
	return &http.Client{Transport: &boundedTransport{ctx: ctx, base: registry.NewTransport(false), limit: limit}}
}

// readTags lists the tags of a chart in an OCI registry.
func (p *Published) readTags(ctx context.Context) error {
	client, err := p.registryClient(ctx)
	if err != nil {
		return err
	}
	tags, err := client.Tags(p.reference(""))
	if err != nil {
		return err
	}
	p.client = client
	for _, tag := range tags {
		if v, err := semver.StrictNewVersion(tag); err == nil {
			p.versions = append(p.versions, v)
		}
	}
	newestFirst(p.versions)
	return nil
}

// registryClient makes Helm's client for an OCI registry. It knows the logins
// of helm and docker.
func (p *Published) registryClient(ctx context.Context) (*registry.Client, error) {
	options := []registry.ClientOption{
		registry.ClientOptEnableCache(true), registry.ClientOptHTTPClient(httpClient(ctx, maxArchive)),
		registry.ClientOptCredentialsFile(os.Getenv("HELM_REGISTRY_CONFIG")),
	}
	if p.opt.PlainHTTP || onLoopback(p.Address) {
		options = append(options, registry.ClientOptPlainHTTP())
	}
	return registry.NewClient(options...)
}

// onLoopback tells whether an address is this machine's, where a registry has
// no certificate; docker goes by the same rule.
func onLoopback(address string) bool {
	u, err := url.Parse(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

// reference names the chart, or one version of it, in the registry. A tag
// cannot hold a plus, so Helm writes an underscore.
func (p *Published) reference(version string) string {
	ref := strings.TrimPrefix(p.Address, registry.OCIScheme+"://") + "/" + p.Name
	if version != "" {
		ref += ":" + strings.ReplaceAll(version, "+", "_")
	}
	return ref
}

// pull gets a version out of an OCI registry. The digests of what the registry
// sends are checked on the way.
func (p *Published) pull(ctx context.Context, kept *archives, version string) (string, error) {
	client, err := p.registryClient(ctx)
	if err != nil {
		return "", err
	}
	ref := p.reference(version)
	manifest, err := client.Resolve(ref)
	if err != nil {
		return "", err
	}
	key := "oci-" + manifest.Digest.Encoded()
	if path, ok := kept.find(key); ok {
		return path, nil
	}
	pulled, err := client.Pull(ref)
	if err != nil {
		return "", err
	}
	if pulled.Manifest.Digest != manifest.Digest.String() {
		return "", fmt.Errorf("the registry has changed %s while it was read; try again", ref)
	}
	return kept.keep(key, pulled.Chart.Data)
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
