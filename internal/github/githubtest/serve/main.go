// Command serve runs the fake of GitHub's API by itself, to try things out by
// hand:
//
//	go run ./internal/github/githubtest/serve -addr 127.0.0.1:8080 state.json
//
// The file holds a githubtest.State. Ctrl-C ends it.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/posthog/chart-matrix/internal/github/githubtest"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "serve:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.SetOutput(stderr)
	addr := flags.String("addr", "127.0.0.1:8080", "where to listen")
	enterprise := flags.Bool("enterprise", false, "serve under /api/v3, as GitHub Enterprise Server does")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("expected one argument: a JSON file with the state")
	}
	state, err := readState(flags.Arg(0))
	if err != nil {
		return err
	}
	options := githubtest.Options{Addr: *addr, Enterprise: *enterprise}
	s, err := githubtest.Start(state, options, func(message string) { fmt.Fprintln(stderr, message) })
	if err != nil {
		return err
	}
	defer s.Close()
	fmt.Fprintf(stderr, "GITHUB_API_URL=%s\nGITHUB_TOKEN=%s\n", s.URL(), githubtest.WriteToken)
	<-ctx.Done()
	return nil
}

func readState(file string) (githubtest.State, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return githubtest.State{}, err
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	var state githubtest.State
	if err := decoder.Decode(&state); err != nil {
		return state, fmt.Errorf("%s: %w", file, err)
	}
	return state, nil
}
