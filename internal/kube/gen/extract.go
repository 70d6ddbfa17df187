package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

// extract reads one release of Kubernetes into a table of that minor alone.
// What had to be left out is told to notes.
func extract(ctx context.Context, modules moduleCache, version string, notes io.Writer) (*catalog.Table, error) {
	minor, staging, err := parseVersion(version)
	if err != nil {
		return nil, err
	}
	kubernetes, err := modules.dir(ctx, "k8s.io/kubernetes", version)
	if err != nil {
		return nil, err
	}
	api, err := modules.dir(ctx, "k8s.io/api", staging)
	if err != nil {
		return nil, err
	}
	released, err := modules.published(ctx, "k8s.io/kubernetes", fmt.Sprintf("v1.%d.0", minor))
	if err != nil {
		return nil, err
	}

	enabled, err := readEnablement(filepath.Join(kubernetes, "pkg/controlplane/instance.go"), api)
	if err != nil {
		return nil, err
	}
	doc, err := readSwagger(filepath.Join(kubernetes, "api/openapi-spec/swagger.json"))
	if err != nil {
		return nil, err
	}
	table := &catalog.Table{
		First: minor, Last: minor,
		Minors: []catalog.Minor{{Number: minor, Source: version, Released: released.UTC().Format("2006-01-02")}},
	}
	table.Kinds = doc.kinds(minor, enabled)
	if table.Types, err = doc.types(minor, table.Kinds); err != nil {
		return nil, err
	}

	// The two groups that aggregated servers add keep their sources apart.
	roots := []string{api}
	for _, extra := range []struct{ module, folder string }{
		{"k8s.io/apiextensions-apiserver", "pkg/apis"},
		{"k8s.io/kube-aggregator", "pkg/apis"},
	} {
		// A proxy may lack one of these for some release. Only lives are read
		// from it, and other minors' modules tell the same.
		dir, err := modules.dir(ctx, extra.module, staging)
		if err != nil {
			fmt.Fprintln(notes, "left out:", err)
			continue
		}
		roots = append(roots, filepath.Join(dir, extra.folder))
	}
	for _, root := range roots {
		lives, err := readLives(root)
		if err != nil {
			return nil, err
		}
		table.Lives = append(table.Lives, lives...)
	}
	table.Sort()
	return table, nil
}

// parseVersion splits v1.30.14 into the minor 30 and the version of the staged
// modules of the same release, v0.30.14.
func parseVersion(version string) (minor int, staging string, err error) {
	rest, ok := strings.CutPrefix(version, "v1.")
	number, patch, dotted := strings.Cut(rest, ".")
	minor, convErr := strconv.Atoi(number)
	if !ok || !dotted || patch == "" || convErr != nil {
		return 0, "", fmt.Errorf("expected a Kubernetes version such as v1.38.2, got %q", version)
	}
	return minor, "v0." + rest, nil
}
