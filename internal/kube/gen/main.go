// Command gen writes the table of Kubernetes' built-in APIs that package kube
// embeds. It reads nothing but the published Go modules of Kubernetes.
//
//	go run ./internal/kube/gen v1.38.2      add a minor, or read one anew
//	go run ./internal/kube/gen              read every minor of the table anew
//	go run ./internal/kube/gen -print       print the table as text
//
// Run it at the top of the repository. docs/kubernetes-data.md says where each
// datum comes from.
package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"

	"github.com/posthog/chart-matrix/internal/kube/catalog"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(stderr)
	file := flags.String("file", "internal/kube/data/kubernetes.txt.gz", "the table to bring up to date")
	show := flags.Bool("print", false, "print the table as text and change nothing")
	if err := flags.Parse(args); err != nil {
		return err
	}
	table, err := readTable(*file)
	if err != nil {
		return err
	}
	if *show {
		return catalog.Encode(stdout, table)
	}
	versions := flags.Args()
	if len(versions) == 0 {
		for _, m := range table.Minors {
			versions = append(versions, m.Source)
		}
	}
	if len(versions) == 0 {
		return errors.New("the table is empty: name the versions to read, such as v1.37.2")
	}
	modules := moduleCache{}
	for _, version := range versions {
		fmt.Fprintln(stderr, "reading", version)
		fresh, err := extract(ctx, modules, version, stderr)
		if err != nil {
			return fmt.Errorf("%s: %w", version, err)
		}
		if table, err = merge(table, fresh); err != nil {
			return err
		}
	}
	return writeTable(*file, table, stderr)
}

// readTable gives an empty table where the file does not exist yet.
func readTable(path string) (*catalog.Table, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &catalog.Table{}, nil
	}
	if err != nil {
		return nil, err
	}
	r, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	table, err := catalog.Decode(string(text))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return table, nil
}

// writeTable writes the table compressed. The gzip header carries neither name
// nor time, so equal tables give equal files.
func writeTable(path string, table *catalog.Table, stderr io.Writer) error {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := catalog.Encode(w, table); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	fmt.Fprintf(stderr, "%s: Kubernetes 1.%d to 1.%d, %d kinds, %d types, %d bytes\n",
		path, table.First, table.Last, len(table.Kinds), len(table.Types), packed.Len())
	return os.WriteFile(path, packed.Bytes(), 0o644)
}
