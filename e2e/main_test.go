//go:build e2e

package e2e

import (
	"os"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
)

// TestMain lets the test binary be the worker that runs Helm.
func TestMain(m *testing.M) {
	chart.RunWorkerIfAsked()
	os.Exit(m.Run())
}
