// Gen refreshes the table of kind's node images, images.json, from the notes of
// kind's releases:
//
//	go run ./internal/provider/kind/gen
//
// It asks the API of GitHub for the releases
// (https://docs.github.com/rest/releases/releases#list-releases), once, and
// needs no token. -from reads an answer of that API from a file instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"
)

const releasesURL = "https://api.github.com/repos/kubernetes-sigs/kind/releases?per_page=100"

// maxAnswer bounds the answer of the API, in bytes; it has half a megabyte.
const maxAnswer = 16 << 20

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, log io.Writer) error {
	flags := flag.NewFlagSet("gen", flag.ContinueOnError)
	flags.SetOutput(log)
	from := flags.String("from", releasesURL, "where the releases are: a URL, or a file")
	out := flags.String("out", "internal/provider/kind/images.json", "the table to write")
	oldest := flags.String("oldest", "v0.22.0", "the oldest release of kind to take")
	if err := flags.Parse(args); err != nil {
		return err
	}
	answer, err := read(ctx, *from)
	if err != nil {
		return fmt.Errorf("%w; %s is as it was. Where GitHub cannot be reached, or limits the requests, -from reads a file with the answer of %s", err, *out, releasesURL)
	}
	text, err := generate(answer, *oldest)
	if err == nil {
		err = keeps(*out, text, *oldest)
	}
	if err != nil {
		return fmt.Errorf("%s: %w; %s is as it was", *from, err, *out)
	}
	if err := os.WriteFile(*out+".new", text, 0o644); err != nil {
		return err
	}
	return os.Rename(*out+".new", *out)
}

// read gives the answer of the API, or a file of it.
func read(ctx context.Context, from string) ([]byte, error) {
	if !strings.HasPrefix(from, "http://") && !strings.HasPrefix(from, "https://") {
		return os.ReadFile(from)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, from, http.NoBody)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/vnd.github+json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }() // it was read
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case response.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("%s answers %s", from, response.Status)
	case len(body) > maxAnswer:
		return nil, errors.New(from + " answers with more than a list of releases")
	}
	return body, nil
}
