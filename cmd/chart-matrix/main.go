// Command chart-matrix tests a Helm chart over a matrix of Kubernetes versions,
// providers and scenarios, and says what fails, where and why.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/posthog/chart-matrix/internal/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(cli.Main(ctx, cli.System(), os.Args[1:]))
}
