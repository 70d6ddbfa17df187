//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"testing"
)

// k6Here tells whether k6 is installed. In CI it must be.
func k6Here(t *testing.T) bool {
	t.Helper()
	if _, err := exec.LookPath("k6"); err == nil {
		return true
	}
	missing(t, "k6 is not installed; make e2e builds it")
	return false
}

// missing says that less is tested, which is an error in CI.
func missing(t *testing.T, why string) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Error(why)
	}
	t.Log(why)
}
