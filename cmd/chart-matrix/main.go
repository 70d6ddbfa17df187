// Command chart-matrix tests a Helm chart over a matrix of Kubernetes versions,
// providers and scenarios, and says what fails, where and why.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/posthog/chart-matrix/internal/cli"
)

// cleanUpTime is how long removing processes and temporary files may take after
// a second signal; it commonly takes a tenth of that.
const cleanUpTime = time.Second

func main() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	ctx, cancel := context.WithCancel(context.Background())
	abort := make(chan struct{})
	go func() {
		<-signals
		cancel()
		<-signals // whoever asks twice does not wait for what hangs
		close(abort)
		time.Sleep(cleanUpTime)
		os.Exit(cli.ExitInterrupted)
	}()
	env := cli.System()
	env.Abort = abort
	os.Exit(cli.Main(ctx, env, os.Args[1:]))
}
