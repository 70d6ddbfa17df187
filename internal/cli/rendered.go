package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/posthog/chart-matrix/findings"
)

// maxSummaryBytes bounds summary.json where it is read.
const maxSummaryBytes = 64 << 20

// readSummary reads the summary of a rendered folder. What reads it may rely on
// its format and on indexes that lead somewhere.
func readSummary(dir string) (findings.Summary, error) { return readSummaryFile(dir, renderedSummary) }

func readSummaryFile(dir, name string) (findings.Summary, error) {
	var s findings.Summary
	root, err := os.OpenRoot(dir)
	if err != nil {
		return s, fmt.Errorf("%w; expected a folder that report --render has written", err)
	}
	defer func() { _ = root.Close() }() // only a handle
	path := filepath.Join(dir, name)
	info, err := root.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s, fmt.Errorf("%s: there is no such file; expected a folder that report --render has written to its end", path)
	case err != nil:
		return s, err
	case !info.Mode().IsRegular():
		return s, fmt.Errorf("%s: it is not a regular file", path)
	case info.Size() > maxSummaryBytes:
		return s, fmt.Errorf("%s: it has %d bytes, and at most %d are read", path, info.Size(), maxSummaryBytes)
	}
	f, err := root.Open(name)
	if err != nil {
		return s, err
	}
	defer func() { _ = f.Close() }() // it was only read
	data, err := io.ReadAll(io.LimitReader(f, maxSummaryBytes))
	if err != nil {
		return s, err
	}
	if err := parseSummary(data, &s); err != nil {
		return findings.Summary{}, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

func parseSummary(data []byte, s *findings.Summary) error {
	if err := json.Unmarshal(data, s); err != nil {
		return fmt.Errorf("it does not have the form of %s: %w", findings.SummarySchema, err)
	}
	if s.Schema != findings.SummarySchema {
		return fmt.Errorf("its format is %q, and this version of chart-matrix reads %q; use the version that wrote it", s.Schema, findings.SummarySchema)
	}
	code := s.Verdict.ExitCode
	if s.Verdict.Passed != (code == exitPassed) || !slices.Contains([]int{exitPassed, exitFailed, exitInfrastructure}, code) {
		return fmt.Errorf("its verdict says passed %v and exit code %d, which no verdict does", s.Verdict.Passed, code)
	}
	for _, row := range s.Grid.Rows {
		if len(row.Values) != len(s.Grid.RowAxes) || len(row.Cells) != len(s.Grid.Columns) {
			return errors.New("a row of its grid does not fit the axes")
		}
		for _, c := range row.Cells {
			for _, i := range c.Findings {
				if i < 0 || i >= len(s.Findings) {
					return fmt.Errorf("its grid names finding %d of %d", i, len(s.Findings))
				}
			}
		}
	}
	return nil
}

// marker is what finds the report of a chart again among comments and checks.
func marker(s findings.Summary) string { return markerPrefix + artifactName(s.Name) }

const markerPrefix = "chart-matrix:"

// markedName gives the name in a marker that was found; no name has the colons
// that package github puts between hyphens.
func markedName(marker string) string {
	return strings.ReplaceAll(strings.TrimPrefix(marker, markerPrefix), ":", "")
}

// maxArtifactName is what a chart's name may take, in bytes, of names that GitHub
// bounds.
const maxArtifactName = 100

// artifactName is a chart's name as artifacts, comments and checks have it:
// letters, digits and ".-_", as GitHub refuses others.
func artifactName(name string) string {
	clean := strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", r) {
			return r
		}
		return '-'
	}, name)
	clean = strings.TrimLeft(clean, "._-")
	if clean == "" {
		return "chart"
	}
	return clean[:min(len(clean), maxArtifactName)]
}
