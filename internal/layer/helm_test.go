package layer

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/posthog/chart-matrix/internal/chart"
)

// TestHelmThatIsNotThere: that is no answer about the chart, and says what to do.
func TestHelmThatIsNotThere(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	s := &standIn{}
	env, server := inCluster(t, s)
	env.Helm = Helm{Version: "3.19", Where: "file.yaml:3:5"}
	_, err := run(t, &Install{Chart: webChart(t, "1.0.0", "")}, env)
	if !errors.Is(err, chart.ErrNoProgram) || !strings.Contains(err.Error(), "file.yaml:3:5: no such Helm: Helm 3.19 is asked for, and PATH has none of helm-3.19, helm-3, helm3, helm; install it") {
		t.Errorf("got %v", err)
	}
	if len(server.Changes()) > 0 {
		t.Errorf("changed %v", server.Changes())
	}
}

// TestHelmOfOnesOwn: the release is installed with it, and the result says with which.
func TestHelmOfOnesOwn(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the stand-in is a shell script")
	}
	path := filepath.Join(t.TempDir(), "helm")
	text := "#!/bin/sh\nif [ \"$1\" = version ]; then echo v3.19.2; exit; fi\necho 'Error: INSTALLATION FAILED: failed to create resource: Deployment.apps \"web\" is invalid: spec.replicas: Required value' >&2\nexit 1\n"
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	env, _ := inCluster(t, &standIn{})
	env.Helm = Helm{Program: path, Version: "3"}
	got, err := run(t, &Install{Chart: webChart(t, "1.0.0", "")}, env)
	if err != nil {
		t.Fatal(err)
	}
	all := strings.Join(got, "\n")
	if !strings.Contains(all, "info helm-version: with Helm v3.19.2") || !strings.Contains(all, "failed installs") || !strings.Contains(all, "error object-invalid at /spec/replicas: spec.replicas: Required value") {
		t.Errorf("got\n%s", all)
	}
}
