package cli

import (
	"context"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/posthog/chart-matrix/internal/chart"
)

var update = flag.Bool("update", false, "rewrite what the scripts compare with")

// TestMain lets the scripts run the program, and the program its workers.
func TestMain(m *testing.M) {
	chart.RunWorkerIfAsked()
	testscript.Main(m, map[string]func(){
		"chart-matrix": func() { os.Exit(Main(context.Background(), System(), os.Args[1:])) },
	})
}

func TestScripts(t *testing.T) {
	examples, err := filepath.Abs(filepath.Join("..", "..", "examples"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("testdata", "script"),
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			e.Setenv("EXAMPLES", examples)
			// The plugins and settings of whoever runs the tests are not part of them.
			e.Setenv("HELM_PLUGINS", filepath.Join(e.WorkDir, "no-plugins"))
			// No script makes a cluster, whatever is installed here.
			e.Setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a program and compares its exit code: exits 3 chart-matrix check.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG ...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	code := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}
