//go:build e2e

package e2e

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// signal is a way to end the program.
type signal struct {
	name string
	is   syscall.Signal
}

// signals are the ways, in turns.
var signals = []signal{{"SIGTERM", syscall.SIGTERM}, {"SIGKILL", syscall.SIGKILL}}

// seedVariable repeats the random moments of a test.
const seedVariable = "CHART_MATRIX_E2E_SEED"

// seeded gives chance, and logs its seed.
func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv(seedVariable); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("%s: %v", seedVariable, err)
		}
	}
	t.Logf("%s=%d repeats this", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// endAt ends a run that many tenths of a second after its start.
func endAt(t *testing.T, dir, results string, s signal, tenths int) {
	r := beginning(t, dir, "run", "--clusters", "1", "--results", results)
	timer := time.AfterFunc(time.Duration(tenths)*100*time.Millisecond, func() { _ = r.cmd.Process.Signal(s.is) }) // it may have ended
	e := r.end()
	whole := timer.Stop() || e.code == 0
	if _, err := os.Stat(filepath.Join(dir, results, "plan.json")); err != nil {
		// It ended before there was a plan. Then nothing is there that a plan is about.
		if tenths > 50 {
			t.Errorf("no plan after %d.%d s", tenths/10, tenths%10)
		}
		return
	}
	plan, cells, text := ran(t, filepath.Join(dir, results))
	if s.is == syscall.SIGTERM && !whole {
		nothingLeft(t, plan)
		if e.code != 130 || !strings.Contains(text, "the run was interrupted") {
			t.Errorf("exit code %d", e.code)
		}
	}
	everyCell(t, plan, cells)
	if report := cm(t, dir, "report", results); !whole && report.code == 0 {
		t.Error("a run that was ended is green")
	}
	if down := cm(t, dir, "down", "--results", results); down.code != 0 {
		t.Errorf("down: exit code %d", down.code)
	}
	nothingLeft(t, plan)
	if down := cm(t, dir, "down", "--results", results); down.code != 0 || !strings.Contains(down.stdout, "nothing to remove") {
		t.Errorf("down again: exit code %d", down.code)
	}
}
