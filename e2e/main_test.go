//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
)

// scratch is a folder for what all tests share.
var scratch string

// TestMain lets the test binary be the worker that runs Helm.
func TestMain(m *testing.M) {
	chart.RunWorkerIfAsked()
	var err error
	if scratch, err = os.MkdirTemp("", "chart-matrix-e2e-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	_ = os.RemoveAll(scratch) // temporary, the system clears it too
	os.Exit(code)
}
