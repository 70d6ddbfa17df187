package chart

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"helm.sh/helm/v4/pkg/chart/loader/archive"
	helmchart "helm.sh/helm/v4/pkg/chart/v2"
	"helm.sh/helm/v4/pkg/chart/v2/loader"
)

// Options say how a chart is opened.
type Options struct {
	// Offline refuses to download dependencies that are not vendored.
	Offline bool
	// CacheDir holds dependencies that were downloaded; empty means the
	// user's cache folder.
	CacheDir string
	// PlainHTTP talks to OCI registries without TLS, for a local registry.
	PlainHTTP bool
	// Log receives one line per step that takes time; nil drops them.
	Log func(line string)
}

// Chart is a chart in memory. It does not change, and its methods may be
// called from several goroutines.
type Chart struct {
	Path        string // absolute path of the folder or archive
	Name        string
	Version     string
	AppVersion  string
	KubeVersion string // constraint of Chart.yaml, or ""
	Type        string // application or library
	Digest      string // SHA-256 over the names and bytes of all its files, hex

	isDir  bool
	loaded *helmchart.Chart
	files  []*archive.BufferedFile
}

// Open loads the chart in the folder or .tgz at path. Dependencies that
// Chart.yaml names and charts/ lacks are downloaded into a cache; the chart's
// own folder is never written to.
//
// The error says what is wrong with the chart and what to do next.
func Open(ctx context.Context, path string, opt Options) (*Chart, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(abs)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: no such chart; expected a folder with a Chart.yaml, or a .tgz", path)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var files []*archive.BufferedFile
	if info.IsDir() {
		files, err = readFolder(path)
	} else {
		files, err = readArchive(path)
	}
	if err != nil {
		return nil, err
	}
	if err := checkCycle(path, nil); info.IsDir() && err != nil {
		return nil, err
	}
	loaded, err := load(path, files)
	if err != nil {
		return nil, err
	}
	if missing := missingDependencies(loaded); len(missing) > 0 {
		if !info.IsDir() {
			return nil, fmt.Errorf("%s: the archive lacks its dependencies %s; run `helm dependency build` on the chart's folder and package it again",
				path, strings.Join(missing, ", "))
		}
		if files, err = buildDependencies(ctx, abs, loaded, missing, files, opt); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if loaded, err = load(path, files); err != nil {
			return nil, err
		}
		if missing := missingDependencies(loaded); len(missing) > 0 {
			return nil, fmt.Errorf("%s: dependencies %s are still missing after `helm dependency build %s`", path, strings.Join(missing, ", "), path)
		}
	}
	md := loaded.Metadata
	kind := md.Type
	if kind == "" {
		kind = "application"
	}
	return &Chart{
		Path: abs, Name: md.Name, Version: md.Version, AppVersion: md.AppVersion, KubeVersion: md.KubeVersion,
		Type: kind, Digest: digestFiles(files), isDir: info.IsDir(), loaded: loaded, files: files,
	}, nil
}

func readArchive(path string) ([]*archive.BufferedFile, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := archive.EnsureArchive(path, f); err != nil {
		return nil, fmt.Errorf("%s: expected a chart's folder or .tgz: %w", path, err)
	}
	files, err := archive.LoadArchiveFiles(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; expected a .tgz as `helm package` makes it", path, err)
	}
	return files, nil
}

// load parses files into a chart with its subcharts in a fixed order.
func load(path string, files []*archive.BufferedFile) (*helmchart.Chart, error) {
	if !slices.ContainsFunc(files, func(f *archive.BufferedFile) bool { return f.Name == "Chart.yaml" }) {
		return nil, fmt.Errorf("%s: not a chart: no Chart.yaml; give the folder that holds it, or a .tgz", path)
	}
	c, err := loadFiles(files)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot load the chart: %w", path, err)
	}
	if err := checkAncestors(c, nil); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// loadFiles works on copies, as the loader renames the files of subcharts, and
// sorts subcharts, as the loader keeps them in map order.
func loadFiles(files []*archive.BufferedFile) (*helmchart.Chart, error) {
	copies := make([]*archive.BufferedFile, len(files))
	for i, f := range files {
		c := *f
		copies[i] = &c
	}
	c, err := loader.LoadFiles(copies)
	if err != nil {
		return nil, err
	}
	sortDependencies(c)
	return c, nil
}

func sortDependencies(c *helmchart.Chart) {
	deps := c.Dependencies()
	slices.SortStableFunc(deps, func(a, b *helmchart.Chart) int {
		if n := strings.Compare(a.Name(), b.Name()); n != 0 {
			return n
		}
		return strings.Compare(a.Metadata.Version, b.Metadata.Version)
	})
	for _, d := range deps {
		sortDependencies(d)
	}
}

// checkAncestors refuses a chart that is vendored inside itself.
func checkAncestors(c *helmchart.Chart, above []string) error {
	id := c.Name() + "-" + c.Metadata.Version
	if slices.Contains(above, id) {
		return fmt.Errorf("circular dependency: %s; remove one of them from charts/", strings.Join(append(above, id), " -> "))
	}
	for _, d := range c.Dependencies() {
		if err := checkAncestors(d, append(slices.Clip(above), id)); err != nil {
			return err
		}
	}
	return nil
}

func digestFiles(files []*archive.BufferedFile) string {
	sorted := slices.Clone(files)
	slices.SortFunc(sorted, func(a, b *archive.BufferedFile) int { return strings.Compare(a.Name, b.Name) })
	h := sha256.New()
	var b []byte
	for _, f := range sorted {
		b = appendText(b[:0], f.Name)
		b = appendText(b, string(f.Data))
		h.Write(b)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// CRDs returns the documents in the crds/ folders of the chart and of all its
// subcharts, sorted by file. Helm installs them before anything else.
func (c *Chart) CRDs() []Document {
	var out []Document
	for _, crd := range c.loaded.CRDObjects() {
		out = append(out, splitDocuments(crd.Filename, string(crd.File.Data))...)
	}
	slices.SortStableFunc(out, func(a, b Document) int { return strings.Compare(a.Template, b.Template) })
	return out
}
