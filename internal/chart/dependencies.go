package chart

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/downloader"
	"helm.sh/helm/v4/pkg/getter"
	"helm.sh/helm/v4/pkg/helmpath"
	"helm.sh/helm/v4/pkg/registry"
	"helm.sh/helm/v4/pkg/repo/v1"
	"sigs.k8s.io/yaml"
)

// missingDependencies names what Chart.yaml lists and charts/ lacks. Helm
// refuses to render such a chart even where a condition turns them off.
func missingDependencies(c *helmchart.Chart) []string {
	var missing []string
	for _, d := range c.Metadata.Dependencies {
		if d == nil || slices.ContainsFunc(c.Dependencies(), func(v *helmchart.Chart) bool { return v.Name() == d.Name }) {
			continue
		}
		missing = append(missing, d.Name)
	}
	slices.Sort(missing)
	return slices.Compact(missing)
}

// checkCycle follows file:// dependencies, which Helm would follow for ever.
func checkCycle(dir string, above []string) error {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return nil //nolint:nilerr // not there: reported as missing, with its name
	}
	if slices.Contains(above, real) {
		names := make([]string, 0, len(above)+1)
		for _, p := range append(above, real) {
			names = append(names, filepath.Base(p))
		}
		return fmt.Errorf("circular dependency: %s; remove one of the file:// entries from Chart.yaml", strings.Join(names, " -> "))
	}
	data, err := os.ReadFile(filepath.Join(real, "Chart.yaml"))
	if err != nil {
		return nil //nolint:nilerr // no chart: reported with its name when it is built
	}
	var md helmchart.Metadata
	if err := yaml.Unmarshal(data, &md); err != nil {
		return nil //nolint:nilerr // reported when the chart is loaded
	}
	for _, d := range md.Dependencies {
		if d == nil || !strings.HasPrefix(d.Repository, "file://") {
			continue
		}
		if err := checkCycle(localRepository(real, d.Repository), append(slices.Clip(above), real)); err != nil {
			return err
		}
	}
	return nil
}

func localRepository(chart, repository string) string {
	path := strings.TrimPrefix(repository, "file://")
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(chart, path)
}

// buildDependencies returns the chart's files with its dependencies. They are
// built in a copy of the chart in the cache, by Helm's own manager.
func buildDependencies(ctx context.Context, dir string, c *helmchart.Chart, missing []string, files []*archive.BufferedFile, opt Options) ([]*archive.BufferedFile, error) {
	if opt.Offline {
		return nil, fmt.Errorf("dependencies %s are not in charts/ and --offline forbids to download them; run `helm dependency build %s`", strings.Join(missing, ", "), dir)
	}
	cache := opt.CacheDir
	if cache == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("no cache folder for dependencies: %w; set XDG_CACHE_HOME", err)
		}
		cache = filepath.Join(user, "chart-matrix")
	}
	local := slices.ContainsFunc(c.Metadata.Dependencies, func(d *helmchart.Dependency) bool {
		return d != nil && strings.HasPrefix(d.Repository, "file://")
	})
	key := sha256.New()
	fmt.Fprintln(key, dir, digestFiles(files))
	home := filepath.Join(cache, "charts", hex.EncodeToString(key.Sum(nil))[:32])
	// A neighbour on disk can change without this chart changing; a download
	// of the same Chart.yaml and Chart.lock cannot be expected to.
	if !local {
		if cached, err := readFolder(home); err == nil {
			return cached, nil
		}
	}
	if err := os.MkdirAll(filepath.Dir(home), 0o755); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(home), "build-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp)
	work := filepath.Join(tmp, "chart")
	if err := writeFiles(work, files); err != nil {
		return nil, err
	}
	if local {
		if err := absoluteRepositories(dir, work, c); err != nil {
			return nil, err
		}
	}
	if opt.Log != nil {
		opt.Log("building dependencies " + strings.Join(missing, ", "))
	}
	if err := runManager(ctx, tmp, work, cache, c, opt); err != nil {
		return nil, fmt.Errorf("cannot build dependencies %s: %w; try `helm dependency build %s`", strings.Join(missing, ", "), err, dir)
	}
	built, err := readFolder(work)
	if err != nil {
		return nil, err
	}
	if !local {
		// Somebody else may have been faster: their copy is as good.
		_ = os.Rename(work, home)
	}
	return built, nil
}

func writeFiles(dir string, files []*archive.BufferedFile) error {
	for _, f := range files {
		if !filepath.IsLocal(filepath.FromSlash(f.Name)) {
			return fmt.Errorf("file name %q leads out of the chart", f.Name)
		}
		path := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.Data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// absoluteRepositories makes file:// entries of the copy point to the original
// neighbours. Chart.lock holds a digest over these entries; if it was right it
// is made right again, and if it was out of date it stays so.
func absoluteRepositories(dir, work string, c *helmchart.Chart) error {
	inSync := c.Lock != nil && lockDigest(c.Metadata.Dependencies, c.Lock.Dependencies) == c.Lock.Digest
	fix := func(deps []*helmchart.Dependency) []*helmchart.Dependency {
		out := make([]*helmchart.Dependency, 0, len(deps))
		for _, d := range deps {
			copied := *d
			if strings.HasPrefix(d.Repository, "file://") {
				copied.Repository = "file://" + localRepository(dir, d.Repository)
			}
			out = append(out, &copied)
		}
		return out
	}
	md := *c.Metadata
	md.Dependencies = fix(md.Dependencies)
	if err := writeYAML(filepath.Join(work, "Chart.yaml"), md); err != nil || c.Lock == nil {
		return err
	}
	lock := *c.Lock
	lock.Dependencies = fix(lock.Dependencies)
	if inSync {
		lock.Digest = lockDigest(md.Dependencies, lock.Dependencies)
	}
	return writeYAML(filepath.Join(work, "Chart.lock"), lock)
}

func writeYAML(path string, v any) error {
	data, err := yaml.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o644)
}

// lockDigest is the digest that Helm writes into Chart.lock: SHA-256 over the
// JSON of the requested and the locked dependencies.
func lockDigest(req, lock []*helmchart.Dependency) string {
	data, err := json.Marshal([2][]*helmchart.Dependency{req, lock})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func runManager(ctx context.Context, tmp, work, cache string, c *helmchart.Chart, opt Options) error {
	config, err := repositories(tmp, c)
	if err != nil {
		return err
	}
	clientOptions := []registry.ClientOption{registry.ClientOptWriter(io.Discard), registry.ClientOptEnableCache(true)}
	var getterOptions []getter.Option
	if opt.PlainHTTP {
		clientOptions = append(clientOptions, registry.ClientOptPlainHTTP())
		getterOptions = append(getterOptions, getter.WithPlainHTTP(true))
	}
	client, err := registry.NewClient(clientOptions...)
	if err != nil {
		return err
	}
	var said bytes.Buffer
	m := &downloader.Manager{
		Out: &said, ChartPath: work, Getters: getter.Getters(getterOptions...), RegistryClient: client,
		RepositoryConfig: config, RepositoryCache: filepath.Join(tmp, "repository"), ContentCache: filepath.Join(cache, "content"),
	}
	// The manager takes no context; it works in tmp only, so it is left alone
	// when the caller gives up.
	done := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				done <- fmt.Errorf("%v", r)
			}
		}()
		done <- m.Build()
	}()
	select {
	case err := <-done:
		if why := unreachable.FindStringSubmatch(said.String()); err != nil && why != nil {
			return errors.New(why[1]) // the error itself only tells what is missing then
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// unreachable matches how Helm's manager prints, and does not return, that a
// repository gave no index.
var unreachable = regexp.MustCompile(`Unable to get an update from the "[^"]*" chart repository \([^)]*\):\s*(.+)`)

// repositories writes a repository list that holds the user's own entries,
// for aliases and credentials, and one for each other URL that is needed:
// Helm's manager refuses a URL that nobody has added.
func repositories(tmp string, c *helmchart.Chart) (string, error) {
	own := os.Getenv("HELM_REPOSITORY_CONFIG")
	if own == "" {
		own = helmpath.ConfigPath("repositories.yaml")
	}
	list, err := repo.LoadFile(own)
	if errors.Is(err, os.ErrNotExist) {
		list, err = repo.NewFile(), nil
	}
	if err != nil {
		return "", err
	}
	for i, d := range c.Metadata.Dependencies {
		if d == nil || !strings.HasPrefix(d.Repository, "http://") && !strings.HasPrefix(d.Repository, "https://") {
			continue
		}
		if slices.ContainsFunc(list.Repositories, func(e *repo.Entry) bool {
			return strings.TrimSuffix(e.URL, "/") == strings.TrimSuffix(d.Repository, "/")
		}) {
			continue
		}
		list.Add(&repo.Entry{Name: fmt.Sprintf("chart-matrix-%d", i), URL: d.Repository})
	}
	path := filepath.Join(tmp, "repositories.yaml")
	return path, list.WriteFile(path, 0o600)
}
