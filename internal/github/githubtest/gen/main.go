// Command gen writes openapi.json, the part of GitHub's OpenAPI description that
// package githubtest checks requests and responses against. It reads the npm
// package @octokit/openapi and keeps the facts of the interface alone: paths,
// parameters, schemas, statuses; no prose and no examples.
//
//	go run ./internal/github/githubtest/gen           the version below
//	go run ./internal/github/githubtest/gen 23.1.0    another one
//
// Run it at the top of the repository. It needs npm, which downloads about 30 MB.
package main

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
)

const (
	npmPackage     = "@octokit/openapi"
	defaultVersion = "23.0.2"
	// inPackage is where the package keeps the description of github.com.
	inPackage = "package/generated/api.github.com.json"
	// maxDescription bounds what is read of it; 23.0.2 has 13 MB.
	maxDescription = 64 << 20
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("file", "internal/github/githubtest/openapi.json", "the file to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	version := defaultVersion
	switch flags.NArg() {
	case 0:
	case 1:
		version = flags.Arg(0)
	default:
		return errors.New("expected one argument at most: the version of " + npmPackage)
	}
	description, err := download(ctx, version)
	if err != nil {
		return err
	}
	pruned, err := prune(description, operations, info(version))
	if err != nil {
		return fmt.Errorf("%s@%s: %w", npmPackage, version, err)
	}
	fmt.Fprintf(stderr, "%s: %d operations, %d bytes\n", *file, len(operations), len(pruned))
	return os.WriteFile(*file, pruned, 0o644)
}

// info is what the pruned description says about itself.
func info(version string) map[string]any {
	return map[string]any{
		"title":   "GitHub's REST API, the operations that chart-matrix uses",
		"version": version,
		"license": map[string]any{"name": "MIT, Copyright (c) 2020 Octokit contributors"},
		"contact": map[string]any{"name": "npm " + npmPackage + " " + version},
	}
}

// download has npm fetch the package from the registry that this machine uses,
// and reads the description out of it.
func download(ctx context.Context, version string) ([]byte, error) {
	dir, err := os.MkdirTemp("", "openapi-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "--pack-destination", dir, npmPackage+"@"+version)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("npm pack %s@%s: %w\n%s", npmPackage, version, err, strings.TrimSpace(string(out)))
	}
	archives, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil {
		return nil, err
	}
	if len(archives) != 1 {
		return nil, fmt.Errorf("npm pack left %d archives, expected one", len(archives))
	}
	return extract(archives[0])
}

// extract reads the description from the package's archive.
func extract(archive string) ([]byte, error) {
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	entries := tar.NewReader(unzipped)
	for {
		header, err := entries.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("no %s in it; if it has moved, change inPackage", inPackage)
		}
		if err != nil {
			return nil, err
		}
		if header.Name == inPackage {
			return io.ReadAll(io.LimitReader(entries, maxDescription))
		}
	}
}
